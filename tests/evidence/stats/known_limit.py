"""The known limit of the library's samples: the low bits of small ones are not uniform. Their distribution is computed here, and the
samples are tested against it.

A box's sample u * width is (2 k + 1) * 2^-53 * width, where the width is an odd number of 21 bits times a power of two. So it is an
odd multiple of 2^-72, 2^-73, 2^-74 or 2^-75, according to the width's binade, before it is rounded to 53 bits. In the binade from
2^-q on, doubles are multiples of 2^-(q+52). If these are no coarser than the product's grid, nothing is rounded, and the last bits of
the double are a one and zeros. If they are coarser by one bit, all products are ties, which are rounded to even. Down to 2^-18 no
width is large enough for either. (Any sampler that multiplies by a uniform number of so many bits has such a limit; 1 sample in
330,000 is below it.) Samples of the residual, 3 % of the small ones, have random low bits."""

import functools
import math

import numpy
import twin
from scipy.special import gammainc, gammaincc

from . import tally
from .cuts import between
from .distributions import LEAST, chi_square, two_sided

FIRST = 19  # the first binade in which boxes have a limit: from 2^-19 up to 2^-18
LAST = 40
FINEST = 75  # all boxes' samples are multiples of 2^-75
RANDOM_BITS = 12  # of the residual's samples
NONE = numpy.full(tally.LOW, 1 / tally.LOW)


def shares():
    """{l: share}: the share of the density near 0 that is on odd multiples of 2^-l. f(0) = 1, and a box
    contributes the density v / width."""
    found = {}
    for width in twin.WIDTH[2:]:
        grid = 73 - int(numpy.floor(numpy.log2(width)))
        found[grid] = found.get(grid, 0) + float(twin.V) / width
    return found


def low_bits(zeros):
    """The distribution of the low bits of a number with so many zeros behind its last one bit. 0 means an odd
    number. -1 means that one bit was lost: a tie, rounded to even. If more bits were lost, all values are equally
    likely."""
    values = numpy.arange(tally.LOW)
    if zeros >= tally.LOW_BITS:
        possible = values == 0
    elif zeros >= 0:
        possible = (values & -values) == 1 << zeros if zeros else values % 2 == 1
    else:
        possible = values % 2 == 0 if zeros == -1 else values >= 0
    return possible / possible.sum()


@functools.cache
def predicted(low, high):
    """The distribution of the low bits of samples with low <= |x| < high."""
    edges = sorted({max(low, 2.0**-LAST), *(2.0**-q for q in range(-3, LAST) if low < 2.0**-q < high), min(high, 8.0)})
    found = numpy.zeros(tally.LOW)
    for start, end in zip(edges, edges[1:]):
        binade = -math.floor(math.log2(start))
        boxes = sum(share * low_bits(binade + 52 - grid) for grid, share in shares().items())
        found += between(start, end) * (boxes + (1 - sum(shares().values())) * NONE)
    return found / found.sum()


def zeros(counts):
    """Counts by the number of zeros behind the last one bit."""
    values = numpy.arange(tally.LOW)
    values[0] = tally.LOW
    behind = numpy.log2(values & -values).astype(int)
    return numpy.bincount(behind, counts, tally.LOW_BITS + 1)


def compared(counts, probabilities):
    """Compares all values of the low bits if there are enough samples, otherwise the numbers of zeros behind the last one bit."""
    if counts.sum() < LEAST * tally.LOW:
        counts, probabilities = zeros(counts), zeros(probabilities)
    return chi_square(counts, probabilities)


def table(by_binade):
    """(binade, samples, both tails if all low bits were equally likely, both tails as predicted), for binades with enough samples."""
    number = by_binade.sum()
    for binade in range(-2, LAST):
        counts, ends = by_binade[binade + tally.BINADE_OFFSET], (2.0**-binade, 2.0 ** (1 - binade))
        if min(number * between(*ends), counts.sum()) >= 4 * LEAST:
            yield binade, counts.sum(), compared(counts, NONE), compared(counts, predicted(*ends))


def figures(figure, by_binade, off_grid):
    for binade, number, _, tails in table(by_binade):
        if binade >= FIRST:
            yield figure(f"known limit, low bits at 2^-{binade}", *tails, f"{number} samples")
    # A sample that is no multiple of 2^-75 is one of the residual, with a random bit below 2^-75.
    below = numpy.clip(numpy.arange(by_binade.shape[0]) - tally.BINADE_OFFSET + 52 - FINEST, 0, RANDOM_BITS)
    expected = (1 - sum(shares().values())) * (by_binade.sum(axis=1) * (1 - 0.5**below)).sum()
    # Poisson's probabilities of so many or fewer, and of so many or more.
    tails = two_sided(gammaincc(off_grid + 1, expected), gammainc(off_grid, expected) if off_grid else 1.0)
    yield figure("known limit, grid", *tails, f"{off_grid} samples off it, {expected:.1f} expected")
