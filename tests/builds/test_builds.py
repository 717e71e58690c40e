"""Builds as users have them: inside another workspace, in folders with spaces, with cargo configured differently, and as a
dependency. They are hardly optimised, to save time."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile

import pytest
import somemem

from conftest import ROOT, TARGET, missing, names_the_build_machine, run

HOST = re.search(r"host: (.*)", run("rustc", "-vV"))[1]
SETTINGS = ("CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "CARGO_BUILD_TARGET", "CARGO_BUILD_RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
PLAIN = {name: value for name, value in os.environ.items() if name not in SETTINGS}
PLAIN |= {"CARGO_PROFILE_RELEASE_LTO": "off", "CARGO_PROFILE_RELEASE_OPT_LEVEL": "0", "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "1", "CARGO_NET_OFFLINE": "true"}


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A target folder for all projects, so that their dependencies are compiled once."""
    return PLAIN | {"CARGO_TARGET_DIR": str(tmp_path_factory.mktemp("target"))}


def copy_sources(place):
    """Copies the files that git has or would add, without those that tests leave behind."""
    for name in run("git", "ls-files", "-co", "--exclude-standard", cwd=ROOT).splitlines():
        source = ROOT / name
        if source.exists() and not name.startswith("fuzz/corpus/"):
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, place / name, follow_symlinks=False)
    return place


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """In a folder with a space, inside another workspace."""
    if not (ROOT / ".git").exists():
        missing("no git repository")
    outer = tmp_path_factory.mktemp("my work")
    (outer / "app" / "src").mkdir(parents=True)
    (outer / "Cargo.toml").write_text('[workspace]\nmembers = ["app"]\nresolver = "3"\nexclude = ["third party"]\n')
    (outer / "app" / "Cargo.toml").write_text('[package]\nname = "app"\nversion = "0.0.0"\nedition = "2024"\n')
    (outer / "app" / "src" / "lib.rs").write_text("")
    return copy_sources(outer / "third party" / "some mem")


def hello(folder, library):
    """The example in this folder, linked with the library in this folder, prints the right samples."""
    (program,) = folder.glob("**/c_examples/hello_noise")
    assert f"{library}/libsomemem.so" in run("ldd", program)
    return run(program, 3)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A CARGO_HOME in a folder with a space, with the crates' sources from the usual one."""
    place = tmp_path_factory.mktemp("my home")
    other = pathlib.Path(os.environ.get("CARGO_HOME", os.path.expanduser("~/.cargo")))
    for part in ("registry", "git"):
        if (other / part).exists():
            (place / part).symlink_to(other / part)
    return place


@pytest.fixture(scope="module")
def built(sources, home):
    run("make", "-s", cwd=sources, env=PLAIN | {"CARGO_HOME": str(home)})
    return sources


def test_inside_another_workspace_and_a_folder_with_a_space(built):
    assert hello(built / "target", built / "target" / "release")
    library = built / "target" / "release" / "libsomemem.so"
    assert not names_the_build_machine(library) and not re.search(b"my (work|home)", library.read_bytes())


CONFIGURED = {
    "CARGO_BUILD_TARGET_DIR": ({"CARGO_BUILD_TARGET_DIR": "elsewhere"}, "", "elsewhere/release"),
    "CARGO_BUILD_TARGET": ({"CARGO_BUILD_TARGET": HOST}, "", f"target/{HOST}/release"),
    "config.toml, a list": ({}, f'[build]\ntarget = ["{HOST}"]\n', f"target/{HOST}/release"),
    "config.toml": ({}, f'[build]\ntarget-dir = "configured"\ntarget = "{HOST}"\n', f"target/{HOST}/release"),
}


@pytest.mark.parametrize("name", CONFIGURED)
def test_cargos_own_settings(built, home, name):
    sources, (settings, text, place) = built, CONFIGURED[name]
    folder = sources / place.split("/")[0]
    if not folder.exists():
        # The compiled crates are the same in any folder, so they are not compiled again.
        shutil.copytree(sources / "target", folder, symlinks=True, ignore=shutil.ignore_patterns("c_examples"))
    (home / "config.toml").write_text(text)
    run("make", "-s", f"{place}/c_examples/hello_noise", cwd=sources, env=PLAIN | {"CARGO_HOME": str(home)} | settings)
    assert hello(sources / place, sources / place)
    assert not (sources / "configured").exists()


