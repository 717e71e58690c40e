"""The build backend for pip: maturin, after a check that Rust is installed. Without this check maturin would download a compiler and not
say so. Without a network it would report that a package of another name cannot be found."""

import pathlib
import re
import shutil
import subprocess
import sys

from maturin import build_editable, build_sdist, build_wheel  # noqa: F401
from maturin import get_requires_for_build_editable, get_requires_for_build_sdist, get_requires_for_build_wheel  # noqa: F401
from maturin import prepare_metadata_for_build_editable, prepare_metadata_for_build_wheel  # noqa: F401


def need_rust():
    manifest = (pathlib.Path(__file__).parent.parent / "Cargo.toml").read_text()
    oldest = re.search(r'^rust-version = "(.*)"', manifest, re.MULTILINE)[1]
    found = "none"
    if shutil.which("cargo") and shutil.which("rustc"):
        said = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout
        version = re.match(r"rustc (\d+\.\d+)", said)
        found = version[1] if version else "an unknown version"
        if version and [int(part) for part in found.split(".")] >= [int(part) for part in oldest.split(".")]:
            return
    sys.exit(f"Compiling somemem needs Rust {oldest} or later, and {found} was found: https://rustup.rs installs it.")


need_rust()
