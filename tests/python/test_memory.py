"""SomeMemory: its data moves only while no array shows it, and its memory is freed with the last array that shows it."""

import copy
import ctypes
import gc
import inspect
import pickle
import sys
import threading

import numpy
import pytest
from somemem import SomeMemory, add_noise, random_noise, trim
from somemem._native import ffi, lib

from conftest import PEAK, run


def filled(number=12, **reserve):
    memory = SomeMemory(number, **reserve)
    memory[:] = range(number)
    return memory


class Consumer:
    """Takes an array as other libraries do: it keeps the address and a reference."""

    def __init__(self, array):
        self.address, self.array = array.__array_interface__["data"][0], array


VIEWS = {
    "array": lambda memory: memory.array,
    "asarray": numpy.asarray,
    "array without copy": lambda memory: numpy.array(memory, copy=False),
    "slice": lambda memory: memory[2:4],
    "element as array": lambda memory: memory[2, ...],
    "reshape": lambda memory: memory.array.reshape(3, 4),
    "transposed part": lambda memory: memory.array.reshape(3, 4).T[1:, ::2],
    "other type": lambda memory: memory.array.view("u8"),
    "base": lambda memory: memory.array.base,
    "base of a slice": lambda memory: memory[2:4].base,
    "memoryview": lambda memory: memoryview(memory.array),
    "part of a memoryview": lambda memory: memoryview(memory.array)[2:4],
    "frombuffer": lambda memory: numpy.frombuffer(memory.array),
    "broadcast": lambda memory: numpy.broadcast_to(memory.array, (3, 12)),
    "flat": lambda memory: memory.array.flat,
    "iterator": iter,
    "PickleBuffer": lambda memory: pickle.PickleBuffer(memory.array),
    "dlpack": lambda memory: numpy.from_dlpack(memory.array),
    "ctypes": lambda memory: (ctypes.c_double * 12).from_buffer(memory.array),
    "array interface": lambda memory: Consumer(memory.array),
    "result": lambda memory: random_noise(seed=1, out=memory.array),
}


@pytest.mark.parametrize("look", VIEWS.values(), ids=VIEWS.keys())
def test_no_resize_under_a_view(look):
    memory = filled()
    view = look(memory)
    before = memory.array.ctypes.data
    for number in (0, 12, 10_000_000):
        with pytest.raises(BufferError, match="alive"):
            memory.resize(number)
    assert len(memory) == 12 and memory.array.ctypes.data == before
    del view
    memory.resize(10_000_000)
    assert len(memory) == 10_000_000


def place(memory):
    return int(ffi.cast("uintptr_t", lib.somemem_data(memory._handle)))


