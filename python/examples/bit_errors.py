"""The bit error rate of BPSK over a channel with white Gaussian noise, measured and by theory, as a table and a plot.

Bits are sent as +1 or -1, noise is added, and the receiver takes the sign. The index alone determines the bits of a chunk and their
noise, so threads can take chunks in any order. The counts are the same for any number of threads, and a run with more bits begins with
those of a shorter one. The exit status is 1 if theory and measurement differ by more than 4 standard errors anywhere.
"""

import argparse
import math
import os
from concurrent.futures import ThreadPoolExecutor

import matplotlib
import numpy as np

from somemem import add_noise, random_noise

matplotlib.use("agg")
from matplotlib import pyplot  # noqa: E402, after the choice of a backend without windows

DECIBELS = range(11)
CHUNK = 1 << 17

# One stream for the bits, and one for the noise of each point.
BITS = 0
NOISE = 1

MEASURED, THEORY, GRID = "#D55E00", "#000000", "#E0E0E0"


def stddev(decibels):
    """The standard deviation of the noise: its variance is N0 / 2, and the energy of a bit is 1."""
    return math.sqrt(0.5 / 10 ** (decibels / 10))


def theory(decibels):
    return 0.5 * math.erfc(math.sqrt(10 ** (decibels / 10)))


def errors_in_chunk(seed, first, number):
    """How many of the `number` bits from `first` on are received wrongly, at each point."""
    sent = np.copysign(1.0, random_noise(number, seed=seed, stream=BITS, first=first))
    received = np.empty(number)
    errors = []
    for point, decibels in enumerate(DECIBELS):
        received[:] = sent
        add_noise(received, stddev(decibels), seed=seed, stream=NOISE + point, first=first)
        received *= sent
        errors.append(np.count_nonzero(received < 0))
    return errors


def count_errors(bits, seed, threads):
    firsts = range(0, bits, CHUNK)
    with ThreadPoolExecutor(threads) as pool:
        chunks = pool.map(lambda first: errors_in_chunk(seed, first, min(CHUNK, bits - first)), firsts)
        return np.sum(list(chunks), axis=0)


def plot(rates, errors_of_rates, deviations, title, path):
    expected = [theory(decibels) for decibels in DECIBELS]
    fine = np.linspace(DECIBELS[0], DECIBELS[-1], 200)
    figure, (above, below) = pyplot.subplots(
        2, sharex=True, figsize=(8, 6.5), dpi=150, height_ratios=[3, 1], layout="constrained"
    )
    above.plot(fine, [theory(decibels) for decibels in fine], color=THEORY, lw=1.2, label="theory, erfc(√(Eb/N0)) / 2")
    seen = rates > 0
    above.errorbar(
        np.array(DECIBELS)[seen], rates[seen], 2 * errors_of_rates[seen],
        fmt="o", ms=5, capsize=3, color=MEASURED, label="measured, ± 2 standard errors",
    )
    above.set_yscale("log")
    above.set_ylim(expected[-1] / 3, 0.3)
    above.set_ylabel("bit error rate")
    above.legend(frameon=False, loc="lower left")
    above.set_title(title, loc="left", fontsize=11)

    below.axhspan(-2, 2, color=GRID, lw=0)
    below.axhline(0, color=THEORY, lw=1.2)
    below.plot(DECIBELS, deviations, "o", ms=5, color=MEASURED)
    reach = max(4, 1.1 * np.abs(deviations).max())
    below.set_ylim(-reach, reach)
    below.set_ylabel("measured - theory\n(standard errors)")
    below.set_xlabel("Eb/N0 (dB)")
    below.set_xticks(DECIBELS)
    for panel in (above, below):
        panel.spines[["top", "right"]].set_visible(False)
        panel.set_axisbelow(True)
    above.grid(color=GRID)
    figure.savefig(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("plot", nargs="?", default="bit-errors.png", help="where the plot goes (%(default)s)")
    parser.add_argument("--bits", type=int, default=1 << 24, help="for each point of the plot (%(default)s)")
    parser.add_argument("--seed", type=int, default=42, help="(%(default)s)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="as many as there are CPUs (%(default)s)")
    options = parser.parse_args()
    if options.bits < 1 or options.threads < 1 or not 0 <= options.seed < 1 << 64:
        parser.error("bits and threads must be at least 1, and seed between 0 and 2**64 - 1")

    errors = count_errors(options.bits, options.seed, options.threads)
    expected = np.array([theory(decibels) for decibels in DECIBELS])
    standard_errors = np.sqrt(expected * (1 - expected) / options.bits)
    rates = errors / options.bits
    deviations = (rates - expected) / standard_errors
    print("Eb/N0         bits     errors   measured     theory  deviation (standard errors)")
    for decibels, count, rate, truth, deviation in zip(DECIBELS, errors, rates, expected, deviations):
        print(f"{decibels:2} dB {options.bits:12} {count:10}  {rate:.3e}  {truth:.3e}  {deviation:+9.2f}")
    title = f"BPSK over a channel with white Gaussian noise\n{options.bits:,} bits a point, seed {options.seed}"
    plot(rates, standard_errors, deviations, title, options.plot)
    return int((np.abs(deviations) > 4).any())


if __name__ == "__main__":
    raise SystemExit(main())
