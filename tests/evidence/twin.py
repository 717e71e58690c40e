"""A second implementation of docs/value-spec.md, written from its text alone. It is there to be read, and to be compared with the library.

Python's and NumPy's floats are binary64 without fused operations, so the values agree with the library's to the last bit."""

import itertools
import math
import struct
from bisect import bisect_left
from decimal import Decimal, getcontext
from fractions import Fraction

import numpy
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

# --- Blocks and bits


def encryptor(seed, stream):
    return Cipher(algorithms.AES128(struct.pack("<QQ", seed, stream)), modes.ECB()).encryptor()


def block(encrypt, b, a):
    return struct.unpack("<QQ", encrypt.update(struct.pack("<QQ", b, a)))


def first_words(encrypt, first, number):
    """The first words of so many elements. All blocks are encrypted at once, which is much faster than one by one."""
    counters = numpy.zeros(((first + number + 1) // 2 - first // 2, 2), "<u8")
    counters[:, 0] = numpy.arange(len(counters), dtype="u8") + numpy.uint64(first // 2)
    words = numpy.frombuffer(encrypt.update(counters.tobytes()), "<u8")
    return words[first % 2 :][:number].tolist()


def uniform(word):
    return (2 * (word & (1 << 52) - 1) + 1) / 2**53


def signed(word, magnitude):
    return -magnitude if word >> 63 else magnitude


def finished(words, magnitude):
    return signed(words[0], from_bits(to_bits(magnitude) ^ words[1] >> 52))


# --- The map


def steps(encrypt, index, word):
    """The steps of an element with this first word, as (kind, number, value). The first is the box of a layer, or the
    residual. After the residual come attempts in a strip or the tail. The value of a step that does not settle the
    element is None."""
    layer = word >> 56 & 127
    if layer >= 2:
        yield "box", layer, signed(word, uniform(word) * WIDTH[layer])
        return
    yield "residual", layer, None
    for attempt in itertools.count(1):
        first, second = words = block(encrypt, index, attempt)
        slot, u1, u2 = first >> 52 & 511, uniform(first), uniform(second)
        if slot < MOST_STRIPS:
            kind = "strip"
            left, width, base, height = STRIPS[slot]
            x = left + width * u1
            accepted = base + height * u2 < exp_of_minus((x * x) * 0.5)
        else:
            kind = "tail"
            d = minus_log(u1) / TAIL_START
            x = TAIL_START + d
            accepted = u2 * TAIL_SCALE < exp_of_minus((d * d) * 0.5)
        yield kind, slot, finished(words, x) if accepted else None
        if accepted:
            return


def element(seed, stream, index):
    encrypt = encryptor(seed, stream)
    *_, (_, _, value) = steps(encrypt, index, *first_words(encrypt, index, 1))
    return value


def elements(seed, stream, first, number):
    """Many elements. The boxes, which settle most of them, are computed all at once."""
    encrypt = encryptor(seed, stream)
    words = first_words(encrypt, first, number)
    array = numpy.array(words, "u8")
    layers = (array >> 56 & 127).astype(int)
    magnitudes = (2 * (array & 2**52 - 1) + 1) / 2.0**53 * numpy.array(WIDTH, float)[layers]
    values = numpy.where(array >> 63, -magnitudes, magnitudes)
    for n in numpy.flatnonzero(layers < 2).tolist():
        *_, (_, _, values[n]) = steps(encrypt, first + n, words[n])
    return values.tolist()


# --- Sums, means and floats


def added(a, scale, x):
    """"Adding". A scale of -0.0 counts as 0.0."""
    return a + ((scale + 0.0) * x)


def normal(mean, scale, x):
    return mean + ((scale + 0.0) * x)


def rounded(doubles):
    """The doubles rounded to floats, as an array. NumPy rounds to nearest, ties to even. The formulas above take a float as the
    double of the same value."""
    with numpy.errstate(over="ignore", under="ignore"):
        return numpy.array(doubles, float).astype(numpy.float32)


# --- E and L


def from_bits(bits):
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


def to_bits(double):
    return struct.unpack("<Q", struct.pack("<d", double))[0]


LN2, LN2_REST, LOG2_E = from_bits(0x3FE62E42FEFA3800), from_bits(0x3D2EF35793C76730), from_bits(0x3FF71547652B82FE)
ROUNDER = from_bits(0x4338000000000000)
SQRT_HALF = from_bits(0x3FE6A09E667F3BCD)
EXP_C = [float(Fraction(1, math.factorial(j + 2))) for j in range(12)]
LOG_C = [float(Fraction(2, 21 - 2 * j)) for j in range(10)]


def exp_of_minus(y):
    """E(y)."""
    z = y * -LOG2_E + ROUNDER
    n = z - ROUNDER
    r = (-y - n * LN2) - n * LN2_REST
    r2 = r * r
    r4 = r2 * r2
    p = [EXP_C[j] + EXP_C[j + 1] * r for j in range(0, 12, 2)]
    low, middle, high = p[0] + p[1] * r2, p[2] + p[3] * r2, p[4] + p[5] * r2
    tail = low + (middle + high * r4) * r4
    return math.ldexp((tail * r2 + r) + 1, int(n))


def minus_log(u):
    """L(u)."""
    q, e = math.frexp(u)
    if q < SQRT_HALF:
        q, e = 2 * q, e - 1
    g = q - 1
    s = g / (g + 2)
    z = s * s
    h = LOG_C[0]
    for c in LOG_C[1:]:
        h = h * z + c
    k = s * (g - h * z) - e * LN2_REST
    return (k - g) - e * LN2


# --- The tables, from their definitions

getcontext().prec = 60
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494")
V = (PI / 2).sqrt() / 128
MOST_STRIPS = 511


def f(x):
    return (-x * x / 2).exp()


def boxes():
    """Widths and tops of the boxes, the lowest first."""

    def width(m):
        """The double whose upper 32 bits are 2 m + 1 and whose lower 32 bits are 0. So it has 21 significant bits, the last of them 1."""
        return Decimal(from_bits((2 * m + 1) << 32))

    def too_wide(m):
        return h + V / width(m) > f(width(m))

    # The room above a box, f(w) - h - V / w, is greatest at a width of 0.2156, for every h. If a box does not fit there,
    # none fits. From that width on, boxes fit up to some width, and none fits beyond it.
    roomiest, m, h, found = 0x3FCB98C7 // 2, 0x40200001 // 2, Decimal(0), []
    while not too_wide(roomiest):
        m = bisect_left(range(m + 1), True, lo=roomiest, key=too_wide) - 1
        h += V / width(m)
        found.append((width(m), h))
    return found


def strips(s):
    """The strips of the area s, and where they end. None if there are too many."""
    left, found, staircase = Decimal(0), [], list(BOXES)
    while len(found) <= MOST_STRIPS:
        while staircase and staircase[-1][0] <= left:
            staircase.pop()
        if not staircase and f(left) / left <= s:
            return found, left
        edge, base = staircase[-1] if staircase else (Decimal("inf"), 0)
        right = min(edge, math.floor((left + s / (f(left) - base)) * 2**20) / Decimal(2**20))
        if right == left:
            return None
        found.append((left, right - left, base, s / (right - left)))
        left = right
    return None


BOXES = boxes()
S = Decimal(bisect_left(range(2**32), True, key=lambda n: strips(Decimal(n) / 2**32) is not None)) / 2**32
EXACT_STRIPS, T = strips(S)

WIDTH = [None, None, *(float(width) for width, _ in BOXES)]
STRIPS = [tuple(map(float, strip)) for strip in EXACT_STRIPS]
TAIL_START, TAIL_SCALE = float(T), float(S * T / f(T))
