"""The proof of the map holds for the library's tables, and fails for changed ones."""

import copy
import math

import numpy
import proof
import pytest
import twin
from mpmath import mp


@pytest.fixture(scope="module")
def elementary():
    return proof.stored_elementary()


def test_the_map_makes_the_normal_distribution(elementary):
    tables = proof.stored_tables()
    assert proof.largest_deviation(tables) < 2**-58
    assert proof.cumulative(tables, elementary) < 2**-49.8
    assert proof.total_variation(tables, elementary) < 2**-50.8
    assert proof.largest(tables)[0] >= 10


def widen_a_box(tables):
    tables.widths[50] += 2.0**-20


def widen_the_lowest_box(tables):
    tables.widths[0] += 2.0**-18


def leave_a_box_out(tables):
    del tables.widths[60]


def take_the_next_base(tables):
    tables.strips[300].base = tables.strips[305].base


def put_a_strip_on_the_ground(tables):
    tables.strips[100].base = 0.0


def lower_a_strip(tables):
    tables.strips[0].height *= 1 - 2**-50


def raise_a_strip(tables):
    tables.strips[400].height *= 1 + 2**-50


def leave_a_gap(tables):
    tables.strips[200].left += 2.0**-20


def step_over_an_edge(tables):
    """The strip before the lowest box's edge goes on beyond it."""
    edge = next(n for n, strip in enumerate(tables.strips) if strip.left == tables.widths[0])
    tables.strips[edge - 1].width += 2.0**-20
    tables.strips[edge].left += 2.0**-20
    tables.strips[edge].width -= 2.0**-20


def begin_the_tail_early(tables):
    """The tail begins one strip too early, where its envelope is larger than a slot."""
    tables.tail_start = tables.strips[-1].left
    del tables.strips[-1]


def leave_the_tail_unscaled(tables):
    tables.tail_scale = 1.0


@pytest.mark.parametrize(
    "spoil",
    [
        widen_a_box,
        widen_the_lowest_box,
        leave_a_box_out,
        take_the_next_base,
        put_a_strip_on_the_ground,
        lower_a_strip,
        raise_a_strip,
        leave_a_gap,
        step_over_an_edge,
        begin_the_tail_early,
        leave_the_tail_unscaled,
    ],
)
def test_other_tables_are_refused(spoil):
    tables = copy.deepcopy(proof.stored_tables())
    spoil(tables)
    with pytest.raises(AssertionError):
        proof.place_strips(tables)


def test_the_bounds_of_e_and_l_hold_and_are_close(elementary):
    generator = numpy.random.default_rng(5)
    arguments = [*generator.uniform(0, 40, 5000), *generator.uniform(0, 640, 5000)]
    worst = max(abs(twin.exp_of_minus(y) / mp.exp(-mp.mpf(y)) - 1) for y in map(float, arguments))
    assert worst < mp.mpf(elementary.exp_error.b.mid) < 2 * worst
    assert elementary.exp_ulps < 2
    arguments = 2.0 ** -generator.uniform(0, 53, 10_000)
    worst = max(abs(twin.minus_log(u) + mp.log(mp.mpf(u))) for u in map(float, arguments))
    assert worst < mp.mpf(elementary.log_error.b.mid) < 8 * worst


def near_powers(lowest, highest):
    """Arguments close to every change of exponent, and close to the ends of the functions' own reductions."""
    for power in range(lowest, highest):
        edge = math.ldexp(1.0, power)
        for x in (edge, edge * math.sqrt(2), edge * math.log(2)):
            yield from (math.nextafter(x, 0), x, math.nextafter(x, math.inf))


@pytest.mark.parametrize(
    ("function", "exact", "highest"),
    [(twin.exp_of_minus, lambda y: mp.exp(-mp.mpf(y)), 9), (twin.minus_log, lambda u: -mp.log(mp.mpf(u)), -1)],
    ids=["exp", "log"],
)
def test_e_and_l_are_within_2_ulp(function, exact, highest):
    generator = numpy.random.default_rng(6)
    random = generator.uniform(2.0**-53, 640 if highest > 0 else 1 - 2.0**-53, 5000)
    near_one = generator.uniform(0.9, 1 - 2.0**-53, 5000)
    for x in map(float, [*random, *near_one, 2.0**-53, 1 - 2.0**-53, *near_powers(-53, highest)]):
        value = function(x)
        assert abs(value - exact(x)) <= 2 * math.ulp(value), x
