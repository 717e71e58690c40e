"""The known answers of value specification 1, by the second implementation (twin.py): `known_answers.py txt`, `h`, `add` and `f32`
print the files in tests/known_answers/. The files are frozen. If the output differs from them, this program or twin.py is wrong.

    sha256 SEED STREAM FIRST DIGEST     of 2^20 doubles from index FIRST on, as little-endian bytes
    element SEED STREAM INDEX BITS      the bits of one double

Results of `random_noise_add` on a signal, with the bits of doubles in hexadecimal:

    sha256 SEED STREAM FIRST STDDEV DIGEST           of 2^16 doubles; the n-th was (n mod 1024 - 512) / 64
    element SEED STREAM INDEX STDDEV BEFORE AFTER    one double

Results of other functions. Each line begins with the function's name, and floats are given as their bits:

    random_noise_fill_f32 sha256 SEED STREAM FIRST DIGEST                  of 2^20 floats
    random_noise_fill_f32 element SEED STREAM INDEX BITS
    random_noise_add[_f32] sha256 SEED STREAM FIRST SCALE DIGEST           of 2^16, the n-th as above
    random_noise_add[_f32] element SEED STREAM INDEX SCALE BEFORE AFTER
    random_noise_normal[_f32] sha256 SEED STREAM FIRST MEAN SCALE DIGEST   of 2^16
    random_noise_normal[_f32] element SEED STREAM INDEX MEAN SCALE BITS"""

import functools
import hashlib
import math
import struct
import sys

import numpy
import twin

CHECKSUM_LENGTH = 2**20
LAST = 2**64 - 1
PAIRS = [(0, 0), (1, 0), (0, 1), (LAST, LAST), (42, 7), (7, 42), (2**63, 1), (0x0123456789ABCDEF, 0xFEDCBA9876543210)]
FURTHER_ON = [(0, 0, 1), (1, 0, 2**32 - 3), (42, 7, 2**33 - 12345), (LAST, 0, LAST - CHECKSUM_LENGTH + 1)]


def drawn_once(answers):
    """Draws once for all files, because the second implementation takes some seconds."""
    return functools.cache(lambda: list(answers()))


@functools.cache
def ranges_drawn():
    return [
        (seed, stream, first, numpy.array(twin.elements(seed, stream, first, CHECKSUM_LENGTH)))
        for seed, stream, first in [(*pair, 0) for pair in PAIRS] + FURTHER_ON
    ]


def digest_of(values):
    """The digest of doubles or floats, as little-endian bytes."""
    return hashlib.sha256(values.astype(f"<f{values.itemsize}").tobytes()).hexdigest()


def checksums():
    for seed, stream, first, values in ranges_drawn():
        yield seed, stream, first, digest_of(values)


@drawn_once
def elements():
    """The first and last elements of each pair. From the sequence (0, 0) also one element of each box, and rare ones:
    of the tail, and with four or more attempts."""
    for seed, stream in PAIRS:
        for index in (0, 1, 2, 3, 2**32, LAST - 1, LAST):
            yield seed, stream, index, twin.element(seed, stream, index)
    encrypt, boxes = twin.encryptor(0, 0), set()
    for index, word in enumerate(twin.first_words(encrypt, 4, 2**17), 4):
        *before, (kind, number, value) = twin.steps(encrypt, index, word)
        if kind == "tail" or len(before) > 4 or kind == "box" and number not in boxes:
            boxes.add(number)
            yield 0, 0, index, value


def bits(value):
    return struct.pack(">d", value).hex()


def float_bits(value):
    return struct.pack(">f", value).hex()


def text():
    yield "# Known answers of somemem's value specification 1 (docs/value-spec.md)."
    yield "# sha256 SEED STREAM FIRST DIGEST: of 2^20 doubles from index FIRST on, as little-endian bytes."
    yield "# element SEED STREAM INDEX BITS: the bits of one double."
    yield from (f"sha256 {seed} {stream} {first} {digest}" for seed, stream, first, digest in checksums())
    yield from (f"element {seed} {stream} {index} {bits(value)}" for seed, stream, index, value in elements())


