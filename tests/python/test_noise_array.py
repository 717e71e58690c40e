"""NoiseArray: every part of it equals the same part of the whole array, and is drawn alone."""

import copy
import itertools
import multiprocessing
import pickle
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy
import pytest
from somemem import NoiseArray, random_noise

from conftest import PEAK, run

LAST = 2**64 - 1
PLACE = {"seed": 42, "stream": 7, "first": 1001}
SLICES = [slice(None), slice(1, 2), slice(0, 0), slice(-2, None), slice(None, None, 2), slice(None, None, -1), slice(5, 0, -3), slice(100, None)]


@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("shape", [(), (9,), (1,), (0,), (4, 7), (1, 5), (4, 1), (3, 4, 5), (2, 1, 3, 4), (2, 2, 2, 2, 3)], ids=str)
def test_every_part_equals_that_part_of_the_whole(shape, dtype):
    field, whole = NoiseArray(shape, dtype=dtype, **PLACE), random_noise(shape, dtype=dtype, **PLACE)
    choices = [[*SLICES, *([0, -1, length - 1] if length else [])] for length in shape]
    keys = list(itertools.product(*choices)) if len(shape) < 3 else []
    pick = numpy.random.default_rng(1)
    keys += [tuple(some[pick.integers(len(some))] for some in choices) for _ in range(300)]
    for key in keys:
        for asked in (key, key[:-1], (..., *key[1:]), (*key[:1], ..., None), (None, *key)):
            drawn, there = field[asked], whole[asked]
            assert drawn.shape == there.shape and drawn.dtype == there.dtype and type(drawn) is type(there)
            assert drawn.tobytes() == there.tobytes(), asked
    assert numpy.asarray(field).tobytes() == whole.tobytes()


def test_keys_that_are_not_tuples():
    field, whole = NoiseArray((4, 5), **PLACE), random_noise((4, 5), **PLACE)
    for key in (2, -1, slice(1, 3), numpy.int64(2), ..., None):
        assert (field[key] == whole[key]).all() and field[key].shape == whole[key].shape
    assert [row.tobytes() for row in field] == [row.tobytes() for row in whole]
    assert field[1, 2] == whole[1, 2] and type(field[1, 2]) is numpy.float64 and field[1, 2, ...].shape == ()


def test_windows_of_an_array_larger_than_any_memory(noise):
    field = NoiseArray((10**6, 10**6), seed=42)
    assert (field.shape, field.ndim, field.size, field.nbytes, len(field)) == ((10**6, 10**6), 2, 10**12, 8 * 10**12, 10**6)
    window = field[10:20, 5_000:6_000]
    for row in range(10):
        assert window[row].tobytes() == noise(1000, 42, 0, (10 + row) * 10**6 + 5000).tobytes()
    assert field[-1, -1] == noise(1, 42, 0, 10**12 - 1)[0]
    assert field[::400_000, 3].tobytes() == b"".join(noise(1, 42, 0, row * 10**6 + 3).tobytes() for row in (0, 400_000, 800_000))
    assert (numpy.shape(field), numpy.ndim(field), numpy.size(field)) == ((10**6, 10**6), 2, 10**12)
    with pytest.raises(MemoryError, match="cannot allocate 1000000000000 doubles, 8 TB"):
        numpy.asarray(field)
    whole = NoiseArray((2**32, 2**32), seed=1)
    assert whole.size == numpy.size(whole) == 2**64 and numpy.shape(whole) == (2**32, 2**32) and whole[-1, -1] == noise(1, 1, 0, LAST)[0]
    with pytest.raises(MemoryError, match="no memory"):
        whole[...]


def test_a_window_takes_no_more_memory_than_its_size():
    program = """
from somemem import NoiseArray
field = NoiseArray((10**5, 10**5), seed=1)
field[0, 0]
before = peak()
for key in ((slice(None), 0), (0, slice(None)), (slice(None, None, 100), slice(None, None, 1000)), (slice(None, None, -1000), slice(5, 500))):
    assert field[key].size <= 100_000
assert peak() - before < 10_000, peak() - before
"""
    run(sys.executable, "-c", PEAK + program)


