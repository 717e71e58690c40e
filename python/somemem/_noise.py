"""Noise as a function of (seed, stream, index), and noise that cannot be drawn again."""

from __future__ import annotations

import math
import secrets
from typing import Any, Literal, SupportsIndex, TypeAlias, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from . import _arguments as arguments
from ._arguments import FLOAT32, FLOAT64, Shape
from ._buffer import new_array
from ._draw import Draw
from ._memory import SomeMemory
from ._small import MOST
from ._small import fill as fill_small
from ._streams import Streams, is_one, runs

Array: TypeAlias = NDArray[np.float64]
Array32: TypeAlias = NDArray[np.float32]
DType: TypeAlias = "type[np.float64] | type[float] | np.dtype[np.float64] | Literal['float64', 'f8', 'd', 'double']"
DType32: TypeAlias = "type[np.float32] | np.dtype[np.float32] | Literal['float32', 'f4', 'f', 'single']"
Target = TypeVar("Target", bound="Array | Array32 | SomeMemory")

MEAN, SCALE = 0.0, 1.0


def fresh_seed() -> int:
    """A new random seed from the operating system. Keep it with the results, so that they can be repeated.

    Returns
    -------
    int
        64 random bits, for `random_noise`, `add_noise` and `NoiseArray`.

    Examples
    --------
    >>> seed = fresh_seed()
    >>> bool((random_noise(5, seed=seed) == random_noise(5, seed=seed)).all())
    True
    """
    return secrets.randbits(64)


@overload
def random_noise(  # type: ignore[overload-overlap]
    n: Shape | None = ...,
    *,
    seed: SupportsIndex | None = ...,
    stream: Streams = ...,
    first: SupportsIndex = ...,
    dtype: DType | None = ...,
    mean: float = ...,
    scale: float = ...,
    out: None = ...,
) -> Array: ...
@overload
def random_noise(
    n: Shape | None = ...,
    *,
    seed: SupportsIndex | None = ...,
    stream: Streams = ...,
    first: SupportsIndex = ...,
    dtype: DType32,
    mean: float = ...,
    scale: float = ...,
    out: None = ...,
) -> Array32: ...
@overload
def random_noise(
    n: Shape | None = ...,
    *,
    seed: SupportsIndex | None = ...,
    stream: Streams = ...,
    first: SupportsIndex = ...,
    dtype: DType | DType32 | None = ...,
    mean: float = ...,
    scale: float = ...,
    out: Target,
) -> Target: ...
def random_noise(
    n: Shape | None = None,
    *,
    seed: SupportsIndex | None = None,
    stream: Streams = 0,
    first: SupportsIndex = 0,
    dtype: DType | DType32 | None = None,
    mean: float = MEAN,
    scale: float = SCALE,
    out: Any = None,
) -> Any:
    """Independent normal samples, N(0, 1) unless a mean or a scale is given.

    Element i of the sequence (seed, stream) is a pure function of these three numbers. Its bits are the same on every CPU, for any
    number of threads, and however a range is cut into calls. To skip ahead costs nothing. Other threads run meanwhile.

    Parameters
    ----------
    n : int or tuple of ints
        The shape of the array. It is optional with `out`.
    seed : int, optional
        From 0 to 2**64 - 1. Without a seed nobody can draw the samples again, and `stream` and `first` cannot be chosen.
    stream : int, or a sequence of ints, optional
        Which sequence of the seed, from 0 to 2**64 - 1. Different streams are independent. A range, a list or an array of integers gives
        a stream for each row, that is, for each place in the first dimension. Each row begins at the index `first`.
    first : int, optional
        The index of the first sample. The others follow in C order: in an array of shape (r, c), element [i, j] has the index
        ``first + i * c + j``.
    dtype : optional
        float64 or float32. The default is that of `out`, or float64. A float32 sample is the float64 one, rounded.
    mean, scale : float, optional
        Any finite numbers: the samples are ``mean + scale * x``. For float32 the sum is computed in float64 and rounded once.
    out : numpy.ndarray or SomeMemory, optional
        A writable array of float64 or float32, which is filled in place. It may have any strides, as a column has, or every other row.

    Returns
    -------
    numpy.ndarray
        `out`, or a new array. An array of 1 MiB or more has memory of the library, on a 64-byte boundary, which is freed with the last
        view.

    Raises
    ------
    TypeError, ValueError
        An argument is of the wrong kind or out of its range.
    MemoryError
        The array cannot be allocated.
    OSError
        There is no seed, and the operating system gives no random key.
    KeyboardInterrupt
        Control-C ends a long call early. It is then unspecified which elements of `out` have been drawn.

    Examples
    --------
    >>> random_noise(3, seed=42)
    array([0.05494965, 0.41971638, 0.79388225])
    >>> random_noise(3, seed=42, dtype=np.float32)
    array([0.05494964, 0.4197164 , 0.79388225], dtype=float32)

    Four samples from index 1,000,000 on, as two rows. Then the second row again, drawn alone:

    >>> random_noise((2, 2), seed=42, first=1_000_000)
    array([[-1.07281887,  0.42250782],
           [ 2.28905079,  0.06142956]])
    >>> random_noise(2, seed=42, first=1_000_002)
    array([2.28905079, 0.06142956])

    Into an existing array, here the second column:

    >>> noise = np.zeros((3, 2))
    >>> column = noise[:, 1]
    >>> random_noise(seed=42, stream=7, out=column) is column
    True
    >>> noise
    array([[ 0.        , -0.47923336],
           [ 0.        ,  0.11028699],
           [ 0.        ,  0.14666538]])

    A stream for each row:

    >>> rows = random_noise((1000, 3), seed=42, stream=range(1000))
    >>> rows[7]
    array([-0.47923336,  0.11028699,  0.14666538])

    Other normal distributions:

    >>> random_noise(3, seed=42, mean=10, scale=0.5)
    array([10.02747482, 10.20985819, 10.39694113])
    """
    if mean is MEAN and scale is SCALE and dtype is None:
        if out is None:
            small = np.empty(n) if type(n) is int and 0 <= n <= MOST else None
        else:
            small = out if n is None and type(out) is np.ndarray else None
        if small is not None and fill_small(small, seed, stream, first):
            return small

    mean, scale = arguments.finite("mean", mean), arguments.finite("scale", scale)
    if out is not None:
        target = writable("out", out)
        if dtype is not None and arguments.dtype(dtype) != target.dtype:
            raise TypeError(f"out is an array of {target.dtype}, and dtype is {np.dtype(dtype)}")
        if n is not None and arguments.shape("n", n) != target.shape:
            raise ValueError(f"out has the shape {target.shape}, and n is {n}")
        place = sequence(target.shape, seed, stream, first)
    elif n is not None:
        shape, kind = arguments.shape("n", n), arguments.dtype(dtype)
        place = sequence(shape, seed, stream, first)
        out = target = new_array(shape, kind)
    else:
        raise TypeError("random_noise() needs n or out")
    draw("fill" if (mean, scale) == (MEAN, SCALE) else "normal", target, place, mean, scale)
    return out


