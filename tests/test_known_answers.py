"""The known answers: the files are those that were frozen and agree with the second implementation, and the shared library,
from C, with the files."""

import hashlib
import re
import subprocess

import known_answers
import pytest
from conftest import ROOT, compile_program, run

FILES = ROOT / "tests" / "known_answers"
CHECKSUMS = re.findall(r"^sha256 \d+ \d+ \d+ (\w+)$", (FILES / "spec1.txt").read_text(), flags=re.MULTILINE)


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return compile_program(ROOT / "tests" / "c" / "known_answers.c", tmp_path_factory.mktemp("c") / "known_answers")


# The names that git has for their contents.
FROZEN = {
    "spec1.txt": "b82ea8570f0b8bb1237fe8ec76cd3950f358c40e",
    "spec1.h": "6f0f3b8c9f0fe9a5c5445fc2f609ee68fc52186e",
    "spec1-add.txt": "05c783f60f2ef375fa581fa513ebfe4dbbd2e3b0",
}


@pytest.mark.parametrize("name, frozen", FROZEN.items())
def test_the_files_are_those_that_were_frozen(name, frozen):
    contents = (FILES / name).read_bytes()
    assert hashlib.sha1(b"blob %d\0" % len(contents) + contents).hexdigest() == frozen


@pytest.mark.parametrize(
    "name, lines",
    [("spec1.txt", known_answers.text), ("spec1.h", known_answers.header), ("spec1-add.txt", known_answers.added_text)],
)
def test_the_second_implementation_gives_them(name, lines):
    assert (FILES / name).read_text().splitlines() == list(lines())


def test_single_elements(program):
    assert " 0 failed" in run(program)


@pytest.mark.parametrize("n, expected", list(enumerate(CHECKSUMS)))
def test_checksums(program, n, expected):
    printed = subprocess.run([program, str(n)], capture_output=True, check=True).stdout
    assert hashlib.sha256(printed).hexdigest() == expected