@pytest.mark.parametrize("reserved", [1000, 10_000_000])
@pytest.mark.parametrize("look", VIEWS.values(), ids=VIEWS.keys())
def test_growing_inside_a_reserve_keeps_every_view(look, reserved):
    """For every kind of view: the data stays where it is, in memory of the buffer. Any other change is refused while the view is alive."""
    memory = filled(reserve=reserved)
    before = place(memory)
    view = look(memory)
    content = memory[:12].copy()
    for number in (12, 13, reserved // 2, reserved):
        memory.resize(number)
        memory[12:] = number
        assert len(memory) == memory.array.size == number <= memory.capacity and place(memory) == before
        assert (memory[:12] == content).all()
    for number in (0, reserved - 1, reserved + 1, 2 * reserved):
        with pytest.raises(BufferError, match="alive"):
            memory.resize(number)
    with pytest.raises(BufferError, match="alive"):
        memory.reserve(reserved + 1)
    memory.reserve(reserved)
    assert len(memory) == reserved and place(memory) == before
    del view
    memory.resize(0)
    memory.resize(2 * reserved)
    assert len(memory) == 2 * reserved


def test_an_old_array_and_a_new_one_see_the_same_doubles():
    memory = filled(reserve=10_000_000)
    old, part = memory.array, memoryview(memory.array)[2:4]
    memory.resize(10_000_000)
    new = memory.array
    new[:12], new[-1] = range(100, 112), 7
    assert old.size == 12 and (old == range(100, 112)).all() and part.tolist() == [102, 103]
    old[3] = 5
    assert memory[3] == part[1] == 5 and memory[-1] == 7
    memory.free()
    del memory, new
    assert old[3] == 5 and part[0] == 102


def test_a_reserve_is_as_long_as_it_was_promised():
    """Room that is there by chance does not belong to the reserve. Shrinking keeps the reserve, growing beyond it ends it."""
    memory = SomeMemory(1, reserve=3)
    view = memory.array
    memory.resize(3)
    assert memory.capacity > 3
    with pytest.raises(BufferError, match="could move"):
        memory.resize(4)
    with pytest.raises(BufferError, match="outside"):
        memory.resize(2)
    del view
    memory.resize(0)
    view = memory.array
    memory.resize(3)
    del view
    memory.resize(4)
    memory.resize(1)
    view = memory.array
    with pytest.raises(BufferError, match="could move"):
        memory.resize(2)
    del view
    memory.reserve(1_000_000)
    memory.reserve(2)
    view = memory.array
    memory.resize(1_000_000)
    assert SomeMemory(5).capacity >= 5 and SomeMemory(5, reserve=2).capacity >= 5


@pytest.mark.parametrize("number", [2**58, 2**60, 10**30])
def test_a_reserve_that_cannot_be_had_changes_nothing(number):
    memory = filled(reserve=1000)
    before, capacity = place(memory), memory.capacity
    with pytest.raises(MemoryError):
        memory.reserve(number)
    with pytest.raises(MemoryError):
        SomeMemory(0, reserve=number)
    assert list(memory) == list(range(12)) and (place(memory), memory.capacity) == (before, capacity)
    view = memory.array
    memory.resize(1000)
    assert place(memory) == before and (view == range(12)).all()


def test_a_reserve_promises_no_memory():
    """Growing inside the reserve while an array is alive can raise a MemoryError. Then the array and the reserve are as before."""
    program = """
import resource
from somemem import SomeMemory
memory = SomeMemory(1000, reserve=1 << 27)
memory[:] = range(1000)
view = memory.array
used = 1024 * int(open("/proc/self/status").read().split("VmData:")[1].split()[0])
resource.setrlimit(resource.RLIMIT_DATA, (used + (64 << 20),) * 2)
for _ in range(100):
    try:
        memory.resize(1 << 26)
    except MemoryError:
        continue
    raise AssertionError("the limit was not one")
assert len(memory) == 1000
memory.resize(1 << 20)
assert (view == range(1000)).all() and view.ctypes.data == memory.array.ctypes.data
memory[1000:] = 1
memory[0] = 5
assert view[0] == 5
"""
    run(sys.executable, "-c", program)


def test_kept_memory_of_freed_buffers_can_be_given_back():
    program = """
from somemem import SomeMemory, trim
def mapped():
    return 4096 * int(open("/proc/self/statm").read().split()[0])
def freed():
    with SomeMemory(2 << 20) as memory:
        memory[:] = 1
freed()
trim()
before = mapped()
freed()
assert mapped() - before >= 16 << 20, "no freed memory is kept"
trim()
assert mapped() - before < 1 << 20
trim()
"""
    run(sys.executable, "-c", program)
    alive = filled(300_000)
    trim()
    assert (alive.array == range(300_000)).all()


@pytest.mark.parametrize("look", VIEWS.values(), ids=VIEWS.keys())
@pytest.mark.parametrize("end", [SomeMemory.free, lambda memory: None], ids=["free", "del"])
def test_memory_lives_as_long_as_a_view(look, end):
    memory = filled()
    handle = ffi.cast("SomeMem *", int(ffi.cast("uintptr_t", memory._handle)))
    view = look(memory)
    end(memory)
    del memory
    gc.collect()
    assert lib.somemem_data(handle)
    del view
    assert not lib.somemem_data(handle)


def test_two_arrays_both_keep_the_memory():
    memory = filled()
    first, second = memory.array, memory.array
    del second
    with pytest.raises(BufferError):
        memory.resize(1)
    del first
    memory.resize(1)


def test_expressions_are_those_of_its_array():
    memory, other = filled(4), filled(4)
    assert (memory == 1).tolist() == [False, True, False, False] and type(memory == 1) is numpy.ndarray
    assert (memory < other).tolist() == [False] * 4 and (memory == other).all() and (memory != [0, 1, 2, 4]).tolist() == [False] * 3 + [True]
    assert (2 * memory + other / 1).tolist() == [0, 3, 6, 9] and (-memory).tolist() == [0, -1, -2, -3] and (memory @ other) == 14
    assert numpy.sqrt(memory)[1] == 1 and numpy.add.reduce(memory) == 6 and numpy.concatenate([memory, other]).size == 8
    memory.resize(5)
    memory.resize(4)
    before = memory
    memory += 1
    assert memory is before and list(memory) == [1, 2, 3, 4]
    assert numpy.multiply(memory, 2, out=memory) is memory and list(memory) == [2, 4, 6, 8]
    quotient, rest = numpy.empty(4), SomeMemory(4)
    assert numpy.divmod(memory, 3, out=(quotient, rest))[1] is rest and list(rest) == [2, 1, 0, 2]
    memory[:] = [0, 1, 0, 1]
    assert numpy.add([1.0] * 4, 1, out=numpy.zeros(4), where=memory != 0).tolist() == [0, 2, 0, 2]
    with pytest.raises(TypeError, match="safe"):
        numpy.add([1.0] * 4, 1, out=numpy.zeros(4), where=memory)
    memory.resize(0)
    with pytest.raises(TypeError, match="unhashable"):
        hash(memory)


def test_other_libraries_take_it_without_a_copy():
    memory = filled()
    array = numpy.from_dlpack(memory)
    assert numpy.shares_memory(array, memory.array) and memory.__dlpack_device__() == array.__dlpack_device__()
    view = memory.__buffer__(0)
    assert isinstance(view, memoryview) and view.format == "d" and view.tolist() == list(range(12))
    for used in (array, view):
        with pytest.raises(BufferError, match="alive"):
            memory.resize(1)
    del array, view, used
    memory.resize(1)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="classes in Python answer the buffer protocol from 3.12 on")