def add_noise(
    array: Target,
    scale: float,
    *,
    seed: SupportsIndex | None = None,
    stream: Streams = 0,
    first: SupportsIndex = 0,
) -> Target:
    """Adds noise to an array in place: ``array += scale * random_noise(array.shape, seed=seed, ...)``.

    No memory of the array's size is allocated, and other threads run meanwhile.

    Parameters
    ----------
    array : numpy.ndarray or SomeMemory
        A writable array of float64 or float32, with any strides. For float32 the sum is computed in float64 and rounded once.
    scale : float
        The standard deviation of the noise: any finite number. A negative scale subtracts what a positive one added, except for the
        rounding of the sums.
    seed, stream, first : optional
        As for `random_noise`.

    Returns
    -------
    numpy.ndarray or SomeMemory
        `array`.

    Raises
    ------
    TypeError, ValueError, OSError, KeyboardInterrupt
        As `random_noise`.

    Examples
    --------
    >>> signal = np.ones(3)
    >>> add_noise(signal, 0.1, seed=42)
    array([1.00549496, 1.04197164, 1.07938823])
    >>> add_noise(signal, -0.1, seed=42)
    array([1., 1., 1.])
    """
    target = writable("array", array)
    place = sequence(target.shape, seed, stream, first)
    draw("add", target, place, scale=arguments.finite("scale", scale))
    return array


def writable(name: str, array: object) -> NDArray[Any]:
    return arguments.writable(name, array.array if isinstance(array, SomeMemory) else array)


def sequence(shape: tuple[int, ...], seed: SupportsIndex | None, stream: Any, first: SupportsIndex) -> tuple[int, Any, int]:
    """The checked arguments: the seed, the stream or the rows' streams, and the first index."""
    if seed is None:
        nothing_to_choose(stream, first)
        return fresh_seed(), fresh_seed(), 0
    streams = runs(stream, shape)
    number = math.prod(shape if streams is None else shape[1:])
    place = arguments.index("first", first, number)
    return arguments.word("seed", seed), arguments.word("stream", stream) if streams is None else streams, place


def draw(does: str, target: NDArray[Any], place: tuple[int, Any, int], mean: float = MEAN, scale: float = SCALE) -> None:
    seed, stream, first = place
    how = Draw(does, seed, mean, scale)
    (how.rows if isinstance(stream, list) else how.array)(target, stream, first)


def nothing_to_choose(stream: Streams, first: SupportsIndex) -> None:
    """Refuses streams or an index without a seed."""
    if not is_one(stream) or arguments.word("stream", stream) or arguments.word("first", first):
        raise ValueError("stream and first choose among the samples of a seed, and there is none: draw one with fresh_seed()")
