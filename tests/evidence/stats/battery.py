"""From counts to p-values."""

import math
from dataclasses import dataclass

import numpy

from . import known_limit, tally
from .cuts import FOLD_EDGES, FOLDS, SQUARE_BLOCKS, TAIL_EDGES, TAILS, between, pair_probabilities, triple_probabilities
from .distributions import (
    LEAST,
    anderson_darling_tails,
    any_of,
    binomial_tails,
    chi_square,
    chi_square_tails,
    normal_tails,
    pearson,
    poisson_above,
    two_sided,
)

SUSPICIOUS = 1e-6
COARSER = (2**16, 2**12, 2**8, 2**4)


@dataclass
class Figure:
    """One p-value. `p` is the probability that a correct sampler deviates as much or more, `too_good` the
    probability that it deviates as much or less. The family of a test is its name up to the comma."""

    test: str
    p: float
    too_good: float
    seen: str = ""

    def __post_init__(self):
        assert 0 <= self.p <= 1 and 0 <= self.too_good <= 1, self

    @property
    def least(self):
        return min(self.p, self.too_good)

    @property
    def family(self):
        return self.test.split(",")[0]


def figures(totals, lattice=False):
    """All p-values of a tally. With `lattice`, the grid of the library's small samples is expected."""
    found = [
        *bins(totals["bins"]),
        *tails(totals["bins"], totals["tails"]),
        *symmetry(totals["bins"], totals["tails"]),
        *low_bits(totals["low by class"], totals["low by binade"], lattice),
        *repeats(totals),
        *farthest(totals),
    ]
    if "pairs" in totals:
        found += [*directions(totals["pairs"], totals["triples"]), *sums(totals["squares"], totals["sums"])]
    if lattice:
        found += known_limit.figures(Figure, totals["low by binade"], totals["off lattice"][0])
    if "samples by layer" in totals:
        found += layers(totals)
    found += [exact(name, *totals[name]) for name in ("boxes", "runs") if name in totals]
    return found


def exact(name, compared, different):
    """A figure for values that must be the same to the last bit."""
    return Figure(f"{name}, compared", 0.0 if different else 1.0, 1.0, f"{different} of {compared} are different")


def bins(counts):
    number = counts.sum()
    for size in COARSER:
        if number >= LEAST * size:
            yield Figure(f"bins, {size}", *chi_square(counts.reshape(size, -1).sum(axis=1)))
    statistic = anderson_darling(counts)
    yield Figure("Anderson-Darling", *anderson_darling_tails(statistic), f"A² = {statistic:.4f}")


def anderson_darling(counts):
    """n times the integral of (F_n - F)^2 / (F (1 - F)) dF. F_n is known at the 2^16 edges only. The error from between
    the edges is one part in 10,000. dF / (F (1 - F)) is the differential of the logit."""
    number = counts.sum()
    p = numpy.arange(1, counts.size) / counts.size
    off = (counts.cumsum()[:-1] - number * p) / math.sqrt(number)
    return numpy.trapezoid(off**2, numpy.log(p / (1 - p)))