def test_it_answers_the_buffer_protocol():
    memory = filled()
    view = memoryview(memory)
    view[3] = 50
    assert memory[3] == 50
    with pytest.raises(BufferError, match="alive"):
        memory.resize(100_000)
    view.release()
    del view
    memory.resize(1)


def fails(memory):
    part = memory[2:4]
    raise KeyError(part.size)


def fails_with_a_memoryview(memory):
    seen = memoryview(memory.array)[1:3]
    raise KeyError(seen.nbytes)


def test_a_traceback_that_holds_an_array_is_named(monkeypatch):
    memory = filled()
    try:
        fails(memory)
    except KeyError as error:
        with pytest.raises(BufferError, match=r"alive, and .*; the traceback of KeyError in sys.exc_info\(\) holds 'part' of fails\(\), line \d+"):
            memory.resize(1)
        kept = error
    monkeypatch.setattr(sys, "last_value", kept, raising=False)
    with pytest.raises(BufferError, match=r"move .*; the traceback of KeyError in sys.last_value holds 'part' of fails\(\)"):
        memory.resize(10_000_000)
    monkeypatch.undo()
    try:
        raise ValueError from kept
    except ValueError:
        with pytest.raises(BufferError, match="KeyError .* holds 'part'"):
            memory.resize(1)
    try:
        fails_with_a_memoryview(memory)
    except KeyError:
        with pytest.raises(BufferError, match="holds 'seen' of fails_with"):
            memory.resize(1)
    view = memory.array
    kept = kept.with_traceback(None)
    with pytest.raises(BufferError) as caught:
        memory.resize(1)
    assert "traceback" not in str(caught.value)
    del view
    memory.resize(1)


