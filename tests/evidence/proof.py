"""Proof that the map of docs/value-spec.md, with the tables that the library holds, makes N(0,1) of uniform words.

    python tests/evidence/proof.py       proves it and prints the bounds

All numbers are intervals of 60 digits with directed rounding (mpmath). So a comparison that holds for them holds for the real
numbers. A comparison that cannot be decided is an error. The words are taken as uniform and independent; AES has to provide this.

The density is f(x) = exp(-x^2/2) for x > 0, its area is sqrt(pi/2); the sign is a bit of its own."""

import pathlib
import re
from dataclasses import dataclass
from itertools import pairwise

import twin
from mpmath import iv, mp
from rounding import Elementary, Rounded, half_ulp, hull, upper

SOURCE = pathlib.Path(__file__).resolve().parents[2] / "rust" / "src" / "noise"
LAYERS, RESIDUAL_LAYERS, SLOTS = 128, 2, 512
AREA = iv.sqrt(iv.pi / 2)
BOX = AREA / LAYERS
SLOT = iv.mpf(233888) / 2**32
UNIT_ROUNDING = iv.mpf(2) ** -53
CELL = 2**12  # the residual's lowest bits choose one of so many neighbouring doubles


def f(x):
    return iv.exp(-(iv.mpf(x) ** 2) / 2)


# --- What the library holds


@dataclass
class Strip:
    left: float
    width: float
    base: float
    height: float


@dataclass
class Tables:
    widths: list  # of the boxes, from the bottom up
    strips: list
    tail_start: float
    tail_scale: float


def doubles(text):
    return [twin.from_bits(int(bits.replace("_", ""), 16)) for bits in re.findall(r"\b0x([0-9a-f_]{19})\b", text)]


def stored_tables():
    text = (SOURCE / "tables.rs").read_text()
    upper_halves = re.findall(r"\b0x([0-9a-f]{4}_[0-9a-f]{4}),", text)
    widths = [twin.from_bits(int(half.replace("_", ""), 16) << 32) for half in upper_halves]
    strips = [Strip(*map(float, strip.split(", "))) for strip in re.findall(r"Strip::new\((.*)\)", text)]
    start, scale = (float(re.search(rf"{name}: f64 = (.*);", text)[1]) for name in ("TAIL_START", "TAIL_SCALE"))
    assert len(widths) == LAYERS and str(widths[:RESIDUAL_LAYERS]) == "[-0.0, -0.0]" and len(strips) == SLOTS
    assert strips[-1] == Strip(0, 0, 2, 0), "the tail's slot accepts something as a strip"
    return Tables(widths[RESIDUAL_LAYERS:], strips[:-1], start, scale)


def stored_elementary():
    constants = {}
    text = (SOURCE / "elementary.rs").read_text()
    for name, value in re.findall(r"^const (\w+): .*? = (.*?);$", text, flags=re.MULTILINE | re.DOTALL):
        constants[name] = doubles(value)
    one = [constants[name][0] for name in ("LOG2_E", "LN_2_HIGH", "LN_2_LOW")]
    return Elementary(*one, constants["EXP"], constants["LOG"])


# --- The shapes, in real numbers


def staircase(tables):
    """Proves that the boxes lie inside the density, on one another, and so overlap nowhere. Returns the steps that their
    right edges make, from x = 0 outward, as (left, right, height)."""
    assert len(tables.widths) == LAYERS - RESIDUAL_LAYERS, "the boxes have another part of the area than their layers"
    assert all(above < below for below, above in pairwise(tables.widths)), "a box is wider than the one below"
    top, tops = iv.mpf(0), []
    for width in tables.widths:
        # The height is not stored. It follows from the area of a layer.
        top += BOX / width
        assert top <= f(width), "a box reaches above the density"
        tops.append(top)
    edges = [0.0, *reversed(tables.widths), mp.inf]
    heights = [*reversed(tops), iv.mpf(0)]
    return list(zip(edges, edges[1:], heights))


