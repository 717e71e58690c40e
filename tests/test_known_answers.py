"""The known answers: the files agree with the second implementation, and the shared library, from C, with the files."""

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


@pytest.mark.parametrize("name, lines", [("spec1.txt", known_answers.text), ("spec1.h", known_answers.header)])
def test_the_second_implementation_gives_them(name, lines):
    assert (FILES / name).read_text().splitlines() == list(lines())


def test_single_elements(program):
    assert " 0 failed" in run(program)


@pytest.mark.parametrize("n, expected", list(enumerate(CHECKSUMS)))
def test_checksums(program, n, expected):
    printed = subprocess.run([program, str(n)], capture_output=True, check=True).stdout
    assert hashlib.sha256(printed).hexdigest() == expected