def test_tools_see_its_signature():
    assert str(inspect.signature(SomeMemory)) == "(n: 'SupportsIndex', *, reserve: 'SupportsIndex' = 0) -> 'None'"
    assert str(inspect.signature(random_noise)).startswith("(n: 'Shape | None' = None, *, seed: 'SupportsIndex | None' = None, stream: 'Streams' = 0,")
    for call in (SomeMemory, SomeMemory.resize, SomeMemory.reserve, random_noise, add_noise):
        assert len(str(inspect.signature(call))) < 260


def test_a_memory_error_says_how_much():
    memory = filled()
    for call in (memory.resize, memory.reserve, SomeMemory, lambda number: SomeMemory(0, reserve=number), lambda number: random_noise(number, seed=1)):
        with pytest.raises(MemoryError, match="cannot allocate 288230376151711744 doubles, 2.306 EB"):
            call(2**58)
    assert list(memory) == list(range(12))


def test_a_subclass_may_make_it_otherwise():
    class Named(SomeMemory):
        def __init__(self, name):
            super().__init__(len(name))
            self.name = name

    class Unmade(SomeMemory):
        def __init__(self):
            pass

    assert len(Named("noise")) == 5
    with pytest.raises(ValueError, match="freed"):
        len(Unmade())
    Unmade().free()


def test_reading_and_writing_leaves_no_view_behind():
    memory = filled()
    assert memory[3] == 3.0 and type(memory[3]) is numpy.float64 and memory[-1] == 11
    memory[0] = 5
    memory[1:3] = 6, 7
    memory[memory.array > 10] = 0
    assert list(memory) == [5, 6, 7, 3, 4, 5, 6, 7, 8, 9, 10, 0] and 10 in memory
    picked = memory[[0, 2]]
    assert list(picked) == [5, 7] and numpy.sum(memory) == 70
    with pytest.raises(IndexError):
        memory[12]
    memory.resize(3)
    assert list(memory) == [5, 6, 7]


def test_arrays_are_made_by_numpys_rules():
    memory = filled()
    assert numpy.shares_memory(numpy.asarray(memory), memory.array)
    assert not numpy.shares_memory(numpy.array(memory), memory.array)
    assert numpy.asarray(memory, dtype="f4").dtype == numpy.float32
    if numpy.lib.NumpyVersion(numpy.__version__) >= "2.0.0":
        with pytest.raises(ValueError, match="copy"):
            numpy.array(memory, dtype="f4", copy=False)


@pytest.mark.parametrize(("old", "new"), [(0, 5), (5, 0), (5, 10), (10, 5), (5, 300_000), (300_000, 5), (300_000, 10_000_000)])
def test_resize_keeps_what_fits(old, new):
    memory = filled(old)
    memory.resize(new)
    assert len(memory) == memory.array.size == new
    kept = min(old, new)
    assert (memory[:kept] == numpy.arange(kept)).all()
    memory[:] = 1


@pytest.mark.parametrize("number", [2**58, 2**60, 10**30])
def test_no_memory_keeps_the_content(number):
    memory = filled()
    with pytest.raises(MemoryError):
        memory.resize(number)
    assert list(memory) == list(range(12))
    with pytest.raises(MemoryError):
        SomeMemory(number)


def test_a_limit_on_memory_is_a_memory_error():
    program = """
import resource
from somemem import SomeMemory, random_noise
memory = SomeMemory(1000)
memory[:] = range(1000)
used = 4096 * int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (used + (64 << 20),) * 2)
many = 1 << 26
for use in [memory.resize, SomeMemory, random_noise, lambda number: random_noise(number, seed=1)] * 100:
    try:
        use(many)
    except MemoryError:
        continue
    raise AssertionError("the limit was not one")
assert (memory.array == range(1000)).all()
memory.resize(1 << 20)
assert (memory[:1000] == range(1000)).all()
"""
    run(sys.executable, "-c", program)


