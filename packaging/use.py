"""Uses a file of `make dist` as a user who has nothing else does. It is unpacked or installed in a new folder with an empty environment,
and compared with the known answers. Programs for another CPU run under qemu."""

import hashlib
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
TOOLS = TARGET / "dist" / "tools" / "bin"
ANSWERS = ROOT / "tests" / "c" / "known_answers.c"
SPECIFIED = (ROOT / "tests" / "known_answers" / "spec1.txt").read_text()
CHECKSUMS = re.findall(r"^sha256 \d+ \d+ \d+ (\w+)$", SPECIFIED, re.MULTILINE)
GLIBC = (2, 17)


def use(file):
    """Uses the file in the way that its name tells."""
    name = file.name
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        if name.endswith(".whl"):
            not_of_this_machine(unzipped(file, work))
            use_wheel(file, work)
        elif name.endswith("-here.tar.gz"):
            use_library(unpacked(file, work), work, "cc", [], None)
        elif name.endswith("-linux.tar.gz"):
            use_tarball(file, work)
        elif name.endswith("-windows.tar.gz"):
            use_windows(unpacked(file, work), work)
        elif name.endswith(".tar.gz"):
            use_source(file, work)
        elif name.endswith(".crate"):
            use_crate(file, work)
    print(f"used {name}", flush=True)


def run(*command, cwd, **variables):
    """Runs a command and returns its output. Of the user's environment it gets only what is given."""
    env = {name: str(value) for name, value in ({"PATH": "/usr/bin:/bin", "HOME": cwd, "LC_ALL": "C.UTF-8"} | variables).items()}
    done = subprocess.run([str(word) for word in command], cwd=cwd, env=env, capture_output=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} exited with {done.returncode}\n{done.stdout.decode(errors='replace')}{done.stderr.decode(errors='replace')}")
    return done.stdout


def unpacked(file, work):
    run("tar", "-xf", file, cwd=work)
    (folder,) = work.iterdir()
    return folder


def unzipped(file, work):
    folder = work / "unzipped"
    run(sys.executable, "-m", "zipfile", "-e", file, folder, cwd=work)
    return folder


def not_of_this_machine(folder):
    for path in folder.rglob("*"):
        if path.is_file() and any(str(place).encode() in path.read_bytes() for place in (ROOT, pathlib.Path.home() / ".cargo")):
            sys.exit(f"{path.name} names a folder of the build")


def symbols_of_2014(library):
    """Checks that the library needs no symbol that is newer than glibc 2.17."""
    asked = {tuple(map(int, version.split("."))) for version in re.findall(r"GLIBC_([\d.]+)", run("readelf", "-VW", library, cwd=library.parent).decode())}
    if not asked or max(asked) > GLIBC:
        sys.exit(f"{library.name} needs the glibc versions {asked}")


def answers(program, work, emulator=(), **variables):
    """Runs the program, which is tests/c/known_answers.c. It compares single elements, and writes ranges of a million for checksums."""
    if b" 0 failed" not in run(*emulator, program, cwd=work, **variables):
        sys.exit(f"{program.name}: some known answers differ")
    for number, expected in enumerate(CHECKSUMS):
        if hashlib.sha256(run(*emulator, program, number, cwd=work, **variables)).hexdigest() != expected:
            sys.exit(f"{program.name}: checksum {number} differs")


def use_library(prefix, work, compiler, emulator, glibc):
    """Finds and links the library by pkg-config and by CMake, shared and static."""
    if not {"LICENSE-MIT", "LICENSE-APACHE", "CRATES.txt"} <= {path.name for path in prefix.iterdir()}:
        sys.exit(f"{prefix.name} has no licences")
    not_of_this_machine(prefix)
    if glibc:
        symbols_of_2014(prefix / "lib" / "libsomemem.so")
    said = {"PKG_CONFIG_PATH": prefix / "lib" / "pkgconfig"}
    for kind, options in (("shared", "--cflags --libs"), ("static", "--static --cflags --libs")):
        flags = run("pkg-config", *options.split(), "somemem", cwd=work, **said).decode().split()
        if kind == "static":
            flags = ["-l:libsomemem.a" if flag == "-lsomemem" else flag for flag in flags]
        run(compiler, ANSWERS, "-o", work / kind, *flags, cwd=work)
        answers(work / kind, work, emulator, **({"LD_LIBRARY_PATH": prefix / "lib"} if kind == "shared" else {}))
    cmake_project(work, "shared")
    cross = ["-DCMAKE_SYSTEM_NAME=Linux", f"-DCMAKE_C_COMPILER={compiler}"]
    run("cmake", "-S", ".", "-B", "build", *cross, f"-Dsomemem_DIR={prefix}/share/cmake/somemem", cwd=work)
    run("cmake", "--build", "build", cwd=work)
    answers(work / "build" / "shared", work, emulator)


