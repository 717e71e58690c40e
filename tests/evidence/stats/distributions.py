"""Distributions of test statistics, with both tails to full relative precision where they can be had."""

import math

import numpy
from scipy.special import betainc, chdtr, chdtrc, erfc, gammainc, ndtr

LEAST = 10  # the expected count below which a cell is put together with others


def chi_square(counts, probabilities=None, number=None):
    """Both tails of Pearson's statistic; see pearson()."""
    return chi_square_tails(*pearson(counts, probabilities, number))


def pearson(counts, probabilities=None, number=None):
    """The statistic and its degrees of freedom, for cells of these probabilities; all as likely if there are none. The
    cells are all there are, unless there is a number of samples."""
    counts = numpy.ravel(counts)
    if probabilities is None:
        probabilities = numpy.full(counts.size, 1 / counts.size)
    probabilities = numpy.ravel(probabilities)
    if number is None:
        number = counts.sum()
    else:
        counts = numpy.append(counts, number - counts.sum())
        probabilities = numpy.append(probabilities, max(1 - probabilities.sum(), 0))
    if counts[probabilities == 0].any():
        return math.inf, counts.size - 1
    counts, probabilities = gathered(counts, probabilities, number)
    expected = number * probabilities
    return ((counts - expected) ** 2 / expected).sum(), counts.size - 1


def gathered(counts, probabilities, number):
    """Cells in which few are expected are put together with their neighbours of that kind, till no few are."""
    rare = number * probabilities < LEAST
    group = (number * probabilities[rare].cumsum() / (2 * LEAST)).astype(int)
    rarest = [numpy.bincount(group, weights[rare]) for weights in (counts, probabilities)]
    cells = [numpy.append(kept[~rare], more) for kept, more in zip((counts, probabilities), rarest)]
    # The last group may have few, and then goes to the cell before it.
    if rare.any() and number * cells[1][-1] < LEAST and cells[1].size > 1:
        cells = [numpy.append(weights[:-2], weights[-2:].sum()) for weights in cells]
    return cells


def chi_square_tails(statistic, freedom):
    return chdtrc(freedom, statistic), chdtr(freedom, statistic)


def normal_tails(z):
    """Two-sided: how likely a value is as far from 0, and how likely one nearer."""
    return erfc(abs(z) / math.sqrt(2)), 1 - erfc(abs(z) / math.sqrt(2))


def two_sided(below, above):
    """From the probabilities of no more and of no less, which share that of just as many."""
    p = min(1.0, 2 * min(below, above))
    return p, min(1.0, 1 - p + 2 * (below + above - 1))


def binomial_tails(count, number, probability):
    """By the incomplete beta function: SciPy's binomial ones take no number of 2^31 and more."""
    below = betainc(number - count, count + 1, 1 - probability) if count < number else 1.0
    return two_sided(below, betainc(count, number - count + 1, probability) if count else 1.0)


def poisson_above(count, expected):
    """The probability of so many or more."""
    return gammainc(count, expected) if count else 1.0


def anderson_darling_tails(statistic):
    """The limit distribution, from its moment generating function M (T. W. Anderson, D. A. Darling, "Asymptotic theory
    of certain goodness of fit criteria based on stochastic processes", Ann. Math. Stat. 23, 1952):

        M(s)^2 = -2 pi s / cos(pi/2 sqrt(1 + 8 s))

    P(A > x) is the integral of M(s) exp(-s x) / (2 pi i s) along a line from c - i oo to c + i oo, with 0 < c < 1; with
    c < 0 it is less by 1. With c near the saddle point the integral is as precise as its result is small."""
    if statistic > 300:
        # The first pole is all that counts: M(s) is near sqrt(3 / (1 - s)).
        return math.sqrt(3) * erfc(math.sqrt(statistic)), 1.0

    def integral(c):
        # Steps as fine as the distance to the nearer pole near the real line, and ever longer ones away from it.
        scale = min(abs(c), 1 - c)
        v = numpy.linspace(0, math.asinh(2000 / scale + 10), 100_001)
        s = c + 1j * scale * numpy.sinh(v)
        squared = -2 * math.pi * s / numpy.cos(math.pi / 2 * numpy.sqrt(1 + 8 * s))
        root = numpy.sqrt(abs(squared)) * numpy.exp(0.5j * numpy.unwrap(numpy.angle(squared)))
        integrand = (root * numpy.exp(-(s - c) * statistic) / s).real * scale * numpy.cosh(v)
        return math.exp(-c * statistic) * numpy.trapezoid(integrand, v) / math.pi

    if statistic > 1:
        above = integral(1 - 1 / (2 * statistic))
        return above, 1 - above
    below = -integral(-1.2 / max(statistic, 0.03) ** 2)
    return 1 - below, below


def edgeworth_above(z, skewness, kurtosis):
    """P(Z > z) of a sum of many with these small cumulants."""
    terms = skewness / 6 * (z**2 - 1) + kurtosis / 24 * (z**3 - 3 * z) + skewness**2 / 72 * (z**5 - 10 * z**3 + 15 * z)
    return ndtr(-z) + terms * math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


def any_of(p, number):
    """The probability that the smallest of so many is this small."""
    return -math.expm1(number * math.log1p(-p)) if p < 1 else 1.0
