"""Draws the plots in docs: the figures measured on each kind of CPU (measured.py), and the distribution of the library's samples."""

import argparse
import ctypes
import os
import pathlib

import matplotlib
import measured
import numpy
from measured import IN_CACHE, OUT_OF_CACHE, binary, family
from scipy import stats

matplotlib.use("agg")
from matplotlib import pyplot, ticker  # noqa: E402, after the choice of a backend without windows

# The colours of Okabe and Ito, which people with any colour vision can tell apart.
OURS, BASE, PEER = "#D55E00", "#7F7F7F", "#56B4E9"
FAMILIES = {
    "somemem": (OURS, "o"),
    "memset": (BASE, "s"),
    "rand_distr": ("#0072B2", "^"),
    "oneMKL": ("#009E73", "D"),
    "GSL": ("#CC79A7", "v"),
    "NumPy": ("#000000", "P"),
}

SEED = 42
BLOCK = 1 << 20
WIDTH, REACH = 1 / 8, 9  # of a bin and of all bins, in standard deviations
FAR = 5  # where the plot of quantiles begins to show every sample

pyplot.rcParams.update(
    {
        "figure.dpi": 150,
        "figure.constrained_layout.use": True,
        "font.size": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlelocation": "left",
        "axes.titlesize": 11,
        "axes.axisbelow": True,
        "grid.color": "#E0E0E0",
        "legend.frameon": False,
    }
)


def plot_throughput(cpus, path):
    """Bars: the time of each library, in cache and out of it; for the other libraries their fastest way."""
    ways = [cpu.fastest(OUT_OF_CACHE) for cpu in cpus]
    heights = [len(way) + 2 for way in ways]
    figure, rows = pyplot.subplots(
        len(cpus), 2, sharex=True, squeeze=False, figsize=(9, 0.8 + 0.25 * sum(heights)), height_ratios=heights
    )
    longest = max(max(cpu.fills[size][name] for name in way for size in (IN_CACHE, OUT_OF_CACHE)) for cpu, way in zip(cpus, ways))
    for cpu, way, panels in zip(cpus, ways, rows):
        slowest_first = sorted(way, key=lambda name: -way[name])
        for panel, size, where in zip(panels, (IN_CACHE, OUT_OF_CACHE), ("in cache", "out of cache")):
            for row, name in enumerate(slowest_first):
                ns = cpu.fills[size][name]
                panel.barh(row, ns, color={"somemem": OURS, "memset": BASE}.get(family(name), PEER), height=0.7)
                panel.text(ns + longest / 60, row, f"{ns:.2f}", va="center", fontsize=9)
            panel.set_title(f"{cpu.cpu}: {binary(size)}, {where}")
            panel.set_xlim(0, longest * 1.15)
            panel.set_ylim(-0.6, len(way) - 0.4)
            panel.grid(axis="x")
            panel.tick_params(axis="y", length=0)
            panel.set_yticks(range(len(way)), slowest_first if size == IN_CACHE else [])
    for panel in rows[-1]:
        panel.set_xlabel("ns per double")
    title = "Time to fill memory with N(0,1) doubles, and with bytes (memset), by one thread"
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    figure.savefig(path)


def plot_size(cpus, path):
    """Lines: the time per double by the size of the call, for the contender of each library that is fastest at the largest size."""
    figure, panels = pyplot.subplots(len(cpus), 1, sharex=True, squeeze=False, figsize=(9, 0.5 + 4 * len(cpus)))
    for cpu, (panel,) in zip(cpus, panels):
        sizes = sorted(cpu.fills)
        largest = cpu.fills[sizes[-1]]
        fastest = {family(name): name for name in sorted(cpu.fastest(sizes[-1]), key=largest.get, reverse=True)}
        # The slowest first, so that the legend is in the order of the lines beside it.
        for name in sorted(fastest.values(), key=largest.get, reverse=True):
            colour, marker = FAMILIES[family(name)]
            points = [(size, cpu.fills[size][name]) for size in sizes if name in cpu.fills[size]]
            panel.plot(*zip(*points), color=colour, marker=marker, label=name)
        panel.set_xscale("log", base=2)
        panel.set_yscale("log")
        panel.set_xticks(sizes, [binary(size) for size in sizes])
        panel.yaxis.set_major_formatter(ticker.FuncFormatter(lambda ns, _: f"{ns:g}"))
        panel.set_ylabel("ns per double")
        panel.grid()
        panel.legend(loc="center left", bbox_to_anchor=(1, 0.5))
        panel.set_title(f"{cpu.cpu}: time per double by the size of the call, each library's fastest way, one thread")
    panels[-1][0].set_xlabel("doubles in a call")
    figure.savefig(path)


class Samples:
    """Samples of the library: counted in bins, and the far ones kept one by one."""

    def __init__(self, number):
        folder = pathlib.Path(os.environ.get("SOMEMEM_LIBRARY_DIR", "target/release"))
        fill = ctypes.CDLL(str(folder.absolute() / "libsomemem.so")).random_noise_fill
        fill.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + 3 * [ctypes.c_uint64]
        block = numpy.empty(BLOCK)
        far = []
        self.number = number
        self.edges = numpy.arange(-REACH, REACH + WIDTH, WIDTH)
        self.counts = numpy.zeros(len(self.edges) - 1, int)
        for first in range(0, number, BLOCK):
            x = block[: number - first]
            assert fill(x.ctypes.data, x.size, SEED, 0, first) == 0
            bins = ((x + REACH) / WIDTH).astype(int)
            self.counts += numpy.bincount(bins, minlength=len(self.counts))
            far.append(x[abs(x) > FAR])
        self.far = numpy.concatenate(far)

    def title(self):
        return f"{self.number:,} samples of seed {SEED}".replace(",", "\N{THIN SPACE}")


