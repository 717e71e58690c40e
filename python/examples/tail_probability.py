"""How often a normal variable is further than k standard deviations from 0, counted in more samples than fit into memory.

    python tail_probability.py [samples] [--seed SEED] [--workers N]

Dask draws and counts the samples chunk by chunk, in threads of this process with a progress bar, or in worker processes. The counts are
the same for any number of threads or workers. Exit status 1 if a count is more than 5 standard errors off.
"""

import argparse
import contextlib
import math
import sys
from collections.abc import Iterator

import numpy as np
from dask.diagnostics import ProgressBar

import somemem.dask

BEYOND = [1, 2, 3, 4, 5, 6]
CHUNK = 2**22  # samples: 32 MiB, and each thread works on one


def count(chunk: np.ndarray) -> np.ndarray:
    distance = abs(chunk)
    return np.array([np.count_nonzero(distance > k) for k in BEYOND])


@contextlib.contextmanager
def scheduler(workers: int) -> Iterator[None]:
    if workers == 0:
        with ProgressBar():
            yield
    else:
        from distributed import Client, LocalCluster

        with LocalCluster(n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster:
            with Client(cluster):
                yield


def main() -> int:
    parser = argparse.ArgumentParser(description="Counts samples beyond k standard deviations.")
    parser.add_argument("samples", nargs="?", type=int, default=10**10, help="10^10: 80 GB that never exist at once")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--workers", type=int, default=0, help="worker processes; 0: threads of this process")
    arguments = parser.parse_args()
    if arguments.samples < 1 or arguments.workers < 0:
        parser.error("samples must be at least 1, and workers at least 0")

    x = somemem.dask.random_noise(arguments.samples, seed=arguments.seed, chunks=CHUNK)
    with scheduler(arguments.workers):
        counts = x.map_blocks(count, chunks=(len(BEYOND),), dtype=int).compute()
    counts = counts.reshape(-1, len(BEYOND)).sum(axis=0)

    print(f"{arguments.samples} samples of seed {arguments.seed}")
    print("k      beyond k        expected  deviation (standard errors)")
    worst = 0.0
    for k, seen in zip(BEYOND, counts):
        p = math.erfc(k / math.sqrt(2))
        expected = arguments.samples * p
        deviation = (seen - expected) / math.sqrt(expected * (1 - p))
        # The deviation is close to normal only if several samples are expected.
        worst = max(worst, abs(deviation) if expected > 10 else 0.0)
        print(f"{k}  {seen:12}  {expected:14.2f}  {deviation:+9.2f}")
    return 0 if worst <= 5 else 1


if __name__ == "__main__":
    sys.exit(main())
