"""Noise as a function of (seed, stream, index), and noise that nobody can draw again."""

import math
import secrets
from typing import SupportsIndex

import numpy as np
from numpy.typing import NDArray

from ._arguments import Shape, doubles, finite, index, shape, word
from ._buffer import View, array_of, check, owned
from ._native import lib


def fresh_seed() -> int:
    """A new seed from the operating system, to be written down with the results.

    Returns
    -------
    int
        64 random bits, for `random_noise` and `add_noise`.

    Examples
    --------
    >>> seed = fresh_seed()
    >>> bool((random_noise(5, seed=seed) == random_noise(5, seed=seed)).all())
    True
    """
    return secrets.randbits(64)


def random_noise(
    n: Shape | None = None,
    *,
    seed: SupportsIndex | None = None,
    stream: SupportsIndex = 0,
    first: SupportsIndex = 0,
    out: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Independent N(0,1) samples.

    Element i of the sequence (seed, stream) is a pure function of the three numbers: the same bits on every CPU, in
    whichever pieces and by however many threads a range is drawn. To skip ahead costs nothing. Other threads run meanwhile.

    Parameters
    ----------
    n : int or tuple of ints
        The shape of the array. With `out` it may be left out.
    seed, stream : int, optional
        Which sequence, each from 0 to 2**64 - 1. Any two sequences are unrelated. Without a seed nobody can draw the
        samples again, and there are no streams and indices to choose.
    first : int, optional
        The index of the first sample. The others follow in C order: in an array of shape (r, c) element [i, j] has the
        index ``first + i * c + j``.
    out : numpy.ndarray, optional
        A C-contiguous array of float64 to fill where it is.

    Returns
    -------
    numpy.ndarray
        `out`, or an array whose memory the library has allocated on a 64-byte boundary. It is freed with the last view.

    Raises
    ------
    TypeError, ValueError
        An argument is of the wrong kind or out of its range.
    MemoryError
        The array cannot be allocated.
    OSError
        There is no seed, and the operating system gives no random key.

    Examples
    --------
    >>> random_noise(3, seed=42)
    array([0.05494965, 0.41971638, 0.79388225])

    Four samples from a million on, as two rows, and the second row again, drawn alone:

    >>> random_noise((2, 2), seed=42, first=1_000_000)
    array([[-1.07281887,  0.42250782],
           [ 2.28905079,  0.06142956]])
    >>> random_noise(2, seed=42, first=1_000_002)
    array([2.28905079, 0.06142956])

    Into an array that is there already:

    >>> noise = np.empty(3)
    >>> random_noise(seed=42, stream=7, out=noise) is noise
    True
    >>> noise
    array([-0.47923336,  0.11028699,  0.14666538])
    """
    if out is not None:
        memory = doubles("out", out)
        number = len(memory)
        if n is not None and shape("n", n) != out.shape:
            raise ValueError(f"out has the shape {out.shape}, and n is {n}")
    elif n is not None:
        lengths = shape("n", n)
        number = math.prod(lengths)
    else:
        raise TypeError("random_noise() needs n or out")
    if seed is None:
        nothing_to_choose(stream, first)
        if out is None:
            return array_of(View(owned(lib.random_noise(number))), lengths)
        seed, stream = fresh_seed(), fresh_seed()
    elements = word("seed", seed), word("stream", stream), index("first", first, number)
    if out is None:
        out = array_of(View(owned(lib.somemem_new(number))), lengths)
        memory = doubles("out", out)
    check(lib.random_noise_fill(memory, number, *elements))
    return out


def add_noise(
    array: NDArray[np.float64],
    stddev: float,
    *,
    seed: SupportsIndex | None = None,
    stream: SupportsIndex = 0,
    first: SupportsIndex = 0,
) -> NDArray[np.float64]:
    """Adds noise to an array where it is: ``array += stddev * random_noise(array.shape, seed=seed, ...)``.

    Nothing is allocated, and other threads run meanwhile.

    Parameters
    ----------
    array : numpy.ndarray
        A C-contiguous array of float64.
    stddev : float
        The standard deviation of the noise: any finite number. A negative one takes off the noise that its opposite added; the
        array is then what it was but for the rounding of the sums.
    seed, stream, first : int, optional
        As for `random_noise`.

    Returns
    -------
    numpy.ndarray
        `array`.

    Raises
    ------
    TypeError, ValueError, OSError
        As `random_noise`.

    Examples
    --------
    >>> signal = np.ones(3)
    >>> add_noise(signal, 0.1, seed=42)
    array([1.00549496, 1.04197164, 1.07938823])
    >>> add_noise(signal, -0.1, seed=42)
    array([1., 1., 1.])
    """
    memory = doubles("array", array)
    if seed is None:
        nothing_to_choose(stream, first)
        seed, stream = fresh_seed(), fresh_seed()
    elements = word("seed", seed), word("stream", stream), index("first", first, len(memory))
    check(lib.random_noise_add(memory, len(memory), finite("stddev", stddev), *elements))
    return array


def nothing_to_choose(stream: SupportsIndex, first: SupportsIndex) -> None:
    """Refuses a stream or an index without a seed."""
    if word("stream", stream) or word("first", first):
        raise ValueError("stream and first choose among the samples of a seed, and there is none: draw one with fresh_seed()")
