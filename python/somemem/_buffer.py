"""The library's buffers, as handles that free themselves and as arrays that keep them alive."""

import errno
import os
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from ._native import ffi, lib


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


def array_of(view: View, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """The one array of a new View."""
    address = int(ffi.cast("uintptr_t", lib.somemem_data(view._handle)))
    view.__array_interface__ = {"version": 3, "typestr": np.dtype(np.float64).str, "shape": shape, "data": (address, False)}
    array = np.asarray(view)
    del view.__array_interface__
    return array


def owned(handle: Any) -> Any:
    """A handle that the library has just made; its buffer is freed with the last reference to it."""
    if not handle:
        if ffi.errno == errno.ENOMEM:
            raise MemoryError(os.strerror(errno.ENOMEM))
        raise OSError(ffi.errno, os.strerror(ffi.errno))
    return ffi.gc(handle, lib.somemem_free)


def check(status: int) -> None:
    """Raises what the status of a call means, if it failed."""
    if status != lib.SOMEMEM_OK:
        kind = MemoryError if status == lib.SOMEMEM_NO_MEMORY else ValueError
        raise kind(ffi.string(lib.somemem_strerror(status)).decode())
