"""Statements of docs/scale.md about 10^6 workers and 10^18 samples: indices that are far apart, other streams, and the formulas."""

import math
import random
import re

import numpy
import pytest
import twin

from conftest import ROOT

WORKERS, SAMPLES = 10**6, 10**18
EACH = SAMPLES // WORKERS
END = 2**64


def assert_same_bits(drawn, expected):
    numpy.testing.assert_array_equal(drawn.view(numpy.uint64), numpy.array(expected).view(numpy.uint64))


# Borders between the ranges of two workers, and other indices that do not fit into fewer bits.
BORDERS = [rank * EACH for rank in [1, 2, WORKERS - 1, WORKERS, *random.Random(1).sample(range(WORKERS), 20)]]
BORDERS += [power + step for power in [2**31, 2**32, 2**53, 2**63, END - 1000] for step in (-1, 0, 1)]


@pytest.mark.parametrize("border", BORDERS)
def test_ranges_join_far_apart(noise, border):
    number = 500
    drawn = numpy.concatenate([noise(number, 42, 7, border - number), noise(number, 42, 7, border)])
    assert_same_bits(drawn, twin.elements(42, 7, border - number, 2 * number))
    assert_same_bits(drawn, noise(2 * number, 42, 7, border - number))


def test_no_range_wraps(library, noise):
    out = numpy.zeros(1000)
    for past in (1, 2, 999):
        assert library.random_noise_fill(out.ctypes.data, 1000, 0, 0, END - 1000 + past) == 4
    assert not out.any()
    assert_same_bits(noise(1000, first=END - 1000), twin.elements(0, 0, END - 1000, 1000))


def drawn_by_workers(library, ranges):
    """The samples of all workers in one array. Each worker makes one call, with its (number, stream, first)."""
    out = numpy.empty(sum(number for number, _, _ in ranges))
    fill, place = library.random_noise_fill, out.ctypes.data
    for number, stream, first in ranges:
        assert fill(place, number, 42, stream, first) == 0
        place += 8 * number
    return out


def test_a_million_slices_make_the_vector(library, noise):
    """Slices of 3 or 4 elements each, across an index that has more than 32 bits."""
    number, start = 3 * WORKERS + 17, 2**32 - WORKERS
    cuts = [rank * number // WORKERS for rank in range(WORKERS + 1)]
    slices = [(end - begin, 0, start + begin) for begin, end in zip(cuts, cuts[1:])]
    assert_same_bits(drawn_by_workers(library, slices), noise(number, 42, 0, start))


def expected_equal_pairs(number, digits):
    """For numbers from N(0,1), rounded to so many binary digits: the sum over binades of the squared density times the spacing."""
    binades = range(-60, 4)
    squared = [(math.erf(2.0 ** (e + 1)) - math.erf(2.0**e)) / (2 * math.sqrt(math.pi)) for e in binades]
    return number**2 / 2 * sum(area * 2.0 ** (e - digits + 1) for e, area in zip(binades, squared))


def equal_pairs(values):
    _, counts = numpy.unique(values, return_counts=True)
    return int((counts * (counts - 1) // 2).sum())


@pytest.mark.parametrize("worker", [lambda rank: (1, 0, rank * EACH), lambda rank: (1, rank, 0)], ids=["indices", "streams"])
def test_a_million_workers_are_independent(library, worker):
    """Their first samples. No two doubles are equal. After rounding to 24 digits, as many are equal as among independent samples."""
    first = drawn_by_workers(library, [worker(rank) for rank in range(WORKERS)])
    assert expected_equal_pairs(WORKERS, 53) < 2e-5 and equal_pairs(first) == 0
    expected = expected_equal_pairs(WORKERS, 24)
    assert abs(equal_pairs(first.astype(numpy.float32)) - expected) < 5 * math.sqrt(1.1 * expected)
    for z in [first.mean(), (first**2 - 1).mean() / math.sqrt(2), (first[1:] * first[:-1]).mean()]:
        assert abs(z) * math.sqrt(WORKERS) < 5


def test_formulas_of_the_document():
    text = (ROOT / "docs" / "scale.md").read_text()
    rows = re.findall(r"^\| .* \| `(.*)` \| (\S+) \|$", text, flags=re.MULTILINE)
    assert len(rows) == 8
    known = {"n": WORKERS, "L": EACH, "N": SAMPLES, "q": 0.5222 * SAMPLES}
    for formula, value in rows:
        assert float(value) == pytest.approx(eval(formula.replace("^", "**"), known), rel=0.02), formula
    assert math.log2(2 * expected_equal_pairs(1, 53)) == pytest.approx(-55.1, abs=0.05)


def test_keys_collide_as_often_as_the_formula_says():
    """n random keys of b bits have n^2 / 2^(b + 1) equal pairs. Here b is 16."""
    n, trials = 100, 40000
    keys = numpy.sort(numpy.random.default_rng(1).integers(2**16, size=(trials, n)), axis=1)
    expected = trials * n**2 / 2**17
    assert abs((keys[:, 1:] == keys[:, :-1]).sum() - expected) < 5 * math.sqrt(expected)


def test_random_ranges_overlap_as_often_as_the_formula_says():
    """n ranges of length L at random places of 2^b have m = n^2 L / 2^b pairs that overlap. The probability of none is exp(-m)."""
    n, length, trials = 500, 1000, 10000
    places = numpy.sort(numpy.random.default_rng(1).integers(2**32 - length, size=(trials, n)), axis=1)
    without = trials * math.exp(-(n**2) * length / 2**32)
    none = (numpy.diff(places, axis=1) >= length).all(axis=1).sum()
    assert abs(none - without) < 5 * math.sqrt(without * (1 - without / trials))


def test_blocks_a_sample():
    """0.5222 blocks: half a block for the first word, and the attempts of the one element in 64 that is in the
    residual. The ratio of the areas is the probability that an attempt is accepted."""
    accepted = math.sqrt(math.pi / 2) / 64 / (512 * float(twin.S))
    assert accepted == pytest.approx(0.702, abs=5e-4)
    assert 0.5 + 1 / 64 / accepted == pytest.approx(0.5222, abs=5e-5)
    number = 2**18
    encrypt = twin.encryptor(42, 0)
    words = twin.first_words(encrypt, 0, number)
    attempts = sum(kind in ("strip", "tail") for n, word in enumerate(words) for kind, *_ in twin.steps(encrypt, n, word))
    variance = (2 - accepted) / accepted**2 / 64
    assert abs(attempts / number - 0.0222) < 5 * math.sqrt(variance / number)
