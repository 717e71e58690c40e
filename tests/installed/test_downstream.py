"""A user's application, tests/installed/downstream, gets the library in each way that CMake offers. One of its sources was written for an older
header. The tests need an installed library: `make installcheck CHECKS=tests/installed/test_downstream.py`."""

import os
import pathlib
import re
import shutil
import subprocess

import numpy
import pytest

from conftest import ROOT, missing, need, run, snippets

if "SOMEMEM_PREFIX" not in os.environ:
    pytest.skip("`make installcheck` runs this", allow_module_level=True)

# Hardly optimised, to save time.
CLEAN = {name: value for name, value in os.environ.items() if not re.match("MAKE|MFLAGS|CARGO_(?!HOME)|RUST(C|FLAGS)", name)}
CLEAN |= {"CARGO_PROFILE_RELEASE_LTO": "off", "CARGO_PROFILE_RELEASE_OPT_LEVEL": "0", "CMAKE_PREFIX_PATH": os.environ["SOMEMEM_PREFIX"]}
TRIPLE = "aarch64-linux-gnu"


def upgraded(text):
    """The source, changed as the table in CHANGELOG.md says."""
    there, here = re.search(r"^\| `(SOMEMEM_\w+)` \| (.*): the compiler", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE).groups()
    assert text.count(there) == 1
    return re.sub(rf"case {there}:", "".join(f"case {name}: " for name in re.findall(r"SOMEMEM_\w+", here)), text)


@pytest.fixture
def application(tmp_path):
    place = tmp_path / "downstream"
    shutil.copytree(ROOT / "tests" / "installed" / "downstream", place)
    source = place / "before.c"
    source.write_text(upgraded(source.read_text()))
    return place


@pytest.fixture
def expected(noise):
    """The expected output of the application's two programs."""
    x = noise(1000, seed=42)
    smoothed = 0.0
    for one in x + 0.5 * noise(1000, seed=42, stream=1):
        smoothed += one / 1000
    return numpy.array([x[0], x[999], smoothed]), f"{x[999]:.17g} no memory, a wrong argument, done\n"


def build(application, generator, *settings, **environment):
    folder = application / "build"
    tool = {"Ninja": "ninja", "Unix Makefiles": "make"}[generator]
    need("cmake"), need(tool)
    if any(word.startswith("-DSOMEMEM=") for word in settings):
        need("cargo")
    env = CLEAN | environment
    run("cmake", "-S", application, "-B", folder, "-G", generator, f"-DSOMEMEM_SOURCES={ROOT}", *settings, env=env)
    run("cmake", "--build", folder, env=env)
    return folder


def printed(folder, expected, *emulator):
    numbers, line = expected
    levels = run(*emulator, folder / "levels").split()
    assert [float(number) for number in levels[:2]] == list(numbers[:2]) and abs(float(levels[2]) - numbers[2]) < 1e-12
    assert run(*emulator, folder / "before") == line


def installs(folder, place):
    """The application finds the library if both are installed, and only then."""
    run("cmake", "--install", folder, "--prefix", place, env=CLEAN)
    for copy in place.glob("lib*/libsomemem.so.0.1"):
        moved = copy.resolve()
        assert moved.is_relative_to(place) and moved.stat().st_size > 100_000
    run(place / "bin" / "levels")


def needs_library(program):
    return "libsomemem.so.0.1" in run("readelf", "-d", program)


