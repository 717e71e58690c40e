"""Broken samplers and broken sequences, each with the tests that must find it. A test that cannot fail proves nothing."""

from dataclasses import dataclass

import numpy

from . import battery, engine, native, sources
from .correlations import Correlated, library_draw, one_bit_apart
from .cuts import SQUARE_BLOCKS
from .groups import Counted
from .tally import PAIR_LAGS, SUM_BLOCKS, TRIPLE_LAGS

FOUND = 1e-12
# With some 2^30 samples the tests find a flaw even in the textbook's ziggurat. Its tail is a sum that is rounded twice, so
# its last bit is even too often.
SAMPLES = 2**24
# The factor for flaws that are slighter or rarer.
SLIGHT = 4
SEED, STREAM = 20, 26


@dataclass
class Flaw:
    """`tests` are beginnings of tests' names. For each of them one p-value must be below FOUND. Without tests this
    is no flaw, and no p-value may be suspicious."""

    group: object
    tests: tuple = ()

    @property
    def name(self):
        return self.group.name


# --- Samplers: broken.c, in the order of its enumeration


class Broken(sources.Layered):
    def __init__(self, flaw):
        super().__init__(numpy.array(native.broken_widths))
        self.flaw = flaw

    def __call__(self, out, first):
        native.broken_fill(native.data(out), native.data(self.layer), out.size, first, self.flaw)
        self.add(out)


def samplers():
    listed = [
        ("ziggurat without a flaw",),
        ("layer from the value's bits", "low bits of uniforms by layer"),
        ("layer from the value's bits, 32-bit", "low bits by magnitude", "low bits by binade", "low bits of samples"),
        ("tail on the highest layer", "tail bin,", "tail bins", "bins", "Anderson-Darling"),
        ("never negative", "signs", "bins", "mirror", "Anderson-Darling"),
        ("tail without a sign", "tail bins", "mirror"),
        ("wedge off by one", "bins"),
        ("24-bit magnitudes", "repeats slice"),
        ("31-bit magnitudes", "repeats slice"),
        ("inversion without a flaw",),
        ("inversion of 32 bits", "repeats far", "repeats slice"),
    ]
    for flaw, (name, *tests) in enumerate(listed):
        # The more bits a value has, the rarer are repeats.
        share = {"24-bit magnitudes": 4, "31-bit magnitudes": 24, "inversion of 32 bits": 6}.get(name, 1)
        yield Flaw(Counted(name, lambda flaw=flaw: Broken(flaw), share, lattice=False, together=share == 1), tuple(tests))


# --- Sequences: correct samples in a wrong order or dependence


class Changed:
    """The library's noise, changed chunk by chunk. MARGIN more samples are drawn so that the change can look ahead."""

    MARGIN = 2 * 64

    def __init__(self, change):
        self.change, self.draw = change, sources.Sequence(SEED, STREAM)

    def __call__(self, out, first):
        drawn = numpy.empty(out.size + self.MARGIN)
        self.draw(drawn, first)
        out[:] = self.change(drawn)[: out.size]


def correlated(x, lag, r=0.01):
    return numpy.sqrt(1 - r**2) * x[:-lag] + r * x[lag:]