def header():
    yield "/* Known answers of somemem's value specification 1 (docs/value-spec.md). */"
    yield "#include <stdint.h>"
    yield ""
    yield "/* SHA-256 of 2^20 doubles from index `first` on, as little-endian bytes. */"
    yield "static const struct { uint64_t seed, stream, first; const char *sha256; } known_checksums[] = {"
    for seed, stream, first, digest in checksums():
        yield f"  {{UINT64_C({seed}), UINT64_C({stream}), UINT64_C({first}),"
        yield f'   "{digest}"}},'
    yield "};"
    yield ""
    yield "/* The bits of single doubles. */"
    yield "static const struct { uint64_t seed, stream, index, bits; } known_elements[] = {"
    for seed, stream, index, value in elements():
        yield f"  {{UINT64_C({seed}), UINT64_C({stream}), UINT64_C({index}), UINT64_C(0x{bits(value)})}},"
    yield "};"


ADDED_LENGTH = 2**16
SIGNAL = [(n % 1024 - 512) / 64 for n in range(ADDED_LENGTH)]


def added_checksums():
    """The sequences and ranges of the other files, with the deviations in turn. 1e308 gives infinities, 1e-310 subnormal products."""
    deviations = [0.1, 1.0, 3.0, 0.0, -0.0, 1e-310, 1e308]
    ranges = [(*pair, 0) for pair in PAIRS] + [(0, 0, 1), (1, 0, 2**32 - 3), (42, 7, 2**33 - 12345), (LAST, 0, LAST - ADDED_LENGTH + 1)]
    for n, (seed, stream, first) in enumerate(ranges):
        stddev = deviations[n % len(deviations)]
        values = [twin.added(a, stddev, x) for a, x in zip(SIGNAL, twin.elements(seed, stream, first, ADDED_LENGTH))]
        yield seed, stream, first, stddev, hashlib.sha256(struct.pack(f"<{ADDED_LENGTH}d", *values)).hexdigest()


def added_elements():
    """An element of a box, of a strip, of a late attempt and of the tail. Each is added to both zeros, to numbers of several sizes,
    and to the negative of the product, where the sum is 0.0."""
    # docs/value-spec.md says which elements come from where.
    for index in (0, 1, 5, 402, 150520, 4498, 32625):
        x = twin.element(0, 0, index)
        for stddev in (0.0, -0.0, 5e-324, 1e-310, 0.1, 1.0, 1e308):
            for before in (0.0, -0.0, 5e-324, -1e-310, 1.0, -1e6, 1.7e308, -(stddev * x)):
                after = twin.added(before, stddev, x)
                # The specification does not say which bits a NaN has.
                if after == after:
                    yield 0, 0, index, stddev, before, after


def added_text():
    yield "# Known answers of random_noise_add by somemem's value specification 1 (docs/value-spec.md); doubles are their bits."
    yield "# sha256 SEED STREAM FIRST STDDEV DIGEST: of 2^16 doubles as little-endian bytes; the n-th was (n mod 1024 - 512) / 64."
    yield "# element SEED STREAM INDEX STDDEV BEFORE AFTER: one double."
    for seed, stream, first, stddev, digest in added_checksums():
        yield f"sha256 {seed} {stream} {first} {bits(stddev)} {digest}"
    for seed, stream, index, *doubles in added_elements():
        yield f"element {seed} {stream} {index} {' '.join(map(bits, doubles))}"


SETTLED = (0, 5, 402, 4498)  # in a box, in a strip, by a late attempt, in the tail
SMALL_FLOAT, LARGE_FLOAT = 1e-40, 3.4e38


def transformed_ranges():
    """The first 2^16 elements of each range of the other files. Of the last range, the last 2^16."""
    for seed, stream, first, values in ranges_drawn():
        skipped = len(values) - ADDED_LENGTH if first + CHECKSUM_LENGTH > LAST else 0
        yield seed, stream, first + skipped, values[skipped:][:ADDED_LENGTH]


def added_answers(name, kind, befores, scales):
    """A float result is the rounded double of the formula. A float in the formula counts as the double of the same value."""
    narrow, in_bits = (twin.rounded, float_bits) if kind == "f4" else (numpy.array, bits)
    signal = narrow(SIGNAL)
    for n, (seed, stream, first, values) in enumerate(transformed_ranges()):
        scale = scales[n % len(scales)]
        sums = narrow([twin.added(a, scale, x) for a, x in zip(signal.tolist(), values.tolist())])
        yield f"{name} sha256 {seed} {stream} {first} {bits(scale)} {digest_of(sums)}"
    for index in SETTLED:
        x = twin.element(0, 0, index)
        for scale in scales:
            opposite = narrow([-(scale * x)])[0]
            for before in [*narrow(befores).tolist(), *[float(opposite)] * bool(numpy.isfinite(opposite))]:
                after = narrow([twin.added(before, scale, x)])[0]
                yield f"{name} element 0 0 {index} {bits(scale)} {in_bits(before)} {in_bits(after)}"


