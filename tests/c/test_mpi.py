"""c_examples/mpi_noise.c with one to four ranks: price and checksum are right, and have the same bits as with one process."""

import subprocess

import numpy
import pytest

from conftest import ROOT, compile_program, need, run
from test_examples import NONSENSE


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return compile_program(ROOT / "c_examples" / "mpi_noise.c", tmp_path_factory.mktemp("mpi") / "mpi_noise")


@pytest.fixture
def ranks(monkeypatch):
    """ranks(number): the command that runs a program with so many ranks. Open MPI needs options to do so for root, and with few cores."""
    monkeypatch.setenv("OMPI_ALLOW_RUN_AS_ROOT", "1")
    monkeypatch.setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1")
    return lambda number: [need("mpirun"), "--oversubscribe", "-n", str(number)]


def checksum(samples):
    """The checksum of the whole vector, drawn at once."""
    indices = numpy.arange(samples.size, dtype=numpy.uint64)
    word = samples.view(numpy.uint64) + indices * numpy.uint64(0x9E3779B97F4A7C15)
    for shift, factor in [(30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)]:
        word = (word ^ word >> numpy.uint64(shift)) * numpy.uint64(factor)
    return numpy.bitwise_xor.reduce(word ^ word >> numpy.uint64(31))


# Fewer paths than ranks; 4 full blocks; 5 blocks, of which the ranks have 2, 2, 1 and 0; a number of paths that no number of ranks divides.
@pytest.mark.parametrize("paths", [1, 3, 4 * 4096, 4 * 4096 + 1, 1000003])
def test_any_number_of_ranks(program, ranks, noise, paths):
    alone = run(program, paths, 7).splitlines()
    for number in range(1, 5):
        lines = run(*ranks(number), program, paths, 7).splitlines()
        assert lines == [f"{paths} paths of seed 7 by {number} rank(s)", *alone[1:]]
    samples = noise(paths, seed=7)
    assert alone[2].split()[-1] == f"{checksum(samples):016x}"
    payoffs = numpy.maximum(100 * numpy.exp(0.2 * samples - 0.02) - 105 * numpy.exp(-0.03), 0)
    assert float(alone[3].split()[-1]) == pytest.approx(payoffs.mean(), rel=1e-12)


@pytest.mark.parametrize("threads", ["2", "0"])
def test_threads_inside_ranks(program, ranks, threads, monkeypatch):
    """Slices large enough to be drawn by several threads each."""
    alone = run(program, 2000000).splitlines()
    monkeypatch.setenv("SOMEMEM_NUM_THREADS", threads)
    assert run(*ranks(2), program, 2000000).splitlines()[1:] == alone[1:]


def test_one_rank_reports_wrong_arguments(program, ranks):
    for nonsense in NONSENSE:
        refused = subprocess.run([*ranks(3), program, nonsense], capture_output=True, text=True, timeout=60)
        assert refused.returncode == 2 and refused.stderr.count("usage") == 1 and not refused.stdout, nonsense


def test_one_rank_without_memory_ends_all(program, ranks):
    limited = 'test "$OMPI_COMM_WORLD_RANK" != 1 || ulimit -v 400000; exec "$0" "$@"'
    command = [*ranks(2), "sh", "-c", limited, program, "110000000"]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 1 and not refused.stdout
    assert "mpi_noise: 1 of 2 rank(s) have no memory" in refused.stderr