@pytest.mark.parametrize(
    ("number", "kind"), [(-1, ValueError), (1.0, TypeError), ("1", TypeError), (None, TypeError), ((1, 2), TypeError)], ids=repr
)
def test_impossible_lengths(number, kind):
    memory = filled()
    for call in (SomeMemory, memory.resize, memory.reserve):
        with pytest.raises(kind, match="^n must"):
            call(number)
    with pytest.raises(kind, match="^reserve must"):
        SomeMemory(1, reserve=number)
    assert list(memory) == list(range(12))


USES = {
    "len": len,
    "array": lambda memory: memory.array,
    "read": lambda memory: memory[0],
    "write": lambda memory: memory.__setitem__(0, 1),
    "iter": iter,
    "asarray": numpy.asarray,
    "resize": lambda memory: memory.resize(1),
    "reserve": lambda memory: memory.reserve(1),
    "capacity": lambda memory: memory.capacity,
    "with": lambda memory: memory.__enter__(),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES.keys())
def test_a_block_gives_the_memory_up(use):
    with filled() as memory:
        use(memory)
        memory.array[:] = 0
    with pytest.raises(ValueError, match="freed"):
        use(memory)
    memory.free()
    assert repr(memory) == "<SomeMemory, freed>" and repr(filled()) == "<SomeMemory, 12 doubles>"


def test_a_block_frees_at_its_end_or_with_the_last_view():
    with filled() as memory:
        handle = ffi.cast("SomeMem *", int(ffi.cast("uintptr_t", memory._handle)))
    assert not lib.somemem_data(handle)
    with pytest.raises(KeyError), filled() as memory:
        view = memory[2:4]
        raise KeyError
    assert list(view) == [2, 3]


def test_it_is_not_copied_by_accident():
    for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="its array can"):
            duplicate(filled(reserve=1000))
    assert (copy.deepcopy(filled().array) == range(12)).all()


def test_nothing_leaks():
    """Each way makes 1.6 GB in all. The process may not grow by a tenth of that."""
    program = """
from somemem import SomeMemory
def touched(memory):
    memory[:] = 1
    return memory
def block():
    with SomeMemory(100_000) as memory:
        return touched(memory).array
def grow():
    memory = SomeMemory(0)
    memory.resize(100_000)
    touched(memory)
for use in (lambda: touched(SomeMemory(100_000)), lambda: touched(SomeMemory(100_000)).array[5:], block, grow):
    use()
    before = peak()
    for _ in range(2000):
        use()
    assert peak() - before < 160_000, peak() - before
"""
    run(sys.executable, "-c", PEAK + program)


