"""Every function that draws noise into the caller's memory, through ctypes, for both types. The results are compared with the
formulas in somemem.h, evaluated by NumPy. every_function.f90 and every_function.cpp are the same in Fortran and C++; test_library.py runs them."""

import itertools
import math

import numpy
import pytest

LAST = 2**64 - 1
OK, INVALID_POINTER, INVALID_RANGE, INVALID_SCALE = 0, 3, 4, 5
SEED, STREAM, FIRST = 42, LAST - 20, 123456789
SCALES = [0.3, -0.3, 0.0, -0.0, 1e-310, -1e-310, 5e-324, -5e-324, 1e38, -1e39, 1e300, -1e308]


@pytest.fixture(params=[numpy.float64, numpy.float32], ids=["double", "float"])
def kind(request):
    return request.param


@pytest.fixture
def call(library, kind):
    """Calls the function for the type, with an array as its first argument, and returns the status."""

    def by_name(name, array, *arguments):
        assert array is None or array.dtype == kind
        function = getattr(library, name if kind == numpy.float64 else f"{name}_f32")
        return function(None if array is None else array.ctypes.data, *arguments)

    return by_name


def same(array, expected):
    """Compares to the last bit, except for NaNs: the CPU chooses the bits of infinity minus infinity."""
    array, expected = (numpy.where(numpy.isnan(a), numpy.nan, a).astype(array.dtype) for a in (array, expected))
    numpy.testing.assert_array_equal(array.view(f"u{array.itemsize}"), expected.view(f"u{array.itemsize}"))
    return True


def test_fill(call, kind, noise):
    out = numpy.empty(300_001, kind)
    assert call("random_noise_fill", out, out.size, SEED, STREAM, FIRST) == OK
    assert same(out, noise(out.size, SEED, STREAM, FIRST))
    assert numpy.isfinite(out).all() and (abs(out) >= numpy.finfo(kind).tiny).all()


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("before", [0.0, -0.0, 1.0, -1e-40, 3e38])
def test_add_and_subtract(call, kind, noise, scale, before):
    inout = numpy.full(5000, before, kind)
    for factor in (scale, -scale):
        # A scale of -0.0 counts as 0.0.
        expected = inout.astype(float) + (factor + 0.0) * noise(inout.size, SEED, STREAM, FIRST)
        assert call("random_noise_add", inout, inout.size, factor, SEED, STREAM, FIRST) == OK
        same(inout, expected)


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("mean", [0.0, -0.0, 10.0, -1e-310, 1e308])
def test_normal(call, kind, noise, mean, scale):
    out = numpy.empty(5000, kind)
    assert call("random_noise_normal", out, out.size, mean, scale, SEED, STREAM, FIRST) == OK
    assert same(out, mean + (scale + 0.0) * noise(out.size, SEED, STREAM, FIRST))


ROWS = [  # rows, columns, stride, stream_step, first_step
    (7, 5, 8, 1, 0),
    (7, 5, 5, 3, 2),
    (1, 1000, 0, LAST, LAST),
    (1000, 3, 3, 0, 3),
    (300, 1, 2, 0, 1000),
    (3, 200_000, 200_100, 0, 200_000),
]


def rows_of(array, rows, columns, stride):
    """The rows as a view of the array."""
    return numpy.lib.stride_tricks.as_strided(array, (rows, columns), (stride * array.itemsize, array.itemsize))


@pytest.mark.parametrize("rows, columns, stride, stream_step, first_step", ROWS)
def test_rows(call, kind, noise, rows, columns, stride, stream_step, first_step):
    filled = numpy.full((rows - 1) * stride + columns, 7, kind)
    expected, sums, expected_sums = (filled.copy() for _ in range(3))
    for r in range(rows):
        x = noise(columns, SEED, 5 + r * stream_step, FIRST + r * first_step)
        rows_of(expected, rows, columns, stride)[r] = x
        rows_of(expected_sums, rows, columns, stride)[r] = 7 + -0.3 * x
    shape, where = (rows, columns, stride), (SEED, 5, FIRST, stream_step, first_step)
    assert call("random_noise_fill_rows", filled, *shape, *where) == OK
    assert same(filled, expected)
    assert call("random_noise_add_rows", sums, *shape, -0.3, *where) == OK
    assert same(sums, expected_sums)


