"""What callers may pass, and what they are told when they pass something else."""

import math
import operator
import sys
from collections.abc import Iterable
from typing import Any, SupportsIndex, TypeAlias

import numpy as np

from ._native import ffi

Shape: TypeAlias = SupportsIndex | Iterable[SupportsIndex]

LAST = 2**64 - 1
MOST = sys.maxsize // 8


def integer(name: str, value: SupportsIndex) -> int:
    """Any kind of integer; a float is a mistake, even 3.0."""
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, not {type(value).__name__}") from None


def word(name: str, value: SupportsIndex) -> int:
    """A number of 64 bits without a sign, as seeds, streams and indices are."""
    number = integer(name, value)
    if not 0 <= number <= LAST:
        raise ValueError(f"{name} must be between 0 and 2**64 - 1, not {told(number)}")
    return number


def length(name: str, value: SupportsIndex) -> int:
    """The length of a dimension, whether or not there is memory for it."""
    number = integer(name, value)
    if number < 0:
        raise ValueError(f"{name} must not be negative, not {told(number)}")
    return number


def in_memory(number: int) -> int:
    """A number of doubles that are in memory. There need not be so much, but C can express it."""
    if number > MOST:
        raise MemoryError(f"no memory holds {told(number)} doubles")
    return number


def told(number: int) -> str:
    """A number in a sentence: Python refuses to write out one of thousands of digits."""
    size = number.bit_length()
    if size <= 128:
        return str(number)
    return f"2**{size - 1} or more" if number > 0 else f"-2**{size - 1} or less"


def lengths(name: str, value: Shape) -> tuple[int, ...]:
    """The lengths of an array's dimensions; one number is a shape too, as everywhere in NumPy."""
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)) and getattr(value, "ndim", 1) > 0:
        return tuple(length(f"{name}[{place}]", number) for place, number in enumerate(value))
    return (length(name, value),)  # type: ignore[arg-type]


def shape(name: str, value: Shape) -> tuple[int, ...]:
    """The lengths of the dimensions of an array that is in memory as a whole."""
    numbers = lengths(name, value)
    for number in (*numbers, math.prod(numbers)):
        in_memory(number)
    return numbers


def doubles(name: str, array: object) -> Any:
    """The memory of an array, for the C functions to change in one piece, where it is. Its length is in doubles, and cannot be
    other than told: an array's own attributes can, in a subclass, and so can what it answers to the buffer protocol."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{name} must be a NumPy array, not {type(array).__name__}")
    plain = np.ndarray.view(array, np.ndarray)
    if plain.dtype != np.float64:
        raise TypeError(f"{name} must be an array of float64, not {plain.dtype}")
    if not plain.flags.writeable:
        raise ValueError(f"{name} is read-only")
    if not (plain.flags.c_contiguous and plain.flags.aligned):
        raise ValueError(f"{name} must be C-contiguous and aligned, as {name}.copy(order='C') is")
    memory = ffi.from_buffer("double[]", plain, require_writable=True)
    if type(array) is not np.ndarray and ffi.from_buffer("double[]", array) != memory:
        raise TypeError(f"{name} is a {type(array).__name__} whose buffer is not its memory")
    return memory


def finite(name: str, value: float) -> float:
    """A number that a double can hold, of any sign."""
    try:
        usable = math.isfinite(value)
    except OverflowError:
        usable = False
    if not usable:
        raise ValueError(f"{name} must be finite, not {told(value) if isinstance(value, int) else value}")
    return value


def index(name: str, value: SupportsIndex, number: int) -> int:
    """The index of the first of so many elements."""
    first = word(name, value)
    if first + number - 1 > LAST:
        raise ValueError(f"{name} must leave room for {told(number)} elements up to index 2**64 - 1, and {first} does not")
    return first
