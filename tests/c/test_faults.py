"""Each thing that the library asks of the system fails in turn.

tests/c/faults.c runs a script of all functions on small and large buffers, and again for each call of malloc, calloc,
realloc, mmap, mremap, mprotect, madvise, munmap, pthread_create, getrandom, open, poll and read that it leads to: with that
one call failing, with all further ones failing until the library's call returns, and, for random numbers, interrupted or cut
short. It does so on a usual system, with SOMEMEM_PLAIN_PAGES=1, under a limit on address space (nothing is reserved, so that
pages move to grow), where no mapping begins at a huge page, where MAP_FIXED_NOREPLACE is not known, and where there is no
getrandom; and under every tightness of RLIMIT_AS and RLIMIT_DATA. After each fault: the documented status and errno, or
success where there is another way; length, content and data pointer as before; the same call works when repeated; and at the
end no block, page or file is left, but for the table of handles and what munmap itself refused, which takes no memory.
"""

import subprocess

import pytest

from conftest import ROOT, compile_program, run

# What is never a reason for a call to fail: growing by a copy, smaller pages, less memory back, fewer threads.
HARMLESS = {"mremap", "madvise", "munmap", "pthread_create"}
FATAL = {"malloc", "calloc", "realloc", "mmap", "mprotect", "getrandom", "open", "poll", "read"}
LIMITS = {"RLIMIT_AS", "RLIMIT_DATA"}


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return compile_program(ROOT / "tests" / "c" / "faults.c", tmp_path_factory.mktemp("faults") / "faults")


def test_every_fault_is_survived(program):
    printed = run(program)
    print(printed)
    assert printed.endswith(" 0 failed\n")
    lines = (line.split() for line in printed.splitlines()[1:-1])
    table = {name: dict(zip(("calls", "injected", "refused", "mended"), map(int, numbers))) for name, *numbers in lines}
    assert set(table) == HARMLESS | FATAL | LIMITS
    for name in HARMLESS | FATAL:
        assert table[name]["injected"] >= table[name]["calls"] > 0, name
    for name in HARMLESS:
        assert table[name]["refused"] == 0 and table[name]["mended"] > 0, name
    for name in FATAL | LIMITS:
        assert table[name]["refused"] > 0, name


@pytest.mark.parametrize(
    ("sabotage", "found"),
    [("leak", "blocks_left() == 0"), ("unmap", "bytes_left() == 0"), ("corrupt", "has_marks(box, kept)")],
)
def test_the_test_finds_faults(program, sabotage, found):
    """With a free or an munmap that is not made, or a realloc that changes what it moves, in the library's place."""
    done = subprocess.run([program, sabotage], capture_output=True, text=True)
    assert done.returncode == 1 and found in done.stderr
