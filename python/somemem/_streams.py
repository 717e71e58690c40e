"""A stream for each row. The streams are divided into as few arithmetic sequences as possible."""

from collections.abc import Iterable, Iterator
from typing import SupportsIndex, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray

from ._arguments import integer, word
from ._draw import Run

Streams: TypeAlias = "SupportsIndex | Iterable[SupportsIndex]"


def runs(streams: Streams, shape: tuple[int, ...]) -> list[Run] | None:
    """The rows of an array of this shape, if there is a stream for each. None if all have one stream."""
    if is_one(streams):
        return None
    if not shape:
        raise ValueError("a stream for each row needs an array with rows, and the shape is ()")
    if isinstance(streams, range):
        number = len(streams)
        if number:
            word("stream", streams[0]), word("stream", streams[-1])
        found = [Run(range(number), streams[0], streams.step)] if number and streams.step >= 0 else None
    else:
        found = None
    if found is None:
        words = as_words(streams)  # type: ignore[arg-type]
        number = len(words)
    if number != shape[0]:
        raise ValueError(f"stream has {number} numbers, and there are {shape[0]} rows")
    return found if found is not None else list(sequences(words))


def is_one(streams: Streams) -> TypeGuard[SupportsIndex]:
    """Whether it is not a sequence. It need not be an integer; that is checked later."""
    return not isinstance(streams, Iterable) or isinstance(streams, (str, bytes)) or getattr(streams, "ndim", 1) == 0


def as_words(streams: Iterable[SupportsIndex]) -> NDArray[np.uint64]:
    if isinstance(streams, np.ndarray) and streams.dtype.kind in "iu":
        if streams.ndim != 1:
            raise ValueError(f"stream must be one number for each row, and has the shape {streams.shape}")
        if streams.size and streams.min() < 0:
            word("stream", int(streams.min()))
        return streams.astype(np.uint64)
    return np.array([word("stream", integer("stream", number)) for number in streams], np.uint64)


def sequences(words: NDArray[np.uint64]) -> Iterator[Run]:
    """Arithmetic sequences, each as long as the step stays the same. The library's steps go forward only, so where the numbers fall, each
    row is a sequence of its own."""
    steps = words[1:] - words[:-1]
    falls = words[1:] < words[:-1]
    # Where one step differs from the one before it.
    ends = np.flatnonzero((steps[1:] != steps[:-1]) | falls[1:] | falls[:-1]) + 1
    row, last = 0, len(words) - 1
    for end in (*ends.tolist(), last):
        while row < end or row == end == last:
            if row == end or falls[row]:
                yield Run(range(row, row + 1), int(words[row]), 0)
                row += 1
            else:
                yield Run(range(row, end + 1), int(words[row]), int(steps[row]))
                row = end + 1