@pytest.mark.parametrize("setting", [["CARGO_TARGET_DIR=/tmp/a b"], ["CARGO_BUILD_TARGET=one,two"], ["install", "LIBDIR=../lib64"], ["install", "LIBDIR=/elsewhere"],
                                     ["install", "PREFIX=/usr /local"], ["install", "LIBDIR=lib 64"]], ids=str)  # fmt: skip
def test_what_make_cannot_do_is_refused_before_anything_is_written(sources, setting):
    command = ["make", "PREFIX=/nowhere", *setting]
    env = PLAIN | dict(word.split("=") for word in setting if word.startswith("CARGO"))
    command = [word for word in command if not word.startswith("CARGO")]
    done = subprocess.run(command, cwd=sources, env=env, capture_output=True, text=True)
    assert done.returncode != 0 and done.stdout == "" and re.search(r"\*\*\* .* (must|cannot) ", done.stderr), done.stderr


def test_what_another_commit_is_measured_with_is_written_below_here(tmp_path):
    """The folder has a space in its name, and what stands before it is the name of another file. Cargo and the compiler are scripts that
    write down what they are asked for."""
    sources, asked, cargo, compiler = copy_sources(tmp_path / "my work"), tmp_path / "asked", tmp_path / "cargo", tmp_path / "cc"
    (tmp_path / "my").touch()
    cargo.write_text(f'#!/bin/sh\necho "cargo in $PWD: $*" >>{asked}\n')
    compiler.write_text(f'#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\nprintf \'#!/bin/sh\\nprintf "%%s\\\\n" "$@"\\n\' >"$2"\nchmod +x "$2"\n')
    for script in (cargo, compiler):
        script.chmod(0o755)
    author = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    for command in (["init", "-q"], ["add", "-A"], [*author, "commit", "-qm", "all"]):
        run("git", *command, cwd=sources)
    env = PLAIN | {"CARGO": str(cargo), "CC": str(compiler), "CARGO_BUILD_TARGET": HOST}
    measured = run("make", "-s", "bench", "AGAINST=HEAD", cwd=sources, env=env)
    target, library = sources / "target", f"{HOST}/release/examples/libkernels.so"
    build = "build --release --example kernels"
    assert asked.read_text().splitlines() == [
        f"cargo in {target}/against/source: {build} --target-dir {target}/against/build",
        f"cargo in {sources}: {build}",
    ]
    assert measured.splitlines() == [f"{target}/against/build/{library}", f"{target}/{library}", "HEAD", "0.7"]
    assert (target / "against.txt").read_text() == measured and (target / "against" / "source" / "Makefile").exists()
    assert (tmp_path / "my").exists()


def install(sources, stage, *words):
    """`make install` without cargo, as for root, who often has no Rust."""
    command = ["make", "-s", "install", "PREFIX=/usr", f"DESTDIR={stage}", "CARGO=/nowhere/cargo", *words]
    return subprocess.run(command, cwd=sources, env=PLAIN, capture_output=True, text=True)


def installed(stage):
    """All that is below the folder, with the modes of files and the targets of links."""
    for path in stage.rglob("*"):
        if not path.is_dir():
            yield str(path.relative_to(stage)), str(path.readlink()) if path.is_symlink() else oct(path.stat().st_mode)


@pytest.mark.parametrize(
    ("libdir", "place"),
    [("lib64", "lib64"), ("./lib64", "lib64"), ("/usr/lib64", "lib64"), ("lib/../lib64", "lib64"), ("lib/of/cpu", "lib/of/cpu")],
)
def test_folders_to_install_in(built, tmp_path, libdir, place):
    stage = tmp_path / "a stage"
    done = install(built, stage, f"LIBDIR={libdir}")
    assert done.returncode == 0 and done.stdout == done.stderr == ""
    files = dict(installed(stage))
    assert files[f"usr/{place}/libsomemem.so"] == "libsomemem.so.0.1.0"
    library = stage / "usr" / place / "libsomemem.so"
    assert library.read_bytes() == (built / "target" / "release" / "libsomemem.so").read_bytes()
    told = (stage / "usr" / place / "pkgconfig" / "somemem.pc").read_text()
    assert f"prefix=${{pcfiledir}}/{'../' * place.count('/')}../..\n" in told and f"libdir=${{prefix}}/{place}\n" in told


def test_sources_that_are_newer_are_built_before_they_are_installed(built, tmp_path):
    source = built / "src" / "lib.rs"
    before = source.stat()
    source.touch()
    done = install(built, tmp_path)
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert done.returncode != 0 and "/nowhere/cargo" in done.stderr and not list(tmp_path.iterdir())
    assert install(built, tmp_path).returncode == 0


