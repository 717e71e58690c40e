"""The checks that `make release` makes before it begins."""

import re
import subprocess
import sys

import pytest

from conftest import ROOT

sys.path.append(str(ROOT / "packaging"))
import release

FILES = ["Cargo.toml", "Cargo.lock", "CHANGELOG.md"]


@pytest.fixture
def ready(tmp_path):
    """A folder with all files that `make release` checks, and nothing wrong in them."""
    for name in FILES:
        (tmp_path / name).write_text((ROOT / name).read_text())
    change(tmp_path / "Cargo.toml", r'^repository = ".*"', 'repository = "https://example.org/somemem"')
    change(tmp_path / "CHANGELOG.md", r"^## .*", f"## {release.version_of(ROOT)} - 2026-01-01")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    commit(tmp_path)
    return tmp_path


def change(file, pattern, text):
    changed, times = re.subn(pattern, text, file.read_text(), count=1, flags=re.MULTILINE)
    assert times == 1
    file.write_text(changed)


def commit(folder):
    subprocess.run(["git", "add", "--all"], cwd=folder, check=True)
    who = ["-c", "user.name=someone", "-c", "user.email=someone@example.org"]
    subprocess.run(["git", *who, "commit", "--quiet", "--message", "all"], cwd=folder, check=True)


def test_nothing_is_wrong(ready):
    assert list(release.faults(ready)) == []


@pytest.mark.parametrize(
    ("file", "pattern", "text", "told"),
    [
        ("CHANGELOG.md", "^## .*", "## Unreleased", "begins with Unreleased"),
        ("CHANGELOG.md", r"^(## .*)", "\\1\n\n## 0.0.1 - 2025-01-01", "begins with"),
        ("Cargo.toml", "^repository = .*", 'repository = ""', "no address"),
        ("Cargo.lock", r'^(name = "somemem-c"\nversion) = ".*"', '\\1 = "0.0.1"', "version of somemem-c"),
    ],
)
def test_what_is_wrong_is_told(ready, file, pattern, text, told):
    change(ready / file, pattern, text)
    commit(ready)
    (fault,) = release.faults(ready)
    assert told in fault


def test_what_is_not_committed_and_what_was_released(ready):
    subprocess.run(["git", "tag", f"v{release.version_of(ready)}"], cwd=ready, check=True)
    (ready / "new").write_text("")
    assert [fault.split()[:3] for fault in release.faults(ready)] == [["There", "are", "uncommitted"], ["The", "tag", f"v{release.version_of(ready)}"]]