def use_tarball(file, work):
    prefix = unpacked(file, work)
    machine = re.search(r"-(\w+)-linux", file.name)[1]
    if machine == platform.machine():
        compiler, emulator = "cc", []
    else:
        compiler, emulator = f"{machine}-linux-gnu-gcc", [f"qemu-{machine}"]
    use_library(prefix, work, compiler, emulator, GLIBC)
    # Links with the C library of 2014, which must have all that the library needs.
    old = work / "old"
    run(TOOLS / "python", "-m", "ziglang", "cc", "-target", f"{machine}-linux-gnu.{GLIBC[0]}.{GLIBC[1]}", ANSWERS, "-o", old,
        f"-I{prefix}/include", f"-L{prefix}/lib", "-lsomemem", cwd=work)  # fmt: skip
    answers(old, work, emulator, LD_LIBRARY_PATH=prefix / "lib")


def use_windows(prefix, work):
    """Finds the library by CMake, links programs with the DLL and with the static library, and runs them under wine. Wine gets no desktop,
    .NET or browser."""
    not_of_this_machine(prefix)
    compiler = "x86_64-w64-mingw32-gcc"
    cmake_project(work, "shared", "static")
    run("cmake", "-S", ".", "-B", "build", "-DCMAKE_SYSTEM_NAME=Windows", f"-DCMAKE_C_COMPILER={compiler}", f"-Dsomemem_DIR={prefix}/share/cmake/somemem", cwd=work)
    run("cmake", "--build", "build", cwd=work)
    # wine 8 lacks this DLL of Windows 10.
    run(compiler, "-shared", ROOT / "tests" / "systems" / "bcryptprimitives.c", "-o", work / "bcryptprimitives.dll", "-ladvapi32", cwd=work)
    paths = ";".join("Z:" + str(folder).replace("/", "\\") for folder in (work, prefix / "bin"))
    wine = {"WINEPREFIX": work / "wine", "WINEDEBUG": "-all", "WINEDLLOVERRIDES": "mscoree,mshtml,winedbg.exe=", "WINEPATH": paths}
    run("wineboot", "--init", cwd=work, **wine)
    for program in ("shared", "static"):
        answers(work / "build" / f"{program}.exe", work, ["wine"], **wine)
    run("wineserver", "--wait", cwd=work, **wine)


def cmake_project(work, *kinds):
    """A program for each kind of library."""
    lines = ["cmake_minimum_required(VERSION 3.16)", "project(answers LANGUAGES C)", "find_package(somemem CONFIG REQUIRED)"]
    for kind in kinds:
        lines += [f'add_executable({kind} "{ANSWERS}")', f"target_link_libraries({kind} PRIVATE somemem::{kind})"]
    (work / "CMakeLists.txt").write_text("\n".join(lines) + "\n")


# A Python program that compares the installed package with the known answers.
PYTHON = """
import hashlib, re, struct, sys
import somemem
assert sys.argv[2] in somemem.__file__, somemem.__file__
text, compared = open(sys.argv[1]).read(), 0
for seed, stream, first, bits in re.findall(r"^element (\\d+) (\\d+) (\\d+) (\\w+)$", text, re.MULTILINE):
    (x,) = somemem.random_noise(1, seed=int(seed), stream=int(stream), first=int(first))
    assert struct.pack(">d", x).hex() == bits.removeprefix("0x"), (seed, stream, first)
    compared += 1
for seed, stream, first, digest in re.findall(r"^sha256 (\\d+) (\\d+) (\\d+) (\\w+)$", text, re.MULTILINE):
    x = somemem.random_noise(1 << 20, seed=int(seed), stream=int(stream), first=int(first))
    assert hashlib.sha256(x.tobytes()).hexdigest() == digest, (seed, stream, first)
    compared += 1
assert compared > 190, compared
"""


# The command auditwheel checks only for the C library of the machine that it runs on. Zig names musl libc.so, and every musl accepts this
# name for itself.
MUSL = """
import pathlib, sys
from auditwheel.architecture import Architecture
from auditwheel.libc import Libc
from auditwheel.wheel_abi import analyze_wheel_abi
file = pathlib.Path(sys.argv[1])
found = analyze_wheel_abi(Libc.MUSL, Architecture.x86_64, file, frozenset({"libc.so"}), disable_isa_ext_check=False, allow_graft=False)
print(found.overall_policy.name)
"""


def use_wheel(file, work):
    if "musllinux" in file.name:
        said = run(TOOLS / "python", "-c", MUSL, file, cwd=work).decode()
        if said.strip() != "musllinux_1_2_x86_64":
            sys.exit(f"auditwheel says that {file.name} is {said}")
        return use_musl(work)
    wanted = "manylinux_2_17_" + re.search(r"_(x86_64|aarch64)\.whl", file.name)[1]
    if f'"{wanted}"' not in run(TOOLS / "auditwheel", "show", file, cwd=work).decode():
        sys.exit(f"auditwheel says that {file.name} is not {wanted}")
    program = work / "answers.py"
    program.write_text(PYTHON)
    command = [program, ROOT / "tests" / "known_answers" / "spec1.txt", work]
    if wanted.endswith(platform.machine()):
        install(file, work)
        run(work / "venv" / "bin" / "python", *command, cwd=work)
    else:
        other_python(file, work, command)


