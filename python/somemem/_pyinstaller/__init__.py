"""Tells PyInstaller where the hook is. The hook lists what the package needs beside its modules."""

import pathlib


def hook_dirs() -> list[str]:
    return [str(pathlib.Path(__file__).parent)]
