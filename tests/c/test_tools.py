"""Sanitizers and valgrind on a user's program that is linked with the library as it is released.

Nothing is reported for a program that does everything right, tests/c/tools.c: by memcheck with its leak check, helgrind (the
threads that draw; no suppression is needed), AddressSanitizer with LeakSanitizer, UndefinedBehaviorSanitizer, and
ThreadSanitizer. Each of them is shown to find a mistake of the program's with a buffer of the library's. tests/c/test_leaks.py
has the handles that were never freed.

What they find in a small buffer, which is one block of the heap: reads of what was never written (memcheck), also in the part
that a resize added; writes to the 64-byte line behind the one that the last element is in, in its last double or beyond (in
front of that there may be up to 56 bytes of padding, where nothing is noticed, nor in the rest of the last element's line);
any use after it is freed.

In a large buffer, from 1 MiB on, memory comes from mmap. What of it was never written, and that pages kept for later belong
to nobody, memcheck is told by the library (rust/src/memory/tools.rs); the sanitizers do not know. Writes past its last page are a
segmentation fault, also without any tool, where a reserve is behind it (somemem_reserve) and not used up. A use after it is freed is
one with SOMEMEM_PLAIN_PAGES=1.

Leaks are looked for with SOMEMEM_FIND_LEAKS=1.
"""

import os
import subprocess

import pytest

from conftest import ROOT, compile_program, need

SOURCE = ROOT / "tests" / "c" / "tools.c"
MEMCHECK = ["valgrind", "--leak-check=full", "--error-exitcode=9"]
HELGRIND = ["valgrind", "--tool=helgrind", "--error-exitcode=9"]
SMALL, LARGE = "100", "200000"


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """build(sanitizers...): the program, compiled with them."""
    folder, built = tmp_path_factory.mktemp("tools"), {}

    def program(*sanitizers):
        options = [f"-fsanitize={','.join(sanitizers)}", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]
        if sanitizers not in built:
            built[sanitizers] = compile_program(SOURCE, folder / "-".join(("tools", *sanitizers)), *options * bool(sanitizers))
        return str(built[sanitizers])

    return program


def report(command, *arguments, environment=()):
    """The exit status and what was printed."""
    variables = dict(os.environ, SOMEMEM_FIND_LEAKS="1", **dict(environment))
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, env=variables)
    return done.returncode, done.stdout + done.stderr


def under(tool, program):
    return [need(tool[0]), *tool[1:], program]


@pytest.mark.parametrize(("tool", "kind"), [(MEMCHECK, "everything"), (HELGRIND, "threads")], ids=["memcheck", "helgrind"])
def test_valgrind_finds_nothing_wrong(build, tool, kind):
    status, printed = report(under(tool, build()), kind)
    assert status == 0 and " 0 failed" in printed and "ERROR SUMMARY: 0 errors" in printed, printed
    if tool is MEMCHECK:
        assert "definitely lost: 0 bytes" in printed and "possibly lost: 0 bytes" in printed, printed


@pytest.mark.parametrize("sanitizers", [("address", "undefined"), ("thread",)], ids="-".join)
def test_sanitizers_find_nothing_wrong(build, sanitizers):
    status, printed = report([build(*sanitizers)], "everything")
    assert status == 0 and " 0 failed" in printed, printed


@pytest.mark.parametrize(
    ("kind", "number", "found"),
    [
        ("uninitialised", SMALL, "depends on uninitialised value"),
        ("uninitialised_growth", SMALL, "depends on uninitialised value"),
        ("past", "8", "Invalid write of size 8"),
        ("past", SMALL, "Invalid write of size 8"),
        ("after_free", SMALL, "Invalid write of size 8"),
        ("uninitialised", LARGE, "depends on uninitialised value"),
        ("uninitialised_again", LARGE, "depends on uninitialised value"),
        ("uninitialised_growth", LARGE, "depends on uninitialised value"),
        ("after_free", LARGE, "Invalid write of size 8"),
    ],
)
def test_memcheck_finds_mistakes(build, kind, number, found):
    status, printed = report(under(MEMCHECK, build()), kind, number)
    assert status == 9 and found in printed, printed
    assert kind != "past" or "ERROR SUMMARY: 8 errors" in printed, "some of the eight were not found"


def test_helgrind_finds_two_threads_that_write_one_range(build):
    status, printed = report(under(HELGRIND, build()), "race", "1000")
    assert status == 9 and "Possible data race during write" in printed and "random_noise_fill" in printed, printed


@pytest.mark.parametrize(
    ("kind", "number", "found"),
    [
        ("past", "8", "heap-buffer-overflow"),
        ("past", SMALL, "heap-buffer-overflow"),
        ("after_free", SMALL, "heap-use-after-free"),
        ("misaligned", SMALL, "store to misaligned address"),
    ],
)
def test_sanitizers_find_mistakes(build, kind, number, found):
    status, printed = report([build("address", "undefined")], kind, number)
    assert status != 0 and found in printed, printed


def test_thread_sanitizer_finds_a_race_of_the_program(build):
    """Of the library it sees the threads, but not what they write: that is not instrumented."""
    status, printed = report([build("thread")], "race", "1000")
    assert status != 0 and "data race" in printed, printed


def test_mistakes_with_large_buffers_that_are_faults_anyway(build):
    """A whole number of pages, and the reserve behind it; then a mapping that is gone."""
    status, _ = report([build()], "past_reserved", str(1 << 17))
    assert status == -11
    status, _ = report([build()], "after_free", LARGE, environment={"SOMEMEM_PLAIN_PAGES": "1"})
    assert status == -11