def test_no_array_shows_memory_that_moves():
    """One thread resizes while three make arrays. Each array is where the data is for as long as it lives, and shows what was written."""
    memory, kept, wrong = filled(1000), numpy.arange(1000.0), []
    done = threading.Event()

    def look():
        while not done.is_set():
            array = memory.array
            place, size = int(ffi.cast("uintptr_t", lib.somemem_data(memory._handle))), lib.somemem_len(memory._handle)
            if (array.ctypes.data, array.size) != (place, size) or not (array[:1000] == kept).all():
                wrong.append((array.ctypes.data, array.size, place, size))
            del array
            len(memory)

    lookers = [threading.Thread(target=look) for _ in range(3)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for looker in lookers:
            looker.start()
        moved = 0
        while moved < 10_000 and not wrong:
            try:
                memory.resize(120_000 if len(memory) == 1000 else 1000)
                moved += 1
            except BufferError:
                pass
    finally:
        done.set()
        for looker in lookers:
            looker.join()
        sys.setswitchinterval(interval)
    assert not wrong


def test_an_array_stays_while_another_thread_grows_the_memory():
    memory, wrong, done = filled(1000, reserve=1_000_000), [], threading.Event()
    before = place(memory)

    def look():
        while not done.is_set():
            array = memory.array
            if array.ctypes.data != before or not array.size <= len(memory) or not (array[:1000] == range(1000)).all():
                wrong.append((array.ctypes.data, array.size))

    lookers = [threading.Thread(target=look) for _ in range(2)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for looker in lookers:
            looker.start()
        for number in range(2000, 1_000_000, 1000):
            memory.resize(number)
            memory[number - 1] = number
    finally:
        done.set()
        for looker in lookers:
            looker.join()
        sys.setswitchinterval(interval)
    assert not wrong and place(memory) == before


def test_the_base_of_an_array_gives_no_second_array():
    """It cannot be copied, not even when it has just been made. It also gives none when the garbage collector has found it and
    a destructor brings it back."""
    memory, tried = filled(), []

    def at_return(frame, event, argument):
        if event == "c_return" and frame.f_code.co_name == "array_of":
            tried.extend(value for value in frame.f_locals.values() if hasattr(value, "__array_interface__"))
            for value in tried:
                with pytest.raises(TypeError, match="cannot be copied"):
                    copy.copy(value)

    sys.setprofile(at_return)
    try:
        memory.array
    finally:
        sys.setprofile(None)
    assert tried, "no value inside array_of was tried"
    base = memory.array.base
    assert numpy.asarray(base).dtype == object
    with pytest.raises(TypeError, match="cannot be copied"):
        copy.copy(base)
    tried.clear()
    del base
    memory.resize(10_000_000)

    saved = []

    class Resurrecting:
        def __del__(self):
            saved.append(numpy.asarray(self.base))

    garbage = Resurrecting()
    garbage.me, garbage.base = garbage, memory.array.base
    del garbage
    gc.collect()
    memory.resize(1000)
    assert saved[0].dtype == object


def test_a_subclass_cannot_lie_about_its_size():
    class Lying(numpy.ndarray):
        size, shape = 10**7, (10**7,)

    array = numpy.zeros(4).view(Lying)
    add_noise(array, 1.0, seed=1)
    random_noise(seed=2, out=array)
    assert numpy.array_equal(array.view(numpy.ndarray), random_noise(4, seed=2))


def test_a_forked_child_can_use_it():
    """The fork may come at any moment of another thread's work."""
    program = """
import os, threading
from somemem import SomeMemory
memory, done = SomeMemory(1000), threading.Event()
memory[:] = 1
def resize():
    while not done.is_set():
        memory.resize(300_000)
        memory.resize(1000)
thread = threading.Thread(target=resize)
thread.start()
for _ in range(50):
    child = os.fork()
    if child == 0:
        os._exit(len(memory) not in (1000, 300_000) or bool((memory[:1000] != 1).any()))
    assert os.waitpid(child, 0)[1] == 0
done.set()
thread.join()
"""
    run(sys.executable, "-W", "ignore", "-c", program, timeout=100)


def test_an_interrupt_leaves_nothing_behind():
    """At whatever moment it comes, no array is alive afterwards, and the memory can be resized."""
    program = """
import signal, sys
from somemem import SomeMemory
memory, interrupts = SomeMemory(1000), 0
def interrupt(*_):
    raise KeyboardInterrupt
signal.signal(signal.SIGALRM, interrupt)
sys.unraisablehook = lambda _: None
while interrupts < 2000:
    try:
        signal.setitimer(signal.ITIMER_REAL, 1e-4 + interrupts % 100 * 1e-6)
        for _ in range(300):
            memory.array
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        interrupts += 1
    try:
        memory.resize(1000)
    except KeyboardInterrupt:
        pass
"""
    run(sys.executable, "-c", program, timeout=300)


def test_an_object_without_a_buffer_is_like_a_freed_one():
    class Careless(SomeMemory):
        def __init__(self):
            pass

    memory = Careless()
    assert repr(memory) == "<SomeMemory, freed>"
    memory.free()
    with pytest.raises(ValueError, match="freed"):
        memory.array
    whole = SomeMemory(10)
    with pytest.raises(TypeError, match="already"):
        whole.__init__(1000)
    assert len(whole) == 10


def test_threads_that_free_at_once():
    for _ in range(200):
        memory, start = filled(), threading.Barrier(4)
        handle = int(ffi.cast("uintptr_t", memory._handle))

        def free():
            start.wait()
            memory.free()

        threads = [threading.Thread(target=free) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert repr(memory) == "<SomeMemory, freed>"
        assert not lib.somemem_data(ffi.cast("SomeMem *", handle))


def test_a_signal_handler_may_use_the_memory_that_it_interrupts():
    """The handler may run at any moment, also in the middle of a resize. Then it gets no array, or it gets one and the data does not move."""
    program = """
import signal
from somemem import SomeMemory
memory, seen, kept = SomeMemory(1000), [], []
memory[:] = 1
def handler(*_):
    seen.append(len(memory))
    try:
        kept.append(memory.array)
        memory.resize(5)
    except BufferError:
        pass
    else:
        raise AssertionError("resized under an array")
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 1e-4, 1e-4)
while len(seen) < 3000:
    for number in (1000, 300_000, 2000):
        try:
            memory.resize(number)
        except BufferError:
            pass
    place = memory.array.ctypes.data
    for array in kept[:]:
        assert array.ctypes.data == place and (array[:1000] == 1).all()
    array = None
    kept.clear()
signal.setitimer(signal.ITIMER_REAL, 0)
"""
    run(sys.executable, "-c", program, timeout=300)


def test_a_signal_handler_may_grow_the_memory_that_it_interrupts():
    """The handler may run at any moment, also in the middle of a resize. No array of the handler or the program reaches beyond
    the buffer, and the data does not move while one is alive."""
    program = """
import signal
from somemem import SomeMemory
memory, kept, seen, grown = SomeMemory(1000, reserve=400_000), [], 0, 0
memory[:] = 1
def handler(*_):
    global seen, grown
    seen += 1
    try:
        memory.resize(400_000)
        grown += 1
        kept.append(memory.array)
        memory.reserve(500_000)
    except BufferError:
        return
    raise AssertionError("moved under an array")
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 1e-4, 1e-4)
while grown < 2000:
    for number in (1000, 300_000, 2000):
        try:
            memory.resize(number)
        except BufferError:
            pass
    now = memory.array
    for array in kept[:]:
        assert array.ctypes.data == now.ctypes.data and array.size <= len(memory) and (array[:1000] == 1).all()
    array = now = None
    kept.clear()
signal.setitimer(signal.ITIMER_REAL, 0)
"""
    run(sys.executable, "-c", program, timeout=300)


def test_an_interrupt_while_growing_leaves_the_reserve_safe():
    """At whatever moment it comes, the array stays where it is, and the memory can be resized afterwards."""
    program = """
import signal
from somemem import SomeMemory
memory, interrupts = SomeMemory(1000, reserve=500_000), 0
def interrupt(*_):
    raise KeyboardInterrupt
signal.signal(signal.SIGALRM, interrupt)
view = memory.array
place = view.ctypes.data
while interrupts < 1000:
    try:
        signal.setitimer(signal.ITIMER_REAL, 1e-4 + interrupts % 100 * 1e-6)
        for number in range(len(memory), 500_000, 100):
            memory.resize(number)
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        interrupts += 1
    assert 1000 <= len(memory) <= 500_000 and memory.array.ctypes.data == place
    if len(memory) > 400_000:
        del view
        memory.resize(1000)
        view = memory.array
memory.resize(500_000)
"""
    run(sys.executable, "-c", program, timeout=300)


def test_a_forked_child_grows_inside_the_reserve():
    program = """
import os
from somemem import SomeMemory
memory = SomeMemory(300_000, reserve=3_000_000)
memory[:] = 1
view = memory.array
child = os.fork()
memory.resize(3_000_000)
memory[300_000:] = 2
assert view.ctypes.data == memory.array.ctypes.data and (view == 1).all()
view[:] = 3 if child == 0 else 4
assert (memory[:300_000] == (3 if child == 0 else 4)).all()
if child == 0:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
"""
    run(sys.executable, "-W", "ignore", "-c", program)
