"""Each call that the library makes to the system fails in turn.

tests/c/faults.c runs a script of all functions on small and large buffers. Then it runs the script again for each call of malloc,
calloc, realloc, mmap, mremap, mprotect, madvise, munmap, pthread_create, getrandom, open, poll and read in it. That call fails
alone, or together with all later ones until the library's function returns. Calls for random bytes are also interrupted or cut short.

All of this is done on a usual system, with SOMEMEM_PLAIN_PAGES=1, under a limit on address space (nothing is reserved, so pages
move to grow), where no mapping begins at a huge page, where MAP_FIXED_NOREPLACE is not known, and without getrandom. The script
also runs under limits of every size by RLIMIT_AS and RLIMIT_DATA.

After each fault the function must return the documented status and errno, or succeed in another way. Length, content and data
pointer must be as before, and the same call must work when it is repeated. At the end no block, page or file may be left, except
the table of handles and mappings that munmap refused to remove, which take no memory.
"""

import subprocess

import pytest

from conftest import ROOT, compile_program, run

# If these fail, no call of the library fails: it copies to grow, takes smaller pages, gives back less memory, or starts fewer threads.
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
    """The shim leaves out a free or an munmap of the library, or lets realloc change the bytes that it moves."""
    done = subprocess.run([program, sabotage], capture_output=True, text=True)
    assert done.returncode == 1 and found in done.stderr
