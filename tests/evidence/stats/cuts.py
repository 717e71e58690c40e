"""The edges of the bins, and the probabilities of cells that are not equally likely."""

import ctypes

import numpy
from scipy.special import chdtri, erfc, erfcinv, erfinv

FOLDS, TAILS, SUM_BINS = 32768, 64, 256
SQUARE_BLOCKS = (2, 8, 64, 1024)


def folded_quantiles(probabilities):
    """The x for which P(|X| < x) is the given probability, to 2 units of the last place. The smaller of the two tails is inverted."""
    near = numpy.sqrt(2) * erfinv(numpy.minimum(probabilities, 0.5))
    far = numpy.sqrt(2) * erfcinv(numpy.minimum(1 - probabilities, 0.5))
    return numpy.where(probabilities <= 0.5, near, far)


# The inner edges of the bins of |x|, the ends of the tails of probability 2^-k, and the edges of sums of squares.
FOLD_EDGES = folded_quantiles(numpy.arange(1, FOLDS) / FOLDS)
TAIL_EDGES = numpy.sqrt(2) * abs(erfcinv(0.5 ** numpy.arange(TAILS)))
SQUARE_EDGES = {m: chdtri(m, 1 - numpy.arange(1, SUM_BINS) / SUM_BINS) for m in SQUARE_BLOCKS}


class Cuts(ctypes.Structure):
    """struct cuts of tally.c."""

    _fields_ = [("edge", ctypes.c_void_p), ("bin", ctypes.c_void_p)]
    _fields_ += [("scale", ctypes.c_double), ("last_cell", ctypes.c_double)]

    def __init__(self, edges):
        scale = 2.0 ** numpy.ceil(-numpy.log2(numpy.diff(edges, prepend=0).min()))
        grid = numpy.arange(int(edges[-1] * scale) + 2)
        self.edges = numpy.append(edges, numpy.inf)
        self.bins = numpy.searchsorted(edges, grid / scale, side="right").astype(numpy.uint16)
        assert numpy.diff(self.bins.astype(int)).max() <= 1
        super().__init__(self.edges.ctypes.data, self.bins.ctypes.data, scale, grid[-1])


class Scales(ctypes.Structure):
    """struct scales of tally.c."""

    _fields_ = [("folds", Cuts), ("squares", Cuts * len(SQUARE_BLOCKS)), ("tail", ctypes.c_void_p)]


_parts = [Cuts(FOLD_EDGES), *map(Cuts, SQUARE_EDGES.values())]
SCALES = Scales(_parts[0], (Cuts * len(SQUARE_BLOCKS))(*_parts[1:]), TAIL_EDGES.ctypes.data)


def between(low, high):
    """P(low <= |X| < high)."""
    return erfc(low / numpy.sqrt(2)) - erfc(high / numpy.sqrt(2))


def pair_probabilities(ratios):
    """The probabilities of the cells of count_pairs(): each is an angle within an eighth of a circle, given by its tangent."""
    angles = numpy.arctan(numpy.arange(ratios + 1) / ratios)
    return numpy.tile(numpy.diff(angles) / (2 * numpy.pi), 8)


def triple_probabilities(parts):
    """The probabilities of the cells of count_triples(). The solid angle of [0, u] x [0, v] at the
    distance 1 is atan(u v / sqrt(1 + u^2 + v^2)). A face of the cube has 4 such quarters."""
    u, v = numpy.meshgrid(*2 * [numpy.arange(parts + 1) / parts])
    angles = numpy.arctan(u * v / numpy.sqrt(1 + u**2 + v**2))
    cells = numpy.diff(numpy.diff(angles, axis=0), axis=1)
    return numpy.tile(cells.ravel() / (4 * numpy.pi), 24)
