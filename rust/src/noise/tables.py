#!/usr/bin/env python3
"""The formulas behind tables.rs, computed with 60 decimal digits. It needs the standard library only. tests/evidence/proof.py proves
that the map may rely on the numbers.

    tables.py            prints tables.rs
    tables.py --check    compares it with the tables.rs beside this file

The density is f(x) = exp(-x^2/2) for x > 0; its area is sqrt(pi/2).

Boxes.  All have the area v = sqrt(pi/2) / 128 and lie on one another, the widest at the bottom. A box that starts at
        height y has as its width w the largest number of 21 significant bits, the last of them 1, that is no wider than
        the box below and for which the top, y + v / w, is not above f(w). 126 boxes fit. Layers 2 to 127 are these boxes
        from the bottom up; layers 0 and 1 are what remains of the area, the residual: exactly 2 v.
        (21 bits, so that the upper half of the double holds all of them. The last is 1, so that the product of a width
        and a uniform number keeps 53 bits that look random down to 2^-19 of the width; a width such as 1.5 would show
        in the low bits of small samples.)
        (Boxes that lie inside the curve: C. D. McFarland, "A modified ziggurat algorithm for generating
        exponentially and normally distributed pseudorandom numbers", J. Stat. Comput. Simul. 86 (2016), section 2.)
Strips. The residual lies between the staircase of the boxes and f. It is covered from x = 0 outward by 511 upright
        rectangles that do not overlap, each of the area s: a strip with its left edge at x stands on the staircase and
        is as wide as s / (f(x) - base) allows, its right edge rounded down to a multiple of 2^-20, or ends where the
        staircase steps down; its height is s / width.
Tail.   Beyond the last strip, at t, the envelope f(t) exp(-t (x - t)) has the area f(t) / t <= s; scaled up to the area
        s, it is the 512th slot.
s is the smallest multiple of 2^-32 for which 511 strips are enough.
"""

import pathlib
import struct
import sys
from decimal import Decimal, getcontext

getcontext().prec = 60
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628621")
LAYERS, RESIDUAL_LAYERS, SLOTS = 128, 2, 512
BOX_AREA = (PI / 2).sqrt() / LAYERS
WIDTH_BITS, EDGE_GRID, AREA_GRID = 21, 2**20, 2**32


def density(x):
    return (-(Decimal(x) ** 2) / 2).exp()


def round_down(width):
    """The largest number of 21 significant bits, the last of them 1, that is not above `width`."""
    unit = Decimal(1)
    while width / unit < 2 ** (WIDTH_BITS - 1):
        unit /= 2
    units = int(width / unit)
    return (units - 1 + units % 2) * unit


def boxes():
    """[(width, bottom, top)], from the bottom up."""
    found, bottom, width = [], Decimal(0), Decimal(6)

    def room(w):
        return w * (density(w) - bottom) - BOX_AREA

    while True:
        # The largest width with room for the area: found by steps from above, then by bisection.
        low = width
        while low > 0 and room(low) < 0:
            low -= Decimal(2) ** -8
        if low <= 0:
            return found
        high = min(width, low + Decimal(2) ** -8)
        while high - low > Decimal(10) ** -20:
            middle = (low + high) / 2
            low, high = (middle, high) if room(middle) >= 0 else (low, middle)
        width = round_down(low)
        top = bottom + BOX_AREA / width
        found.append((width, bottom, top))
        bottom = top


def teeth(stack):
    """The residual without the tail, from x = 0 outward: [(left edge, right edge, base)]."""
    edges = [width for width, _, _ in reversed(stack)]
    bases = [top for _, _, top in reversed(stack)]
    return list(zip([Decimal(0)] + edges[:-1], edges, bases)) + [(edges[-1], Decimal(6), Decimal(0))]


def strips(stack, area):
    """[(left, width, base)] with all the strips that a slot of this area needs, and the start of the tail."""
    found = []
    for left, right, base in teeth(stack):
        while left < right and not (base == 0 and density(left) / left <= area):
            edge = Decimal(int((left + area / (density(left) - base)) * EDGE_GRID)) / EDGE_GRID
            width = min(edge, right) - left
            found.append((left, width, base))
            left += width
            if len(found) == SLOTS:
                return found, left
    return found, left


def smallest_slot(stack):
    residual = BOX_AREA * RESIDUAL_LAYERS
    low, high = int(residual / SLOTS * AREA_GRID), int(residual / SLOTS * AREA_GRID) * 4
    while high - low > 1:
        middle = (low + high) // 2
        if len(strips(stack, Decimal(middle) / AREA_GRID)[0]) < SLOTS:
            high = middle
        else:
            low = middle
    return Decimal(high) / AREA_GRID


def upper_half(number):
    """The upper 32 bits of a double whose lower 32 bits are zero."""
    bits = struct.unpack("<Q", struct.pack("<d", float(number)))[0]
    assert float(number) == number and bits % 2**32 == 0
    return f"0x{bits >> 48:04x}_{bits >> 32 & 0xffff:04x}"


def rust(stack, slot, cover, tail):
    widths = ["0x8000_0000"] * RESIDUAL_LAYERS + [upper_half(width) for width, _, _ in stack]
    lines = [
        "//! The tables of the map. Made by `python3 rust/src/noise/tables.py`, where their formulas are; do not edit.",
        "",
        "use super::strip::Strip;",
        "",
        "/// The upper halves of each layer's width, a double; the lower halves are 0. Layers 0 and 1 are the residual and",
        "/// have no box: their width is -0.0.",
        f"pub const WIDTH: [u32; {LAYERS}] = [",
    ]
    lines += ["    " + " ".join(f"{w}," for w in widths[i : i + 8]) for i in range(0, LAYERS, 8)]
    lines += [
        "];",
        "",
        "/// Where the tail begins, which is also the rate of its envelope.",
        f"pub const TAIL_START: f64 = {float(tail)!r};",
        "",
        "/// The factor that scales the tail's envelope up to the area of a strip.",
        f"pub const TAIL_SCALE: f64 = {float(slot * tail / density(tail))!r};",
        "",
        "/// The residual's slots: left edge, width, base and height. The last slot is the tail; as a strip it accepts nothing.",
        f"pub static STRIPS: [Strip; {SLOTS}] = [",
    ]
    for left, width, base in cover:
        lines.append(f"    Strip::new({float(left)!r}, {float(width)!r}, {float(base)!r}, {float(slot / width)!r}),")
    lines.append("    Strip::new(0.0, 0.0, 2.0, 0.0),")
    return "\n".join(lines + ["];"]) + "\n"


def main():
    stack = boxes()
    slot = smallest_slot(stack)
    cover, tail = strips(stack, slot)
    text = rust(stack, slot, cover, tail)
    if sys.argv[1:] != ["--check"]:
        print(text, end="")
    elif pathlib.Path(__file__).with_name("tables.rs").read_text() != text:
        sys.exit("rust/src/noise/tables.rs differs from its formulas: run python3 rust/src/noise/tables.py > rust/src/noise/tables.rs")


if __name__ == "__main__":
    main()
