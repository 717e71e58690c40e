"""The library's buffers, as handles that free themselves and as arrays that keep them alive."""

from __future__ import annotations

import errno
import math
import os
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from ._native import ffi, lib

# NumPy makes the arrays of fewer doubles: it is faster there.
OWN = 1 << 17


class View:
    """The base object of an array of a buffer, and so of every array, slice and memoryview made from that array.

    It keeps the buffer's handle alive. A buffer may be moved only if no View of it is alive. A View is the base of one array only,
    and nothing else can be made from it. The garbage collector does not track NumPy's arrays, so it cannot take a View for garbage
    while an array still uses its memory.
    """

    __slots__ = ("__array_interface__", "__weakref__", "_handle")

    __array_interface__: dict[str, Any]

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def __reduce__(self) -> NoReturn:
        # A copy made during array_of() would keep __array_interface__, and with it an old address.
        raise TypeError("the base of an array of a buffer cannot be copied; the array can")


def array_of(view: View, shape: tuple[int, ...], dtype: str = "=f8") -> NDArray[Any]:
    """The one array of a new View."""
    address = int(ffi.cast("uintptr_t", lib.somemem_data(view._handle)))
    view.__array_interface__ = {"version": 3, "typestr": np.dtype(dtype).str, "shape": shape, "data": (address, False)}
    array = np.asarray(view)
    del view.__array_interface__
    return array


def new_array(shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    """An array like that of np.empty. The memory of a large one is a buffer of the library."""
    number = math.prod(shape)
    doubles = -(-number * dtype.itemsize // 8)
    if doubles < OWN:
        return np.empty(shape, dtype)
    return array_of(View(owned(lib.somemem_new(doubles), doubles)), shape, dtype.str)


def owned(handle: Any, number: int) -> Any:
    """Owns a handle that the library has just made. The buffer is freed with the last reference to the result."""
    if not handle:
        if ffi.errno == errno.ENOMEM:
            raise no_memory(number)
        raise OSError(ffi.errno, os.strerror(ffi.errno))
    return ffi.gc(handle, lib.somemem_free)


def no_memory(number: int) -> MemoryError:
    """The error for `number` doubles that cannot be allocated."""
    size = float(8 * number)
    units = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB")
    power = min(max(0, (len(str(int(size))) - 1) // 3), len(units) - 1)
    return MemoryError(f"cannot allocate {number} doubles, {size / 1000**power:.4g} {units[power]}")


def check(status: int, number: int = 0) -> None:
    """Raises the exception for the status of a call that failed. `number` is how many doubles it asked for."""
    if status == lib.SOMEMEM_NO_MEMORY:
        raise no_memory(number)
    if status != lib.SOMEMEM_OK:
        raise ValueError(ffi.string(lib.somemem_strerror(status)).decode())
