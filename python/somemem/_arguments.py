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
        raise ValueError(f"{name} must be between 0 and 2**64 - 1, not {number}")
    return number


def length(name: str, value: SupportsIndex) -> int:
    """A number of doubles. There need not be memory for them, but C can express it."""
    number = integer(name, value)
    if number < 0:
        raise ValueError(f"{name} must not be negative, not {number}")
    if number > MOST:
        raise MemoryError(f"no memory holds {number} doubles")
    return number


def lengths(name: str, value: Shape) -> tuple[int, ...]:
    """The lengths of an array's dimensions; one number is a shape too, as everywhere in NumPy."""
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)) and getattr(value, "ndim", 1) > 0:
        return tuple(length(f"{name}[{place}]", number) for place, number in enumerate(value))
    return (length(name, value),)  # type: ignore[arg-type]


def shape(name: str, value: Shape) -> tuple[int, ...]:
    """The lengths of the dimensions of an array that is in memory as a whole."""
    numbers = lengths(name, value)
    length(name, math.prod(numbers))
    return numbers


def doubles(name: str, array: object) -> Any:
    """The memory of an array, for the C functions to change in one piece, where it is. Its length is in doubles, and cannot be
    other than told: an array's own attributes can, in a subclass."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{name} must be a NumPy array, not {type(array).__name__}")
    if array.dtype != np.float64:
        raise TypeError(f"{name} must be an array of float64, not {array.dtype}")
    if not array.flags.writeable:
        raise ValueError(f"{name} is read-only")
    if not (array.flags.c_contiguous and array.flags.aligned):
        raise ValueError(f"{name} must be C-contiguous and aligned, as {name}.copy(order='C') is")
    return ffi.from_buffer("double[]", array, require_writable=True)


def deviation(name: str, value: float) -> float:
    """A standard deviation."""
    try:
        usable = math.isfinite(value) and value >= 0
    except OverflowError:
        usable = False
    if not usable:
        raise ValueError(f"{name} must be finite and not negative, not {value}")
    return value


def index(name: str, value: SupportsIndex, number: int) -> int:
    """The index of the first of so many elements."""
    first = word(name, value)
    if first + number - 1 > LAST:
        raise ValueError(f"{name} must leave room for {number} elements up to index 2**64 - 1, and {first} does not")
    return first
