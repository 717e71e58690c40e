"""Draws two pictures: a window of a map of 2**32 by 2**32 points, and the same noise as float64 and float32.

The map is a sum of noise on grids of different widths, smoothly interpolated: hills of many sizes. Each grid is a NoiseArray with a stream
of its own. A window needs only the grid points around it, whatever was drawn before. The exit status is 1 if a part of the window has
other bits when it is drawn alone, or if a float32 sample is not the float64 sample, rounded.
"""

import argparse
import sys

import matplotlib
import numpy as np

from somemem import NoiseArray, random_noise

matplotlib.use("agg")
from matplotlib import pyplot  # noqa: E402, after the choice of a backend without windows
from matplotlib.patches import Rectangle  # noqa: E402

SIDE = 2**32
WIDTHS = [256, 128, 64, 32, 16, 8, 4]
EXACT, ROUNDED, GRID = "#000000", "#D55E00", "#E0E0E0"


def heights(seed, top, left, size):
    """The map's window of size by size points whose corner is at (top, left)."""
    window = np.zeros((size, size))
    for stream, width in enumerate(WIDTHS):
        grid = NoiseArray((SIDE // width + 1, SIDE // width + 1), seed=seed, stream=stream)
        rows, columns = (np.arange(corner, corner + size) for corner in (top, left))
        # The grid points around the window; and for each point of the window, its cell and its place in the cell.
        points = grid[rows[0] // width : rows[-1] // width + 2, columns[0] // width : columns[-1] // width + 2]
        i, j = rows // width - rows[0] // width, columns // width - columns[0] // width
        y, x = smooth(rows % width / width)[:, None], smooth(columns % width / width)
        upper = points[np.ix_(i, j)] * (1 - x) + points[np.ix_(i, j + 1)] * x
        lower = points[np.ix_(i + 1, j)] * (1 - x) + points[np.ix_(i + 1, j + 1)] * x
        window += width * (upper * (1 - y) + lower * y)
    return window


def smooth(t):
    """From 0 to 1 without a kink at either end."""
    return t * t * (3 - 2 * t)


def draw_map(seed, size, path):
    top, left = SIDE // 3, SIDE // 5
    inset = size // 8, size // 2, size // 4
    whole = heights(seed, top, left, size)
    alone = heights(seed, top + inset[0], left + inset[1], inset[2])
    figure, axes = pyplot.subplots(1, 2, figsize=(9, 4.6), layout="constrained")
    colours = {"cmap": "terrain", "vmin": whole.min(), "vmax": whole.max()}
    axes[0].imshow(whole, **colours)
    axes[0].add_patch(Rectangle((inset[1], inset[0]), inset[2], inset[2], fill=False, linewidth=1.5))
    axes[0].set_title(f"{size} × {size} points of 2$^{{32}}$ × 2$^{{32}}$")
    axes[1].imshow(alone, **colours)
    axes[1].set_title("the square, drawn alone")
    for side in axes:
        side.set(xticks=[], yticks=[])
    figure.savefig(path, dpi=100)
    return (alone == whole[inset[0] : inset[0] + inset[2], inset[1] : inset[1] + inset[2]]).all()


def draw_types(seed, number, path):
    double = random_noise(number, seed=seed)
    single = random_noise(number, seed=seed, dtype=np.float32)
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    left.hist([double, single], bins=np.linspace(-4, 4, 41), density=True, color=[EXACT, ROUNDED], label=["float64", "float32"])
    left.set(xlabel="sample", ylabel="density", title=f"{number:,} samples, twice")
    left.legend(frameon=False)
    some = slice(0, 5000)
    right.plot(double[some], (single[some] - double[some]) * 2**24, ",", color=ROUNDED)
    right.set(xlabel="float64 sample", ylabel="float32 − float64, in units of 2$^{-24}$", title="they differ by the rounding", xlim=(-4, 4))
    for side in (left, right):
        side.grid(color=GRID)
        side.set_axisbelow(True)
    figure.savefig(path, dpi=100)
    return (single == double.astype(np.float32)).all()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("map", nargs="?", default="endless-map.png", help="where the picture of the map goes")
    parser.add_argument("types", nargs="?", default="float-types.png", help="where the picture of the two types goes")
    parser.add_argument("--size", type=int, default=1024, help="the points of the window's side, a multiple of 8")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    same_window = draw_map(arguments.seed, arguments.size, arguments.map)
    same_samples = draw_types(arguments.seed, 1_000_000, arguments.types)
    print(f"a part of the window, drawn alone: {'the same bits' if same_window else 'OTHER BITS'}")
    print(f"float32 samples: {'the float64 ones, rounded' if same_samples else 'OTHER ONES'}")
    return 0 if same_window and same_samples else 1


if __name__ == "__main__":
    sys.exit(main())