def test_cargo_c_installs_the_same_files(built, tmp_path):
    """For packagers who use cargo-c. Its somemem.pc contains the prefix, and libraries that every compiler adds by itself."""
    if not shutil.which("cargo-cinstall"):
        pytest.skip("cargo-c is not installed")
    assert install(built, tmp_path / "make").returncode == 0
    options = ["--release", "--locked", "--no-default-features", "-p", "somemem-c", "--prefix=/usr", "--libdir=/usr/lib", "--datadir=/usr/share"]
    env = PLAIN | {"CARGO_TARGET_DIR": str(tmp_path / "target")}
    run("cargo", "cinstall", *options, f"--destdir={tmp_path / 'cargo-c'}", cwd=built, env=env)
    assert dict(installed(tmp_path / "make")) == dict(installed(tmp_path / "cargo-c"))
    ours, theirs = ((tmp_path / by / "usr/lib/pkgconfig/somemem.pc").read_text() for by in ("make", "cargo-c"))
    for more, less in (("prefix=/usr\n", "prefix=${pcfiledir}/../..\n"), (" -lgcc_s", ""), (" -lc\n", "\n")):
        assert more in theirs
        theirs = theirs.replace(more, less, 1)
    assert re.sub("^URL: .*\n", "", ours, flags=re.M) == theirs


def test_pkg_config_and_cmake_are_told_what_the_static_library_needs(built, tmp_path):
    """All but the libraries that every compiler adds by itself. A program that is linked with -static has no shared libgcc."""
    command = ["rustc", "--crate-type=staticlib", "--print=native-static-libs", "-o", tmp_path / "empty.a", "-"]
    said = subprocess.run(command, input="", capture_output=True, text=True).stderr
    needed = set(re.search(r"native-static-libs: (.*)", said)[1].split()) - {"-lgcc_s", "-lc"}
    assert install(built, tmp_path / "stage").returncode == 0
    told = (tmp_path / "stage/usr/lib/pkgconfig/somemem.pc").read_text()
    assert set(re.search(r"Libs.private: (.*)", told)[1].split()) == needed
    cmake = (ROOT / "cmake" / "somemem-targets.cmake").read_text()
    assert {f"-l{name}" for name in re.search(r"INTERFACE_LINK_LIBRARIES (util .*)\)", cmake)[1].split()} == needed


def test_descriptions_are_the_same():
    described = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["description"]
    assert f"Description: {described}\n" in (ROOT / "somemem.pc.in").read_text()


def test_a_dependency_of_the_workspace_around_it(sources, environment):
    """The sources are below the workspace and excluded from it, as docs/installing.md says."""
    outer = sources.parent.parent
    shutil.copy(ROOT / "Cargo.lock", outer)
    manifest = outer / "app" / "Cargo.toml"
    manifest.write_text(manifest.read_text() + '[dependencies]\nsomemem = { path = "../third party/some mem/rust" }\n')
    run("cargo", "build", "--quiet", "--release", cwd=outer, env=environment)


def test_a_wheel_inside_another_workspace(sources, tmp_path):
    """Only the metadata are made. For these maturin already looks for the package and its workspace."""
    maturin = pathlib.Path(sys.executable).with_name("maturin")
    run(maturin, "pep517", "write-dist-info", "--metadata-directory", tmp_path, cwd=sources, env=PLAIN)
    (metadata,) = tmp_path.glob("*.dist-info/METADATA")
    assert "Name: somemem\n" in metadata.read_text()


@pytest.mark.parametrize(("version", "said"), [(None, "none"), ("1.63.0", "1.63")], ids=["none", "old"])
def test_pip_says_in_one_sentence_that_rust_is_missing(sources, tmp_path, version, said):
    if version:
        for name in ("cargo", "rustc"):
            (tmp_path / name).write_text(f"#!/bin/sh\necho '{name} {version} (0123456 2022-08-08)'\n")
            (tmp_path / name).chmod(0o755)
    command = [sys.executable, "-m", "pip", "wheel", "--disable-pip-version-check", "--no-build-isolation", "--no-deps", "--wheel-dir", tmp_path, sources]
    env = PLAIN | {"PATH": f"{tmp_path}:{pathlib.Path(sys.executable).parent}"}
    if version:
        env["PATH"] += ":/bin"
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    sentence = f"Compiling somemem needs Rust 1.95 or later, and {said} was found: https://rustup.rs installs it."
    assert done.returncode != 0 and f"[1 lines of output]\n      {sentence}\n" in done.stdout + done.stderr, done.stdout + done.stderr


