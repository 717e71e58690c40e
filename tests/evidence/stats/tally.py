"""Counts of samples: tally.c's structs as NumPy arrays."""

import ctypes

import numpy

from . import native
from .cuts import FOLDS, SCALES, SQUARE_BLOCKS, SUM_BINS, TAILS

CHUNK = 16384
UNIT = 2**22  # samples that one thread counts before its counts are merged
PAIR_LAGS, TRIPLE_LAGS = (1, 2, 4, 8, 16, 64), (1, 2, 8, 64)
SUM_BLOCKS = (64, 1024)
RATIOS, FACE, LOW_BITS, LOW = 32, 8, 8, 256
CLASSES, BINADES, BINADE_OFFSET = 16, 64, 8
FAR, SLICE, SLICE_FOLDS, KEPT = 16, 0x5000, 32, 32768

SHAPES = {
    "bins": (2 * FOLDS,),
    "low by class": (CLASSES, LOW),
    "low by binade": (BINADES, LOW),
    "tails": (2, TAILS),
    "pairs": (len(PAIR_LAGS), 2, 8 * RATIOS),
    "triples": (len(TRIPLE_LAGS), 2, 24 * FACE**2),
    "squares": (len(SQUARE_BLOCKS), 2, SUM_BINS),
    "sums": (len(SUM_BLOCKS), 2, SUM_BINS),
    "off lattice": (1,),
    "far number": (1,),
    "slice number": (1,),
}
LISTS = ("far", "slice")
TOGETHER = ("pairs", "triples", "squares", "sums")


def _array(kind, shape):
    for length in reversed(shape):
        kind *= length
    return kind


class _Tally(ctypes.Structure):
    _fields_ = [(name, _array(ctypes.c_uint32, shape)) for name, shape in SHAPES.items()]
    _fields_ += [(name, ctypes.c_double * KEPT) for name in LISTS]


assert ctypes.sizeof(_Tally) == native.tally_size()


class Tally:
    """The counts of a unit's samples: of single samples and of groups, or only of single samples, which is faster. The
    counters have 32 bits, so one tally takes one unit at most."""

    def __init__(self, together=True):
        self.counts = _Tally()
        self.phase = 0
        self.together = together

    def add(self, chunk):
        native.tally_chunk(
            ctypes.byref(self.counts), ctypes.byref(SCALES), native.data(chunk), chunk.size, self.phase, self.together
        )
        self.phase = 1 - self.phase

    def totals(self):
        found = {name: numpy.ctypeslib.as_array(getattr(self.counts, name)).astype(numpy.int64) for name in SHAPES if self.together or name not in TOGETHER}
        for name in LISTS:
            number = min(int(found[f"{name} number"][0]), KEPT)
            found[name] = numpy.array(getattr(self.counts, name)[:number])
        return found


def merged(totals, more):
    """The totals of both. Lists of samples are concatenated, all other counts are added. `totals` is changed."""
    for name, array in more.items():
        if name not in totals:
            totals[name] = array
        elif name in LISTS:
            totals[name] = numpy.concatenate([totals[name], array])
        else:
            totals[name] += array
    return totals
