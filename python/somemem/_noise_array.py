"""An array of any size that draws the elements that are asked for."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import DTypeLike, NDArray

from . import _arguments as arguments
from ._arguments import Shape
from ._as_array import AsArray, plain
from ._buffer import new_array
from ._draw import KINDS, Axis, Draw, address, c_order
from ._noise import DType, DType32, fresh_seed, nothing_to_choose


class NoiseArray(AsArray):
    """An array of independent N(0, 1) samples that takes no memory: each access draws what it asks for, and the same samples again.

    It equals ``somemem.random_noise(shape, seed=seed, stream=stream, first=first, dtype=dtype)``, and may be larger than any memory.
    Indices are integers, slices with any steps, ``...`` and ``None``, as in NumPy. In expressions and NumPy's functions it counts as
    ``np.asarray`` of it, which draws all elements. It can be pickled, and several threads may read it at once.

    A slice of consecutive elements takes as long as `random_noise` of as many. If the step in the last dimension is not 1, each element
    is drawn by itself, which takes some six times as long.

    Parameters
    ----------
    shape : int or tuple of ints
        The lengths of its dimensions; their product is at most 2**64.
    seed, stream, first : int, optional
        As for `random_noise`. Without a seed, `seed` and `stream` are random numbers, which the attributes tell.
    dtype : optional
        float64 or float32.

    Attributes
    ----------
    shape : tuple of ints
    dtype : numpy.dtype
    seed, stream, first : int

    Raises
    ------
    TypeError, ValueError
        An argument is of the wrong kind or out of its range.

    Examples
    --------
    An array that would take eight terabytes. Any window of it can be drawn:

    >>> field = NoiseArray((1_000_000, 1_000_000), seed=42)
    >>> window = field[10:20, 5_000:6_000]
    >>> window.shape
    (10, 1000)
    >>> bool(field[15, 5_500] == window[5, 500])
    True
    >>> field[::-250_000, -1]
    array([-0.0279021 , -1.91164883, -1.10721015, -1.21224141])
    """

    __slots__ = ("dtype", "first", "seed", "shape", "stream")

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    seed: int
    stream: int
    first: int

    def __init__(
        self,
        shape: Shape,
        *,
        seed: SupportsIndex | None = None,
        stream: SupportsIndex = 0,
        first: SupportsIndex = 0,
        dtype: DType | DType32 | None = None,
    ) -> None:
        if seed is None:
            nothing_to_choose(stream, first)
            seed, stream = fresh_seed(), fresh_seed()
        self.shape, self.dtype = arguments.lengths("shape", shape), arguments.dtype(dtype)
        self.seed, self.stream = arguments.word("seed", seed), arguments.word("stream", stream)
        self.first = arguments.index("first", first, self.size)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """The number of bytes that all elements would take in memory."""
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a NoiseArray without dimensions")
        return self.shape[0]

    def __repr__(self) -> str:
        return f"NoiseArray({self.shape}, seed={self.seed}, stream={self.stream}, first={self.first}, dtype={self.dtype})"

    def __getitem__(self, key: Any) -> Any:
        """A new array of the elements at `key`, or one element."""
        axes, shape, first = [], [], self.first
        parts, steps = full(key, self.ndim), iter(zip(self.shape, c_order(self.shape)))
        for part in parts:
            if part is None:
                shape.append(1)
                continue
            length, step = next(steps)
            if isinstance(part, int):
                if not -length <= part < length:
                    raise IndexError(f"index {part} is out of bounds for a dimension of {length}")
                first += part % length * step
            else:
                places = range(length)[part]
                shape.append(len(places))
                axes.append((places, step))
        drawn = self._draw(axes, first).reshape(shape)
        return drawn if shape or ... in parts_of(key) else drawn[()]

    def _draw(self, axes: list[tuple[range, int]], first: int) -> NDArray[Any]:
        """The elements at all places of these ranges. Each range is of one dimension, and comes with the step of the index along it."""
        lengths = tuple(len(places) for places, _ in axes)
        for number in (*lengths, math.prod(lengths)):
            arguments.in_memory(number)
        array = new_array(lengths, self.dtype)
        if array.size:
            # The library's steps go forward only, so a range that goes backward is drawn in reverse.
            forward = [places if places.step > 0 else places[::-1] for places, _ in axes]
            first += sum(places.start * step for places, (_, step) in zip(forward, axes))
            strides = c_order(lengths)
            box = [Axis(len(places), memory, places.step * step, 0) for places, memory, (_, step) in zip(forward, strides, axes)]
            Draw("fill", self.seed).box(KINDS[self.dtype], address(array), box, self.stream, first)
        return array[(*(slice(None, None, -1 if places.step < 0 else None) for places, _ in axes), ...)]

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("a NoiseArray has no memory: its elements are drawn, which is a copy")
        array: NDArray[Any] = self[...]
        return array if dtype is None else array.astype(dtype, copy=False)

    def __array_function__(self, function: Callable[..., Any], types: Any, arguments: Any, options: Any) -> Any:
        # These draw nothing.
        known: dict[Any, Any] = {np.shape: self.shape, np.ndim: self.ndim, np.size: self.size}
        if function in known and len(arguments) == 1 and arguments[0] is self:
            return known[function]
        return function(*map(all_plain, arguments), **{name: all_plain(value) for name, value in options.items()})

    def __dask_tokenize__(self) -> tuple[object, ...]:
        return ("somemem", self.shape, self.seed, self.stream, self.first, str(self.dtype))


def parts_of(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


def full(key: Any, ndim: int) -> list[int | slice | None]:
    """An integer or a slice for each dimension, and None for each new one."""
    parts: list[Any] = []
    for part in parts_of(key):
        if part is None or part is ... or isinstance(part, slice):
            parts.append(part)
        elif isinstance(part, (bool, np.bool_)):
            raise IndexError(NO_INDEX.format("bool"))
        else:
            try:
                parts.append(operator.index(part))
            except TypeError:
                raise IndexError(NO_INDEX.format(type(part).__name__)) from None
    if parts.count(...) > 1:
        raise IndexError("an index has at most one ...")
    missing = ndim - sum(part is not None and part is not ... for part in parts)
    if missing < 0:
        raise IndexError(f"{ndim - missing} indices for {ndim} dimensions")
    place = parts.index(...) if ... in parts else len(parts)
    parts[place : place + 1] = [slice(None)] * missing
    return parts


NO_INDEX = "a NoiseArray's indices are integers, slices, ... and None, not {}: draw a slice, and index that"


def all_plain(value: Any) -> Any:
    """An argument of one of NumPy's functions, which may be a sequence of arrays."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(all_plain, value))
    return plain(value)
