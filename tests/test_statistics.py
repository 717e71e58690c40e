"""The samples are N(0,1), one by one and together. Fixed seeds, so that each test says the same every time. A test fails
where a right library would be this far off once in a million libraries (or, of the many figures of one test, any one)."""

import numpy
import pytest
from scipy import stats
from scipy.special import ndtr

P = 1e-6
NUMBER, BLOCK = 10**8, 10**7
BINS, SIDE_BINS, MAGNITUDES, LOW_BITS = 4096, 1024, 16, 8
LAGS = (1, 2, 8)

# Bins of the tail: each begins where a tenth of the samples of the one before are left, out to 10 expected on a side.
TAIL = -stats.norm.isf([0.5 * 10.0**-k for k in range(8)])[::-1]


def bins(uniforms, number):
    """Which of so many equal bins of (0, 1) each falls in."""
    return numpy.minimum((uniforms * number).astype(numpy.int64), number - 1)


@pytest.fixture(scope="module")
def tally(noise):
    """One pass over all samples, counted in every way that the tests ask for."""
    counts = {
        "bins": numpy.zeros(BINS, int),
        "sides": numpy.zeros((2, SIDE_BINS), int),
        "tails": numpy.zeros((2, len(TAIL)), int),
        "low bits": numpy.zeros((MAGNITUDES, 2**LOW_BITS), int),
        "zeros": 0,
    } | {lag: numpy.zeros((16, 16), int) for lag in LAGS}
    products = {lag: [] for lag in LAGS}
    for first in range(0, NUMBER, BLOCK):
        x = noise(BLOCK, seed=2024, stream=1, first=first)
        uniforms = ndtr(x)
        folded = 2 * ndtr(-abs(x))
        positive = x > 0
        counts["bins"] += numpy.bincount(bins(uniforms, BINS), minlength=BINS)
        side_bins = bins(folded, SIDE_BINS) + SIDE_BINS * positive
        counts["sides"] += numpy.bincount(side_bins, minlength=2 * SIDE_BINS).reshape(2, -1)
        for side in (0, 1):
            magnitudes = abs(x[positive == side])
            counts["tails"][side] += [numpy.count_nonzero(magnitudes > -edge) for edge in TAIL]
        low = (x.view(numpy.int64) & (2**LOW_BITS - 1)) + 2**LOW_BITS * bins(folded, MAGNITUDES)
        counts["low bits"] += numpy.bincount(low, minlength=MAGNITUDES * 2**LOW_BITS).reshape(MAGNITUDES, -1)
        counts["zeros"] += BLOCK - numpy.count_nonzero(x)
        sixteenths = bins(uniforms, 16)
        for lag in LAGS:
            pairs = sixteenths[:-lag] * 16 + sixteenths[lag:]
            counts[lag] += numpy.bincount(pairs, minlength=256).reshape(16, 16)
            products[lag].append((x[:-lag] @ x[lag:], (x[:-lag] ** 2 - 1) @ (x[lag:] ** 2 - 1)))
    counts["products"] = products
    return counts


def assert_uniform(counts, figures=1):
    assert stats.chisquare(counts, axis=None).pvalue > P / figures


def assert_poisson(count, expected, figures=1):
    either = min(stats.poisson.cdf(count, expected), stats.poisson.sf(count - 1, expected))
    assert either > P / 2 / figures, f"{count} where {expected:.1f} are expected"


def assert_standard_normal(figure, figures=1):
    assert 2 * ndtr(-abs(figure)) > P / figures, f"{figure:.2f} standard errors"


def test_chi_square_over_equiprobable_bins(tally):
    assert tally["bins"].size == BINS and tally["bins"].sum() == NUMBER
    assert_uniform(tally["bins"])


def test_coarser_bins(tally):
    """The same samples in 1,024 bins and fewer: a smooth deviation is easier seen in these."""
    for width in (4, 16, 64, 256, 2048):
        assert_uniform(tally["bins"].reshape(-1, width).sum(axis=1), figures=5)


def test_tail_bins(tally):
    tails = tally["tails"]
    expected = NUMBER * ndtr(TAIL)
    for side in tails:
        for inner, outer, n in zip(side[1:], side, range(1, len(side))):
            assert_poisson(inner - outer, expected[n] - expected[n - 1], figures=2 * len(TAIL))
        assert_poisson(side[0], expected[0], figures=2 * len(TAIL))


@pytest.mark.parametrize("sigmas", [3, 4, 5])
def test_tail_counts(noise, sigmas):
    x = noise(BLOCK, seed=2025)
    for side in (-1, 1):
        assert_poisson(numpy.count_nonzero(side * x > sigmas), BLOCK * ndtr(-sigmas), figures=6)


def test_signs_are_balanced(tally):
    assert tally["zeros"] == 0
    negative, positive = tally["sides"].sum(axis=1)
    assert_standard_normal((positive - negative) / NUMBER**0.5)


def test_both_sides_have_one_distribution(tally):
    assert stats.chi2_contingency(tally["sides"]).pvalue > P


def test_low_mantissa_bits_do_not_depend_on_magnitude(tally):
    for counts in tally["low bits"]:
        assert_uniform(counts, figures=MAGNITUDES)


@pytest.mark.parametrize("lag", LAGS)
def test_samples_at_a_lag_are_independent(tally, lag):
    assert_uniform(tally[lag], figures=len(LAGS))
    values, squares = numpy.sum(tally["products"][lag], axis=0)
    pairs = NUMBER - lag * (NUMBER // BLOCK)
    assert_standard_normal(values / pairs**0.5, figures=2 * len(LAGS))
    assert_standard_normal(squares / (4 * pairs) ** 0.5, figures=2 * len(LAGS))


@pytest.mark.parametrize("which", ["seed", "stream"])
def test_neighbouring_sequences_are_independent(noise, which):
    number, sequences = 500_000, 64
    x = numpy.array([noise(number, **{which: n}) for n in range(sequences)])
    above = numpy.triu_indices(sequences, 1)
    for values, deviation in ((x, 1), (x**2 - 1, 2)):
        # Of values at the same index, and of values one index apart.
        for left, right in ((values, values), (values[:, 1:], values[:, :-1])):
            correlations = (left @ right.T)[above] / deviation**2 / left.shape[1] ** 0.5
            assert_standard_normal(abs(correlations).max(), figures=4 * correlations.size)
            # All of them together: as many independent squares.
            assert stats.chi2.sf((correlations**2).sum(), correlations.size) > P
    assert numpy.unique(x).size > x.size - 100
