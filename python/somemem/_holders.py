"""Finds arrays of a buffer that a traceback keeps alive. A user easily overlooks them: an exception that was shown keeps the variables of
its functions alive until the next exception is shown."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Iterator
from types import TracebackType

import numpy as np

from ._buffer import View


def holder(views: set[weakref.ref[View]]) -> str:
    """Text for the error message: which traceback and variable hold an array of the buffer. Empty if none does."""
    alive = [view() for view in views.copy()]
    for name, error in errors():
        for trace in traces(error):
            for variable, value in trace.tb_frame.f_locals.items():
                if isinstance(value, (np.ndarray, memoryview)) and any(root(value) is view for view in alive if view is not None):
                    place = f"{trace.tb_frame.f_code.co_name}(), line {trace.tb_lineno}"
                    return f"; the traceback of {type(error).__name__} in {name} holds {variable!r} of {place}"
    return ""


def errors() -> Iterator[tuple[str, BaseException]]:
    """The exception that is being handled, the one that an interactive session has shown last, and the causes of both."""
    named = [("sys.exc_info()", sys.exc_info()[1]), ("sys.last_value", getattr(sys, "last_value", None))]
    seen: set[int] = set()
    for name, error in named:
        while error is not None and id(error) not in seen:
            seen.add(id(error))
            yield name, error
            error = error.__cause__ or error.__context__


def traces(error: BaseException) -> Iterator[TracebackType]:
    trace = error.__traceback__
    while trace is not None:
        yield trace
        trace = trace.tb_next


def root(array: object) -> object:
    """The object at the end of an array's bases: NumPy's arrays, and memoryviews between them."""
    while True:
        base = array.obj if isinstance(array, memoryview) else getattr(array, "base", None)
        if base is None:
            return array
        array = base
