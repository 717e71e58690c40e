"""What stands for an array in expressions."""

from typing import Any

import numpy as np


class AsArray(np.lib.mixins.NDArrayOperatorsMixin):
    """Operators and NumPy's functions take `np.asarray` of it, also for their results."""

    __slots__ = ()

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        targets = options.pop("out", ())
        options = {name: plain(value) for name, value in options.items()}
        if targets:
            options["out"] = tuple(map(plain, targets))
        result = getattr(ufunc, method)(*map(plain, inputs), **options)
        # What is given as `out` comes back as it was given.
        return targets[0] if len(targets) == 1 else targets or result


def plain(value: Any) -> Any:
    return np.asarray(value) if isinstance(value, AsArray) else value