def install(package, work, **variables):
    run(sys.executable, "-m", "venv", work / "venv", cwd=work)
    run(work / "venv" / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package, cwd=work, **network(), **variables)


def network():
    """The user's settings for where pip and cargo get packages, and for where cargo is."""
    told = {name: value for name, value in os.environ.items() if re.match(r"(PIP_|CARGO_HOME$|RUSTUP_|\w+_proxy$|SSL_CERT)", name, re.IGNORECASE)}
    return told | {"HOME": pathlib.Path.home(), "PATH": f"{pathlib.Path(shutil.which('cargo')).parent}:/usr/bin:/bin"}


DEBIAN_PYTHON = "python3.11-minimal libpython3.11-minimal libpython3.11-stdlib libc6 libgcc-s1 libstdc++6 zlib1g libexpat1 libffi8 libssl3 libbz2-1.0 liblzma5 libuuid1"


def other_python(file, work, command):
    """Runs the command with Debian's Python for aarch64, which is only unpacked. pip gets the packages that the wheel needs."""
    root, site = work / "root", work / "site"
    run("apt-get", "download", *(f"{package}:arm64" for package in DEBIAN_PYTHON.split()), cwd=work)
    for package in work.glob("*.deb"):
        run("dpkg", "-x", package, root, cwd=work)
    options = ["--platform", "manylinux_2_28_aarch64", "--platform", "manylinux2014_aarch64", "--python-version", "3.11", "--only-binary=:all:"]
    run(TOOLS / "pip", "install", "--quiet", "--disable-pip-version-check", "--target", site, *options, file, cwd=work, **network())
    libraries = f"{root}/usr/lib/aarch64-linux-gnu:{root}/lib/aarch64-linux-gnu"
    # Plain pages, because qemu needs memory for every page that was ever mapped.
    run("qemu-aarch64", "-L", root, "-E", f"LD_LIBRARY_PATH={libraries}", "-E", f"PYTHONHOME={root}/usr", root / "usr/bin/python3.11", *command, cwd=work,
        PYTHONPATH=site, SOMEMEM_PLAIN_PAGES=1, OPENBLAS_NUM_THREADS=1)  # fmt: skip


def use_musl(work):
    """Uses the wheel's library from C, because Debian has no Python for musl, and the Python part is the same in every wheel. The program
    has to define the functions of CPython that the library needs; it does not call them."""
    (library,) = work.glob("unzipped/somemem/_native/*.so")
    library = library.rename(work / "libsomemem.so.0.1")
    asked = re.findall(r" UND (_?Py\w+)$", run("readelf", "--wide", "--dyn-syms", library, cwd=work).decode(), re.MULTILINE)
    (work / "python.c").write_text("".join(f"char {name};\n" for name in asked))
    run(TOOLS / "python", "-m", "ziglang", "cc", "-target", "x86_64-linux-musl", "-O2", "-dynamic", ANSWERS, "python.c", "-o", work / "answers",
        f"-I{ROOT}/include", library, cwd=work)  # fmt: skip
    answers(work / "answers", work, LD_LIBRARY_PATH=work)


def use_source(file, work):
    """Installs the sources with pip. Little is optimised, to save time."""
    program = work / "answers.py"
    program.write_text(PYTHON)
    quick = {"CARGO_PROFILE_RELEASE_LTO": "off", "CARGO_PROFILE_RELEASE_OPT_LEVEL": "1"}
    install(file, work, **quick)
    run(work / "venv" / "bin" / "python", program, ROOT / "tests" / "known_answers" / "spec1.txt", work, cwd=work)


def use_crate(file, work):
    """Builds a Rust program that depends on the crate."""
    crate = unpacked(file, work)
    (work / "src").mkdir()
    (work / "Cargo.toml").write_text(f'[package]\nname = "user"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n[dependencies]\nsomemem = {{ path = "{crate.name}" }}\n')
    seed, stream, first, bits = re.search(r"^element (\d+) (\d+) (\d+) (\w+)$", SPECIFIED, re.MULTILINE).groups()
    (work / "src" / "main.rs").write_text(f"""fn main() {{
        let mut x = [0f64];
        somemem::Noise {{ seed: {seed}, stream: {stream} }}.fill(&mut x, {first}).unwrap();
        print!("{{:016x}}", x[0].to_bits());
    }}""")
    said = run("cargo", "run", "--quiet", cwd=work, **network()).decode()
    if said != bits.removeprefix("0x"):
        sys.exit(f"{file.name} gives {said} instead of {bits}")
