"""By how many threads of the library a large range is drawn."""

from typing import SupportsIndex

from ._arguments import word
from ._native import lib


def set_threads(n: SupportsIndex) -> None:
    """Sets by how many threads large ranges are drawn, in the whole process and from the next call on.

    The number changes how long a call takes and never a value. Ranges of less than 262,144 doubles are always drawn by one.

    Parameters
    ----------
    n : int
        1 is the default; 0 means one for each CPU that the process may run on. More than 256 are 256. Until it is set, the
        environment variable ``SOMEMEM_NUM_THREADS`` counts, if it is such a number; anything else in it is ignored.

    Examples
    --------
    >>> set_threads(2)
    >>> threads()
    2
    >>> set_threads(1)
    """
    lib.somemem_set_threads(word("n", n))


def threads() -> int:
    """By how many threads a large range would be drawn now: at least 1."""
    number: int = lib.somemem_threads()
    return number
