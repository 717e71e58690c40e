"""random_noise and add_noise of the Python package write the right samples to any memory, of either type, with a stream for each row,
and with other means and scales. They are compared with the C library's doubles and the formulas of the manual."""

import itertools
import sys

import numpy
import pytest
import somemem

from conftest import run

LAST = 2**64 - 1
SEED, STREAM, FIRST = 42, 7, 1001


def expected(noise, shape, does, before, mean, scale, streams, first=FIRST):
    """The expected elements in C order: the formula is applied to the doubles, and the result is rounded once to the array's type."""
    if streams is None:
        x = noise(int(numpy.prod(shape)), SEED, STREAM, first).reshape(shape)
    else:
        columns = int(numpy.prod(shape[1:]))
        rows = [noise(columns, SEED, int(stream), first).reshape(shape[1:]) for stream in streams]
        x = numpy.array(rows).reshape(shape)
    if does == "add":
        x = before.astype("f8") + scale * x
    elif does == "normal":
        x = mean + scale * x
    return x.astype(before.dtype)


def draw(array, does, mean, scale, streams, first=FIRST):
    place = {"seed": SEED, "stream": STREAM if streams is None else streams, "first": first}
    if does == "add":
        return somemem.add_noise(array, scale, **place)
    return somemem.random_noise(out=array, mean=mean, scale=scale, **place) if does == "normal" else somemem.random_noise(out=array, **place)


def unaligned(shape, dtype):
    """An array that is not aligned, like the field of a packed record."""
    return numpy.zeros(shape, [("before", "u1"), ("x", dtype), ("after", "u2")])["x"]


# Each function takes a shape and a type, and returns an array of that shape in a larger piece of memory.
MEMORY = {
    "plain": lambda shape, dtype: numpy.zeros(shape, dtype),
    "Fortran order": lambda shape, dtype: numpy.zeros(shape, dtype, order="F"),
    "columns of a wider array": lambda shape, dtype: numpy.zeros((*shape[:-1], shape[-1] + 5), dtype)[..., 2:-3],
    "every third row": lambda shape, dtype: numpy.zeros((3 * shape[0], *shape[1:]), dtype)[1::3],
    "every second column": lambda shape, dtype: numpy.zeros((*shape[:-1], 2 * shape[-1]), dtype)[..., ::2],
    "rows backwards": lambda shape, dtype: numpy.zeros(shape, dtype)[::-1],
    "columns backwards": lambda shape, dtype: numpy.zeros(shape, dtype)[..., ::-1],
    "first two dimensions exchanged": lambda shape, dtype: numpy.zeros((*shape[1::-1], *shape[2:]), dtype).swapaxes(0, 1) if len(shape) > 1 else numpy.zeros(shape, dtype),
    "a corner of each dimension": lambda shape, dtype: numpy.zeros([n + 3 for n in shape], dtype)[tuple(slice(1, n + 1) for n in shape)],
    "not aligned": unaligned,
}  # fmt: skip
SHAPES = [(1,), (300,), (7, 1), (1, 7), (20, 13), (3, 700), (4, 3, 5), (2, 3, 1, 4), (5, 0), (0, 5)]
DOES = [("fill", 0.0, 1.0), ("normal", 0.1, -2.5), ("normal", 0.0, 3.0), ("add", 0.0, -0.3)]


def streams_of(rows):
    """Choices of streams: None is one stream for all rows, the others have a stream for each row."""
    steps = numpy.random.default_rng(3).integers(0, 3, rows)
    yield from (None, range(5, 5 + rows), range(9, 9 + 4 * rows, 4), range(3 * rows, 0, -3), numpy.cumsum(steps), [LAST - row for row in range(rows)])


@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("memory", MEMORY.values(), ids=MEMORY.keys())
@pytest.mark.parametrize("pieces", [None, 4], ids=["usual pieces", "pieces of a few elements"])
def test_every_memory_gets_the_formulas_elements_and_nothing_else(noise, monkeypatch, dtype, memory, pieces):
    if pieces:
        for name in ("PIECE", "BLOCK", "SHORT"):
            monkeypatch.setattr(f"somemem._draw.{name}", pieces)
    for shape, (does, mean, scale) in itertools.product(SHAPES, DOES):
        for streams in streams_of(shape[0]):
            array = memory(shape, dtype)
            whole = array.base if array.base is not None else array
            while whole.base is not None:
                whole = whole.base
            array[...] = numpy.arange(array.size).reshape(shape) / 3
            wanted = expected(noise, shape, does, array.copy(), mean, scale, streams)
            around = whole.copy()
            assert draw(array, does, mean, scale, streams) is array
            assert array.tobytes() == wanted.tobytes(), (shape, does, streams)
            array[...] = numpy.arange(array.size).reshape(shape) / 3
            assert whole.tobytes() == around.tobytes(), "memory outside the array was written"


def test_a_long_array_of_short_rows_and_one_of_long_rows(noise):
    for shape, wide in (((30_000, 3), 5), ((3, 30_000), 30_001), ((3000, 300), 301)):
        for dtype in ("f8", "f4"):
            array = numpy.zeros((shape[0], wide), dtype)[:, : shape[1]]
            somemem.random_noise(seed=1, out=array)
            assert array.tobytes() == noise(array.size, 1).astype(dtype).tobytes()


