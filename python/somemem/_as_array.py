"""The base of objects that can be used like an array in expressions."""

from typing import Any

import numpy as np


class AsArray(np.lib.mixins.NDArrayOperatorsMixin):
    """Operators and NumPy's functions take `np.asarray` of the object, as an argument and as `out`."""

    __slots__ = ()

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        targets = options.pop("out", ())
        options = {name: plain(value) for name, value in options.items()}
        if targets:
            options["out"] = tuple(map(plain, targets))
        result = getattr(ufunc, method)(*map(plain, inputs), **options)
        # The caller gets back the object that it gave as `out`.
        return targets[0] if len(targets) == 1 else targets or result


def plain(value: Any) -> Any:
    return np.asarray(value) if isinstance(value, AsArray) else value
