"""The library over the life of a process, in C and in C++, and linked statically."""

import errno
import shutil
import subprocess

import pytest

from conftest import INCLUDE, LIBRARY, LIBRARY_DIR, ROOT, compile_program, cpp_standard, need, run

PROGRAMS = ROOT / "tests" / "c"


def test_fork_signals_loading_and_exit(tmp_path):
    other = shutil.copy(LIBRARY, tmp_path / "other.so")
    assert " 0 failed" in run(compile_program(PROGRAMS / "life.c", tmp_path / "life"), other)


def test_signals_that_a_thread_raises_itself(tmp_path):
    assert " 0 failed" in run(compile_program(PROGRAMS / "own_signals.c", tmp_path / "own_signals"))


@pytest.mark.parametrize("denied", [0, errno.ENOSYS, errno.EPERM], ids=["getrandom", "ENOSYS", "EPERM"])
def test_entropy(tmp_path, denied):
    assert " 0 failed" in run(compile_program(PROGRAMS / "entropy.c", tmp_path / "entropy"), denied)


def test_static_objects_and_exceptions(tmp_path):
    assert " 0 failed" in run(compile_program(PROGRAMS / "statics.cpp", tmp_path / "statics"))


def test_threads_free_what_others_free_and_nothing_grows(tmp_path):
    assert " 0 failed" in run(compile_program(PROGRAMS / "reuse.c", tmp_path / "reuse"))


@pytest.mark.parametrize("fully", [False, True], ids=["the library", "everything"])
@pytest.mark.parametrize("name", ["tests/c/misuse.c", "tests/c/statics.cpp", "c_examples/raii.cpp", "c_examples/reproducible.c"])
def test_static_linking(tmp_path, name, fully):
    # The system libraries that a Rust static library needs, as the compiler prints them.
    need("rustc")
    command = ["rustc", "--crate-type=staticlib", "--print=native-static-libs", "-o", tmp_path / "empty.a", "-"]
    told = subprocess.run(command, input="", capture_output=True, text=True, check=True).stderr
    libraries = told.split("native-static-libs:")[1].splitlines()[0].split()
    source = ROOT / name
    compiler = ["c++", f"-std={cpp_standard(source)}"] if source.suffix == ".cpp" else ["cc", "-std=c11"]
    options = ["-static"] if fully else []
    if fully:
        # In a static link, unwinding is in a separate library.
        libraries = ["-lgcc_eh" if library == "-lgcc_s" else library for library in libraries]
    run(*compiler, "-O2", *options, f"-I{INCLUDE}", source, LIBRARY_DIR / "libsomemem.a", *libraries, "-lm", "-o", tmp_path / "program")
    needed = subprocess.run(["readelf", "-d", tmp_path / "program"], capture_output=True, text=True).stdout
    assert "libsomemem" not in needed and ("NEEDED" not in needed or not fully)
    printed = run(tmp_path / "program")
    assert "tests" not in name or " 0 failed" in printed
