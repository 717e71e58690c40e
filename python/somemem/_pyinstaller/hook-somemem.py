"""PyInstaller's name for this file says which package it is for. The library is loaded by its path, which no import tells."""

from PyInstaller.utils.hooks import collect_dynamic_libs  # type: ignore[import-untyped]

binaries = collect_dynamic_libs("somemem")
