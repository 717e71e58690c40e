"""A growable buffer."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterator
from types import TracebackType
from typing import Any, NoReturn, SupportsIndex, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ._arguments import in_memory, length
from ._as_array import AsArray
from ._buffer import View, array_of, check, owned
from ._holders import holder
from ._native import lib

Itself = TypeVar("Itself", bound="SomeMemory")

# C calls run without the GIL, and only one thread at a time may use a handle. The lock is re-entrant, because a destructor or a signal
# handler may interrupt a method and use the same buffer. There is one lock for all buffers, so that a fork can wait until no thread is
# changing a buffer.
LOCK = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=LOCK.acquire, after_in_parent=LOCK.release, after_in_child=LOCK.release)


class SomeMemory(AsArray):
    """A buffer of doubles that can grow and shrink.

    The values of new elements are unspecified, as those of `numpy.empty` are. The memory is freed when the object, `array` and
    everything that was made from it are gone.

    In expressions, NumPy's functions and `out=` it counts as `array`, and from Python 3.12 on also in the buffer protocol. Several
    threads may call its methods at once.

    Parameters
    ----------
    n : int
        The number of doubles.
    reserve : int
        The number of doubles that it can grow to while arrays of it are alive; see `reserve()`.

    Raises
    ------
    MemoryError
        The doubles cannot be allocated, or the addresses cannot be reserved.

    Examples
    --------
    >>> memory = SomeMemory(3)
    >>> memory[:] = [1, 2, 3]
    >>> memory.resize(5)
    >>> memory[3:] = 0
    >>> memory.array
    array([1., 2., 3., 0., 0.])

    Within the reserve an array stays valid while the buffer grows.

    >>> memory = SomeMemory(3, reserve=1_000_000)
    >>> first = memory.array
    >>> memory.resize(1_000_000)
    >>> memory[0] = 5
    >>> float(first[0])
    5.0

    The end of a `with` block gives the memory up. It is freed then, or with the last array of it.

    >>> with SomeMemory(1_000_000) as memory:
    ...     memory[:] = 1
    ...     float(memory.array.sum())
    1000000.0
    >>> memory
    <SomeMemory, freed>
    """

    __slots__ = ("__weakref__", "_handle", "_moving", "_reserved", "_views")

    _handle: Any
    _views: set[weakref.ref[View]]
    _moving: bool
    # The number of doubles that were reserved. The capacity may be larger by chance.
    _reserved: int

    def __init__(self, n: SupportsIndex, *, reserve: SupportsIndex = 0) -> None:
        number, reserved = in_memory(length("n", n)), in_memory(length("reserve", reserve))
        handle = owned(lib.somemem_new(number), number)
        check(lib.somemem_reserve(handle, reserved), reserved)
        with LOCK:
            if hasattr(self, "_handle"):
                raise TypeError("this memory has been made already")
            # Not a WeakSet: it is Python code, which an exception in a signal handler can end before it has removed a view.
            self._views, self._moving, self._reserved = set(), False, reserved
            self._handle = handle

    @property
    def array(self) -> NDArray[np.float64]:
        """The buffer as an array, without a copy.

        It has the length that the buffer has now. While the array is alive, or anything made from it such as a slice or a memoryview,
        the buffer cannot shrink, and cannot grow beyond what was reserved. (The `_` of an interactive session keeps the last result
        alive.)
        """
        with LOCK:
            handle = self._open()
            view = View(handle)
            # Counted first, and only then checked whether the data is being moved: the same thread may come in again between the two.
            alive = weakref.ref(view, self._views.discard)
            self._views.add(alive)
            if self._moving:
                # A traceback may keep the view alive.
                self._views.discard(alive)
                raise BufferError("this memory is being resized")
            return array_of(view, (lib.somemem_len(handle),))

    def resize(self, n: SupportsIndex) -> None:
        """Makes the buffer `n` doubles long.

        The content is kept up to the smaller of the two lengths. New doubles have unspecified values. After an exception nothing has
        changed.

        Parameters
        ----------
        n : int
            The new number of doubles.

        Raises
        ------
        BufferError
            An array of the buffer is alive, and `n` is less than the length now or more than what was reserved. The array could end
            outside the buffer, or the data could move away under it.
        MemoryError
            The doubles cannot be allocated.
        ValueError
            The buffer has been freed.

        Examples
        --------
        >>> memory = SomeMemory(10)
        >>> view = memory[2:4]
        >>> memory.resize(20)
        Traceback (most recent call last):
            ...
        BufferError: an array of this memory is alive, and the data could move away under it
        >>> del view
        >>> memory.resize(20)
        >>> len(memory)
        20
        """
        number = in_memory(length("n", n))
        with LOCK:
            self._change(lib.somemem_resize, number, self._reserved)
            if number > self._reserved:
                self._reserved = 0

    def reserve(self, n: SupportsIndex) -> None:
        """Reserves addresses, so that the data does not move while the buffer has up to `n` doubles.

        Then the buffer can grow up to `n` while arrays of it are alive. A reserve of 1 MiB or more takes no memory until it is used, so
        growing can still fail. Shrinking does not end the reserve; growing beyond `n` does. An `n` that is not above an earlier one
        changes nothing. After an exception nothing has changed.

        Parameters
        ----------
        n : int
            The number of doubles, in all.

        Raises
        ------
        BufferError
            An array of the buffer is alive, and `n` is above what was reserved before, so that this call could move the data.
        MemoryError
            The addresses cannot be reserved.
        ValueError
            The buffer has been freed.

        Examples
        --------
        >>> memory = SomeMemory(10)
        >>> memory.reserve(1000)
        >>> view = memory[2:4]
        >>> memory.resize(1000)
        >>> memory.resize(10)
        Traceback (most recent call last):
            ...
        BufferError: an array of this memory is alive, and could end outside what is left of it
        """
        number = in_memory(length("n", n))
        with LOCK:
            self._open()
            if number > self._reserved:
                self._change(lib.somemem_reserve, number, 0)
                self._reserved = number

    def _change(self, call: Any, number: int, most: int) -> None:
        """Makes the call. While an array is alive, `number` must be from the length now, so that the array stays inside the buffer, up to
        `most`, so that the data does not move."""
        handle = self._open()
        if self._moving:
            raise BufferError("this memory is being resized")
        self._moving = True
        try:
            # An interrupt may have come before _reserved was set.
            if self._views and number > min(most, lib.somemem_capacity(handle)):
                raise BufferError(f"an array of this memory is alive, and the data could move away under it{holder(self._views)}")
            if self._views and number < lib.somemem_len(handle):
                raise BufferError(f"an array of this memory is alive, and could end outside what is left of it{holder(self._views)}")
            check(call(handle, number), number)
        finally:
            self._moving = False

    @property
    def capacity(self) -> int:
        """The number of doubles that the buffer can grow to without moving its data. It is at least the length.

        Shrinking may lower it, but not below what was reserved.
        """
        with LOCK:
            number: int = lib.somemem_capacity(self._open())
            return number

    def free(self) -> None:
        """Gives the memory up. It is freed now, or with the last array of it.

        Afterwards `free()` does nothing, and everything else raises ValueError.
        """
        with LOCK:
            self._handle = None

    def __enter__(self: Itself) -> Itself:
        self._open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.free()

    def __len__(self) -> int:
        with LOCK:
            number: int = lib.somemem_len(self._open())
            return number

    def __getitem__(self, key: Any) -> Any:
        return self.array[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self.array[key] = value

    def __iter__(self) -> Iterator[np.float64]:
        return iter(self.array)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        # NumPy 1 knows no copy=None.
        return np.asarray(self.array, dtype) if copy is None else np.array(self.array, dtype, copy=copy)

    def __buffer__(self, flags: int, /) -> memoryview:
        return memoryview(self.array)  # type: ignore[arg-type]

    def __dlpack__(self, **options: Any) -> Any:
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.array.__dlpack_device__()

    def __repr__(self) -> str:
        try:
            return f"<SomeMemory, {len(self)} doubles>"
        except ValueError:
            return "<SomeMemory, freed>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a SomeMemory cannot be copied or pickled; its array can")

    def _open(self) -> Any:
        # A subclass may not have called __init__.
        handle = getattr(self, "_handle", None)
        if handle is None:
            raise ValueError("this memory has been freed")
        return handle


def trim() -> None:
    """Gives the memory that is kept of freed buffers back to the operating system.

    On Linux up to 64 MiB are kept, so that new buffers of about the same size cost no page faults. The kernel takes this memory when it
    is short. The memory of arrays and buffers that are alive does not change.

    Examples
    --------
    >>> trim()
    """
    lib.somemem_trim()
