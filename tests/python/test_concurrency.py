"""The Python package with threads and processes: other threads run while it draws, and no value depends on them."""

import ctypes
import hashlib
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy
import pytest
import somemem

from conftest import LIBRARY, run


@pytest.fixture
def no_forced_switches():
    """With this a thread runs until it waits or gives up the GIL by itself."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    yield
    sys.setswitchinterval(interval)


def lets_others_run(call):
    """Whether another thread ran during the call. There are several tries, because the other thread may wake up too late for the first."""
    for _ in range(20):
        gate, ran = threading.Lock(), []
        gate.acquire()
        waiting = threading.Event()

        def other():
            waiting.set()
            gate.acquire()
            ran.append(True)

        thread = threading.Thread(target=other)
        thread.start()
        waiting.wait()
        gate.release()
        call()
        during = bool(ran)
        thread.join()
        if during:
            return True
    return False


@pytest.mark.skipif(not getattr(sys, "_is_gil_enabled", lambda: True)(), reason="there is no GIL")
def test_other_threads_run_meanwhile(no_forced_switches):
    out = numpy.empty(4_000_000)
    assert lets_others_run(lambda: somemem.random_noise(seed=1, out=out))
    assert lets_others_run(lambda: somemem.add_noise(out, 1.0, seed=1))
    assert lets_others_run(lambda: somemem.random_noise(4_000_000, seed=1))
    assert lets_others_run(lambda: somemem.random_noise(4_000_000))

    # The test would notice if they did not run: ctypes can call the same function without releasing the GIL.
    held = ctypes.PyDLL(str(LIBRARY)).random_noise_fill
    held.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_uint64] * 3
    assert not lets_others_run(lambda: held(out.ctypes.data, out.size, 1, 0, 0))


def test_threads_draw_parts_of_one_array(noise):
    number, parts = 1_000_000, 7
    out = numpy.empty(number)
    cuts = numpy.linspace(0, number, parts + 1).astype(int)
    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            out[:] = 0
            draw = lambda first, end: somemem.random_noise(seed=42, stream=3, first=first, out=out[first:end])
            list(pool.map(draw, cuts[:-1], cuts[1:]))
            assert out.tobytes() == noise(number, 42, 3).tobytes()


@pytest.fixture
def threads_as_before():
    before = somemem.threads()
    yield
    somemem.set_threads(before)


def test_the_number_of_threads_changes_no_value(threads_as_before, noise):
    expected = noise(1_000_000, 42).tobytes()
    for number in (1, 2, 5, 0):
        somemem.set_threads(number)
        assert somemem.threads() == (number or min(len(os.sched_getaffinity(0)), 256))
        assert somemem.random_noise(1_000_000, seed=42).tobytes() == expected
    somemem.set_threads(2**64 - 1)
    assert somemem.threads() == 256


@pytest.mark.parametrize(("number", "kind"), [(-1, ValueError), (2**64, ValueError), (1.0, TypeError), ("1", TypeError)])
def test_impossible_numbers_of_threads(number, kind):
    with pytest.raises(kind, match="^n must be"):
        somemem.set_threads(number)


@pytest.mark.parametrize("number", ["1", "3"])
def test_the_environment_sets_the_number(number, noise):
    program = """
import hashlib, sys, somemem
assert somemem.threads() == int(sys.argv[1])
print(hashlib.sha256(somemem.random_noise(1_000_000, seed=42)).hexdigest())
"""
    printed = run(sys.executable, "-c", program, number, env=dict(os.environ, SOMEMEM_NUM_THREADS=number))
    assert printed.strip() == hashlib.sha256(noise(1_000_000, 42)).hexdigest()


def test_both_sides_of_a_fork_go_on():
    program = """
import os, threading, somemem
somemem.set_threads(2)
memory = somemem.SomeMemory(500_000)
somemem.random_noise(seed=1, out=memory.array)
busy = threading.Thread(target=lambda: [somemem.random_noise(1_000_000) for _ in range(20)])
busy.start()
child = os.fork()
same = (memory.array == somemem.random_noise(500_000, seed=1)).all()
memory.resize(10)
somemem.random_noise(1_000_000)
if not child:
    os._exit(0 if same else 1)
busy.join()
assert same and os.waitpid(child, 0)[1] == 0
"""
    run(sys.executable, "-W", "ignore::DeprecationWarning", "-c", program, timeout=300)
