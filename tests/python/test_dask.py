"""Noise as Dask arrays: chunks can be cut, moved or computed again, and an element's value still depends on its place only."""

import io
import os
import re
import subprocess
import sys

import numpy as np
import pytest
import somemem

from conftest import PEAK, ROOT, run

SHAPE = (30, 40, 50)
EXAMPLE = ROOT / "python" / "examples" / "tail_probability.py"


@pytest.fixture(scope="module", autouse=True)
def imported():
    """These imports are slow, so they are not at the top of the file."""
    global ProgressBar, da, dask, distributed, random_noise
    import dask
    import dask.array as da
    import distributed
    from dask.diagnostics import ProgressBar
    from somemem.dask import random_noise


@pytest.fixture(scope="module")
def whole():
    return somemem.random_noise(SHAPE, seed=42, stream=3, first=17)


def lazy(chunks):
    return random_noise(SHAPE, seed=42, stream=3, first=17, chunks=chunks)


CHUNKS = [SHAPE, (7, 11, 13), (1, 40, 50), (30, 1, 50), (30, 40, 1), (5, -1, -1), "auto", "1 KiB", ((1, 29), 40, (20, 30))]


@pytest.mark.parametrize("chunks", CHUNKS, ids=str)
def test_chunks_change_no_value(whole, chunks):
    x = lazy(chunks)
    assert np.array_equal(x.compute(scheduler="threads"), whole)
    assert np.array_equal(x.rechunk((4, 5, 6)).compute(), whole)
    assert np.array_equal(x.T.reshape(-1).compute(), whole.T.reshape(-1))


SLICES = [np.s_[3], np.s_[::-2, 5:3, 1:9:3], np.s_[..., -1], np.s_[5, ::-1, None, 3:40:7], np.s_[[1, 3, 5]], np.s_[:, :, [4, 2]], np.s_[-1:, -1, -1], ()]


@pytest.mark.parametrize("key", SLICES, ids=str)
def test_slices_change_no_value(whole, key):
    for chunks in [(7, 11, 13), (30, 40, 50)]:
        assert np.array_equal(lazy(chunks)[key].compute(), whole[key])
        assert np.array_equal(lazy(chunks)[1:-1, ::2, 3:][1:, ::-3].compute(), whole[1:-1, ::2, 3:][1:, ::-3])


@pytest.mark.parametrize("scheduler", ["sync", "threads", "processes"])
@pytest.mark.parametrize("workers", [1, 3])
def test_schedulers_change_no_value(whole, scheduler, workers):
    with dask.config.set(scheduler=scheduler, num_workers=workers):
        assert np.array_equal(lazy((7, 11, 50)).compute(), whole)


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes on loopback."""
    options = {"n_workers": 2, "threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        yield client


def test_a_cluster_changes_no_value(cluster, whole):
    workers = set(cluster.scheduler_info()["workers"])
    for scale in (workers, set(list(workers)[:1])):
        future = cluster.compute(lazy((7, 11, 50)), workers=list(scale))
        assert np.array_equal(future.result(), whole)


def test_a_killed_worker_changes_no_value(cluster, whole, tmp_path):
    """The worker that draws the third chunk is killed. The worker that gets the chunk next sees that this was done."""
    marker = tmp_path / "killed"

    def kill_once(chunk, block_info=None):
        if block_info[0]["chunk-location"] == (2, 0, 0):
            try:
                marker.touch(exist_ok=False)
            except FileExistsError:
                return chunk
            os.kill(os.getpid(), 9)
        return chunk

    before = set(cluster.scheduler_info()["workers"])
    # With `dtype` and `meta` Dask does not call the function here to find its type.
    x = lazy((3, 40, 50)).map_blocks(kill_once, dtype=float, meta=np.empty((0, 0, 0)))
    assert np.array_equal(x.compute(), whole)
    assert marker.exists() and set(cluster.scheduler_info()["workers"]) != before, "no worker was killed"


def test_far_places_are_drawn_alone(noise):
    """In an array of four exabytes, with chunks that are larger than any memory."""
    x = random_noise((2**30, 2**29), seed=1, stream=2, first=2**63, chunks=(2**20, 2**29))
    place = (2**30 - 1) * 2**29 + 2**29 - 3
    assert np.array_equal(x[-1, -3:].compute(), noise(3, 1, 2, 2**63 + place))
    assert random_noise((2**32, 2**32), seed=1, chunks=2**30)[-1, -1].compute() == noise(1, 1, 0, 2**64 - 1)
    last = random_noise(2**59, seed=1, first=2**64 - 2**59, chunks=2**40)
    assert np.array_equal(last[-2:].compute(), noise(2, 1, 0, 2**64 - 2))


def test_what_is_lazy_may_be_larger_than_any_memory(noise):
    x = random_noise(2**60 + 1, seed=1, chunks=2**44)  # each chunk is larger, too
    assert np.array_equal(x[-3:].compute(), noise(3, 1, 0, 2**60 - 2))
    with pytest.raises(ValueError, match="up to index"):
        random_noise(2**64 + 1, seed=1, chunks=2**60)


def test_unknown_lengths_get_dasks_own_advice():
    signal = da.from_array(np.arange(10.0), chunks=5)
    unknown = signal[signal > 3]
    for n, chunks in [(unknown.shape, unknown.chunks), (unknown.shape, "auto"), (6, unknown.chunks)]:
        with pytest.raises(ValueError, match="compute_chunk_sizes"):
            random_noise(n, seed=1, chunks=chunks)
    known = unknown.compute_chunk_sizes()
    assert random_noise(known.shape, seed=1, chunks=known.chunks).chunks == ((1, 5),)


def test_memory_is_bounded_by_the_chunks_in_flight():
    """A process with 1 GiB of memory adds up 2 GiB of noise."""
    program = """
