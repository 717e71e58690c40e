"""The package and a user's program pass mypy in its strict mode. `make others` runs pyright on the latter."""

import pathlib
import sys

from conftest import ROOT, run


def mypy(*arguments, cwd):
    # Most of the time goes into reading NumPy's types, so mypy's cache is kept.
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", pathlib.Path(sys.prefix) / "mypy"]
    return run(*command, *arguments, cwd=cwd)


def test_the_package_is_typed_strictly(tmp_path):
    mypy(ROOT / "python" / "somemem", cwd=tmp_path)


def test_users_see_the_types(tmp_path):
    mypy(ROOT / "tests" / "python" / "others" / "user.py", cwd=tmp_path)
