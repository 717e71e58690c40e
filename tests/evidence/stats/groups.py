"""The groups that are measured. Each is a source whose samples are counted, or a set of sequences whose correlations are computed."""

import numpy

from . import battery, correlations, sources
from .tally import CHUNK, UNIT, Tally, merged

# Every COMPARED-th unit of a group is compared with OpenSSL's words. The first SLICED units keep their slices, to find repeats.
COMPARED, SLICED = 8, 2**30 // UNIT


class Counted:
    """A source whose samples are counted. `make` makes a new source for each unit, because a unit is counted by one thread."""

    def __init__(self, name, make, share=1, compared=None, lattice=True, together=True):
        self.name, self.make, self.share, self.compared, self.lattice = name, make, share, compared, lattice
        self.together = together

    def units(self, samples):
        return max(1, int(samples * self.share) // UNIT)

    def count(self, unit):
        source = self.compared() if self.compared and unit % COMPARED == 0 else self.make()
        tally, chunk = Tally(self.together), numpy.empty(CHUNK)
        for first in range(unit * UNIT, (unit + 1) * UNIT, CHUNK):
            source(chunk, first)
            tally.add(chunk)
        totals = tally.totals()
        if unit >= SLICED:
            totals["slice"] = totals["slice"][:0]
        return merged(totals, source.totals()) if hasattr(source, "totals") else totals

    def samples(self, totals):
        return int(totals["bins"].sum())

    def figures(self, totals):
        return battery.figures(totals, self.lattice)


def of_the_library(seed):
    """The groups of `make stats`."""
    neighbours = [(ways, which) for which in ("streams", "seeds") for ways in (2, 16, 1024)]
    return [
        Counted(
            "one sequence", lambda: sources.Sequence(seed, 0), compared=lambda: sources.Boxes(seed, 0)
        ),
        *(
            Counted(f"{ways} {which} in turn", lambda a=(ways, which): sources.Interleaved(*a, seed, 1), 1 / 32)
            for ways, which in neighbours
        ),
        Counted("runs from anywhere", lambda: sources.Runs(seed), 1 / 32),
        correlations.Correlated("neighbouring streams", [(seed, n) for n in range(1024)], 1 / 128),
        correlations.Correlated("neighbouring seeds", [(seed + n, 1) for n in range(1024)], 1 / 128),
        correlations.Correlated("keys one bit apart", correlations.one_bit_apart(seed, 2), 1 / 128),
    ]