def between_floats():
    """Sums with 1 that are half-way between two floats after they are rounded to doubles. Before that, not all of them are."""
    name = "random_noise_add_f32"
    for index in SETTLED:
        x = twin.element(0, 0, index)
        for units in (1, 3, 1 + 2**-52, 1 - 2**-53, 1 + 2**-20, -0.5):
            product = units * 2**-24
            for scale in (product / x, math.nextafter(product / x, math.inf), math.nextafter(product / x, -math.inf)):
                after = twin.rounded([twin.added(1.0, scale, x)])[0]
                yield f"{name} element 0 0 {index} {bits(scale)} {float_bits(1.0)} {float_bits(after)}"


def normal_answers(name, kind, means, scales):
    narrow, in_bits = (twin.rounded, float_bits) if kind == "f4" else (numpy.array, bits)
    pairs = [(mean, scale) for mean in means for scale in scales]
    for n, (seed, stream, first, values) in enumerate(transformed_ranges()):
        mean, scale = pairs[n * 7 % len(pairs)]
        results = narrow([twin.normal(mean, scale, x) for x in values.tolist()])
        yield f"{name} sha256 {seed} {stream} {first} {bits(mean)} {bits(scale)} {digest_of(results)}"
    for index in SETTLED:
        x = twin.element(0, 0, index)
        for mean, scale in pairs:
            result = narrow([twin.normal(mean, scale, x)])[0]
            yield f"{name} element 0 0 {index} {bits(mean)} {bits(scale)} {in_bits(result)}"


def float_text():
    yield "# Known answers by somemem's value specification 1 (docs/value-spec.md): floats, negative scales, mean and scale."
    yield "# Scales and means are the bits of doubles; BEFORE, AFTER and BITS those of the function's type."
    yield "# Digests are of little-endian bytes."
    yield "# random_noise_fill_f32 sha256 SEED STREAM FIRST DIGEST: of 2^20 floats."
    yield "# random_noise_fill_f32 element SEED STREAM INDEX BITS: one float."
    yield "# random_noise_add[_f32] sha256 SEED STREAM FIRST SCALE DIGEST: of 2^16 numbers; the n-th was (n mod 1024 - 512) / 64."
    yield "# random_noise_add[_f32] element SEED STREAM INDEX SCALE BEFORE AFTER: one number."
    yield "# random_noise_normal[_f32] sha256 SEED STREAM FIRST MEAN SCALE DIGEST: of 2^16 numbers."
    yield "# random_noise_normal[_f32] element SEED STREAM INDEX MEAN SCALE BITS: one number."
    name = "random_noise_fill_f32"
    for seed, stream, first, values in ranges_drawn():
        yield f"{name} sha256 {seed} {stream} {first} {digest_of(twin.rounded(values))}"
    yield from (f"{name} element {seed} {stream} {index} {float_bits(value)}" for seed, stream, index, value in elements())
    befores, scales = [0.0, -0.0, 5e-324, -1e-310, 1.0, -1e6, 1.7e308], [-0.1, -1e-310, -5e-324, -3.0, -1e308]
    yield from added_answers("random_noise_add", "f8", befores, scales)
    befores = [0.0, -0.0, 1e-45, -SMALL_FLOAT, 1.0, -1e6, LARGE_FLOAT]
    scales = [0.1, -0.1, 1.0, -3.0, 0.0, -0.0, 5e-324, -5e-324, SMALL_FLOAT, -1e-46, 1e38, -1e308]
    yield from added_answers("random_noise_add_f32", "f4", befores, scales)
    yield from between_floats()
    means, scales = [0.0, -0.0, 1.0, -1e6, 1.7e308], [0.1, -3.0, 0.0, -0.0, -5e-324, 1e308]
    yield from normal_answers("random_noise_normal", "f8", means, scales)
    means, scales = [0.0, -0.0, 1.0, -1e6, LARGE_FLOAT], [0.1, -3.0, 0.0, -0.0, -SMALL_FLOAT, 1e38]
    yield from normal_answers("random_noise_normal_f32", "f4", means, scales)


if __name__ == "__main__":
    print("\n".join({"txt": text, "h": header, "add": added_text, "f32": float_text}[sys.argv[1]]()))
