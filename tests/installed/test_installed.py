"""What `make install` put under SOMEMEM_PREFIX is found and linked the way docs/installing.md says, by each ecosystem's tools.
`make installcheck` runs this."""

import os
import pathlib
import shutil

import pytest

from conftest import LIBRARY_DIR, ROOT, need, run, snippets

if "SOMEMEM_PREFIX" not in os.environ:
    pytest.skip("`make install` and `make installcheck` run this", allow_module_level=True)

INSTALLED = pathlib.Path(os.environ["SOMEMEM_PREFIX"])
LIB = LIBRARY_DIR.relative_to(INSTALLED)
DOCUMENT = ROOT / "docs" / "installing.md"


# There may be much else under the prefix.
FILES = [
    *(LIB / f"libsomemem.{end}" for end in ("so", "so.0.1", "so.0.1.0", "a")),
    LIB / "pkgconfig" / "somemem.pc",
    *(pathlib.Path("share/cmake/somemem") / f"somemem-{end}.cmake" for end in ("config", "config-version", "targets")),
    *(pathlib.Path("include") / f"somemem{end}" for end in (".h", ".hpp", ".f03", ".f90", "_device.h")),
    *(pathlib.Path("share/man/man3") / page.name for page in (ROOT / "man").glob("*.3")),
]


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """The installed files in another folder. Everything must be found there."""
    moved = tmp_path_factory.mktemp("moved")
    for file in FILES:
        (moved / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(INSTALLED / file, moved / file, follow_symlinks=False)
    return moved


@pytest.fixture
def sh(prefix, tmp_path):
    """A shell in a folder with the document's programs, with the variables that the document tells one to export."""
    need("pkg-config")
    (exports,) = snippets(DOCUMENT, "sh", "LD_LIBRARY_PATH")
    exports = exports.replace("$PREFIX/lib", f"$PREFIX/{LIB}")
    for language, name in (("c", "noise.c"), ("cpp", "noise.cpp"), ("fortran", "noise.f90"), ("cmake", "CMakeLists.txt")):
        program = snippets(DOCUMENT, language)[0]
        (tmp_path / name).write_text(program)
    clean = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS")}

    def call(script):
        return run("sh", "-ec", exports + script, cwd=tmp_path, env=clean | {"PREFIX": str(prefix)})

    return call


def commands(*parts):
    """The one command of the document that contains all of the parts."""
    (command,) = [text for text in snippets(DOCUMENT, "sh") if all(part in text for part in parts)]
    return command


@pytest.fixture
def expected(noise):
    return noise(501, seed=42)[500]


SHARED = commands("cc noise.c", "noise $(pkg-config --cflags")
STATIC = commands("cc noise.c", "-l:libsomemem.a")
ALONE = commands("cc noise.c", "noise -static ")
CPP = commands("c++ ")
CMAKE = commands("cmake ")
FORTRAN = commands("gfortran ")


def test_pkg_config_finds_the_shared_library(sh, expected, prefix):
    assert float(sh(SHARED + "./noise")) == expected
    loaded = [line for line in sh(SHARED + "ldd noise").splitlines() if "somemem" in line]
    assert len(loaded) == 1 and f"libsomemem.so.0.1 => {prefix}" in loaded[0]


@pytest.mark.parametrize("command", [STATIC, ALONE], ids=["static", "nothing shared"])
def test_pkg_config_finds_the_static_library(sh, expected, command):
    assert float(sh(command + "unset LD_LIBRARY_PATH; ./noise")) == expected
    assert "somemem" not in sh(command + "readelf -d noise")


def test_a_static_library_alone_is_enough(sh, expected, prefix):
    """If no shared library is installed, the linker takes the static one, with the libraries that somemem.pc names."""
    script = f"""
        mkdir only; cp '{prefix}/{LIB}/libsomemem.a' only
        cc noise.c -o noise $(pkg-config --cflags somemem) -Lonly $(pkg-config --static --libs-only-l somemem); ./noise"""
    assert float(sh(script)) == expected


def test_cpp(sh, expected):
    assert float(sh(CPP + "./noise")) == expected


def test_cmake(sh, expected):
    need("cmake")
    printed = sh(f"{{ {CMAKE.strip()}; }} >all; tail -2 all").split()
    assert [float(number) for number in printed] == [expected, expected]
    assert "libsomemem.so.0.1" in sh(CMAKE + "readelf -d build/noise")
    assert "somemem" not in sh(CMAKE + "readelf -d build/noise_static")


@pytest.mark.parametrize(
    ("asked", "found"),
    [("", True), ("0", True), ("0.1", True), ("0.1.0", True), ("0.1.0 EXACT", True), ("0.1...0.9", True), ("0.0...1", True),
     ("0.1.1", False), ("0.2", False), ("0.0", False), ("1", False), ("0.0...<0.1", False), ("0.2...0.3", False), ("0.1 COMPONENTS shared static somemem", True), ("COMPONENTS shares", False)],
)  # fmt: skip
def test_cmake_takes_versions_of_the_same_interface(sh, asked, found):
    need("cmake")
    script = f"""
        echo 'cmake_minimum_required(VERSION 3.19)
              project(asked LANGUAGES C)
              find_package(somemem {asked} CONFIG)
              message(STATUS "FOUND=${{somemem_FOUND}}")' >CMakeLists.txt
        cmake -S . -B asked 2>&1"""
    assert f"-- FOUND={int(found)}" in sh(script)


def test_man_finds_the_pages(prefix):
    shown = run(need("man"), "-M", prefix / "share" / "man", "-P", "cat", "3", "random_noise_fill")
    assert "random_noise_fill(double *out," in shown


def test_fortran(sh, expected):
    need("gfortran")
    assert float(sh(FORTRAN + "./noise")) == expected


def test_installed_files_are_the_documented_ones():
    places = [f"{LIB}/libsomemem*", f"{LIB}/pkgconfig/somemem*", "share/cmake/somemem/*", "include/somemem*", "share/man/man3/*"]
    installed = {path.relative_to(INSTALLED) for place in places for path in INSTALLED.glob(place)}
    assert installed == set(FILES)
    assert (LIBRARY_DIR / "libsomemem.so").readlink() == pathlib.Path("libsomemem.so.0.1.0")
    assert (LIBRARY_DIR / "libsomemem.so.0.1").readlink() == pathlib.Path("libsomemem.so.0.1.0")
