"""The C functions of include/somemem.h. Maturin generates this module."""

from typing import Any

ffi: Any
lib: Any
