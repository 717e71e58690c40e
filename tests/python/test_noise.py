"""random_noise and add_noise of the Python package: the C library's values, in arrays that own its memory."""

import errno
import gc
import itertools
import pickle
import sys

import numpy
import pytest
import somemem
from somemem._native import ffi, lib

from conftest import PEAK, run

LAST = 2**64 - 1


def same(array, expected):
    assert array.dtype == numpy.float64 and array.tobytes() == expected.tobytes()
    return True


@pytest.mark.parametrize("shape", [0, 1, 7, 300_000, (), (0,), (3, 0, 2), (4, 5), [2, 3, 4], numpy.int64(9), numpy.array([2, 3])])
@pytest.mark.parametrize(("seed", "stream", "first"), [(0, 0, 0), (42, 7, 500), (LAST, LAST, 2**63), (numpy.uint64(LAST), 1, 1)])
def test_the_values_are_the_c_librarys(noise, shape, seed, stream, first):
    array = somemem.random_noise(shape, seed=seed, stream=stream, first=first)
    assert array.shape == numpy.empty(shape).shape
    assert same(array, noise(array.size, int(seed), stream, first))
    out = numpy.empty(shape)
    assert somemem.random_noise(seed=seed, stream=stream, first=first, out=out) is out and same(out, array)


def test_indices_follow_c_order():
    whole = somemem.random_noise((4, 5), seed=1)
    for row, column in itertools.product(range(4), range(5)):
        assert somemem.random_noise((), seed=1, first=row * 5 + column) == whole[row, column]


def test_the_last_index_can_be_drawn_and_none_beyond(noise):
    assert same(somemem.random_noise(2, seed=1, first=LAST - 1), noise(2, 1, 0, LAST - 1))
    assert somemem.random_noise(0, seed=1, first=LAST).size == 0
    for call in (
        lambda: somemem.random_noise(2, seed=1, first=LAST),
        lambda: somemem.random_noise(seed=1, first=LAST, out=numpy.empty(2)),
        lambda: somemem.add_noise(numpy.empty(2), 1, seed=1, first=LAST),
    ):
        with pytest.raises(ValueError, match="first .* up to index"):
            call()


def test_without_a_seed_every_call_differs():
    for draw in (
        lambda: somemem.random_noise(1000),
        lambda: somemem.random_noise(out=numpy.empty(1000)),
        lambda: somemem.add_noise(numpy.zeros(1000), 1),
    ):
        one, other = draw(), draw()
        assert not numpy.isin(one, other).any() and abs(one.std() - 1) < 0.2


def test_fresh_seeds_are_fresh_and_of_64_bits():
    seeds = [somemem.fresh_seed() for _ in range(1000)]
    assert len(set(seeds)) == 1000 and all(type(seed) is int and 0 <= seed <= LAST for seed in seeds)
    assert max(seeds).bit_length() == 64 and len({seed & 1 for seed in seeds}) == 2


@pytest.mark.parametrize("scale", [0, -0.0, 0.1, -0.1, -3, numpy.float32(-2.5), 5e-324, -5e-324, 1e300, -1e300])
def test_noise_is_added_where_the_signal_is(noise, scale):
    signal = numpy.linspace(-1, 1, 1001)
    expected = signal + float(scale) * noise(1001, 42, 7, 3)
    assert somemem.add_noise(signal, scale, seed=42, stream=7, first=3) is signal
    assert same(signal, expected)
    part = numpy.zeros((10, 10))
    somemem.add_noise(part[4:6], scale, seed=42, stream=7, first=3)
    assert same(part[4:6].ravel(), float(scale) * noise(20, 42, 7, 3) + 0.0) and not part[:4].any() and not part[6:].any()


def test_noise_is_subtracted_again():
    signal = numpy.linspace(-1, 1, 10_001)
    noisy = somemem.add_noise(signal.copy(), 0.1, seed=42, stream=7)
    assert abs(noisy - signal).max() > 0.1
    assert abs(somemem.add_noise(noisy, -0.1, seed=42, stream=7) - signal).max() < 3e-16


def test_a_failure_of_the_library_is_an_exception():
    """For a call that passes the checks of the arguments. The exception is chosen by the status's name, which cffi reads from the header."""
    for name, status in ffi.typeof("SomeMemStatus").relements.items():
        if name == "SOMEMEM_NO_MEMORY":
            with pytest.raises(MemoryError, match="cannot allocate 125000 doubles, 1 MB"):
                somemem._buffer.check(status, 125_000)
        elif name != "SOMEMEM_OK":
            with pytest.raises(ValueError) as caught:
                somemem._buffer.check(status)
            assert str(caught.value) == ffi.string(lib.somemem_strerror(status)).decode()
    somemem._buffer.check(lib.SOMEMEM_OK)


