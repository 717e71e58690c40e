"""What the tests of the built library share: where it is, how a C program is compiled, and the noise as NumPy arrays."""

import ctypes
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess

import numpy
import pytest

# These tests need packages that `make others` and `make device` install.
collect_ignore = [] if importlib.util.find_spec("xarray") else ["python/others"]
collect_ignore += [] if importlib.util.find_spec("pyopencl") else [f"device/test_{name}.py" for name in ("compilers", "cuda", "opencl")]

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = pathlib.Path(os.environ.get("SOMEMEM_INCLUDE_DIR", ROOT / "include"))
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
LIBRARY_DIR = pathlib.Path(os.environ.get("SOMEMEM_LIBRARY_DIR", TARGET / "release"))
LIBRARY = LIBRARY_DIR / "libsomemem.so"
HEADER = INCLUDE / "somemem.h"

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wundef", "-Werror"]
C_WARNINGS = WARNINGS + ["-Wc++-compat", "-Wstrict-prototypes"]
C_STANDARDS = ["c99", "c11", "c17"]
CPP_STANDARDS = ["c++11", "c++14", "c++17", "c++20", "c++2b"]

# For programs that look at their peak of memory, in KiB. The peak from getrusage() may be that of the parent process.
PEAK = "peak = lambda: int(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])\n"


def run(*command, **options):
    """Runs a command and returns what it printed. If the command fails, the test fails."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{command} exited with {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def code_blocks(markdown):
    """Pairs of a language and a text."""
    return re.findall(r"^```(\w+)\n(.*?)^```", markdown, flags=re.MULTILINE | re.DOTALL)


def snippets(document, language=None, containing=""):
    """The texts of a document's code blocks."""
    return [text for name, text in code_blocks(document.read_text()) if language in (None, name) and containing in text]


def names_the_build_machine(library):
    """Whether a library contains the name of the sources' folder or of one of cargo's. Panic messages name source files."""
    text = library.read_bytes()
    homes = [os.environ.get("CARGO_HOME", os.path.expanduser("~/.cargo")), os.path.expanduser("~/.rustup"), str(ROOT)]
    assert b".rs" in text
    return any(home.encode() in text for home in homes)


def missing(what):
    """Skips the test, or fails it where CI runs."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(what)


def need(tool):
    """The path of a tool. Without it the test is skipped, or fails where CI runs."""
    path = shutil.which(tool)
    if not path:
        missing(f"{tool} is not installed")
    return path


def cpp_standard(source):
    """The oldest standard that a program compiles with."""
    return "c++17" if "somemem.hpp" in source.read_text() else "c++11"


def compile_program(source, output, *options):
    """Compiles a C or C++ program as strictly as users might, linked with the library."""
    if source.suffix == ".cpp":
        compiler = [os.environ.get("CXX", "c++"), f"-std={cpp_standard(source)}", *WARNINGS]
    elif source.stem.startswith("mpi_"):
        compiler = [need(os.environ.get("MPICC", "mpicc")), "-std=c11", *C_WARNINGS]
    else:
        compiler = [os.environ.get("CC", "cc"), "-std=c11", *C_WARNINGS]
    link = [f"-L{LIBRARY_DIR}", f"-Wl,-rpath,{LIBRARY_DIR}", "-lsomemem", "-lm", "-lpthread", "-ldl"]
    run(*compiler, "-g", "-O2", *options, f"-I{INCLUDE}", source, "-o", output, *link)
    return output


@pytest.fixture(scope="session")
def library():
    """The shared library through ctypes."""
    loaded = ctypes.CDLL(str(LIBRARY))
    size, word, real, data, handle = ctypes.c_size_t, ctypes.c_uint64, ctypes.c_double, ctypes.c_void_p, ctypes.c_void_p
    signatures = {
        "somemem_new": (handle, [size]),
        "somemem_resize": (ctypes.c_int, [handle, size]),
        "somemem_reserve": (ctypes.c_int, [handle, size]),
        "somemem_free": (ctypes.c_int, [handle]),
        "somemem_data": (data, [handle]),
        "somemem_len": (size, [handle]),
        "somemem_capacity": (size, [handle]),
        "somemem_trim": (None, []),
        "random_noise": (handle, [size]),
        "random_noise_seeded": (handle, [size, word]),
        "random_noise_fill": (ctypes.c_int, [data, size, word, word, word]),
        "random_noise_add": (ctypes.c_int, [data, size, real, word, word, word]),
        "random_noise_normal": (ctypes.c_int, [data, size, real, real, word, word, word]),
        "random_noise_fill_rows": (ctypes.c_int, [data, size, size, size, word, word, word, word, word]),
        "random_noise_add_rows": (ctypes.c_int, [data, size, size, size, real, word, word, word, word, word]),
        "somemem_kernel": (ctypes.c_char_p, []),
        "somemem_set_threads": (None, [size]),
        "somemem_threads": (size, []),
        "somemem_strerror": (ctypes.c_char_p, [ctypes.c_int32]),
        "somemem_version": (ctypes.c_char_p, []),
    }
    for name in ("random_noise_fill", "random_noise_add", "random_noise_normal", "random_noise_fill_rows", "random_noise_add_rows"):
        signatures[f"{name}_f32"] = signatures[name]
    for name, (result, arguments) in signatures.items():
        function = getattr(loaded, name)
        function.restype, function.argtypes = result, arguments
    return loaded


@pytest.fixture(scope="session")
def noise(library):
    """noise(number, seed, stream, first): samples as an array."""

    def draw(number, seed=0, stream=0, first=0):
        out = numpy.empty(number)
        assert library.random_noise_fill(out.ctypes.data, number, seed, stream, first) == 0
        return out

    return draw
