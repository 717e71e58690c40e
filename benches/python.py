"""Measures calls of the Python package against NumPy's, and against the C functions that they call: `make bench-python`.

Both sides of a case are timed in turn, some calls at a time. It prints the median of the rounds' ratios, and the most that it should be.
The results are also written as JSON for `make record`."""

import argparse
import json
import pathlib
import statistics
import timeit

import numpy as np
from somemem import NoiseArray, add_noise, random_noise
from somemem._native import ffi, lib

GENERATOR = np.random.default_rng(42)
OUT, HUNDRED, MANY, SINGLE = np.empty(3), np.zeros(100), np.empty(1 << 20), np.empty(1 << 20, np.float32)
ROWS, WIDE, FORTRAN = np.empty((100_000, 10)), np.empty((1000, 2000)), np.empty((1000, 1000), order="F")
ROWS_MEMORY = ffi.from_buffer("double[]", ROWS)
FIELD = NoiseArray((10**6, 10**6), seed=42)
PLAIN = np.empty((1000, 1000))


def rows_by_c():
    lib.random_noise_fill_rows(ROWS_MEMORY, 100_000, 10, 10, 42, 0, 0, 1, 0)


def fill(array):
    return lambda: random_noise(seed=42, out=array)


NUMPY = "NumPy (PCG64)"
# Name, elements, the call, what it is compared with, the name of that, and the most that the ratio should be.
CASES = [
    ("three float64 into an array", 3, fill(OUT), lambda: GENERATOR.standard_normal(out=OUT), NUMPY, 1.4),
    ("a new array of ten", 10, lambda: random_noise(10, seed=42), lambda: GENERATOR.standard_normal(10), NUMPY, 2),
    ("noise added to 100 float64", 100, lambda: add_noise(HUNDRED, 0.1, seed=42), lambda: np.add(HUNDRED, 0.1 * GENERATOR.standard_normal(100), out=HUNDRED), NUMPY, None),
    ("2^20 float64 into an array", 1 << 20, fill(MANY), lambda: GENERATOR.standard_normal(out=MANY), NUMPY, None),
    ("2^20 float32 into an array", 1 << 20, fill(SINGLE), lambda: GENERATOR.standard_normal(out=SINGLE, dtype=np.float32), NUMPY, None),
    ("a new array of 2^20", 1 << 20, lambda: random_noise(1 << 20, seed=42), lambda: GENERATOR.standard_normal(1 << 20), NUMPY, None),
    ("100,000 rows of 10, a stream each", 10**6, lambda: random_noise(seed=42, stream=range(100_000), out=ROWS), rows_by_c, "the C call", 1.5),
    ("1000 columns of an array of 2000", 10**6, fill(WIDE[:, :1000]), fill(PLAIN), "1000 by 1000 in one piece", None),
    ("every second column of 2000", 10**6, fill(WIDE[:, ::2]), fill(PLAIN), "1000 by 1000 in one piece", None),
    ("1000 by 1000 in Fortran order", 10**6, fill(FORTRAN), fill(PLAIN), "1000 by 1000 in one piece", None),
    ("a window of 1000 by 1000 of a field", 10**6, lambda: FIELD[:1000, :1000], lambda: random_noise((1000, 1000), seed=42), "a new array of 1000 by 1000", None),
]  # fmt: skip


def measure(ours, theirs, seconds):
    """Microseconds a call of each, and the ratio, from rounds of a millisecond, or of one call if that takes longer."""
    calls = max(1, round(1e-3 / min(timeit.repeat(ours, number=1, repeat=20))))
    rounds = []
    while sum(map(sum, rounds)) < seconds or len(rounds) < 5:
        rounds.append((timeit.timeit(ours, number=calls), timeit.timeit(theirs, number=calls)))
    mine, other = (1e6 * statistics.median(column) / calls for column in zip(*rounds))
    return mine, other, statistics.median(a / b for a, b in rounds)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=pathlib.Path, help="the JSON file to write")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, for a quick look")
    arguments = parser.parse_args()
    print(f"\nPython: kernel {ffi.string(lib.somemem_kernel()).decode()}, NumPy {np.__version__}, microseconds a call\n")
    print(f"{'':36}{'somemem':>10}{'other':>10}{'ratio':>7}")
    found = {}
    for name, _, ours, theirs, other, most in CASES:
        mine, its, ratio = measure(ours, theirs, 0.05 if arguments.quick else 2)
        found[name] = {"us": float(f"{mine:.3g}"), "beside": other, "other_us": float(f"{its:.3g}"), "ratio": float(f"{ratio:.3g}")}
        print(f"{name:36}{mine:10.4g}{its:10.4g}{ratio:7.2f}  {other}{f', at most {most}' if most else ''}")
    arguments.report.write_text(json.dumps({"numpy": np.__version__, "cases": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