def test_large_arrays_are_the_librarys_memory_and_behave_like_other_arrays():
    for options in ({}, {"seed": 1}, {"dtype": "f4"}):
        array = somemem.random_noise((300, 1000), **options)
        data = lib.somemem_data(array.base._handle)
        assert array.ctypes.data == int(ffi.cast("uintptr_t", data)) and array.ctypes.data % 64 == 0
        assert array.flags.writeable and array.flags.c_contiguous and type(array) is numpy.ndarray
        array[...] = 5
        assert data[0] == numpy.full(2, 5, array.dtype).view("f8")[0]
        array[0, 0] = 6
        copy = pickle.loads(pickle.dumps(array))
        assert copy.dtype == array.dtype and (copy == array).all() and array.copy().flags.owndata


def test_no_array_asks_for_more_memory_than_it_has():
    """An odd number of floats takes half a double more."""
    for number in (262_143, 262_144, 262_145):
        array = somemem.random_noise(number, seed=1, dtype="f4")
        assert lib.somemem_len(array.base._handle) == (number + 1) // 2 if number > 262_142 else array.base is None


@pytest.mark.parametrize("options", [{}, {"seed": 1}], ids=str)
def test_memory_is_freed_with_the_last_view(options):
    array = somemem.random_noise(200_000, **options)
    handle = ffi.cast("SomeMem *", int(ffi.cast("uintptr_t", array.base._handle)))
    view = array[10:20:2]
    expected = view.copy()
    del array
    gc.collect()
    assert lib.somemem_data(handle) and same(view.copy(), expected)
    del view
    assert not lib.somemem_data(handle)


@pytest.mark.parametrize("call", ["random_noise(200_000)", "random_noise(400_000, seed=1, dtype='f4')", "add_noise(random_noise(200_000, seed=1), 1)"])
def test_nothing_leaks(call):
    """1.6 GB are drawn. The process may not grow by a tenth of that."""
    program = f"""
from somemem import *
{call}
before = peak()
for _ in range(1000):
    {call}
assert peak() - before < 160_000, peak() - before
"""
    run(sys.executable, "-c", PEAK + program)


def test_failed_calls_leak_nothing():
    program = """
import numpy
from somemem import *
before = peak()
for _ in range(2000):
    try:
        random_noise((1,) * 70 + (200_000,), seed=1)
    except ValueError:
        pass
    else:
        raise AssertionError("NumPy has as many dimensions")
assert peak() - before < 160_000, peak() - before
"""
    run(sys.executable, "-c", PEAK + program)


@pytest.mark.parametrize("call", ["random_noise(3, 4)", "random_noise(2, 1, 7)", "add_noise(np.zeros(3), 0.1, 4)", "lazy(3, 4)"])
def test_seed_stream_and_first_are_keyword_arguments(call):
    """In random_noise(3, 4) the 4 is neither a second dimension, as in other libraries, nor a seed."""
    import somemem.dask  # not at the top, because this import is slow

    names = {"random_noise": somemem.random_noise, "add_noise": somemem.add_noise, "lazy": somemem.dask.random_noise, "np": numpy}
    with pytest.raises(TypeError, match="positional argument"):
        eval(call, names)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="classes in Python answer the buffer protocol from 3.12 on")
def test_a_subclass_with_other_memory_is_refused():
    class Elsewhere(numpy.ndarray):
        def __buffer__(self, flags):
            return memoryview(numpy.full(self.shape, 5.0))

    array = numpy.zeros(3).view(Elsewhere)
    with pytest.raises(TypeError, match="Elsewhere whose buffer is not its memory"):
        somemem.random_noise(seed=1, out=array)
    with pytest.raises(TypeError, match="Elsewhere whose buffer is not its memory"):
        somemem.add_noise(array, 1.0, seed=1)
    assert not numpy.ndarray.view(array, numpy.ndarray).any()


def test_other_subclasses_are_filled(noise):
    class Same(numpy.ndarray):
        size, shape, dtype = 1, (1,), numpy.dtype("f4")

    array = numpy.zeros(3).view(Same)
    assert somemem.random_noise(seed=1, out=array) is array
    assert same(numpy.ndarray.view(array, numpy.ndarray), noise(3, 1))


def read_only():
    array = numpy.empty(3)
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("array", "kind", "says"),
    [
        ([1.0, 2.0, 3.0], TypeError, "NumPy array or a SomeMemory, not list"),
        (numpy.float64(1), TypeError, "NumPy array"),
        (numpy.empty(3, "f2"), TypeError, "float64 or float32, not float16"),
        (numpy.empty(3, ">f8" if sys.byteorder == "little" else "<f8"), TypeError, "float64 or float32, not [<>]f8"),
        (numpy.empty(3, complex), TypeError, "float64 or float32, not complex128"),
        (numpy.empty(3, object), TypeError, "float64 or float32, not object"),
        (read_only(), ValueError, "read-only"),
        (numpy.broadcast_to(numpy.zeros(3), (2, 3)), ValueError, "read-only"),
    ],
    ids=["list", "scalar", "f2", "swapped", "complex", "object", "read-only", "broadcast"],
)
def test_arrays_that_cannot_be_filled(array, kind, says):
    before = numpy.array(array, copy=True).tobytes()
    with pytest.raises(kind, match=f"^out .*{says}"):
        somemem.random_noise(seed=1, out=array)
    with pytest.raises(kind, match=f"^array .*{says}"):
        somemem.add_noise(array, 1.0, seed=1)
    assert numpy.array(array).tobytes() == before


