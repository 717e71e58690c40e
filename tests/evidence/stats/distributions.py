"""Distributions of test statistics, with both tails to full relative precision where this is possible."""

import math

import numpy
from scipy.special import betainc, chdtr, chdtrc, erfc, gammainc, ndtr

LEAST = 10  # cells with a smaller expected count are put together


def chi_square(counts, probabilities=None, number=None):
    """Both tails of Pearson's statistic; see pearson()."""
    return chi_square_tails(*pearson(counts, probabilities, number))


def pearson(counts, probabilities=None, number=None):
    """The statistic and its degrees of freedom, for cells with these probabilities. Without probabilities the cells
    are equally likely. If `number` is given, it is the number of samples, and those in no cell make one more cell."""
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
    """Puts cells with small expected counts together, each with the next such ones, until no expected count is small."""
    rare = number * probabilities < LEAST
    group = (number * probabilities[rare].cumsum() / (2 * LEAST)).astype(int)
    rarest = [numpy.bincount(group, weights[rare]) for weights in (counts, probabilities)]
    cells = [numpy.append(kept[~rare], more) for kept, more in zip((counts, probabilities), rarest)]
    # The last group may be too small. Then it is added to the cell before it.
    if rare.any() and number * cells[1][-1] < LEAST and cells[1].size > 1:
        cells = [numpy.append(weights[:-2], weights[-2:].sum()) for weights in cells]
    return cells


def chi_square_tails(statistic, freedom):
    return chdtrc(freedom, statistic), chdtr(freedom, statistic)


def normal_tails(z):
    """Two-sided: the probability of a value as far from 0 as z or farther, and of a nearer one."""
    return erfc(abs(z) / math.sqrt(2)), 1 - erfc(abs(z) / math.sqrt(2))


def two_sided(below, above):
    """Both tails, from the probabilities of so many or fewer and of so many or more. Both contain the probability of exactly so many."""
    p = min(1.0, 2 * min(below, above))
    return p, min(1.0, 1 - p + 2 * (below + above - 1))


def binomial_tails(count, number, probability):
    """Uses the incomplete beta function, because SciPy's binomial functions take no number from 2^31 on."""
    below = betainc(number - count, count + 1, 1 - probability) if count < number else 1.0
    return two_sided(below, betainc(count, number - count + 1, probability) if count else 1.0)


def poisson_above(count, expected):
    """The probability of so many or more."""
    return gammainc(count, expected) if count else 1.0


def anderson_darling_tails(statistic):
    """The limit distribution, from its moment generating function M (T. W. Anderson, D. A. Darling, "Asymptotic theory
    of certain goodness of fit criteria based on stochastic processes", Ann. Math. Stat. 23, 1952):

        M(s)^2 = -2 pi s / cos(pi/2 sqrt(1 + 8 s))

    P(A > x) is the integral of M(s) exp(-s x) / (2 pi i s) along a line from c - i oo to c + i oo, with 0 < c < 1. With
    c < 0 the integral is less by 1. With c near the saddle point the integral has full relative precision, however
    small it is."""
    if statistic > 300:
        # Here only the first pole matters: M(s) is near sqrt(3 / (1 - s)).
        return math.sqrt(3) * erfc(math.sqrt(statistic)), 1.0

    def integral(c):
        # Near the real line the steps are as small as the distance to the nearer pole requires. Away from it they grow.
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
    """P(Z > z) for a sum of many terms, with these small cumulants."""
    terms = skewness / 6 * (z**2 - 1) + kurtosis / 24 * (z**3 - 3 * z) + skewness**2 / 72 * (z**5 - 10 * z**3 + 15 * z)
    return ndtr(-z) + terms * math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


def any_of(p, number):
    """The probability that the smallest of so many p-values is this small."""
    return -math.expm1(number * math.log1p(-p)) if p < 1 else 1.0
