"""The number of threads: how it is set, and what the program notices of the threads."""

import os
import subprocess
import sys

import pytest

from conftest import LIBRARY, ROOT, compile_program, run

PROGRAM = f"""
import ctypes, sys
library = ctypes.CDLL({str(LIBRARY)!r})
library.somemem_threads.restype = ctypes.c_size_t
library.somemem_set_threads.argtypes = [ctypes.c_size_t]
for number in sys.argv[1:]:
    library.somemem_set_threads(int(number))
print(library.somemem_threads())
"""


def threads(*calls, environment=None, cpus=None):
    variables = {name: value for name, value in os.environ.items() if name != "SOMEMEM_NUM_THREADS"}
    if environment is not None:
        variables["SOMEMEM_NUM_THREADS"] = environment
    confine = (lambda: os.sched_setaffinity(0, cpus)) if cpus else None
    command = [sys.executable, "-c", PROGRAM, *map(str, calls)]
    return int(subprocess.run(command, env=variables, preexec_fn=confine, capture_output=True, check=True).stdout)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [(None, 1), ("", 1), ("1", 1), ("3", 3), (" 4 ", 4), ("256", 256), ("1000", 256), ("-1", 1), ("many", 1), ("2.5", 1), ("9" * 30, 1)],
)
def test_the_environment_counts_until_a_call(environment, expected):
    assert threads(environment=environment) == expected
    assert threads(2, environment=environment) == 2


def test_zero_is_the_cpus_that_the_process_may_run_on():
    allowed = os.sched_getaffinity(0)
    assert threads(0) == threads(environment="0") == min(len(allowed), 256)
    assert threads(0, cpus={min(allowed)}) == threads(environment="0", cpus={min(allowed)}) == 1


@pytest.mark.parametrize("name", ["threads", "host_threads"])
def test_the_host_program_notices_nothing(tmp_path, name):
    program = compile_program(ROOT / "tests" / "c" / f"{name}.c", tmp_path / name)
    assert " 0 failed" in run(program)


def test_a_delayed_worker_delays_no_other(tmp_path):
    program = compile_program(ROOT / "tests" / "c" / "held_worker.c", tmp_path / "held_worker")
    assert " 0 failed" in run(program)
