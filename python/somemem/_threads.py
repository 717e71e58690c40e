"""The number of threads that draw a large range."""

from typing import SupportsIndex

from ._arguments import word
from ._native import lib


def set_threads(n: SupportsIndex) -> None:
    """Sets the number of threads that draw a large range, for the whole process and from the next call on.

    The number changes how long a call takes, and never a value. A range of less than 262,144 elements is drawn by one thread.

    Parameters
    ----------
    n : int
        The default is 1. 0 means one thread for each CPU that the process may run on. Above 256, 256 are used. Before the first
        call the environment variable ``SOMEMEM_NUM_THREADS`` sets the number. Text that is not a number is ignored.

    Examples
    --------
    >>> set_threads(2)
    >>> threads()
    2
    >>> set_threads(1)
    """
    lib.somemem_set_threads(word("n", n))


def threads() -> int:
    """The number of threads that would draw a large range now. It is at least 1."""
    number: int = lib.somemem_threads()
    return number
