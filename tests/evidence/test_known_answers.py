"""The files of known answers are those that were frozen. The second implementation agrees with them, and so does the shared
library, called from C and through ctypes."""

import hashlib
import re
import struct
import subprocess

import known_answers
import numpy
import pytest
from conftest import ROOT, compile_program, run

FILES = ROOT / "tests" / "known_answers"
CHECKSUMS = re.findall(r"^sha256 \d+ \d+ \d+ (\w+)$", (FILES / "spec1.txt").read_text(), flags=re.MULTILINE)


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return compile_program(ROOT / "tests" / "c" / "known_answers.c", tmp_path_factory.mktemp("c") / "known_answers")


# git's hashes of the contents.
FROZEN = {
    "spec1.txt": "b82ea8570f0b8bb1237fe8ec76cd3950f358c40e",
    "spec1.h": "6f0f3b8c9f0fe9a5c5445fc2f609ee68fc52186e",
    "spec1-add.txt": "05c783f60f2ef375fa581fa513ebfe4dbbd2e3b0",
    "spec1-f32.txt": "0c978a2e3b629ee7f4b1bab4b95577ac20006f88",
}


@pytest.mark.parametrize("name, frozen", FROZEN.items())
def test_the_files_are_those_that_were_frozen(name, frozen):
    contents = (FILES / name).read_bytes()
    assert hashlib.sha1(b"blob %d\0" % len(contents) + contents).hexdigest() == frozen


@pytest.mark.parametrize(
    "name, lines",
    [
        ("spec1.txt", known_answers.text),
        ("spec1.h", known_answers.header),
        ("spec1-add.txt", known_answers.added_text),
        ("spec1-f32.txt", known_answers.float_text),
    ],
)
def test_the_second_implementation_gives_them(name, lines):
    assert (FILES / name).read_text().splitlines() == list(lines())


def test_single_elements(program):
    assert " 0 failed" in run(program)


@pytest.mark.parametrize("n, expected", list(enumerate(CHECKSUMS)))
def test_checksums(program, n, expected):
    printed = subprocess.run([program, str(n)], capture_output=True, check=True).stdout
    assert hashlib.sha256(printed).hexdigest() == expected


# For each function in spec1-f32.txt: the number of doubles between the index and the answer (or the value before), and the
# numbers of checksums and of elements.
FLOATS = {
    "random_noise_fill_f32": (0, 12, 195),
    "random_noise_add": (1, 12, 159),
    "random_noise_add_f32": (1, 12, 451),
    "random_noise_normal": (2, 12, 120),
    "random_noise_normal_f32": (2, 12, 120),
}


@pytest.mark.parametrize("name", FLOATS)
def test_floats_scales_and_means(library, name):
    numbers, checksums, elements = FLOATS[name]
    kind = numpy.dtype(">f4" if name.endswith("_f32") else ">f8")
    compared = {"sha256": 0, "element": 0}
    for line in re.findall(rf"^{name} (.*)$", (FILES / "spec1-f32.txt").read_text(), flags=re.MULTILINE):
        of, seed, stream, first, *fields = line.split()
        arguments = [struct.unpack(">d", bytes.fromhex(field))[0] for field in fields[:numbers]]
        *before, answer = fields[numbers:]
        if of == "element":
            out = numpy.frombuffer(bytes.fromhex(before[0] if before else "ff" * kind.itemsize), kind)
        elif "add" in name:
            out = (numpy.arange(known_answers.ADDED_LENGTH) % 1024 - 512) / 64
        else:
            out = numpy.zeros(known_answers.CHECKSUM_LENGTH if "fill" in name else known_answers.ADDED_LENGTH)
        out = out.astype(kind.newbyteorder("="))
        assert getattr(library, name)(out.ctypes.data, len(out), *arguments, int(seed), int(stream), int(first)) == 0
        if of == "element":
            assert out.astype(kind).tobytes().hex() == answer, line
        else:
            assert hashlib.sha256(out.astype(kind.newbyteorder("<")).tobytes()).hexdigest() == answer, line
        compared[of] += 1
    assert compared == {"sha256": checksums, "element": elements}
