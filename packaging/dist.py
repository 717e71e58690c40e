"""Makes the files of a release in target/dist/somemem-VERSION: wheels, the source distribution, tarballs of the C library, the crate,
their checksums, and a list of the crates that are compiled in. `make dist` calls it. Then packaging/use.py uses each file.

    dist.py         everything. Zig links for Linux, so that the libraries load on systems with glibc 2.17, of 2014
    dist.py here    a tarball of the library that `make` has built for this machine, to test the packing

Rust's standard library for another target comes from rustup, or from Debian's compiler, or is compiled from Debian's sources."""

import dataclasses
import gzip
import hashlib
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tarfile

import use

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
TOOLS = TARGET / "dist" / "tools" / "bin"
BUILD = TARGET / "dist" / "build"
VERSION = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]
DEBIAN_SOURCES = pathlib.Path("/usr/lib/rustlib/src/rust/library")


@dataclasses.dataclass
class Target:
    name: str
    triple: str
    wheel: str = ""
    glibc: str = ""  # the oldest that its libraries may need


TARGETS = [
    Target("x86_64-linux", "x86_64-unknown-linux-gnu", "manylinux2014", "2.17"),
    Target("aarch64-linux", "aarch64-unknown-linux-gnu", "manylinux2014", "2.17"),
    Target("x86_64-musl", "x86_64-unknown-linux-musl", "musllinux_1_2"),
    Target("x86_64-windows", "x86_64-pc-windows-gnu"),
]


def run(*command, env=None, **options):
    subprocess.run([str(word) for word in command], cwd=ROOT, env=os.environ | (env or {}), check=True, **options)


def printed(*command):
    return subprocess.run([str(word) for word in command], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def rust_for(triple):
    """Environment variables that give cargo a standard library for the target."""
    for compiler in filter(shutil.which, ("rustc", "/usr/bin/rustc")):
        if (pathlib.Path(printed(compiler, "--print=sysroot").strip()) / "lib" / "rustlib" / triple / "lib").exists():
            return {"RUSTC": compiler}
    if not DEBIAN_SOURCES.exists():
        sys.exit(f"There is no standard library for {triple}. Run rustup target add {triple}, or install Debian's rustc-web and rust-web-src.")
    return {"RUSTC": "/usr/bin/rustc", "RUSTC_BOOTSTRAP": "1", "CARGO_UNSTABLE_BUILD_STD": "std,panic_abort"}


def settings(target):
    env = rust_for(target.triple) | {"CARGO_TARGET_DIR": str(BUILD)}
    return env | {"PATH": f"{TOOLS}:{os.environ['PATH']}"}


def wheel(target, out):
    run(TOOLS / "maturin", "build", "--release", "--locked", "--zig", "--compatibility", target.wheel, "--target", target.triple, "--out", out,
        env=settings(target))  # fmt: skip


def library(target):
    """Where it is, as the Makefile is told."""
    if target.glibc:
        zigbuild(target)
    else:
        linker = {"CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER": "x86_64-w64-mingw32-gcc"}
        run("cargo", "build", "--release", "--locked", "--no-default-features", "-p", "somemem-c", "--target", target.triple, env=settings(target) | linker)
    return {"CARGO_TARGET_DIR": str(BUILD), "CARGO_BUILD_TARGET": target.triple}


def zigbuild(target):
    run(TOOLS / "cargo-zigbuild", "zigbuild", "--release", "--locked", "--no-default-features", "-p", "somemem-c",
        "--target", f"{target.triple}.{target.glibc}", env=settings(target))  # fmt: skip


def tarball(name, out, built):
    """What `make install` installs, below one folder, with the licences. Only what is in the files makes a difference to its bytes."""
    stage = TARGET / "dist" / "stage"
    folder = f"somemem-{VERSION}-{name}"
    shutil.rmtree(stage, ignore_errors=True)
    triple = built.get("CARGO_BUILD_TARGET", "")
    there = pathlib.Path(built.get("CARGO_TARGET_DIR", TARGET)) / triple / "release" / ("somemem.dll" if "windows" in triple else "libsomemem.so")
    there = os.path.relpath(there, ROOT) if there.is_relative_to(ROOT) else there
    run("make", "--silent", "install", f"--old-file={there}", f"DESTDIR={stage}", f"PREFIX=/{folder}", env=built)
    for file in ("LICENSE-MIT", "LICENSE-APACHE", "CHANGELOG.md"):
        shutil.copy(ROOT / file, stage / folder)
    (stage / folder / "CRATES.txt").write_text(crates())
    with gzip.GzipFile(out / f"{folder}.tar.gz", "wb", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in [stage / folder, *sorted((stage / folder).rglob("*"))]:
            archive.add(path, path.relative_to(stage), recursive=False, filter=anyones)


def anyones(member):
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = "root"
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member


def crates():
    """The crates that are compiled into the library, with their licences. All can be used under Apache-2.0: tests/builds/test_dependencies.py."""
    options = ["--locked", "--edges=normal", "--target=all", "--prefix=none", "--no-dedupe", "--format={p}|{l}|{r}"]
    lines = set()
    for line in printed("cargo", "tree", "-p", "somemem-c", *options).splitlines():
        crate, licence, address = line.split("|")
        lines.add(" ".join([*crate.split()[:2], licence, address]).strip())
    return "Rust's standard library and these crates are compiled in: name, version, licence, source. Copies: LICENSE-APACHE, LICENSE-MIT.\n\n" + "".join(
        f"{line}\n" for line in ["Rust's standard library, MIT OR Apache-2.0, https://github.com/rust-lang/rust", *sorted(lines)])  # fmt: skip


def sums(out):
    files = sorted(path for path in out.iterdir() if path.name != "SHA256SUMS")
    (out / "SHA256SUMS").write_text("".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files))
    return files


def main():
    here = sys.argv[1:] == ["here"]
    out = TARGET / "dist" / ("here" if here else f"somemem-{VERSION}")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    if here:
        tarball(f"{platform.machine()}-here", out, {})
    else:
        for target in TARGETS:
            if not target.name.endswith("-musl"):  # there the wheel is enough
                tarball(target.name, out, library(target))
            if target.wheel:
                wheel(target, out)
        run(TOOLS / "maturin", "sdist", "--out", out)
        run("cargo", "package", "--quiet", "--locked", "--no-verify", "--allow-dirty", "-p", "somemem", env={"CARGO_TARGET_DIR": str(BUILD)})
        shutil.copy(BUILD / "package" / f"somemem-{VERSION}.crate", out)
        (out / "CRATES.txt").write_text(crates())
    for file in sums(out):
        use.use(file)
    print(f"{out.relative_to(TARGET.parent)}: each file was used")


if __name__ == "__main__":
    main()