@pytest.mark.parametrize("name", ["seed", "stream", "first"])
@pytest.mark.parametrize(
    ("value", "kind"),
    [(2**64, ValueError), (-1, ValueError), (10**30, ValueError), pytest.param(10**5000, ValueError, id="10**5000")]
    + [(value, TypeError) for value in (1.0, "1", numpy.float64(1), [])],
    ids=repr,
)
def test_words_out_of_range(name, value, kind):
    if name == "stream" and isinstance(value, list):
        return  # a stream for each of no rows
    says = "between 0 and 2..64 - 1" if kind is ValueError else "an integer"
    for call in (
        lambda **word: somemem.random_noise(3, **word),
        lambda **word: somemem.random_noise(out=numpy.empty(3), **word),
        lambda **word: somemem.add_noise(numpy.empty(3), 1.0, **word),
    ):
        with pytest.raises(kind, match=f"^{name} must be {says}"):
            call(**{"seed": 1, name: value})


@pytest.mark.parametrize(
    ("n", "kind", "says"),
    [
        (-1, ValueError, "n must not be negative, not -1"),
        ((2, -3), ValueError, r"n\[1\] must not be negative"),
        (3.0, TypeError, "n must be an integer, not float"),
        ((3, 2.0), TypeError, r"n\[1\] must be an integer, not float"),
        ("3", TypeError, "not str"),
        (None, TypeError, "needs n or out"),
        (2**58, MemoryError, "cannot allocate 288230376151711744 doubles, 2.306 EB"),
        (2**60, MemoryError, "no memory"),
        (10**30, MemoryError, "no memory"),
        pytest.param(10**5000, MemoryError, "no memory holds 2..16609 or more", id="10**5000"),
        pytest.param(-(10**5000), ValueError, "n must not be negative, not -2..16609 or less", id="-10**5000"),
        ((0, 2**60), MemoryError, "no memory"),
        ((2**32, 2**32), MemoryError, "no memory"),
        ((1,) * 65, ValueError, "dimension"),
    ],
    ids=repr,
)
def test_impossible_shapes(n, kind, says):
    for options in ({}, {"seed": 1}):
        with pytest.raises(kind, match=says):
            somemem.random_noise(n, **options)


def test_n_beside_out_must_be_its_shape():
    out = numpy.empty((2, 3))
    assert somemem.random_noise((2, 3), seed=1, out=out) is out
    for n in (6, (3, 2), (2, 3, 1)):
        with pytest.raises(ValueError, match="out has the shape"):
            somemem.random_noise(n, seed=1, out=out)


@pytest.mark.parametrize("choice", [{"stream": 1}, {"first": 1}], ids=str)
def test_streams_and_indices_need_a_seed(choice):
    for call in (
        lambda: somemem.random_noise(3, **choice),
        lambda: somemem.random_noise(out=numpy.empty(3), **choice),
        lambda: somemem.add_noise(numpy.empty(3), 1.0, **choice),
    ):
        with pytest.raises(ValueError, match="fresh_seed"):
            call()


@pytest.mark.parametrize(
    ("scale", "kind"),
    [(value, ValueError) for value in (float("nan"), float("inf"), float("-inf"), numpy.float32("nan"))] + [(value, TypeError) for value in ("1", None, 1j)],
)
def test_scales_that_are_not_finite(scale, kind):
    signal = numpy.zeros(3)
    with pytest.raises(kind):
        somemem.add_noise(signal, scale, seed=1)
    for number, told in ((10**5000, "2..16609 or more"), (-(10**5000), "-2..16609 or less")):
        with pytest.raises(ValueError, match=f"scale must be finite, not {told}"):
            somemem.add_noise(signal, number, seed=1)
    assert not signal.any()


def test_no_entropy_is_an_oserror(monkeypatch):
    """It is reported as Python reports it, before anything is drawn."""

    def no_entropy(number):
        raise OSError(errno.EIO, "no random bytes")

    monkeypatch.setattr("random._urandom", no_entropy)
    out = numpy.zeros(3)
    for call in (lambda: somemem.random_noise(3), lambda: somemem.random_noise(out=out), lambda: somemem.add_noise(out, 1.0)):
        with pytest.raises(OSError) as caught:
            call()
        assert caught.value.errno == errno.EIO and not out.any()
