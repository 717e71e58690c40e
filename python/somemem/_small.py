"""A faster call for small arrays: the library is also an extension module of CPython."""

import importlib.machinery
import importlib.util
import pathlib
import sys
import sysconfig
from collections.abc import Callable
from typing import Any

from . import _native

# The same number as in src/capi/python.rs.
MOST = 1 << 15


def load() -> Callable[[Any, Any, Any, Any], bool]:
    """The module's function `fill`. For interpreters with another ABI, a function that fills nothing: their calls only take longer."""
    if sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        return lambda array, seed, stream, first: False
    (library,) = (path for path in pathlib.Path(_native.__path__[0]).iterdir() if path.suffix in (".so", ".dll", ".dylib"))
    loader = importlib.machinery.ExtensionFileLoader("somemem._native.small", str(library))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    fill: Callable[[Any, Any, Any, Any], bool] = module.fill
    return fill


fill = load()
