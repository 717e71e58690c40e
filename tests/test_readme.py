"""Every snippet of README does what it says."""

import re

import pytest

from conftest import ROOT, compile_program, run

SNIPPETS = re.findall(r"^```(\w+)\n(.*?)^```", (ROOT / "README.md").read_text(), flags=re.MULTILINE | re.DOTALL)


def snippets(language):
    return [pytest.param(text, id=f"{language}{number}") for number, (name, text) in enumerate(SNIPPETS) if name == language]


@pytest.mark.parametrize("text", snippets("c"))
def test_c(tmp_path, text):
    source = tmp_path / "quick.c"
    source.write_text(text)
    assert run(compile_program(source, tmp_path / "quick"))
