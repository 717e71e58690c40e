"""Correlations between sequences, of values and of squares, at the same index and one index apart. A product of matrices
gives those of all pairs at once."""

import numpy

from . import native
from .battery import Figure
from .distributions import any_of, chi_square_tails, edgeworth_above

UNIT = 2**22  # samples of all sequences together


def one_bit_apart(seed, stream):
    """A key, and the 128 keys that differ from it in one bit."""
    flips = [1 << n for n in range(64)]
    return [(seed, stream), *((seed ^ flip, stream) for flip in flips), *((seed, stream ^ flip) for flip in flips)]


def library_draw(out, key, first):
    assert native.fill(native.data(out), out.size, *key, first) == 0


class Correlated:
    def __init__(self, name, keys, share, draw=library_draw):
        self.name, self.keys, self.share, self.draw = name, keys, share, draw
        self.length = UNIT // 2 ** (len(keys) - 1).bit_length()

    def units(self, samples):
        return max(1, int(samples * self.share) // UNIT)

    def count(self, unit):
        x = numpy.empty((len(self.keys), self.length))
        for row, key in zip(x, self.keys):
            self.draw(row, key, unit * self.length)
        totals = {"length": numpy.array([self.length - 1])}
        for name, values in (("values", x), ("squares", x**2 - 1)):
            left, right = values[:, 1:], values[:, :-1]
            totals[f"{name} at the same index"] = left @ left.T
            totals[f"{name} one index apart"] = left @ right.T
            totals[f"{name} sums"] = numpy.stack([side.sum(axis=1) for side in (left, right)])
            totals[f"{name} square sums"] = numpy.stack([(side**2).sum(axis=1) for side in (left, right)])
        return totals

    def samples(self, totals):
        return int(totals["length"][0]) * len(self.keys)

    def figures(self, totals):
        length, number = totals["length"][0], len(self.keys)
        above = numpy.triu_indices(number, 1)
        apart = numpy.nonzero(~numpy.eye(number, dtype=bool))
        # Third and fourth cumulants of a sum of `length` terms: products of normal variables, and products of their squares.
        cumulants = {"values": (0, 0), "squares": (8 / length**0.5, 144 / length)}
        for name in cumulants:
            for where, pairs, right in (("at the same index", above, 0), ("one index apart", apart, 1)):
                sums, squares = totals[f"{name} sums"], totals[f"{name} square sums"]
                covariances = totals[f"{name} {where}"] - numpy.outer(sums[0], sums[right]) / length
                deviations = numpy.sqrt(squares - sums**2 / length)
                r = (covariances / numpy.outer(deviations[0], deviations[right]))[pairs]
                yield from self.judge(f"{name} {where}", r, pairs, length, cumulants[name])

    def judge(self, name, r, pairs, length, cumulants):
        """Pearson's r times the root of the length is nearly N(0,1). If two pairs share a sequence, their r are
        still uncorrelated, and so are the squares of r, because each sequence is divided by its own deviation."""
        z = r * numpy.sqrt(length - 1)
        skewness, kurtosis = cumulants
        most = abs(z).argmax()
        one = edgeworth_above(abs(z[most]), skewness, kurtosis) + edgeworth_above(abs(z[most]), -skewness, kurtosis)
        p = any_of(min(max(one, 0.0), 1.0), z.size)
        left, right = (self.keys[side[most]] for side in pairs)
        seen = f"r = {r[most]:.2g}, {abs(z[most]):.2f} standard errors, {left} and {right}, of {z.size} pairs"
        yield Figure(f"largest correlation, {name}", p, 1 - p, seen)
        yield Figure(f"all correlations, {name}", *chi_square_tails((z**2).sum(), z.size))
