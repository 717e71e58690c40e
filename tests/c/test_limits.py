"""Memory that the library keeps of freed buffers, and addresses that a program reserves, under every limit that a parent, a container or
the program itself can set. The limit is set before the first buffer, and after it: tests/c/limits.c.

The program can use all the memory that the limit allows, and no call fails because of kept memory. The limits are RLIMIT_AS,
RLIMIT_DATA, locked memory, the memory of a control group (version 1 or 2), and each vm.overcommit_memory. The last two need root.
They are skipped without root, or where the system does not let them be set.
"""

import contextlib
import os
import pathlib
import subprocess

import pytest

from conftest import ROOT, compile_program, run

GROUP_BYTES = 200 << 20


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return compile_program(ROOT / "tests" / "c" / "limits.c", tmp_path_factory.mktemp("limits") / "limits")


@pytest.mark.parametrize(
    "name",
    ["addresses_alone", "address_space_later", "data_later", "address_space_before", "data_before", "reserving", "trimming"],
)
def test_limits_of_a_process(program, name):
    assert " 0 failed" in run(program, name)


@pytest.mark.parametrize("name", ["locked", "locked_later"])
def test_locked_memory(program, name):
    # Another user must be able to run the program.
    for folder in [program.parent, *program.parent.parents]:
        if folder.stat().st_uid == os.getuid() and os.getuid() == 0 and folder != pathlib.Path("/"):
            folder.chmod(folder.stat().st_mode | 0o011)
    assert " 0 failed" in run(program, name)


@contextlib.contextmanager
def memory_group():
    """A new control group that may have GROUP_BYTES. Skips the test if none can be made."""
    root = pathlib.Path("/sys/fs/cgroup")
    places = [(root / "memory", "memory.limit_in_bytes"), (root, "memory.max"), (root / "unified", "memory.max")]
    for parent, limit in places:
        group = parent / f"somemem-test-{os.getpid()}"
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            if (group / limit).exists():
                (group / limit).write_text(str(GROUP_BYTES))
                yield group, group / limit
                return
        finally:
            group.rmdir()
    pytest.skip("no control group with a limit on memory can be made here")


def test_memory_of_a_container(program):
    with memory_group() as (group, limit):
        join = lambda: (group / "cgroup.procs").write_text(str(os.getpid()))
        assert " 0 failed" in run(program, "container", preexec_fn=join)
        # The limit works: more memory cannot be had.
        over = subprocess.run(["python3", "-c", f"x = bytearray({2 * GROUP_BYTES})"], preexec_fn=join, capture_output=True)
        assert over.returncode != 0
        with limit.open("w") as file:
            assert " 0 failed" in run(program, "container_later", preexec_fn=join, stdin=file)


@pytest.mark.parametrize("mode", ["0", "1", "2"])
def test_memory_that_the_kernel_lends(program, mode):
    setting = pathlib.Path("/proc/sys/vm/overcommit_memory")
    before = setting.read_text()
    try:
        setting.write_text(mode)
    except OSError:
        pytest.skip("vm.overcommit_memory cannot be set here")
    try:
        assert " 0 failed" in run(program, "overcommit")
    finally:
        setting.write_text(before)
