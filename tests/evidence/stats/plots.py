"""Plots of the last run: quantiles of the farthest samples, and the differences of the bins."""

import sys

import numpy
from scipy.special import gammaincinv, ndtr, ndtri

from . import native
from .cuts import FOLD_EDGES

sys.path.insert(0, str(native.ROOT / "benches"))
from plots import BASE, OURS, PEER, pyplot  # noqa: E402, the colours and the style of the other plots

MAIN = "one sequence"
FARTHEST = 4096


def draw(seed, folder):
    path = native.BUILD / f"seed-{seed}.npz"
    if not path.exists():
        sys.exit(f"There is no {path}: run `make stats` first.")
    with numpy.load(path) as stored:
        bins, far = stored[f"{MAIN}/bins"], stored[f"{MAIN}/far"]
    folder.mkdir(exist_ok=True)
    title = f"{bins.sum():,} samples of seed {seed}".replace(",", "\N{THIN SPACE}")
    plot_quantiles(bins.sum(), far, title, folder / "stats-quantiles.png")
    plot_bins(bins, title, folder / "stats-bins.png")


def plot_quantiles(number, far, title, path):
    """The farthest samples of each side, against the quantiles that are expected at their ranks."""
    figure, panels = pyplot.subplots(2, 2, figsize=(9, 6), sharex="col", height_ratios=[3, 2])
    for (above, below), side, name in zip(panels.T, (-1, 1), ("Lower", "Upper")):
        x = numpy.sort(side * far[side * far > 0])[::-1][:FARTHEST]
        ranks = numpy.arange(1, x.size + 1)
        expected = -ndtri((ranks - 0.5) / number)
        # The probability beyond the k-th sample from the end has nearly the distribution Gamma(k) / number.
        band = [-ndtri(gammaincinv(ranks, p) / number) for p in (0.975, 0.025)]
        ends = side * expected[[0, -1]]
        above.fill_between(side * expected, *(side * edge for edge in band), color=PEER, alpha=0.4, linewidth=0)
        above.plot(ends, ends, color=BASE, linewidth=1, label="exactly N(0,1)")
        above.plot(side * expected, side * x, ".", color=OURS, markersize=4, label="somemem")
        below.fill_between(
            side * expected, *(edge - expected for edge in band), color=PEER, alpha=0.4, linewidth=0,
            label="where 95 % should be",
        )  # fmt: skip
        below.axhline(0, color=BASE, linewidth=1)
        below.plot(side * expected, x - expected, ".", color=OURS, markersize=3)
        above.set_title(f"{name} tail, the {x.size} farthest")
        below.set_xlabel("quantile of N(0,1), in standard deviations (σ)")
        for panel in (above, below):
            panel.grid()
    panels[0, 0].set_ylabel("sample (σ)")
    panels[1, 0].set_ylabel("farther out than\nexpected (σ)")
    panels[0, 0].legend(loc="upper left")
    panels[1, 0].legend(loc="upper right", borderpad=0)
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    figure.savefig(path)
    pyplot.close(figure)


def plot_bins(bins, title, path):
    """The differences of the bins in standard errors: along the axis, and their distribution."""
    expected = bins.sum() / bins.size
    errors = (bins - expected) / numpy.sqrt(expected)
    edges = numpy.concatenate([-FOLD_EDGES[::-1], [0], FOLD_EDGES])
    centres = (edges[1:] + edges[:-1]) / 2
    figure, (along, across) = pyplot.subplots(1, 2, sharey=True, figsize=(9, 4), width_ratios=[3, 1])
    along.plot(centres, errors[1:-1], ".", color=OURS, markersize=1.5, alpha=0.4, markeredgewidth=0, rasterized=True)
    # Means of 256 bins, in standard errors of the mean.
    means = errors.reshape(-1, 256).mean(axis=1) * 16
    along.plot(centres[127::256][: means.size], means, color=BASE, linewidth=0.8, label="of 256 bins together")
    along.set_xlabel("value in standard deviations (σ)")
    along.set_ylabel("difference in standard errors")
    along.legend(loc="upper left")
    along.set_title(f"{bins.size} equiprobable bins")
    steps = numpy.linspace(-6, 6, 97)
    across.hist(errors, steps, orientation="horizontal", color=PEER, alpha=0.6)
    likely = numpy.diff(ndtr(steps)) * bins.size
    across.plot(likely, (steps[1:] + steps[:-1]) / 2, color=BASE, label="N(0,1)")
    across.set_xlabel("bins")
    across.legend(loc="upper right")
    for panel in (along, across):
        panel.grid()
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    figure.savefig(path)
    pyplot.close(figure)
