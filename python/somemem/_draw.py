"""Draws into arrays: which calls of the library it takes, and in which pieces."""

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._buffer import check
from ._native import ffi, lib

# Elements in one call of the library, for each thread. Python handles interrupts between two calls. This many elements take 5 ms on a
# Zen 3, and 0.2 s without AES instructions.
PIECE = 1 << 22
# Elements in a block, where samples are drawn to other memory first and then copied: a core's cache holds one.
BLOCK = 1 << 14
# Rows of fewer elements are drawn faster in a block than one by one.
SHORT = 256


class Kind(NamedTuple):
    """The functions of the library for one type of element."""

    pointer: Any
    size: int
    fill: Any
    normal: Any
    add: Any
    fill_rows: Any
    add_rows: Any


def functions(pointer: str, suffix: str) -> Kind:
    names = [f"random_noise_{name}{suffix}" for name in Kind._fields[2:]]
    return Kind(ffi.typeof(pointer), ffi.sizeof(pointer.split()[0]), *(getattr(lib, name) for name in names))


FLOAT64, FLOAT32 = np.dtype(np.float64), np.dtype(np.float32)
KINDS = {FLOAT64: functions("double *", ""), FLOAT32: functions("float *", "_f32")}


class Axis(NamedTuple):
    """A dimension: its length, and the steps of the place in memory, the element's index and the stream along it."""

    length: int
    memory: int
    element: int
    stream: int


class Run(NamedTuple):
    """Rows whose streams are an arithmetic sequence."""

    rows: range
    stream: int
    step: int


