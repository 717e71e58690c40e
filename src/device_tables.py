#!/usr/bin/env python3
"""Puts the tables into include/somemem_device.h: those of the map from rust/src/noise/tables.py, and that of AES.

    device_tables.py            writes them between the header's two markers
    device_tables.py --check    compares
"""

import pathlib
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "rust" / "src" / "noise"))

import tables

HEADER = ROOT / "include" / "somemem_device.h"
BEGIN = "/* --- Tables, made by src/device_tables.py; do not edit. */\n"
END = "/* --- End of the tables. */\n"


def times_x(byte):
    return byte << 1 ^ (0x11B if byte & 0x80 else 0)


def substitution():
    """The S-box of FIPS 197: the inverse in GF(2^8), then an affine map of its bits."""
    # 3 = x + 1 generates the field's multiplicative group, whose order is 255.
    powers = [1]
    while len(powers) < 255:
        powers.append(powers[-1] ^ times_x(powers[-1]))
    box = []
    for byte in range(256):
        inverse = powers[-powers.index(byte) % 255] if byte else 0
        turned = [(inverse << n | inverse >> (8 - n)) & 0xFF for n in range(5)]
        box.append(turned[0] ^ turned[1] ^ turned[2] ^ turned[3] ^ turned[4] ^ 0x63)
    return box


def columns():
    """The column that a byte of row 0 becomes in SubBytes and MixColumns, with row 0 in the lowest byte."""
    return [times_x(s) | s << 8 | s << 16 | (times_x(s) ^ s) << 24 for s in substitution()]


def bits(number):
    return "0x" + struct.pack(">d", float(number)).hex()


def array(declaration, words, a_line):
    lines = [", ".join(words[n : n + a_line]) for n in range(0, len(words), a_line)]
    return f"SOMEMEM_D_TABLE {declaration} = {{\n  " + ",\n  ".join(lines) + "};\n"


def text():
    stack = tables.boxes()
    slot = tables.smallest_slot(stack)
    cover, tail = tables.strips(stack, slot)
    widths = ["0"] * tables.RESIDUAL_LAYERS + [tables.upper_half(width).replace("_", "") for width, _, _ in stack]
    strips = [bits(number) for left, width, base in cover for number in (left, width, base, slot / width)]
    return "\n".join(
        [
            "/* SubBytes and MixColumns of AES for a byte of row 0. */",
            array("somemem_d_u32 somemem_d_aes[256]", [f"0x{column:08x}" for column in columns()], 10),
            "/* The upper halves of the layers' widths; the lower halves are 0. Layers 0 and 1 are the residual. */",
            array(f"somemem_d_u32 somemem_d_width[{tables.LAYERS}]", widths, 10),
            "/* The strips: left edge, width, base and height, as the bits of doubles. */",
            array(f"somemem_d_u64 somemem_d_strips[{4 * len(cover)}]", strips, 4),
            f"#define SOMEMEM_D_TAIL_START {bits(tail)}",
            f"#define SOMEMEM_D_TAIL_SCALE {bits(slot * tail / tables.density(tail))}",
            "",
        ]
    )


def main():
    before, begin, rest = HEADER.read_text().partition(BEGIN)
    old, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{HEADER} lacks the lines that enclose the tables")
    new = text()
    if sys.argv[1:] != ["--check"]:
        HEADER.write_text(before + begin + new + end + after)
    elif old != new:
        sys.exit("the tables in include/somemem_device.h differ from their formulas: run python3 src/device_tables.py")


if __name__ == "__main__":
    main()
