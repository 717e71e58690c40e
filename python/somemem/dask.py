"""Noise as Dask arrays, drawn chunk by chunk where and when it is needed.

An element's value depends on its place in the array and on nothing else: not on the chunks, the scheduler, the number of workers,
or how often a chunk is computed again.

>>> import somemem
>>> from somemem.dask import random_noise
>>> x = random_noise((1000, 1000), seed=42, chunks=(100, 500))
>>> bool((x.compute() == somemem.random_noise((1000, 1000), seed=42)).all())
True
"""

import itertools
import math
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import NDArray

try:
    import dask.array as da
    from dask.array.core import unknown_chunk_message
except ImportError as missing:
    raise ImportError("somemem.dask needs Dask: pip install 'dask[array]'") from missing

from ._arguments import Shape, index, lengths, word
from ._buffer import check
from ._memory import SomeMemory
from ._native import ffi, lib
from ._noise import fresh_seed, nothing_to_choose


def random_noise(
    n: Shape,
    *,
    seed: SupportsIndex | None = None,
    stream: SupportsIndex = 0,
    first: SupportsIndex = 0,
    chunks: Any = "auto",
) -> da.Array:
    """A Dask array of independent N(0,1) samples, equal to ``somemem.random_noise(n, seed=seed, stream=stream, first=first)``.

    It may be larger than any memory: what is needed at once is the chunks that are being worked on. Of a slice, ``x[500:510]`` say,
    only what it holds is drawn; with a step, also what lies between.

    For noise on a signal: ``signal + stddev * random_noise(signal.shape, seed=seed, chunks=signal.chunks)``.

    Parameters
    ----------
    n : int or tuple of ints
        The shape.
    seed, stream, first : int, optional
        As for `somemem.random_noise`. Without a seed a fresh one is drawn now: the array is the same whenever it is computed, and
        another one is another.
    chunks : optional
        As for `dask.array.from_array`. Chunks that take the last dimensions whole are drawn in one go; others row by row, at about a
        microsecond a row.

    Examples
    --------
    Two terabytes, of which only so much is drawn:

    >>> x = random_noise((500_000, 500_000), seed=42, chunks=(1000, 500_000))
    >>> x[400_000, 7:10].compute()
    array([ 0.09376528, -0.1149962 , -1.33133846])
    """
    if unknown(n) or unknown(chunks):
        raise ValueError(f"the place of each element has to be known, and a length is not.{unknown_chunk_message}")
    shape = lengths("n", n)
    if seed is None:
        nothing_to_choose(stream, first)
        seed, stream = fresh_seed(), fresh_seed()
    samples = Samples(shape, word("seed", seed), word("stream", stream), index("first", first, math.prod(shape)))
    meta = np.empty((0,) * len(shape))
    array: da.Array = da.from_array(  # type: ignore[no-untyped-call]
        samples, chunks, asarray=False, meta=meta, inline_array=True
    )
    return array


def unknown(lengths: Any) -> bool:
    """Whether there is a length among these that Dask does not know yet, for which it writes NaN."""
    if isinstance(lengths, (tuple, list)):
        return any(map(unknown, lengths))
    return isinstance(lengths, float) and math.isnan(lengths)


class Samples:
    """What Dask cuts its chunks from: an array that has a shape, and draws what is asked of it."""

    dtype = np.dtype(np.float64)

    def __init__(self, shape: tuple[int, ...], seed: int, stream: int, first: int) -> None:
        self.shape = shape
        self.ndim = len(shape)
        self.seed, self.stream, self.first = seed, stream, first

    def __dask_tokenize__(self) -> tuple[object, ...]:
        return ("somemem", self.shape, self.seed, self.stream, self.first)

    def __getitem__(self, key: tuple[int | slice, ...]) -> Any:
        """By a number or a slice for each dimension: Dask joins the slices of its chunks with the user's. What is drawn is the box
        around what is asked for."""
        box: list[range] = []
        inside: list[int | slice] = []
        for length, part in zip(self.shape, key, strict=True):
            places = range(length)[part]
            if isinstance(places, int):
                box.append(range(places, places + 1))
                inside.append(0)
            else:
                ends = sorted((places[0], places[-1])) if places else (0, -1)
                box.append(range(ends[0], ends[1] + 1))
                inside.append(slice(None, None, places.step))
        drawn = self._box(box)
        asked = drawn[tuple(inside)]
        # Not to keep what lies between.
        return asked if asked.size == drawn.size else asked.copy()

    def _box(self, ranges: list[range]) -> NDArray[np.float64]:
        """The elements whose place in each dimension is in a range without steps."""
        sides = tuple(len(r) for r in ranges)
        memory = SomeMemory(math.prod(sides))
        box = memory.array
        if not box.size:
            return box.reshape(sides)
        # Dimensions taken whole at the end lie in one run of indices, together with the one before them.
        cut = self.ndim
        while cut > 0 and sides[cut - 1] == self.shape[cut - 1]:
            cut -= 1
        cut = max(cut - 1, 0)
        strides = [math.prod(self.shape[place + 1 :]) for place in range(self.ndim)]
        corner = self.first + sum(r.start * stride for r, stride in zip(ranges, strides))
        offsets = [range(0, length * stride, stride) for length, stride in zip(sides[:cut], strides)]
        out, run = ffi.from_buffer("double[]", box), math.prod(sides[cut:])
        for place, row in enumerate(itertools.product(*offsets)):
            check(lib.random_noise_fill(out + place * run, run, self.seed, self.stream, corner + sum(row)))
        return box.reshape(sides)