def test_a_block_has_the_values_of_the_whole(call, kind, noise):
    height, width = 60, 70
    whole = noise(height * width, SEED).reshape(height, width)
    array = numpy.zeros((height, width), kind)
    for top, left in itertools.product(range(0, height, 20), range(0, width, 14)):
        block = array[top : top + 20, left : left + 14]
        assert call("random_noise_fill_rows", block, 20, 14, width, SEED, 0, top * width + left, 0, width) == OK
    assert same(array, whole)


def test_what_is_refused(call, kind):
    array = numpy.full(100, 7, kind)
    odd = numpy.frombuffer(array.data.cast("B")[1 : 1 + array.itemsize], kind)
    most = 2**63 // array.itemsize
    ranges = {"random_noise_fill": (), "random_noise_add": (1.0,), "random_noise_normal": (0.0, 1.0)}
    for name, scales in ranges.items():
        assert call(name, array, 100, *scales, SEED, STREAM, LAST - 98) == INVALID_RANGE
        assert call(name, array, most, *scales, SEED, STREAM, 0) == INVALID_RANGE
        assert call(name, None, 1, *scales, SEED, STREAM, 0) == INVALID_POINTER
        assert call(name, odd, 1, *scales, SEED, STREAM, 0) == INVALID_POINTER
        assert call(name, None, 0, *scales, SEED, STREAM, LAST) == OK
        for place, value in itertools.product(range(len(scales)), (math.nan, math.inf, -math.inf)):
            wrong = [value if n == place else scale for n, scale in enumerate(scales)]
            assert call(name, array, 100, *wrong, SEED, STREAM, 0) == INVALID_SCALE
            assert call(name, None, 0, *wrong, SEED, STREAM, 0) == INVALID_SCALE
    for name, scales in {"random_noise_fill_rows": (), "random_noise_add_rows": (1.0,)}.items():
        assert call(name, array, 3, 5, 4, *scales, SEED, 0, 0, 1, 0) == INVALID_RANGE
        assert call(name, array, 3, 5, 5, *scales, SEED, LAST - 1, 0, 1, 0) == INVALID_RANGE
        assert call(name, array, 3, 5, 5, *scales, SEED, 0, LAST - 5, 0, 1) == INVALID_RANGE
        assert call(name, array, 3, 5, 5, *scales, SEED, 0, 0, 0, 2**63) == INVALID_RANGE
        assert call(name, array, 3, 5, most // 2, *scales, SEED, 0, 0, 0, 5) == INVALID_RANGE
        assert call(name, None, 3, 5, 5, *scales, SEED, 0, 0, 0, 5) == INVALID_POINTER
        assert call(name, odd, 3, 5, 5, *scales, SEED, 0, 0, 0, 5) == INVALID_POINTER
        for rows, columns in ((0, 5), (3, 0)):
            assert call(name, None, rows, columns, 0, *scales, SEED, LAST, LAST, LAST, LAST) == OK
    for value in (math.nan, math.inf, -math.inf):
        assert call("random_noise_add_rows", array, 3, 5, 5, value, SEED, 0, 0, 0, 5) == INVALID_SCALE
        assert call("random_noise_add_rows", None, 0, 5, 5, value, SEED, 0, 0, 0, 5) == INVALID_SCALE
    assert (array == 7).all()


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_change_no_value(library, call, kind, threads):
    """Ranges and rows that are long enough to be drawn by several threads."""
    shapes = [(1, 600_000, 0), (200_000, 3, 4), (5, 100_003, 100_003)]
    before = library.somemem_threads()
    drawn = {}
    try:
        for number in (1, threads):
            library.somemem_set_threads(number)
            for rows, columns, stride in shapes:
                array = numpy.ones(max(rows * stride, columns), kind)
                assert call("random_noise_add_rows", array, rows, columns, stride, -3.0, SEED, 5, FIRST, 1, 2) == OK
                assert same(array, drawn.setdefault((rows, columns), array))
            out = numpy.empty(600_000, kind)
            assert call("random_noise_normal", out, out.size, 10.0, 2.0, SEED, STREAM, FIRST) == OK
            assert same(out, drawn.setdefault("normal", out))
    finally:
        library.somemem_set_threads(before)