def tied_signs(x, lag):
    """In some of the triples the third sign is the product of the other two. Any two of the signs are independent."""
    groups = x[: x.size // (3 * lag) * 3 * lag].copy().reshape(-1, 3, lag)
    tied = abs(groups[:, 0]) > 2
    signs = numpy.sign(groups[:, 0] * groups[:, 1])
    groups[:, 2] = numpy.where(tied, signs * abs(groups[:, 2]), groups[:, 2])
    return numpy.append(groups.ravel(), x[groups.size :])


def sorted_blocks(x, size, by, part=8):
    """Neighbouring blocks exchange some of their samples, so that the second block gets the larger ones. The samples
    are the same, in another order."""
    blocks = x[: x.size // (2 * size) * 2 * size].reshape(-1, 2, size).copy()
    chosen = blocks[:, :, :: min(part, max(size // 2, 1))]
    order = numpy.argsort(by(chosen), axis=1)
    chosen[:] = numpy.take_along_axis(chosen, order, axis=1)
    return numpy.append(blocks.ravel(), x[blocks.size :])


def cut_off(x):
    return numpy.where(abs(x) > 4.9, x / 2, x)


def one_ulp_off(out, first):
    """Changes one sample of a box in each chunk by an ulp."""
    sources.Sequence(SEED, STREAM)(out, first)
    inside = numpy.flatnonzero((abs(out) > 0.5) & (abs(out) < 1))[0]
    out[inside] = numpy.nextafter(out[inside], 9.0)


@native.fill_type
def fill_from_even(out, number, seed, stream, first):
    """Fills from the even index at or below `first`."""
    return native.fill(out, number, seed, stream, first & ~1)


class RunsRepeat(sources.Runs):
    """Every 64th sample repeats the sample before it."""

    def __call__(self, out, first):
        super().__call__(out, first)
        out[64::64] = out[63:-1:64]


def sequences():
    def changed(name, change, *tests, share=1, together=True):
        return Flaw(Counted(name, lambda: Changed(change), share, together=together), tests)

    for lag in PAIR_LAGS:
        yield changed(f"correlated at lag {lag}", lambda x, lag=lag: correlated(x, lag), f"pairs at lag {lag},", share=SLIGHT)
    for lag in TRIPLE_LAGS:
        yield changed(f"tied signs at lag {lag}", lambda x, lag=lag: tied_signs(x, lag), f"triples at lag {lag},")
    for size in SQUARE_BLOCKS:
        change = lambda x, size=size: sorted_blocks(x, size, abs)  # noqa: E731
        yield changed(f"loud and quiet blocks of {size}", change, f"squares of {size},")
    for size in SUM_BLOCKS:
        change = lambda x, size=size: sorted_blocks(x, size, lambda y: y)  # noqa: E731
        yield changed(f"high and low blocks of {size}", change, f"sums of {size},")
    yield changed("nothing beyond 4.9", cut_off, "farthest", share=2 * SLIGHT, together=False)
    boxes = lambda: sources.Boxes(SEED, STREAM, one_ulp_off)  # noqa: E731
    yield Flaw(Counted("one sample in 16384 an ulp off", boxes, compared=boxes), ("boxes",))
    yield Flaw(Counted("runs from even indices", lambda: sources.Runs(SEED, fill_from_even), 1 / 16), ("runs",))
    yield Flaw(Counted("runs that repeat a sample", lambda: RunsRepeat(SEED)), ("pairs at lag 1,",))


# --- Sequences that depend on each other


def following(key):
    seed, stream = key
    return seed, stream + 1


def leaking(out, key, first, r=0.1):
    """A stream to which a small part of the next stream is added."""
    library_draw(out, key, first)
    other = numpy.empty(out.size)
    library_draw(other, following(key), first)
    out[:] = numpy.sqrt(1 - r**2) * out + r * other


def same_volatility(out, key, first):
    """The magnitudes are correlated with those of the next stream. The signs are not."""
    signs = numpy.empty(out.size)
    library_draw(signs, (key[0] + 1, key[1]), first)
    leaking(out, key, first, r=0.5)
    out[:] = numpy.copysign(out, signs)


def overlapping(out, key, first):
    """Stream s is stream 0 from index s on."""
    library_draw(out, (key[0], 0), first + key[1])


def bit_ignored(out, key, first):
    library_draw(out, (key[0] & ~(1 << 37), key[1]), first)


class LeakingInTurn:
    """Streams in turn. A small part of the next stream is added to each."""

    def __init__(self, ways, r=0.01):
        self.draw, self.next = (sources.Interleaved(ways, "streams", SEED, STREAM + n) for n in (0, 1))
        self.r = r

    def __call__(self, out, first):
        other = numpy.empty(out.size)
        self.draw(out, first)
        self.next(other, first)
        out[:] = numpy.sqrt(1 - self.r**2) * out + self.r * other


def neighbours():
    def streams(name, draw, *tests):
        return Flaw(Correlated(name, [(SEED, n) for n in range(256)], 1, draw), tests)

    def both(what):
        return tuple(f"{kind}, {what}" for kind in ("largest correlation", "all correlations"))

    yield streams("streams leak", leaking, *both("values at the same index"))
    yield streams("streams share magnitudes", same_volatility, *both("squares at the same index"))
    yield streams("streams overlap", overlapping, *both("values one index apart"), *both("squares one index apart"))
    keys = one_bit_apart(SEED, STREAM)
    yield Flaw(Correlated("a key bit ignored", keys, 1, bit_ignored), both("values at the same index"))
    for ways in (2, 16, 1024):
        group = Counted(f"{ways} streams in turn, leaking", lambda ways=ways: LeakingInTurn(ways), share=2 * SLIGHT if ways == 16 else SLIGHT)
        yield Flaw(group, ("pairs at lag 1,",))


def every():
    library = Counted("this library", lambda: sources.Boxes(SEED, STREAM))
    # Samples as small as this test needs are rare.
    foreign = Counted("a ziggurat taken for this library", lambda: Broken(0), share=8 * SLIGHT, together=False)
    return [Flaw(library), *samplers(), Flaw(foreign, ("known limit, grid",)), *sequences(), *neighbours()]


# --- Which test finds which flaw


@dataclass
class Verdict:
    """The result of a test that is named for a flaw. Without a flaw it is the least p-value of all tests."""

    flaw: Flaw
    test: str
    least: float

    @property
    def right(self):
        return self.least < FOUND if self.flaw.tests else self.least > battery.SUSPICIOUS


def verdicts(flaw, figures):
    for test in flaw.tests:
        found = min((figure for figure in figures if figure.test.startswith(test)), key=lambda figure: figure.p)
        yield Verdict(flaw, test.rstrip(","), found.p)
    if not flaw.tests:
        found = min(figures, key=lambda figure: figure.least)
        yield Verdict(flaw, f"none; least: {found.test}", found.least)


def matrix(flaws, samples=SAMPLES, report=engine.silent):
    """The verdicts for these flaws."""
    state = engine.State()
    engine.Run([flaw.group for flaw in flaws], samples, state, report).run()
    found = []
    for flaw in flaws:
        found += verdicts(flaw, list(flaw.group.figures(state.totals[flaw.name])))
    return found