import resource
from somemem.dask import random_noise
mean = random_noise(2**28, seed=5, chunks=2**20).mean()
resource.setrlimit(resource.RLIMIT_DATA, (2**30, 2**30))
print(mean.compute(scheduler="threads", num_workers=2), peak())
"""
    mean, most = run(sys.executable, "-c", PEAK + program).split()
    assert abs(float(mean)) < 5 / 2**14
    assert int(most) < 512 * 1024


def test_progress_is_shown():
    bar = io.StringIO()
    with ProgressBar(out=bar):
        lazy((1, 40, 50)).sum().compute(scheduler="threads")
    assert "100% Completed" in bar.getvalue()


def test_without_a_seed_an_array_is_one_draw():
    x = random_noise(1000, chunks=100)
    assert np.array_equal(x.compute(), x.rechunk(1000).compute())
    assert not np.array_equal(x.compute(), random_noise(1000, chunks=100).compute())
    assert abs(x.std().compute() - 1) < 0.2


def test_equal_arrays_have_equal_names():
    """So that Dask computes them once."""
    assert lazy(10).name == lazy(10).name
    others = [lazy(11)]
    for seed, stream, first in [(42, 3, 18), (42, 4, 17), (43, 3, 17)]:
        others.append(random_noise(SHAPE, seed=seed, stream=stream, first=first, chunks=10))
    assert len({x.name for x in [lazy(10), *others]}) == 5


def test_small_shapes():
    assert random_noise((), seed=1).compute() == somemem.random_noise((), seed=1)
    assert random_noise((0, 5), seed=1).compute().shape == (0, 5)
    assert np.array_equal(random_noise(5, seed=1).compute(), somemem.random_noise(5, seed=1))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [({"seed": 2**64}, ValueError), ({"seed": 1.0}, TypeError), ({"stream": 1}, ValueError), ({"first": 1}, ValueError),
     ({"seed": 1, "first": 2**64 - 9}, ValueError), ({"n": -1}, ValueError), ({"n": (2, 2.0)}, TypeError), ({"n": (2**33, 2**32)}, ValueError)],
)  # fmt: skip
def test_bad_arguments_are_refused_when_the_array_is_made(arguments, error):
    with pytest.raises(error):
        random_noise(**{"n": 10} | arguments)


def test_without_dask_the_import_says_what_to_install():
    program = "import sys; sys.modules['dask'] = None; import somemem, somemem.dask"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.endswith("ImportError: somemem.dask needs Dask: pip install 'dask[array]'\n")


def test_the_example_counts_alike_by_threads_and_workers():
    tables = [run(sys.executable, EXAMPLE, 10_000_001, *options) for options in ([], ["--workers", "2"])]
    assert "100% Completed" in tables[0]
    by_threads, by_workers = (re.search(r"10000001 samples of seed 42\n.*", table, re.S).group() for table in tables)
    assert by_threads == by_workers and by_threads.count("\n") == 8
    x = somemem.random_noise(10_000_001, seed=42)
    assert [int(row.split()[1]) for row in by_threads.splitlines()[2:]] == [np.count_nonzero(abs(x) > k) for k in range(1, 7)]
