"""Sanitizers and valgrind on a user's program that is linked with the library as it is released.

For a correct program, tests/c/tools.c, nothing is reported by memcheck with its leak check, helgrind (the threads that draw;
no suppression is needed), AddressSanitizer with LeakSanitizer, UndefinedBehaviorSanitizer, and ThreadSanitizer. Each of them
is shown to find a mistake that a program makes with a buffer of the library. tests/c/test_leaks.py has the handles that were
never freed.

A small buffer is one block of the heap. In it they find
- reads of elements that were never written (memcheck), also in the part that a resize added;
- writes to the last double of the 64-byte line behind the line of the last element, and writes beyond that. In front of that double
  there may be up to 56 bytes of padding, where a write is not found. Nor is one in the rest of the last element's line;
- any use after the buffer was freed.

The memory of a large buffer, from 1 MiB on, comes from mmap. The library tells memcheck which of it was never written, and that kept
pages must not be used (rust/src/memory/tools.rs). The sanitizers do not know this. If a reserve (somemem_reserve) is behind the
buffer and not used up, a write past the last page is a segmentation fault, also without any tool. With SOMEMEM_PLAIN_PAGES=1 a use
after the buffer was freed is one too.

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
    """It sees the library's threads, but not their writes, because the library is not instrumented."""
    status, printed = report([build("thread")], "race", "1000")
    assert status != 0 and "data race" in printed, printed


def test_mistakes_with_large_buffers_that_are_faults_anyway(build):
    """A write past a buffer of whole pages, into the reserve behind it, and a use of a mapping that was removed."""
    status, _ = report([build()], "past_reserved", str(1 << 17))
    assert status == -11
    status, _ = report([build()], "after_free", LARGE, environment={"SOMEMEM_PLAIN_PAGES": "1"})
    assert status == -11
