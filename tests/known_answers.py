"""The known answers of value specification 1, as the second implementation (twin.py) says them: `known_answers.py txt`,
`known_answers.py h` and `known_answers.py add` print the files in tests/known_answers/. Those are frozen. If what this prints
differs from them, this or twin.py is wrong.

    sha256 SEED STREAM FIRST DIGEST     of 2^20 doubles from index FIRST on, as little-endian bytes
    element SEED STREAM INDEX BITS      the bits of one double

What `random_noise_add` makes of a signal, the doubles' bits in hexadecimal:

    sha256 SEED STREAM FIRST STDDEV DIGEST           of 2^16 doubles; the n-th was (n mod 1024 - 512) / 64
    element SEED STREAM INDEX STDDEV BEFORE AFTER    one double"""

import functools
import hashlib
import struct
import sys

import twin

CHECKSUM_LENGTH = 2**20
LAST = 2**64 - 1
PAIRS = [(0, 0), (1, 0), (0, 1), (LAST, LAST), (42, 7), (7, 42), (2**63, 1), (0x0123456789ABCDEF, 0xFEDCBA9876543210)]
FURTHER_ON = [(0, 0, 1), (1, 0, 2**32 - 3), (42, 7, 2**33 - 12345), (LAST, 0, LAST - CHECKSUM_LENGTH + 1)]


def drawn_once(answers):
    """For both files: the second implementation takes some seconds."""
    return functools.cache(lambda: list(answers()))


@drawn_once
def checksums():
    for seed, stream, first in [(*pair, 0) for pair in PAIRS] + FURTHER_ON:
        values = twin.elements(seed, stream, first, CHECKSUM_LENGTH)
        yield seed, stream, first, hashlib.sha256(struct.pack(f"<{CHECKSUM_LENGTH}d", *values)).hexdigest()


@drawn_once
def elements():
    """The first and the last ones of each pair; of the sequence (0, 0) one of each box, and what is rare: the tail, and
    elements of four and more attempts."""
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


def added(a, stddev, x):
    """The specification's "Adding"; a stddev of -0.0 counts as 0.0."""
    return a + ((stddev + 0.0) * x)


def added_checksums():
    """The sequences and ranges of the other files, the deviations in turn; 1e308 makes infinities, 1e-310 subnormal products."""
    deviations = [0.1, 1.0, 3.0, 0.0, -0.0, 1e-310, 1e308]
    ranges = [(*pair, 0) for pair in PAIRS] + [(0, 0, 1), (1, 0, 2**32 - 3), (42, 7, 2**33 - 12345), (LAST, 0, LAST - ADDED_LENGTH + 1)]
    for n, (seed, stream, first) in enumerate(ranges):
        stddev = deviations[n % len(deviations)]
        values = [added(a, stddev, x) for a, x in zip(SIGNAL, twin.elements(seed, stream, first, ADDED_LENGTH))]
        yield seed, stream, first, stddev, hashlib.sha256(struct.pack(f"<{ADDED_LENGTH}d", *values)).hexdigest()


def added_elements():
    """An element of a box, of a strip, of a late attempt and of the tail: each added to both zeros, to numbers of several sizes
    and to the product's negative, of which 0.0 is left."""
    # docs/value-spec.md has where they come from.
    for index in (0, 1, 5, 402, 150520, 4498, 32625):
        x = twin.element(0, 0, index)
        for stddev in (0.0, -0.0, 5e-324, 1e-310, 0.1, 1.0, 1e308):
            for before in (0.0, -0.0, 5e-324, -1e-310, 1.0, -1e6, 1.7e308, -(stddev * x)):
                after = added(before, stddev, x)
                # What a NaN's bits are the specification does not say.
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


if __name__ == "__main__":
    print("\n".join({"txt": text, "h": header, "add": added_text}[sys.argv[1]]()))