def place_strips(tables):
    """Proves that strips and tail cover what the boxes leave, each point once, and that all have the same area, up to
    rounding. Returns the strips' exact bases."""
    steps, bases, position = staircase(tables), [], 0.0
    assert len(tables.strips) == SLOTS - 1
    for strip in tables.strips:
        assert strip.left == position and strip.width > 0, "strips overlap or leave a gap"
        position += strip.width
        assert iv.mpf(strip.left) + strip.width == iv.mpf(position), "an edge is not a double"
        base = next((height for left, right, height in steps if left <= strip.left and position <= right), None)
        assert base is not None, "a strip stands on two boxes"
        height = SLOT / strip.width
        assert base + height >= f(strip.left), "the density reaches above a strip"
        assert abs(strip.base - base) <= base * UNIT_ROUNDING, "a base is not the box's top, rounded"
        assert abs(strip.height - height) <= height * UNIT_ROUNDING, "a strip has another area than its slot"
        bases.append(base)
    assert position == tables.tail_start > max(tables.widths), "the tail does not begin where the strips end"
    # The tail's envelope: f(t) exp(-t (x - t)) >= f(x) beyond t, because the quotient is exp((x - t)^2/2). Its area is
    # f(t)/t. The envelope is scaled up to the area of a slot. A proposal is accepted with the probability f(x) over the scaled envelope.
    scale = SLOT * tables.tail_start / f(tables.tail_start)
    assert scale >= 1, "the tail is larger than its slot"
    assert abs(tables.tail_scale - scale) <= scale * UNIT_ROUNDING, "the tail has another area than its slot"
    return bases


def mean_acceptance():
    """The probability that a proposal of the residual is accepted: the residual's area over that of the slots. The
    residual has the area of its layers, because each box has the area of its layer."""
    return RESIDUAL_LAYERS * BOX / (SLOTS * SLOT)


# --- The distribution that the stored numbers imply, for real-valued uniform numbers


def largest_deviation(tables):
    """A bound on the largest difference between the cumulative distribution and the normal one. Boxes are exact. In the
    residual base, height and the tail's scale are rounded."""

    def area(low, high):
        return mp.sqrt(mp.pi / 2) * (mp.erf(mp.mpf(high) / mp.sqrt(2)) - mp.erf(mp.mpf(low) / mp.sqrt(2)))

    intervals = place_strips(tables)
    bases = [mp.mpf(base.mid) for base in intervals]
    edges = [strip.left for strip in tables.strips] + [tables.tail_start]
    areas = [area(low, high) for low, high in pairwise(edges)]
    # The accepted part of each slot, in exact numbers and with the stored numbers, in shares of the proposals.
    slot = mp.mpf(SLOT.mid)
    meant = [(a - base * strip.width) / slot for a, base, strip in zip(areas, bases, tables.strips)]
    implied = [(a / strip.width - strip.base) / strip.height for a, strip in zip(areas, tables.strips)]
    tail = area(tables.tail_start, mp.inf)
    meant.append(tail / slot)
    start = mp.mpf(tables.tail_start)
    implied.append(tail * start / mp.exp(-(start**2) / 2) / tables.tail_scale)
    share = mp.mpf(RESIDUAL_LAYERS) / LAYERS / 2  # of one sign
    total_meant, total_implied = sum(meant), sum(implied)
    deviation, at_edges = mp.mpf(0), mp.mpf(0)
    for a, b in zip(meant, implied):
        deviation += share * (b / total_implied - a / total_meant)
        at_edges = max(at_edges, abs(deviation))
    assert abs(deviation) < mp.mpf(10) ** -50, "the shares do not add up"
    # Between two edges the difference is larger by at most the difference of the two distributions on the strip.
    between = max(share * upper(table_rounding(*pair)) for pair in zip(tables.strips, intervals))
    return at_edges + between / mp.mpf(mean_acceptance().mid) / SLOTS


def table_rounding(strip, base):
    """A bound on the error of the accepted part of a slot's proposals, as a density over x."""
    stored = iv.mpf(strip.height) * strip.width
    too_low = abs(strip.base + iv.mpf(strip.height) - base - SLOT / strip.width)  # of the top, where it must cover f
    return ((f(strip.left) - base) * abs(1 - SLOT / stored) + abs(strip.base - base) + too_low) / strip.height


# --- Finite grids and rounded operations


def strip_rounding(strip, elementary):
    """A bound on the error of the probability that a proposal in the strip is accepted, in the mean over its u1."""
    unit = Rounded(hull(0, 1))
    x = Rounded(strip.left) + Rounded(strip.width) * unit
    y = Rounded(strip.base) + Rounded(strip.height) * unit
    exponent = (x * x).half()
    density = f(strip.left) * (iv.exp(exponent.error) - 1 + elementary.exp_error * iv.exp(exponent.error))
    return (density + y.error) / strip.height + grids()


