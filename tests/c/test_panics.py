"""The shared library's own code refers to no routine that panics, prints or aborts, except in the functions listed here."""

import os
import platform
import re

import pytest

from conftest import LIBRARY, need, run

if "SOMEMEM_PREFIX" in os.environ:
    pytest.skip("an installed library may have no symbols", allow_module_level=True)

# Routines that end in a message and an abort, by the names that the compiler uses. Nothing else in the library prints.
ENDS = re.compile(r"panic|unwrap_failed|expect_failed|handle_alloc_error|index_fail|slice.*_fail|len_mismatch|std::io.*_?print|abort")

# Functions that still contain such a call, and why the call is never made.
EXCEPTIONS = {
    # Checks of indices into arrays of constant length: the queue holds less than a batch between calls and BATCH + ADDED_AT_ONCE at
    # most within one (residual.rs), and a run's chunks are at most RUN (draw.rs). Every length and offset is drawn in
    # tests/kernels.rs, with overflow checks. If one were wrong all the same, the check would protect memory.
    r"somemem::noise::kernel::(avx2|avx512|portable)::run\w*": "constant lengths",
    # The aes crate's own checks of lengths, which are constants of the algorithm. tests/kernels.rs tries the
    # functions that are called here with a vector of FIPS 197, and compares them with the other kernels.
    r"(<\w+ as )?aes::.*": "constant lengths",
}

# The library's own functions and those of the crates compiled into it; not the standard library's, which panics by design.
OWN = re.compile(r"^(<?\w* ?(as )?somemem::|<somemem::|<.* as somemem::|somemem_|random_noise|aes::|<\w+ as aes::|getrandom::|zeroize::|libc::)")


def calls_of_own_code():
    """Pairs of a function and a function that it calls or jumps to. Calls through the table of relocated addresses count too."""
    names = {}
    for line in run("nm", "-C", "--defined-only", LIBRARY).splitlines():
        address, _, name = line.split(" ", 2)
        names[int(address, 16)] = name
    relocated = {}
    for line in run("readelf", "-rW", LIBRARY).splitlines():
        fields = line.split()
        if len(fields) >= 4 and fields[2] == "R_X86_64_RELATIVE":
            relocated[int(fields[0], 16)] = int(fields[3], 16)
        elif len(fields) >= 5 and fields[2] in ("R_X86_64_GLOB_DAT", "R_X86_64_JUMP_SLOT"):
            names[relocated.setdefault(int(fields[0], 16), -int(fields[0], 16))] = fields[4]
    caller = None
    for line in run("objdump", "-d", "--no-show-raw-insn", LIBRARY).splitlines():
        if start := re.match(r"([0-9a-f]+) <.*>:$", line):
            caller = names.get(int(start[1], 16), "?")
            continue
        # Any instruction that names an address: a call, a jump, or a load of an address that is called later.
        for address in re.findall(r"\b([0-9a-f]{4,}) <", line):
            address = int(address, 16)
            callee = names.get(relocated.get(address, address))
            if callee and callee != caller:
                yield caller, callee


@pytest.mark.skipif(platform.machine() != "x86_64", reason="reads x86-64 code")
def test_no_own_code_panics():
    need("objdump")
    calls = set(calls_of_own_code())
    own = {caller for caller, _ in calls if OWN.match(caller)}
    assert {"somemem_free", "random_noise_fill", "somemem::memory::Memory::make_room"} <= own, sorted(own)
    found = {(caller, callee) for caller, callee in calls if caller in own and ENDS.search(callee)}
    for caller, callee in sorted(found):
        print(caller, "->", callee)
    excepted = {pattern: [caller for caller, _ in found if re.fullmatch(pattern, caller)] for pattern in EXCEPTIONS}
    unexpected = {call for call in found if not any(re.fullmatch(pattern, call[0]) for pattern in EXCEPTIONS)}
    assert not unexpected
    # Each exception must be found: this shows that the search works, and that no exception has become unnecessary.
    assert all(excepted.values()), excepted