@pytest.mark.parametrize(
    ("key", "says"),
    [
        (10, "index 10 is out of bounds for a dimension of 10"),
        (-11, "index -11 is out of bounds"),
        ((0, 5), "out of bounds for a dimension of 5"),
        ((0, 0, 0), "3 indices for 2 dimensions"),
        ((..., 0, ...), "at most one"),
        ([1, 2], "not list: draw a slice, and index that"),
        (numpy.array([1]), "not ndarray"),
        (True, "not bool"),
        (1.0, "not float"),
        ("x", "not str"),
    ],
    ids=str,
)
def test_keys_that_are_refused(key, says):
    with pytest.raises(IndexError, match=says):
        NoiseArray((10, 5), seed=1)[key]
    with pytest.raises(TypeError):
        NoiseArray((10, 5), seed=1)[:"x"]
    with pytest.raises(ValueError, match="zero"):
        NoiseArray((10, 5), seed=1)[::0]


@pytest.mark.parametrize(
    ("arguments", "kind", "says"),
    [
        ({"shape": -1}, ValueError, "shape must not be negative"),
        ({"shape": 3.0}, TypeError, "shape must be an integer"),
        ({"seed": 2**64}, ValueError, "seed must be between"),
        ({"stream": [1, 2, 3]}, TypeError, "stream must be an integer, not list"),
        ({"first": LAST - 1}, ValueError, "first must leave room for 3 elements"),
        ({"shape": (2**33, 2**32)}, ValueError, "first must leave room"),
        ({"dtype": "i4"}, TypeError, "dtype must be float64 or float32"),
        ({"seed": None, "stream": 1}, ValueError, "fresh_seed"),
    ],
    ids=str,
)
def test_impossible_arrays(arguments, kind, says):
    with pytest.raises(kind, match=says):
        NoiseArray(**{"shape": 3, "seed": 1} | arguments)
    with pytest.raises(TypeError, match="positional"):
        NoiseArray(3, 1)
    with pytest.raises(TypeError, match="without dimensions"):
        len(NoiseArray((), seed=1))


def test_without_a_seed_it_is_one_draw_that_can_be_made_again():
    field, other = NoiseArray(100), NoiseArray(100)
    assert (field[:] == field[:]).all() and not numpy.isin(field[:], other[:]).any()
    again = NoiseArray(100, seed=field.seed, stream=field.stream, first=field.first)
    assert (again[:] == field[:]).all()


def test_it_stands_for_its_array():
    field, whole = NoiseArray((4, 5), **PLACE), random_noise((4, 5), **PLACE)
    assert repr(field) == "NoiseArray((4, 5), seed=42, stream=7, first=1001, dtype=float64)"
    assert ((field == whole) & (2 * field == whole + field) & (field > whole - 1)).all() and type(field + 1) is numpy.ndarray
    assert numpy.mean(field) == whole.mean() and numpy.concatenate([field, whole]).shape == (8, 5) and (numpy.where(field > 0, field, 0) >= 0).all()
    assert (numpy.asarray(field, "f4") == whole.astype("f4")).all() and numpy.array(field, copy=True).flags.writeable
    if numpy.lib.NumpyVersion(numpy.__version__) >= "2.0.0":
        with pytest.raises(ValueError, match="copy"):
            numpy.asarray(field, copy=False)
    signal = numpy.zeros((4, 5))
    signal += 0.5 * field
    assert (signal == 0.5 * whole).all()
    with pytest.raises(TypeError):
        field[0, 0] = 1
    with pytest.raises(TypeError, match="unhashable"):
        hash(field)


def test_it_goes_to_other_threads_and_processes():
    field = NoiseArray((10**6, 10**6), seed=42, dtype="f4")
    for same in (pickle.loads(pickle.dumps(field)), copy.copy(field), copy.deepcopy(field)):
        assert repr(same) == repr(field) and (same[5, :9] == field[5, :9]).all()
    assert len(pickle.dumps(field)) < 500
    keys = [(row, slice(0, 1000)) for row in range(8)]
    wanted = [field[key].tobytes() for key in keys]
    with ThreadPoolExecutor(4) as pool:
        assert [part.tobytes() for part in pool.map(field.__getitem__, keys)] == wanted
    for method in ("fork", "spawn"):
        with ProcessPoolExecutor(2, multiprocessing.get_context(method)) as pool:
            assert [part.tobytes() for part in pool.map(field.__getitem__, keys)] == wanted