class Draw(NamedTuple):
    """What one call does with the samples of a seed: `normal` takes mean and scale, `add` the scale."""

    does: str
    seed: int
    mean: float = 0.0
    scale: float = 1.0

    def array(self, array: NDArray[Any], stream: int, first: int) -> None:
        """Draws into an array, in C order. If its rows are short and not contiguous, or the library has no function for rows, it draws a
        block at a time, and NumPy copies the blocks to their places."""
        if not array.size:
            return
        if array.flags.c_contiguous and array.flags.aligned:
            self._run(KINDS[array.dtype], address(array), array.size, stream, first)
            return
        axes = merged(axes_of(array))
        if self.does != "normal" and in_rows(array, axes) and columns_of(axes) >= SHORT:
            self.box(KINDS[array.dtype], address(array), axes, stream, first)
            return
        access = ["readwrite" if self.does == "add" else "writeonly", "contig", "aligned"]
        # NumPy's stubs write "config" for "contig".
        with np.nditer(array, ["external_loop", "buffered"], [access], order="C", buffersize=BLOCK) as blocks:  # type: ignore[call-overload]
            for block in blocks:
                self._run(KINDS[array.dtype], address(block), block.size, stream, first)
                first += block.size

    def rows(self, array: NDArray[Any], runs: Iterable[Run], first: int) -> None:
        """Draws into an array whose first dimension is rows, each with a stream of its own."""
        for run in runs:
            part = array[run.rows.start : run.rows.stop]
            if not part.size:
                continue
            axes = merged(axes_of(part, run.step))
            if self.does != "normal" and in_rows(part, axes):
                self.box(KINDS[array.dtype], address(part), axes, run.stream, first)
            elif part[0].size > BLOCK:
                for row, place in enumerate(range(len(part))):
                    self.array(part[place, ...], run.stream + row * run.step, first)
            else:
                self._blocks_of_rows(part, run, first)

    def _blocks_of_rows(self, part: NDArray[Any], run: Run, first: int) -> None:
        """Draws blocks of rows and copies them to their places. With a mean and a scale the blocks are doubles, so that the sum is rounded
        once."""
        some = max(1, BLOCK // part[0].size)
        for row in range(0, len(part), some):
            place = part[row : row + some]
            if self.does == "normal":
                block, draw = np.full(place.shape, self.mean + 0.0), self._replace(does="add")
            else:
                block, draw = np.array(place, order="C") if self.does == "add" else np.empty(place.shape, place.dtype), self
            draw.box(KINDS[block.dtype], address(block), axes_of(block, run.step), run.stream + row * run.step, first)
            place[...] = block

    def box(self, kind: Kind, memory: int, axes: Iterable[Axis], stream: int, first: int) -> None:
        """Draws a box. The columns of a call are the last axis, if its elements are consecutive in memory and in the sequence. The rows
        are the longest of the other axes. There is a call for each place in the axes that are left."""
        axes = merged(axes)
        columns = columns_of(axes)
        if columns > 1:
            axes.pop()
        rows = axes.pop(max(range(len(axes)), key=lambda place: axes[place].length)) if axes else Axis(1, columns, 0, 0)
        for place in itertools.product(*(range(axis.length) for axis in axes)):
            away = [sum(step * axis[which] for step, axis in zip(place, axes)) for which in (1, 2, 3)]
            self._rows(kind, memory + kind.size * away[0], rows, columns, stream + away[2], first + away[1])

    def _rows(self, kind: Kind, memory: int, rows: Axis, columns: int, stream: int, first: int) -> None:
        pointer = ffi.cast(kind.pointer, memory)
        if rows.length == 1 or columns > PIECE:
            for row in range(rows.length):
                self._run(kind, memory + row * rows.memory * kind.size, columns, stream + row * rows.stream, first + row * rows.element)
            return
        call = kind.add_rows if self.does == "add" else kind.fill_rows
        scale = (self.scale,) if self.does == "add" else ()
        some = PIECE * lib.somemem_threads() // columns
        for row in range(0, rows.length, some):
            number = min(some, rows.length - row)
            place = stream + row * rows.stream, first + row * rows.element
            check(call(pointer + row * rows.memory, number, columns, rows.memory, *scale, self.seed, *place, rows.stream, rows.element))

    def _run(self, kind: Kind, memory: int, number: int, stream: int, first: int) -> None:
        """Draws consecutive elements to consecutive places."""
        pointer = ffi.cast(kind.pointer, memory)
        call, options = {
            "fill": (kind.fill, ()),
            "normal": (kind.normal, (self.mean, self.scale)),
            "add": (kind.add, (self.scale,)),
        }[self.does]
        some = PIECE if number <= PIECE else PIECE * lib.somemem_threads()
        for place in range(0, number, some):
            check(call(pointer + place, min(some, number - place), *options, self.seed, stream, first + place))


def address(array: NDArray[Any]) -> int:
    place: int = array.__array_interface__["data"][0]
    return place


def c_order(shape: Sequence[int]) -> list[int]:
    """The step along each dimension, in elements of an array in C order."""
    return [math.prod(shape[place + 1 :]) for place in range(len(shape))]


def axes_of(array: NDArray[Any], stream_step: int | None = None) -> list[Axis]:
    """The axes of an array in C order. With `stream_step` its first dimension is rows, each with a stream of its own."""
    steps = c_order(array.shape)
    axes = [Axis(length, stride // array.itemsize, step, 0) for length, stride, step in zip(array.shape, array.strides, steps)]
    if stream_step is not None:
        axes[0] = axes[0]._replace(element=0, stream=stream_step)
    return axes


def merged(axes: Iterable[Axis]) -> list[Axis]:
    """The same elements with as few dimensions as possible."""
    few: list[Axis] = []
    for axis in axes:
        if axis.length == 1:
            continue
        if few and few[-1][1:] == tuple(axis.length * step for step in axis[1:]):
            axis = axis._replace(length=few.pop().length * axis.length)
        few.append(axis)
    return few


def columns_of(axes: Sequence[Axis]) -> int:
    """The length of the last axis, if its elements are consecutive in memory and in the sequence; otherwise 1."""
    return axes[-1].length if axes and axes[-1][1:] == (1, 1, 0) else 1


def in_rows(array: NDArray[Any], axes: Sequence[Axis]) -> bool:
    """Whether the library's functions for rows can draw there: the rows are contiguous, and the steps between them go forward."""
    if not array.flags.aligned or any(stride % array.itemsize for stride in array.strides):
        return False
    columns = columns_of(axes)
    others = axes[:-1] if columns > 1 else axes
    return all(axis.memory >= columns for axis in others)