@pytest.mark.parametrize("dtype", [None, float, "f8", numpy.float64, "float32", "f4", numpy.float32, numpy.dtype("f4")], ids=str)
@pytest.mark.parametrize("n", [5, (2, 3), 40_000, 300_000])
def test_new_arrays_of_either_type(noise, dtype, n):
    array = somemem.random_noise(n, seed=1, stream=2, first=3, dtype=dtype)
    kind = numpy.dtype("f8" if dtype is None else dtype)
    assert array.dtype == kind and array.tobytes() == noise(array.size, 1, 2, 3).astype(kind).tobytes()
    out = numpy.empty(n, kind)
    assert somemem.random_noise(seed=1, stream=2, first=3, dtype=dtype, out=out) is out and out.tobytes() == array.tobytes()
    scaled = somemem.random_noise(n, seed=1, stream=2, first=3, dtype=dtype, mean=0.1, scale=-3)
    assert scaled.tobytes() == (0.1 + -3 * noise(array.size, 1, 2, 3)).astype(kind).tobytes()


def test_rows_of_new_arrays(noise):
    for streams in (range(1000), numpy.arange(1000), list(range(1000)), (stream for stream in range(1000)), numpy.arange(1000).astype("u1")):
        rows = somemem.random_noise((1000, 3), seed=1, stream=streams, first=5)
        wanted = range(1000) if not isinstance(streams, numpy.ndarray) else streams
        assert all(rows[row].tobytes() == noise(3, 1, int(wanted[row]), 5).tobytes() for row in (0, 1, 255, 256, 999))
    assert (somemem.random_noise(4, seed=1, stream=range(4))[2] == noise(1, 1, 2)).all()
    assert somemem.random_noise((2, 2, 3), seed=1, stream=[9, 4])[1].tobytes() == noise(6, 1, 4).tobytes()
    assert somemem.random_noise((0, 3), seed=1, stream=range(0)).shape == (0, 3)
    assert (somemem.random_noise((2, 3), seed=1, stream=[LAST, 0])[1] == somemem.random_noise(3, seed=1)).all()
    assert somemem.random_noise((2, 3), seed=1, stream=range(LAST - 1, LAST + 1))[1].tobytes() == noise(3, 1, LAST).tobytes()
    last = somemem.random_noise((2, 3), seed=1, stream=range(2), first=LAST - 2)
    assert last[1].tobytes() == noise(3, 1, 1, LAST - 2).tobytes()


@pytest.mark.parametrize(
    ("options", "kind", "says"),
    [
        ({"stream": range(4)}, ValueError, "stream has 4 numbers, and there are 3 rows"),
        ({"stream": [1, 2]}, ValueError, "stream has 2 numbers, and there are 3 rows"),
        ({"stream": numpy.zeros((3, 1), int)}, ValueError, r"stream must be one number for each row, and has the shape \(3, 1\)"),
        ({"stream": [1, 2.0, 3]}, TypeError, "stream must be an integer, not float"),
        ({"stream": numpy.zeros(3)}, TypeError, "stream must be an integer, not float64"),
        ({"stream": "012"}, TypeError, "stream must be an integer, not str"),
        ({"stream": range(-1, 2)}, ValueError, "stream must be between 0 and 2..64 - 1, not -1"),
        ({"stream": range(2**64 - 2, 2**64 + 1)}, ValueError, "stream must be between"),
        ({"stream": numpy.array([0, -5, 3])}, ValueError, "stream must be between 0 and 2..64 - 1, not -5"),
        ({"stream": [0, 1, 2**64]}, ValueError, "stream must be between"),
        ({"stream": range(3), "first": LAST - 3}, ValueError, "first must leave room for 5 elements"),
        ({"stream": range(3), "seed": None}, ValueError, "fresh_seed"),
        ({"scale": numpy.ones(5)}, TypeError, r"scale must be one number, not an array of them: write mean \+ scale \* random_noise"),
        ({"mean": [1.0]}, TypeError, "mean must be one number"),
        ({"mean": float("nan")}, ValueError, "mean must be finite, not nan"),
        ({"scale": float("inf")}, ValueError, "scale must be finite, not inf"),
        ({"scale": "1"}, TypeError, "real number"),
        ({"dtype": "f4"}, TypeError, "out is an array of float64, and dtype is float32"),
        ({"dtype": "i8"}, TypeError, "dtype must be float64 or float32, not int64"),
    ],
    ids=str,
)  # fmt: skip
def test_a_refused_call_writes_nothing(options, kind, says):
    out = numpy.zeros((3, 5))
    with pytest.raises(kind, match=says):
        somemem.random_noise(out=out, **{"seed": 1} | options)
    assert not out.any()
    if options != {"dtype": "f4"}:
        with pytest.raises(kind, match=says):
            somemem.random_noise((3, 5), **{"seed": 1} | options)