def test_nothing_in_the_wheel_names_the_build_machine():
    (wheel,) = (TARGET / "wheels").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    assert [name for name, text in contents.items() if str(ROOT).encode() in text or b"/.cargo/" in text] == []


def project(place, name, dependencies, files):
    """A user's Rust program, with the versions of the crates that are installed here."""
    place.mkdir()
    shutil.copy(ROOT / "Cargo.lock", place)
    text = f'[package]\nname = "{name}"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n[dependencies]\n{dependencies}\n'
    (place / "Cargo.toml").write_text(text + '[profile.release]\npanic = "abort"\n')
    for file, text in files.items():
        (place / file).parent.mkdir(exist_ok=True)
        (place / file).write_text(text)
    return place


def test_a_rust_project_that_aborts_when_it_panics(environment, tmp_path):
    files = {
        "src/lib.rs": """pub fn draw() -> [f64; 3] {
            let mut x = [0.0; 3];
            somemem::Noise { seed: 1, stream: 0 }.fill(&mut x, 0).unwrap();
            x
        }""",
        "src/main.rs": 'fn main() { println!("{:?}", app::draw()); }',
        "tests/it.rs": "#[test] fn it() { assert_eq!(app::draw().len(), 3); }",
    }
    app = project(tmp_path / "app", "app", f'somemem = {{ path = "{ROOT / "rust"}" }}', files)
    done = subprocess.run(["cargo", "test", "--release"], cwd=app, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stderr
    assert "warning" not in done.stderr


def test_two_versions_in_one_program(environment, tmp_path):
    """They do not affect each other. This happens if two libraries each need their own version."""
    for version in ("old", "new"):
        place = copy_sources(tmp_path / version)
        (place / "rust" / "src" / "which.rs").write_text(f'/// Which one it is.\npub const WHICH: &str = "{version}";\n')
        library = place / "rust" / "src" / "lib.rs"
        library.write_text(library.read_text() + "mod which;\npub use which::WHICH;\n")
    manifest = tmp_path / "new" / "Cargo.toml"
    manifest.write_text(manifest.read_text().replace('version = "0.1.0"', 'version = "0.2.0"', 1))
    main = """fn main() {
        let mut drawn = [[0.0; 3]; 2];
        a::Noise { seed: 1, stream: 0 }.fill(&mut drawn[0], 0).unwrap();
        b::Noise { seed: 1, stream: 0 }.fill(&mut drawn[1], 0).unwrap();
        println!("{} {} {}", a::WHICH, b::WHICH, drawn[0] == drawn[1]);
    }"""
    dependencies = "\n".join(f'{name} = {{ package = "somemem", path = "../{version}/rust" }}' for name, version in (("a", "old"), ("b", "new")))
    user = project(tmp_path / "user", "user", dependencies, {"src/main.rs": main})
    assert run("cargo", "run", "--quiet", "--release", cwd=user, env=environment) == "old new true\n"


def files(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_source_distribution_is_all_that_a_wheel_needs(environment, tmp_path):
    """It is unpacked and built in another folder."""
    here = pathlib.Path(sys.executable).parent
    env = environment | {"PATH": f"{here}:{os.environ['PATH']}"}
    run(here / "maturin", "sdist", "--manifest-path", ROOT / "Cargo.toml", "--out", tmp_path, env=env)
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as unpacked:
        unpacked.extractall(tmp_path / "sources", filter="data")
    (sources,) = (tmp_path / "sources").iterdir()
    assert {"LICENSE-MIT", "LICENSE-APACHE", "Cargo.lock", "PKG-INFO"} <= {path.name for path in sources.iterdir()}
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    run(*pip, "wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", tmp_path, sources, env=env)
    (wheel,) = tmp_path.glob("*.whl")
    (tested,) = (TARGET / "wheels").glob("*.whl")
    made, expected = files(wheel), files(tested)
    assert wheel.name == tested.name and made.keys() == expected.keys()
    assert all(made[name] == expected[name] for name in made if name.endswith((".py", ".pyi", "METADATA", "py.typed")))

    run(*pip, "install", "--no-deps", "--target", tmp_path / "installed", wheel)
    program = "import somemem; print(somemem.__file__); print(somemem.random_noise(3, seed=42).tobytes().hex())"
    path, values = run(sys.executable, "-c", program, env={"PYTHONPATH": str(tmp_path / "installed")}, cwd=tmp_path).splitlines()
    assert path.startswith(str(tmp_path)) and values == somemem.random_noise(3, seed=42).tobytes().hex()
