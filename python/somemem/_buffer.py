"""The library's buffers, as handles that free themselves and as arrays that keep them alive."""

from __future__ import annotations

import errno
import math
import os
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from ._native import ffi, lib

# Smaller arrays are made by NumPy: the library has nothing to offer there, and a call costs less.
OWN = 1 << 17


class View:
    """What an array of a buffer holds on to, and through it every array, slice and memoryview made of that array.

    It keeps the buffer's handle alive. Who may move the buffer has to see to it that no View of it is. Nothing else can be made
    of a View: of one array only, and NumPy's arrays are out of the garbage collector's sight, so that no View is taken for
    garbage while there is memory to be seen through it.
    """

    __slots__ = ("__array_interface__", "__weakref__", "_handle")

    __array_interface__: dict[str, Any]

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def __reduce__(self) -> NoReturn:
        # A copy that is made in array_of() would know where the data was for ever.
        raise TypeError("what an array holds on to cannot be copied; the array can")


def array_of(view: View, shape: tuple[int, ...], dtype: str = "=f8") -> NDArray[Any]:
    """The one array of a new View."""
    address = int(ffi.cast("uintptr_t", lib.somemem_data(view._handle)))
    view.__array_interface__ = {"version": 3, "typestr": np.dtype(dtype).str, "shape": shape, "data": (address, False)}
    array = np.asarray(view)
    del view.__array_interface__
    return array


def new_array(shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    """As np.empty makes it; a large one in a buffer of the library, of as many doubles as it takes."""
    number = math.prod(shape)
    doubles = -(-number * dtype.itemsize // 8)
    if doubles < OWN:
        return np.empty(shape, dtype)
    return array_of(View(owned(lib.somemem_new(doubles), doubles)), shape, dtype.str)


def owned(handle: Any, number: int) -> Any:
    """A handle that the library has just made; its buffer is freed with the last reference to it."""
    if not handle:
        if ffi.errno == errno.ENOMEM:
            raise no_memory(number)
        raise OSError(ffi.errno, os.strerror(ffi.errno))
    return ffi.gc(handle, lib.somemem_free)


def no_memory(number: int) -> MemoryError:
    """For so many doubles."""
    size = float(8 * number)
    units = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB")
    power = min(max(0, (len(str(int(size))) - 1) // 3), len(units) - 1)
    return MemoryError(f"cannot allocate {number} doubles, {size / 1000**power:.4g} {units[power]}")


def check(status: int, number: int = 0) -> None:
    """Raises what the status of a call means, if it failed; one that asked for memory, for so many doubles."""
    if status == lib.SOMEMEM_NO_MEMORY:
        raise no_memory(number)
    if status != lib.SOMEMEM_OK:
        raise ValueError(ffi.string(lib.somemem_strerror(status)).decode())
