"""The C examples compile in every standard without a warning, run, check their results, and print what they should."""

import functools
import math
import os
import re
import statistics
import subprocess
import sys

import numpy
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
    for standard in CPP_STANDARDS[CPP_STANDARDS.index("c++17") :] if source.suffix == ".cpp" else C_STANDARDS:
        build(source, standard)


def test_every_example_is_tested():
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert {source.stem for source in EXAMPLES} <= tested


@pytest.fixture
def example(request, build):
    """Runs the example that the test is named after, and returns what it printed."""
    name = request.node.originalname.removeprefix("test_")
    (source,) = (ROOT / "c_examples").glob(f"{name}.*")
    program = build(source, "c++17" if source.suffix == ".cpp" else "c11")

    def call(*arguments):
        return run(program, *arguments)

    # A wrong argument gets a usage line. The example must not go on with another size.
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


def test_zeroth_order(example):
    for arguments in [(), (10000, 7), (1000, 42)]:
        lines = example(*arguments).splitlines()
        rows = [[float(word) for word in line.split()] for line in lines[2:8]]
        assert [row[0] for row in rows] == [0, 102, 204, 306, 408, 510]
        assert rows[0][1] > 0.1 and rows[-1][1] <= 1e-4 * rows[0][1]
        # The logarithm of the loss is a sum over the steps, with a standard deviation of sqrt(2 steps) / 32.
        for step, loss, expected in rows:
            assert abs(math.log(loss / expected)) <= 5 * math.sqrt(2 * step) / 32 + 0.01, (arguments, step)
        assert lines[8].endswith(": fitted") and lines[9].endswith(": the same bits")
    assert example(1000, 7) == example(1000, 7) != example(1000, 8)


def test_radio(example):
    printed = example()
    rows = [line.split() for line in printed.splitlines()[1:]]
    points = [("QPSK", 2, 1, decibels) for decibels in range(2, 12, 2)]
    points += [("16-QAM", 4, 3, decibels) for decibels in range(10, 20, 2)]
    assert len(rows) == len(points)
    for row, (name, side, outermost, decibels) in zip(rows, points):
        assert (row[0], int(row[1]), int(row[3])) == (name, decibels, 10**6)
        errors, measured, theory, deviation = int(row[4]), *map(float, row[5:])
        # The textbook's error rate is 2 (1 - 1/side) Q(sqrt(3 Es/N0 / (side^2 - 1))) for I and for Q, where Q() is the upper tail of N(0,1).
        tail = statistics.NormalDist().cdf(-math.sqrt(3 * 10 ** (decibels / 10) / (side**2 - 1)))
        expected = 1 - (1 - 2 * (1 - 1 / side) * tail) ** 2
        assert theory == pytest.approx(expected, rel=1e-3) and measured == pytest.approx(errors / 10**6, rel=1e-3)
        error = (errors / 10**6 - expected) / math.sqrt(expected * (1 - expected) / 10**6)
        assert errors > 400 and abs(error) <= 5 and deviation == pytest.approx(error, abs=0.01)
    assert example(100000, 7) == example(100000, 7) != example(100000, 8)


def test_domain(example, noise, monkeypatch):
    def checksum(number, seed):
        """The checksum of the whole field, computed without the program."""
        words = numpy.array([0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB], dtype=numpy.uint64)
        shifts = numpy.array([30, 27, 31], dtype=numpy.uint64)
        bits = noise(number, seed).view(numpy.uint64) + numpy.arange(number, dtype=numpy.uint64) * words[0]
        bits = (bits ^ bits >> shifts[0]) * words[1]
        bits = (bits ^ bits >> shifts[1]) * words[2]
        return f"{int((bits ^ bits >> shifts[2]).sum()):016x}"

    # The defaults; extents that no split divides; fewer elements than blocks; and a plane that is drawn by threads.
    for planes, rows, columns, seed in [(96, 128, 160, 42), (31, 37, 41, 7), (2, 1, 3, 8), (1, 600, 600, 9)]:
        printed = example(planes, rows, columns, seed)
        expected = checksum(planes * rows * columns, seed)
        lines = printed.splitlines()
        assert lines[0].endswith(f"seed {seed}, checksum {expected}")
        assert len(lines) == 8 and all(line.split()[-2:] == [expected] * 2 for line in lines[2:7]), printed
        assert lines[7] == "0 of 10 fields differ"
    with monkeypatch.context() as threads:
        threads.setenv("SOMEMEM_NUM_THREADS", "3")
        assert example(planes, rows, columns, seed) == printed
    assert example() == example(96, 128, 160, 42)


def test_sketch(example, monkeypatch):
    printed = example()
    lines = printed.splitlines()
    assert lines[0] == "16384 of 2097152 floats of the matrix in memory"
    rows = [[float(word) for word in line.split()] for line in lines[3:6]]
    assert [row[0] for row in rows] == [16, 64, 256]
    for length, mean, deviation, rms, theory, largest, bound in rows:
        # The mean has the chi-squared distribution with 31 * length degrees of freedom. A single pair has it with `length`.
        assert deviation == pytest.approx((mean - 1) / math.sqrt(2 / (31 * length)), abs=0.01) and abs(deviation) <= 5
        assert theory == pytest.approx(math.sqrt(2 / length), abs=1e-4) and theory / 1.6 <= rms <= theory * 1.6
        assert rms < largest <= bound
    assert ": the same bits, FNV-1a" in lines[6]

    # Tiles of any shape give the same sketches. So do threads, which draw the largest tile.
    for tile in [(1, 256), (8192, 1), (1000, 7), (10**6, 10**6)]:
        assert example(8192, *tile).splitlines()[1:] == lines[1:], tile
    monkeypatch.setenv("SOMEMEM_NUM_THREADS", "3")
    assert example(8192, 8192, 256).splitlines()[1:] == lines[1:]
    assert example(1000, 9, 9, 7) == example(1000, 9, 9, 7) != example(1000, 9, 9, 8)


def test_mpi_noise(example):
    """Without mpirun. tests/c/test_mpi.py runs it with several ranks."""
    lines = example(100001, 7).splitlines()
    assert lines[0] == "100001 paths of seed 7 by 1 rank(s)"
    assert lines == example(100001, 7).splitlines() and lines[2:] != example(100001, 8).splitlines()[2:]


def test_raii(example):
    printed = example()
    assert "caught: the mean or the scale is not finite" in printed
    assert "the buffer was freed on the way" in printed