def tail_counts(counts, tails):
    """[side][k]: how many samples of a side are in the k-th bin of the tail, which has the probability 2^-(k+2)."""
    found = tails.copy()
    for side, half in enumerate((counts[: counts.size // 2], counts[counts.size // 2 :][::-1])):
        # Each fine bin has 2^-15 of all |x|. The samples of the outermost one are in `tails`.
        for k in range(15):
            found[side, k] += half[2 ** (14 - k) : 2 ** (15 - k)].sum()
    return found


def tails(counts, far):
    number = counts.sum()
    found = tail_counts(counts, far)
    probabilities = 0.5 ** numpy.arange(2, TAILS + 2)
    for side, name in enumerate(("below", "above")):
        for k in numpy.flatnonzero(number * probabilities >= LEAST):
            seen = f"{found[side, k]} of {number * probabilities[k]:.1f} from {TAIL_EDGES[k]:.3f}"
            yield Figure(f"tail bin, {name}, {k}", *binomial_tails(found[side, k], number, probabilities[k]), seen)
    yield Figure("tail bins", *chi_square(found, numpy.tile(probabilities, (2, 1)), number))


def symmetry(counts, tails):
    negative, positive = counts.reshape(2, -1)
    number, z = counts.sum(), (positive.sum() - negative.sum()) / math.sqrt(counts.sum())
    yield Figure("signs", *normal_tails(z), f"z = {z:.3f}")
    # The outermost bins are replaced by those of the tail. Bins with few samples are put together as one.
    positive, negative = numpy.append(positive[:-1], tails[1]), numpy.append(negative[:0:-1], tails[0])
    few = positive + negative < 2 * LEAST
    positive, negative = (numpy.append(side[~few], side[few].sum()) for side in (positive, negative))
    together = numpy.maximum(positive + negative, 1)
    yield Figure("mirror", *chi_square_tails(((positive - negative) ** 2 / together).sum(), together.size))


def low_bits(by_class, by_binade, lattice):
    """The low bits given the magnitude: by classes that are equally likely, and by binades. Samples below 2^-18 are
    left out. For the others all values of the low bits are equally likely, except as known_limit.py predicts."""
    limit = 2.0 ** (1 - known_limit.FIRST)
    by_class = by_class.copy()
    by_class[0] -= by_binade[known_limit.FIRST + tally.BINADE_OFFSET :].sum(axis=0)
    edges = [limit, *FOLD_EDGES[FOLDS // tally.CLASSES - 1 :: FOLDS // tally.CLASSES], 8.0]
    for n, (counts, *ends) in enumerate(zip(by_class, edges, edges[1:])):
        expected = known_limit.predicted(*ends) if lattice else None
        yield Figure(f"low bits by magnitude, class {n}", *chi_square(counts, expected))
    for index, counts in enumerate(by_binade[: known_limit.FIRST + tally.BINADE_OFFSET]):
        binade = index - tally.BINADE_OFFSET
        if counts.sum() >= LEAST * tally.LOW:
            expected = known_limit.predicted(2.0**-binade, 2.0 ** (1 - binade)) if lattice else None
            yield Figure(f"low bits by binade, 2^{-binade}", *chi_square(counts, expected))


def layers(totals):
    """The low bits given the layer, of the samples and of their uniform numbers. (The limit in known_limit.py concerns 1
    in a million samples of a layer, which is too few to be seen here.)"""
    for name in ("samples", "uniforms"):
        rows = [counts for counts in totals[f"{name} by layer"] if counts.sum() >= LEAST * tally.LOW]
        if not rows:
            continue
        statistics = [pearson(counts) for counts in rows]
        yield Figure(f"low bits of {name} by layer, all", *chi_square_tails(*numpy.sum(statistics, axis=0)))
        least = numpy.min([chi_square_tails(*statistic) for statistic in statistics], axis=0)
        both = [any_of(tail, len(rows)) for tail in least]
        yield Figure(f"low bits of {name} by layer, least of {len(rows)}", *both)


def directions(pairs, triples):
    for lag, phases in zip(tally.PAIR_LAGS, pairs):
        yield from of_phases(f"pairs at lag {lag}", phases, pair_probabilities(tally.RATIOS))
    for lag, phases in zip(tally.TRIPLE_LAGS, triples):
        yield from of_phases(f"triples at lag {lag}", phases, triple_probabilities(tally.FACE))


def sums(squares, values):
    for size, phases in zip(SQUARE_BLOCKS, squares):
        yield from of_phases(f"squares of {size}", phases)
    for size, phases in zip(tally.SUM_BLOCKS, values):
        yield from of_phases(f"sums of {size}", phases)


def of_phases(name, phases, probabilities=None):
    for phase, counts in enumerate(phases):
        yield Figure(f"{name}, phase {phase}", *chi_square(counts, probabilities))


def repeats(totals):
    """Values that are repeated: among the samples far out, and among those of a thin slice nearer to 0."""
    low, high = FOLD_EDGES[tally.SLICE - 1], FOLD_EDGES[tally.SLICE + tally.SLICE_FOLDS - 1]
    for name, ends in (("far", (TAIL_EDGES[tally.FAR], 40.0)), ("slice", (low, high))):
        values = totals[name]
        repeated = values.size - numpy.unique(values).size
        expected = values.size * (values.size - 1) / 2 * coincidence(*ends)
        seen = f"{repeated} of {values.size}, {expected:.2g} expected"
        yield Figure(f"repeats {name}", poisson_above(repeated, expected), 1.0, seen)


def coincidence(low, high):
    """The probability that two samples with magnitudes between these are the same double: the integral of the squared
    density times the distance of doubles, halved for the signs. (Samples of a box lie on a grid that is a few doubles
    wide, so they are equal more often. Over all samples this adds a tenth.)"""
    high = min(high, low + 4)
    x = numpy.linspace(low, high, 10_001)
    density = numpy.exp(-(x**2) / 2) * math.sqrt(2 / math.pi) / between(low, high)
    return numpy.trapezoid(density**2 * numpy.spacing(x), x) / 2


def farthest(totals):
    """The p-value of the largest magnitude."""
    if totals["far"].size:
        most = abs(totals["far"]).max()
        beyond = totals["bins"].sum() * between(most, math.inf)
        yield Figure("farthest", *two_sided(math.exp(-beyond), -math.expm1(-beyond)), f"{most:.4f}")
