"""PyInstaller finds this file by its name, which has the package in it. It adds the library, which is loaded by path and not imported."""

from PyInstaller.utils.hooks import collect_dynamic_libs  # type: ignore[import-untyped]

binaries = collect_dynamic_libs("somemem")
