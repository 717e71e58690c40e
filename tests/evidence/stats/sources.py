"""The library's sequences, a chunk at a time: source(out, first) writes elements first, first + 1, ..."""

import struct

import numpy
import twin
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from . import native
from .tally import CHUNK, LOW

WIDTHS = numpy.array([0, 0, *twin.WIDTH[2:]], dtype=float)


class Sequence:
    def __init__(self, seed, stream):
        self.key = seed, stream

    def __call__(self, out, first):
        assert native.fill(native.data(out), out.size, *self.key, first) == 0


class Interleaved:
    """Elements of several neighbouring streams, or seeds, in turn."""

    def __init__(self, ways, which, seed, stream):
        self.arguments = ways, seed, stream, int(which == "seeds"), int(which == "streams")

    def __call__(self, out, first):
        native.interleave(native.fill, native.data(out), out.size, *self.arguments, first)


class Runs:
    """Short runs of random seeds and streams, each from a random index on. Each run is compared with its part of a longer fill."""

    def __init__(self, seed, fill=native.fill):
        self.seed, self.fill = seed, fill
        self.compared = numpy.zeros(2, numpy.uint64)

    def __call__(self, out, first):
        native.runs(
            self.fill, native.fill, native.data(out), out.size, self.seed + first, native.data(self.compared)
        )

    def totals(self):
        return {"runs": self.compared.astype(numpy.int64)}


class Layered:
    """A source whose samples' layers are known, so that their low bits can be counted given the layer."""

    def __init__(self, widths):
        self.widths = widths
        self.counts = numpy.zeros((2, 128, LOW), numpy.uint32)
        self.layer = numpy.empty(CHUNK, numpy.uint8)

    def add(self, out):
        native.layers_chunk(
            native.data(self.counts), native.data(self.widths), native.data(out), native.data(self.layer), out.size
        )

    def totals(self):
        samples, uniforms = self.counts.astype(numpy.int64)
        return {"samples by layer": samples, "uniforms by layer": uniforms}


class Boxes(Layered):
    """A sequence of the library. OpenSSL's AES gives the first words. Every sample that a box settles is compared
    with the value that follows from its word by docs/value-spec.md."""

    def __init__(self, seed, stream, draw=None):
        super().__init__(WIDTHS)
        self.draw = draw or Sequence(seed, stream)
        self.encryptor = Cipher(algorithms.AES128(struct.pack("<QQ", seed, stream)), modes.ECB()).encryptor()
        self.blocks = numpy.zeros((CHUNK // 2, 2), "<u8")
        self.words = numpy.empty(CHUNK + 2, "<u8")  # one more block, because OpenSSL may write it
        self.compared = numpy.zeros(2, numpy.uint64)

    def __call__(self, out, first):
        self.draw(out, first)
        self.blocks[:, 0] = first // 2 + numpy.arange(CHUNK // 2, dtype=numpy.uint64)
        self.encryptor.update_into(self.blocks.data.cast("B"), self.words.data.cast("B"))
        words = self.words[:CHUNK].astype(numpy.uint64)
        native.boxes_chunk(
            *map(native.data, (self.layer, self.compared, self.widths, out, words)), out.size
        )
        self.add(out)

    def totals(self):
        return super().totals() | {"boxes": self.compared.astype(numpy.int64)}