def plot_histogram(samples, path):
    """The counts against the density's expectation, and their difference in standard errors."""
    centres = (samples.edges[1:] + samples.edges[:-1]) / 2
    # Of the mirrored bins, so that no digits are lost above the mean.
    inner = abs(centres) - WIDTH / 2
    expected = samples.number * (stats.norm.sf(inner) - stats.norm.sf(inner + WIDTH))
    shown = expected > 0.1
    figure, (above, below) = pyplot.subplots(2, 1, sharex=True, figsize=(9, 6), height_ratios=[3, 1])
    above.plot(centres[shown], expected[shown], color=BASE, linewidth=1.5, label="N(0,1)")
    seen = samples.counts > 0
    above.plot(centres[seen], samples.counts[seen], ".", color=OURS, markersize=5, label="somemem")
    above.set_yscale("log")
    above.set_ylabel(f"samples in a bin of {WIDTH:g} σ")
    above.legend(loc="upper right")
    above.set_title(f"{samples.title()} against the density of N(0,1)")
    enough = expected > 10
    errors = (samples.counts[enough] - expected[enough]) / expected[enough] ** 0.5
    below.axhspan(-1.96, 1.96, color=PEER, alpha=0.25, linewidth=0, label="where 95 % should be")
    below.plot(centres[enough], errors, ".", color=OURS, markersize=5)
    limit = max(5, 1.1 * abs(errors).max())
    below.set_ylim(-limit, limit)
    below.yaxis.set_major_locator(ticker.MultipleLocator(2))
    below.set_ylabel("difference in\nstandard errors")
    below.set_xlabel("value in standard deviations (σ)")
    below.legend(loc="lower right", bbox_to_anchor=(1, 0.95), borderpad=0)
    for panel in (above, below):
        panel.grid()
    figure.savefig(path)


def plot_quantiles(samples, path):
    """Quantiles of the samples against those of N(0,1): at the edges of the bins, and far out at every sample."""
    below = samples.counts.cumsum()[:-1]
    edges = samples.edges[1:-1]
    # Tails are counted from the nearer side, as in the histogram.
    tails = numpy.where(edges < 0, below, samples.number - below) / samples.number
    inside = abs(edges) <= FAR
    points = [(numpy.copysign(stats.norm.ppf(tails), edges)[inside], edges[inside])]
    bands = []
    for side in (-1, 1):
        x = numpy.sort(side * samples.far[side * samples.far > 0])[::-1]
        ranks = numpy.arange(1, len(x) + 1)
        points.append((side * stats.norm.isf((ranks - 0.5) / samples.number), side * x))
        # The tail beyond the k-th sample from the end has a probability of Gamma(k) / number, closely.
        ranks = numpy.geomspace(1, samples.number / 4, 400)
        ends = [side * stats.norm.isf(stats.gamma.ppf(p, ranks) / samples.number) for p in (0.975, 0.025)]
        bands.append((side * stats.norm.isf((ranks - 0.5) / samples.number), *ends))
    x, y = numpy.hstack(points)
    reach = 1.05 * max(abs(y).max(), stats.norm.isf(0.025 / samples.number))

    figure, panels = pyplot.subplot_mosaic([["all", "upper"], ["all", "lower"]], figsize=(9, 5.75), width_ratios=[2, 1])
    views = {"all": (-reach, reach), "upper": (FAR - 0.5, reach), "lower": (-reach, 0.5 - FAR)}
    for name, view in views.items():
        panel = panels[name]
        for band, label in zip(bands, ("where 95 % should be", None)):
            panel.fill_between(*band, color=PEER, alpha=0.4, linewidth=0, label=label)
        panel.plot([-reach, reach], [-reach, reach], color=BASE, linewidth=1, label="exactly N(0,1)")
        panel.plot(x, y, ".", color=OURS, markersize=4, label="somemem")
        panel.set(xlim=view, ylim=view, aspect="equal")
        panel.grid()
    panels["all"].set_anchor("N")
    panels["all"].set_xlabel("quantile of N(0,1), in standard deviations (σ)")
    panels["all"].set_ylabel("quantile of the samples (σ)")
    panels["all"].legend(loc="upper left")
    panels["all"].set_title(samples.title())
    panels["upper"].set_title(f"Every sample beyond {FAR} σ")
    figure.savefig(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path, help="where the plots go")
    parser.add_argument("--samples", type=int, default=10**9, help="drawn for the distribution (a billion: seconds)")
    arguments = parser.parse_args()
    cpus = measured.every()
    arguments.folder.mkdir(exist_ok=True)
    plot_throughput(cpus, arguments.folder / "throughput.png")
    plot_size(cpus, arguments.folder / "size.png")
    samples = Samples(arguments.samples)
    plot_histogram(samples, arguments.folder / "histogram.png")
    plot_quantiles(samples, arguments.folder / "quantiles.png")


if __name__ == "__main__":
    main()
