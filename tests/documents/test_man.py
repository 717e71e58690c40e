"""The manual pages say what the header says, and the usual programs for manual pages find nothing wrong with them."""

import collections
import re
import subprocess
import sys

import pytest

from conftest import HEADER, ROOT, need, run

PAGES = sorted((ROOT / "man").glob("*.3"))


def test_they_are_up_to_date():
    assert run(sys.executable, ROOT / "man" / "pages.py", "--check") == ""


def test_a_page_that_is_not_is_found(tmp_path):
    """The header is changed: it says something else about one function."""
    for name in ("man/pages.py", "include/somemem.h", "Cargo.toml", *(f"man/{page.name}" for page in PAGES)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text().replace(" * Frees a buffer.", " * Frees a buffer at once."))
    done = subprocess.run([sys.executable, tmp_path / "man" / "pages.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 1 and [line.split()[0] for line in done.stdout.splitlines()] == ["somemem.3", "somemem_free.3"]


def test_every_function_has_one():
    declared = re.findall(r"^\S.*?\b(\w+)\(", re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.DOTALL), flags=re.MULTILINE)
    assert {page.stem for page in PAGES} == {name for name in declared if not name.isupper()} | {"somemem"}


def test_mandoc_finds_nothing_wrong():
    """Except that the pages have no date. A date would change while the text does not."""
    done = subprocess.run([need("mandoc"), "-T", "lint", "-W", "warning", *PAGES], capture_output=True, text=True)
    said = [line for line in (done.stdout + done.stderr).splitlines() if "missing date" not in line]
    assert said == [] and "missing date" in done.stdout + done.stderr


@pytest.mark.parametrize("page", [page.stem for page in PAGES])
def test_it_reads_like_those_of_the_c_library(page):
    done = subprocess.run([need("groff"), "-man", "-ww", "-rLL=78n", "-Tascii", "-P-cbou", ROOT / "man" / f"{page}.3"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == ""
    first = done.stdout.splitlines()[0]
    assert first.startswith(f"{page}(3) ") and first.endswith(f" {page}(3)")
    headings = re.findall(r"^([A-Z][A-Z ]+)$", done.stdout, flags=re.MULTILINE)
    if page == "somemem":
        assert headings == ["NAME", "SYNOPSIS", "DESCRIPTION", "FUNCTIONS", "HANDLES", "STATUSES", "VERSION", "LICENSE"]
    else:
        assert headings[:3] == ["NAME", "SYNOPSIS", "DESCRIPTION"] and headings[-1] == "SEE ALSO"
        assert re.search(rf"SYNOPSIS\n +#include <somemem.h>\n\n +\S.*\b{page}\(", done.stdout)
        # Every word of the comment.
        (comment,) = re.findall(rf"/\*\*\n((?:(?!\*/).)*?) \*/\n[^/#;]*?\b{page}\(", HEADER.read_text(), flags=re.DOTALL)
        words = re.findall(r"\w+", re.sub(r"^ \* ?", "", comment, flags=re.MULTILINE).replace("Threads: ", "").lower())
        shown = re.findall(r"\w+", re.sub(r"(\w)\(3\)", r"\1", done.stdout).lower())
        assert not collections.Counter(words) - collections.Counter(shown)
    assert "**" not in done.stdout and "`" not in done.stdout, "markup is left"
