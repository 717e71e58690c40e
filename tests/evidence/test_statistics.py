"""The samples are independent and N(0,1): `make stats` at a small size. The seeds are fixed, so the result is the
same every time. A test fails if its p-value, corrected for the number of figures, is below one in a million."""

import math

import numpy
import pytest
from stats import distributions, engine, flaws, groups

P = 1e-6
SEED = 2024
SAMPLES, FLAWED = 2**26, 2**22
# The rarer and slighter ones, which need more samples, take three times as long as these: `make stats` has them.
FLAWS = [flaw for flaw in flaws.every() if flaw.group.units(FLAWED) == 1]


@pytest.fixture(scope="module")
def counted():
    state, listed = engine.State(), groups.of_the_library(SEED)
    engine.Run(listed, SAMPLES, state).run()
    return {group.name: list(group.figures(state.totals[group.name])) for group in listed}


@pytest.mark.parametrize("group", [group.name for group in groups.of_the_library(SEED)])
def test_the_library(counted, group):
    figures = counted[group]
    least = min(figures, key=lambda figure: figure.least)
    assert least.least > P / 2 / len(figures), least


@pytest.fixture(scope="module")
def verdicts():
    found = {}
    for verdict in flaws.matrix(FLAWS, FLAWED):
        found.setdefault(verdict.flaw.name, []).append(verdict)
    return found


@pytest.mark.parametrize("flaw", [flaw.name for flaw in FLAWS])
def test_a_flaw_is_found(verdicts, flaw):
    for verdict in verdicts[flaw]:
        assert verdict.right, f"{verdict.test}: {verdict.least}"


@pytest.mark.parametrize("statistic, p", [(1.933, 0.1), (2.492, 0.05), (3.878, 0.01)])
def test_anderson_and_darlings_table(statistic, p):
    """Their table of 1954."""
    above, below = distributions.anderson_darling_tails(statistic)
    assert abs(above - p) < 3e-5 and abs(above + below - 1) < 1e-9


@pytest.mark.parametrize("number", [30, 100, 1000, 10**6])
def test_cells_with_small_expected_counts(number):
    """For any number of samples, the p-values of right counts are uniform."""
    generator = numpy.random.default_rng(1)
    probabilities = 0.9 ** numpy.arange(200) / (0.9 ** numpy.arange(200)).sum()
    draws = generator.multinomial(number, probabilities, 1000)
    tails = [distributions.chi_square(counts, probabilities)[0] for counts in draws]
    assert 0.4 < numpy.mean(tails) < 0.6


@pytest.mark.parametrize("z", [0, 2, -3, 8])
def test_numbers_beyond_32_bits(z):
    number = 2**36
    count = number // 4 + round(z * math.sqrt(number * 3 / 16))
    assert distributions.binomial_tails(count, number, 0.25)[0] == pytest.approx(math.erfc(abs(z) / math.sqrt(2)), 0.01)