def tail_rounding(tables, elementary):
    """The same for the tail's slot."""
    beyond = Rounded(hull(0, 37), elementary.log_error) / Rounded(tables.tail_start)
    # If d changes by 1, exp(-d^2/2) changes by no more than exp(-1/2). The rounding of its argument a, a few units in the
    # last place, changes it by a exp(-a) <= exp(-1) for each unit.
    argument = iv.exp(iv.mpf(-0.5)) * beyond.error + iv.exp(iv.mpf(-1)) * UNIT_ROUNDING * 2
    scale = SLOT * tables.tail_start / f(tables.tail_start)
    scaled = abs(tables.tail_scale - scale) + half_ulp(tables.tail_scale)
    return (argument + elementary.exp_error + scaled) / tables.tail_scale + grids()


def grids():
    """The error from u1 and u2 being on grids of 2^52 numbers, each in the middle of its cell. The count of u2 below a
    threshold is wrong by half a number at most. The probability of acceptance is monotonic in u1: it falls in a strip and
    rises in the tail. So in the middle of a cell it differs from the cell's mean by no more than it changes in the cell,
    and all these changes add up to no more than 1."""
    return iv.mpf(2) ** -53 + iv.mpf(2) ** -52


def total_variation(tables, elementary):
    """A bound on the probability that an element cannot be explained as a normal number that was moved within the output's
    grid. An element of a box can always be explained, because u is the middle of its cell. For the residual, the probability
    is the error of acceptance. (If two measures differ by D and one has the mass M, they differ by D/M after they are
    normalised.)"""
    bases = place_strips(tables)
    off = tail_rounding(tables, elementary)
    for strip, base in zip(tables.strips, bases):
        off += strip_rounding(strip, elementary) + table_rounding(strip, base)
    return upper(iv.mpf(RESIDUAL_LAYERS) / LAYERS * off / SLOTS / (mean_acceptance() - off / SLOTS))


def cumulative(tables, elementary):
    """A bound on the difference of the cumulative distributions for the doubles, with rounded operations and the output's grid. An element
    is a normal number that was moved by half a cell and a few roundings at most, or in the tail within the same cell of u1.

    The lowest bits of the residual's values are then made random. This makes the distribution uniform within CELL
    neighbouring doubles, and keeps their total probability. The slope of the density is below 1. So over this width the
    density changes by less than the width, and the cumulative distribution by less than the square of the width."""
    start = tables.tail_start
    body = (max(tables.widths) * UNIT_ROUNDING + 2 * half_ulp(mp.mpf(start))) / (2 * AREA)
    tail = (elementary.log_error / start + 2 * half_ulp(mp.mpf(largest(tables)[0]))) * f(start) / (2 * AREA)
    tail_cell = iv.mpf(2) ** -52 * RESIDUAL_LAYERS / LAYERS / SLOTS / mean_acceptance()
    even = (CELL * 2 * iv.mpf(half_ulp(mp.mpf(largest(tables)[0])))) ** 2
    return total_variation(tables, elementary) + upper(body + tail + tail_cell + even)


def largest(tables):
    """The largest magnitude that can occur, and the u1 that gives it. All its lowest bits are set."""
    for k in range(2**10):
        u1, u2 = twin.uniform(k), twin.uniform(0)
        d = twin.minus_log(u1) / tables.tail_start
        if u2 * tables.tail_scale < twin.exp_of_minus((d * d) * 0.5):
            return twin.from_bits(twin.to_bits(tables.tail_start + d) | CELL - 1), u1


def bits(bound):
    return f"2^{float(mp.log(upper(iv.mpf(bound)), 2)):.2f}"


def main():
    tables, elementary = stored_tables(), stored_elementary()
    place_strips(tables)
    print(f"{len(tables.widths)} boxes of the area sqrt(pi/2)/{LAYERS} lie inside the density and overlap nowhere.")
    print(f"{len(tables.strips)} strips and the tail, each of the area {float(SLOT.mid):.6e}, cover the rest once;")
    print(f"{float(mean_acceptance().mid):.3%} of proposals are accepted. The tail begins at {tables.tail_start}.")
    print(f"E is off by at most {float(elementary.exp_ulps):.2f} ulp, {bits(elementary.exp_error)} of its value,")
    print(f"L by at most {bits(elementary.log_error)}.")
    print("Largest deviation of the cumulative distribution from the normal one, at most:")
    print(f"  {bits(largest_deviation(tables))} for real-valued uniform numbers, because stored numbers are rounded;")
    print(f"  {bits(cumulative(tables, elementary))} for the doubles that come out.")
    print(f"Total variation beyond the output's grid: at most {bits(total_variation(tables, elementary))}.")
    x, u1 = largest(tables)
    print(f"Largest magnitude that can occur: {x!r}, at u1 = {int(u1 * 2**53)}/2^53.")


if __name__ == "__main__":
    main()
