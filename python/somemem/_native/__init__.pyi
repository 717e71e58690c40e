"""The C functions, of include/somemem.h; maturin generates this module."""

from typing import Any

ffi: Any
lib: Any
