"""Checks of arguments, with their error messages."""

import math
import operator
import sys
from collections.abc import Iterable
from typing import Any, SupportsIndex, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

Shape: TypeAlias = "SupportsIndex | Iterable[SupportsIndex]"

FLOAT64, FLOAT32 = np.dtype(np.float64), np.dtype(np.float32)

LAST = 2**64 - 1
MOST = sys.maxsize // 8


def integer(name: str, value: SupportsIndex) -> int:
    """Any kind of integer. A float is refused, even 3.0."""
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, not {type(value).__name__}") from None


def word(name: str, value: SupportsIndex) -> int:
    """A number of 64 bits without a sign, as seeds, streams and indices are."""
    number = integer(name, value)
    if not 0 <= number <= LAST:
        raise ValueError(f"{name} must be between 0 and 2**64 - 1, not {shown(number)}")
    return number


def length(name: str, value: SupportsIndex) -> int:
    """The length of a dimension, whether or not there is memory for it."""
    number = integer(name, value)
    if number < 0:
        raise ValueError(f"{name} must not be negative, not {shown(number)}")
    return number


def in_memory(number: int) -> int:
    """A number of elements that C can address. There may be less memory than that."""
    if number > MOST:
        raise MemoryError(f"no memory holds {shown(number)} elements")
    return number


def shown(number: int) -> str:
    """A number for a message. Python refuses to print integers of thousands of digits."""
    size = number.bit_length()
    if size <= 128:
        return str(number)
    return f"2**{size - 1} or more" if number > 0 else f"-2**{size - 1} or less"


def lengths(name: str, value: Shape) -> tuple[int, ...]:
    """The lengths of an array's dimensions. A single number is also a shape, as in NumPy."""
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)) and getattr(value, "ndim", 1) > 0:
        return tuple(length(f"{name}[{place}]", number) for place, number in enumerate(value))
    return (length(name, value),)  # type: ignore[arg-type]


def shape(name: str, value: Shape) -> tuple[int, ...]:
    """The lengths of the dimensions of an array that is in memory as a whole."""
    numbers = lengths(name, value)
    for number in (*numbers, math.prod(numbers)):
        in_memory(number)
    return numbers


def dtype(value: DTypeLike | None) -> "np.dtype[Any]":
    """float64 or float32; float64 if `value` is None."""
    kind = FLOAT64 if value is None else np.dtype(value)
    if kind not in (FLOAT64, FLOAT32):
        raise TypeError(f"dtype must be float64 or float32, not {kind}")
    return FLOAT32 if kind == FLOAT32 else FLOAT64


def writable(name: str, array: object) -> NDArray[Any]:
    """The memory of an array, as a plain array that samples can be written to. A subclass can have attributes and a buffer protocol that do
    not tell its true memory, so both are checked."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{name} must be a NumPy array or a SomeMemory, not {type(array).__name__}")
    plain = np.ndarray.view(array, np.ndarray)
    if plain.dtype not in (FLOAT64, FLOAT32):
        raise TypeError(f"{name} must be an array of float64 or float32, not {plain.dtype}")
    if not plain.flags.writeable:
        raise ValueError(f"{name} is read-only")
    if type(array) is not np.ndarray and not same_memory(array, plain):
        raise TypeError(f"{name} is a {type(array).__name__} whose buffer is not its memory")
    return plain


def same_memory(array: NDArray[Any], plain: NDArray[Any]) -> bool:
    other = np.asarray(memoryview(array))  # type: ignore[arg-type]
    return bool(other.__array_interface__["data"] == plain.__array_interface__["data"])


def finite(name: str, value: float) -> float:
    """Any number that is finite as a double."""
    if getattr(value, "ndim", 0) or isinstance(value, (list, tuple)):
        raise TypeError(f"{name} must be one number, not an array of them: write mean + scale * random_noise(scale.shape, seed=...)")
    try:
        usable = math.isfinite(value)
    except OverflowError:
        usable = False
    if not usable:
        raise ValueError(f"{name} must be finite, not {shown(value) if isinstance(value, int) else value}")
    return float(value)


def index(name: str, value: SupportsIndex, number: int) -> int:
    """The index of the first of `number` elements."""
    first = word(name, value)
    if first + number - 1 > LAST:
        raise ValueError(f"{name} must leave room for {shown(number)} elements up to index 2**64 - 1, and {first} does not")
    return first
