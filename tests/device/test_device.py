"""include/somemem_device.h gives the known answers in C and C++. tests/device has more compilers and options, OpenCL and CUDA."""

import sys

import pytest

from conftest import INCLUDE, ROOT, run, snippets
from device_answers import build, refusal, wrong_elements, wrong_ranges

OPTIMIZED = "-O2 -ffp-contract=fast"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("device")


@pytest.mark.parametrize("options", ["-O0", OPTIMIZED])
@pytest.mark.parametrize("compiler", ["gcc C", "gcc C++"])
def test_single_elements(folder, compiler, options):
    assert not wrong_elements(build(folder, compiler, options))


@pytest.mark.parametrize("compiler, n, kinds", [("gcc C", 0, ["noise", "float"]), ("gcc C++", 11, ["pair"])])
def test_ranges(folder, compiler, n, kinds):
    assert not wrong_ranges(build(folder, compiler, OPTIMIZED), n, kinds)


def test_fast_math_is_refused(folder):
    assert "compile without -ffast-math" in refusal(folder, "gcc C", "-ffast-math")


def test_the_manuals_program(noise, tmp_path):
    """Compiled without the library. It prints the library's samples."""
    (program,) = snippets(ROOT / "docs" / "gpu.md", "c")
    (tmp_path / "noise.c").write_text(program)
    run("gcc", "-std=c99", f"-I{INCLUDE}", tmp_path / "noise.c", "-o", tmp_path / "noise")
    assert [float(line) for line in run(tmp_path / "noise").split()] == noise(4, seed=42).tolist()


def test_the_tables_are_those_of_the_formulas():
    print(run(sys.executable, ROOT / "src" / "device_tables.py", "--check"))
