"""Tells PyInstaller, which asks the packages that it finds, what the package needs beside its modules."""

import pathlib


def hook_dirs() -> list[str]:
    return [str(pathlib.Path(__file__).parent)]