def test_before_it_is_upgraded_the_compiler_finds_the_place(tmp_path):
    command = ["cc", "-fsyntax-only", f"-I{ROOT / 'include'}", ROOT / "tests" / "installed" / "downstream" / "before.c"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert re.findall(r"error: .(\w+). undeclared", done.stderr) == ["SOMEMEM_INVALID_ARGUMENT"]


@pytest.mark.parametrize("generator", ["Ninja", "Unix Makefiles"])
@pytest.mark.parametrize("shared", ["ON", "OFF"])
def test_the_installed_library(application, expected, generator, shared, tmp_path):
    folder = build(application, generator, f"-DBUILD_SHARED_LIBS={shared}")
    printed(folder, expected)
    assert needs_library(folder / "levels") == (shared == "ON") and not needs_library(folder / "before")
    installs(folder, tmp_path / "of mine")


@pytest.mark.parametrize(("way", "generator", "shared"), [("fetched", "Ninja", "ON"), ("below", "Unix Makefiles", "OFF")])
def test_as_a_part_of_it(application, expected, way, generator, shared, tmp_path):
    folder = build(application, generator, f"-DSOMEMEM={way}", f"-DBUILD_SHARED_LIBS={shared}")
    printed(folder, expected)
    assert needs_library(folder / "levels") == (shared == "ON") and not needs_library(folder / "before")
    installs(folder, tmp_path / "of mine")
    # A second build has nothing to do.
    before = (folder / "levels").stat().st_mtime_ns
    run("cmake", "--build", folder, env=CLEAN)
    assert (folder / "levels").stat().st_mtime_ns == before


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_for_another_cpu(application, expected, compiler):
    """With Debian's Rust compiler, which can have a standard library for that CPU. The C compiler is for that CPU only, or for any."""
    need(f"{TRIPLE}-g++"), need("qemu-aarch64"), need(compiler)
    if not pathlib.Path("/usr/lib/rustlib/aarch64-unknown-linux-gnu").exists():
        missing("Rust's standard library for aarch64 is not installed")
    compilers = {"CMAKE_C_COMPILER": f"{TRIPLE}-gcc", "CMAKE_CXX_COMPILER": f"{TRIPLE}-g++"}
    if compiler == "clang":
        compilers = {"CMAKE_C_COMPILER": "clang", "CMAKE_CXX_COMPILER": "clang++", "CMAKE_C_COMPILER_TARGET": TRIPLE, "CMAKE_CXX_COMPILER_TARGET": TRIPLE}
    told = {"CMAKE_SYSTEM_NAME": "Linux", "CMAKE_SYSTEM_PROCESSOR": "aarch64"} | compilers
    (application / "aarch64.cmake").write_text("".join(f"set({name} {value})\n" for name, value in told.items()))
    settings = ["-DSOMEMEM=fetched", "-DBUILD_SHARED_LIBS=ON", f"-DCMAKE_TOOLCHAIN_FILE={application / 'aarch64.cmake'}"]
    folder = build(application, "Ninja", *settings, RUSTC="/usr/bin/rustc")
    assert "AArch64" in run("readelf", "-h", folder / "levels")
    printed(folder, expected, "qemu-aarch64", "-L", f"/usr/{TRIPLE}")


def test_alone_it_says_what_to_do(tmp_path):
    done = subprocess.run([need("cmake"), "-S", ROOT, "-B", tmp_path], capture_output=True, text=True, env=CLEAN)
    assert done.returncode != 0 and "To build and install somemem alone, use `make` and `make install`" in " ".join(done.stderr.split())


def test_without_cargo_it_says_what_is_missing(application):
    need("cmake")
    hidden = {str(pathlib.Path(folder)) for folder in os.environ["PATH"].split(":") if (pathlib.Path(folder) / "cargo").exists()}
    tools = {"CMAKE_C_COMPILER": need("cc"), "CMAKE_CXX_COMPILER": need("c++"), "CMAKE_MAKE_PROGRAM": need("make"), "CMAKE_IGNORE_PATH": ";".join(hidden)}
    command = ["cmake", "-S", application, "-B", application / "build", "-DSOMEMEM=below", f"-DSOMEMEM_SOURCES={ROOT}", *(f"-D{name}={value}" for name, value in tools.items())]
    done = subprocess.run(command, capture_output=True, text=True, env=CLEAN | {"CARGO_HOME": "/nowhere", "HOME": "/nowhere"})
    assert done.returncode != 0 and "Compiling somemem needs Rust, and cargo was not found" in " ".join(done.stderr.split()), done.stderr


def test_meson(tmp_path):
    need("meson"), need("ninja"), need("pkg-config")
    document = ROOT / "docs" / "installing.md"
    for language, name in (("c", "noise.c"), ("meson", "meson.build")):
        (text,) = snippets(document, language)
        (tmp_path / name).write_text(text)
    env = CLEAN | {"PKG_CONFIG_PATH": str(next(pathlib.Path(os.environ["SOMEMEM_PREFIX"]).rglob("pkgconfig")))}
    run("meson", "setup", "build", cwd=tmp_path, env=env)
    run("ninja", "-C", "build", cwd=tmp_path, env=env)
    assert needs_library(tmp_path / "build" / "noise") and float(run(tmp_path / "build" / "noise"))
