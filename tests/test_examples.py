"""The C examples compile in every standard without a warning, run, check themselves, and say what they should."""

import functools
import os
import re
import subprocess
import sys

import pytest

from conftest import C_STANDARDS, CPP_STANDARDS, ROOT, compile_program, run

NONSENSE = ["x", "-1", "1e6", "", "5x", "99999999999999999999"]
EXAMPLES = sorted((ROOT / "c_examples").glob("*.c*"))


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """build(source, standard): the program, compiled once."""
    folder = tmp_path_factory.mktemp("examples")

    @functools.cache
    def program(source, standard):
        return compile_program(source, folder / f"{source.stem}-{standard}", f"-std={standard}")

    return program


@pytest.mark.parametrize("source", EXAMPLES, ids=lambda path: path.name)
def test_every_standard_compiles(build, source):
    for standard in CPP_STANDARDS if source.suffix == ".cpp" else C_STANDARDS:
        build(source, standard)


def test_every_example_is_tested():
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert {source.stem for source in EXAMPLES} <= tested


@pytest.fixture
def example(request, build):
    """Runs the example that the test is named after, and returns what it printed."""
    name = request.node.originalname.removeprefix("test_")
    (source,) = (ROOT / "c_examples").glob(f"{name}.*")
    program = build(source, "c++11" if source.suffix == ".cpp" else "c11")

    def call(*arguments):
        return run(program, *arguments)

    # Nonsense is answered with a usage line, never with work on a size that nobody asked for.
    for nonsense in NONSENSE:
        refused = subprocess.run([program, nonsense], capture_output=True, text=True)
        assert refused.returncode == 2 and "usage" in refused.stderr and not refused.stdout, nonsense
    return call


def test_hello_noise(example):
    first, second = example(), example()
    assert len(first.split()) == 5 and first != second
    assert all(abs(float(x)) < 10 for x in first.split())
    assert len(example(1000).split()) == 1000
    assert example(0) == ""


def test_resize(example):
    for number in (1, 1000, 300000):
        lines = example(number).splitlines()
        assert sum("cannot be allocated" in line for line in lines) == 2, lines
        assert all(line.endswith("  kept") for line in lines[1:])


def test_errors(example):
    printed = example()
    for status in range(5):
        assert re.search(rf"\s{status}  \w", printed), f"status {status} was not provoked"
    provoked = "NULL, errno: Input/output error" in printed
    assert provoked or (sys.platform != "linux" or not os.environ.get("CI")), "no entropy was not tried"
    assert printed.endswith("0 wrong; the buffers were left as they were\n")


def test_awgn(example):
    rows = [line.split() for line in example().splitlines()[1:]]
    assert [int(row[0]) for row in rows] == list(range(9))
    assert all(int(row[3]) > 1000 for row in rows), "too few errors to say anything"
    assert all(abs(float(row[-1])) <= 4 for row in rows)
    assert example(200000, 7) == example(200000, 7) != example(200000, 8)


def test_reproducible(example):
    printed = example(100001, 7)
    assert printed.count(" yes") == 4 and "no" not in printed.split()
    assert printed.splitlines()[-1] == example(100001, 1).splitlines()[-1], "the checksum depends on the threads"


def test_option_price(example):
    rows = [line.split() for line in example(1000000).splitlines()[2:]]
    assert [row[0] for row in rows] == ["call", "put"]
    assert all(abs(float(row[-1])) <= 4 for row in rows)


def test_brownian(example):
    printed = example(2000, 500)
    assert printed.count("the same bits") == 5
    assert "\n0 of 2000 paths differ" in printed


def test_histogram(example):
    printed = example(2000000)
    assert printed.endswith("bins off by more than 5 standard errors: 0 of 22\n")
    assert all(len(line) <= 80 for line in printed.splitlines())


def test_mpi_noise(example):
    """Without mpirun; tests/test_mpi.py runs it by several ranks."""
    lines = example(100001, 7).splitlines()
    assert lines[0] == "100001 paths of seed 7 by 1 rank(s)"
    assert lines == example(100001, 7).splitlines() and lines[2:] != example(100001, 8).splitlines()[2:]


def test_raii(example):
    printed = example()
    assert "caught: an argument is out of range" in printed
    assert "the buffer was freed on the way" in printed