def test_a_stream_for_each_row_needs_rows():
    with pytest.raises(ValueError, match="needs an array with rows"):
        somemem.random_noise((), seed=1, stream=[1])


@pytest.mark.parametrize("kind", ["f8", "f4"])
def test_small_arrays_get_the_same_samples_by_the_direct_call(noise, monkeypatch, kind):
    """Some interpreters do not have the direct call."""
    lengths = [0, 1, 2, 3, 10, 1000, 2**15 - 1, 2**15, 2**15 + 1]
    places = [(0, 0, 0), (LAST, 5, LAST - 2**16), (7, LAST, 3)]

    def all_of_them():
        for n, (seed, stream, first) in itertools.product(lengths, places):
            out = numpy.empty(n, kind)
            assert somemem.random_noise(seed=seed, stream=stream, first=first, out=out) is out
            yield out.tobytes()
            yield somemem.random_noise(n, seed=seed, stream=stream, first=first, dtype=None if kind == "f8" else kind).tobytes()

    short = list(all_of_them())
    assert short[::2] == [noise(n, *place).astype(kind).tobytes() for n, place in itertools.product(lengths, places)]
    assert sys.implementation.name != "cpython" or somemem._small.fill(numpy.empty(3, kind), 1, 2, 3), "the direct call was not tried"
    monkeypatch.setattr("somemem._noise.fill_small", lambda *arguments: False)
    assert list(all_of_them()) == short


def test_the_direct_call_refuses_all_but_simple_arguments():
    fill, array = somemem._small.fill, numpy.zeros(3)
    read_only = numpy.zeros(3)
    read_only.flags.writeable = False
    swapped, record = numpy.zeros(3, ">f8" if sys.byteorder == "little" else "<f8"), numpy.zeros(3, [("x", "f8")])
    targets = [[1.0], None, read_only, numpy.zeros(6)[::2], numpy.zeros(3, "i8"), numpy.zeros(3, complex), swapped, record, numpy.zeros(2**15 + 1), unaligned(3, "f8"), b"12345678", bytearray(8)]
    for target in targets:
        assert not fill(target, 1, 2, 3)
    for words in ((2**64, 0, 0), (-1, 0, 0), (0, 1.0, 0), (0, "1", 0), (0, 0, None), (0, numpy.int64(1), 0), (0, True, 0), (0, 0, LAST - 1)):
        assert not fill(array, *words), words
    assert not fill() and not fill(array, 1, 2) and not fill(array, 1, 2, 3, 4)
    assert not array.any() and not any(numpy.any(target) for target in targets if isinstance(target, numpy.ndarray) and target.dtype.names is None)
    assert fill(array, 1, 2, 3) and array.all()


def test_an_interrupt_ends_a_long_fill():
    """The rest of the array is not drawn. At most the current piece is finished."""
    program = """
import signal, numpy, somemem
def interrupt(number, frame):
    if array[0]:
        raise KeyboardInterrupt
    signal.setitimer(signal.ITIMER_REAL, 0.01)
signal.signal(signal.SIGALRM, interrupt)
for draw in (
    lambda: somemem.random_noise(seed=1, out=array),
    lambda: somemem.random_noise(seed=1, out=array, scale=2),
    lambda: somemem.add_noise(array, 1, seed=1),
    lambda: somemem.random_noise(seed=1, out=array.reshape(-1, 4)[:, :3]),
    lambda: somemem.random_noise(seed=1, out=array.reshape(-1, 1024)[:, :1000]),
    lambda: somemem.random_noise(seed=1, out=array.reshape(-1, 4), stream=range(array.size // 4)),
):
    array = numpy.zeros(1 << 28, "f4")
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    try:
        draw()
    except KeyboardInterrupt:
        assert not array[-1024:].any()
    else:
        raise AssertionError("it was not interrupted")
array = numpy.zeros(3)
assert somemem.random_noise(seed=1, out=array).all()
"""
    run(sys.executable, "-c", program)


def test_buffers_that_grow_are_targets_too(noise):
    memory = somemem.SomeMemory(1000)
    assert somemem.random_noise(seed=1, out=memory) is memory and (memory == noise(1000, 1)).all()
    assert somemem.random_noise(1000, seed=1, stream=range(1000), out=memory) is memory
    memory[:] = 1
    assert somemem.add_noise(memory, 2, seed=1, first=5) is memory and (memory == 1 + 2 * noise(1000, 1, 0, 5)).all()
    memory.resize(5)
    memory.free()
    with pytest.raises(ValueError, match="freed"):
        somemem.random_noise(seed=1, out=memory)


def test_masked_arrays_and_files(noise, tmp_path):
    masked = numpy.ma.masked_array(numpy.zeros(10), numpy.arange(10) % 2)
    assert somemem.random_noise(seed=1, out=masked) is masked and masked.data.tobytes() == noise(10, 1).tobytes() and masked.mask.sum() == 5
    file = numpy.memmap(tmp_path / "noise", "f4", "w+", shape=(100, 10))
    somemem.random_noise(seed=1, out=file)
    file.flush()
    assert (tmp_path / "noise").read_bytes() == noise(1000, 1).astype("f4").tobytes()
