"""The known answers that include/somemem_device.h is compared with, and the program in C that draws by it: tests/device/device.c."""

import hashlib
import pathlib
import re
import subprocess

import numpy

from conftest import C_WARNINGS, INCLUDE, ROOT, WARNINGS, need, run

LENGTH = 2**20  # of each range
KINDS = {"noise": "f8", "pair": "f8", "float": "f4"}
COMPILERS = {
    "gcc C": ["gcc", "-std=c99", *C_WARNINGS],
    "gcc C++": ["g++", "-std=c++11", "-xc++", *WARNINGS],
    "clang C": ["clang", "-std=c99", *C_WARNINGS],
    "clang C++": ["clang++", "-std=c++11", "-xc++", *WARNINGS],
}


def answers():
    """For doubles and floats: [(seed, stream, first, digest)] and [(seed, stream, index, bits)]."""
    ranges, elements = {}, {}
    for kind, file, name in (("f8", "spec1.txt", ""), ("f4", "spec1-f32.txt", "random_noise_fill_f32 ")):
        text = (ROOT / "tests" / "known_answers" / file).read_text()
        lines = re.findall(rf"^{name}(sha256|element) (\d+) (\d+) (\d+) (\w+)$", text, flags=re.MULTILINE)
        ranges[kind] = [(*map(int, numbers), digest) for of, *numbers, digest in lines if of == "sha256"]
        elements[kind] = [(*map(int, numbers), bits) for of, *numbers, bits in lines if of == "element"]
        assert (len(ranges[kind]), len(elements[kind])) == (12, 195)
    return ranges, elements


RANGES, ELEMENTS = answers()


def digest_of(array):
    return hashlib.sha256(array.astype(array.dtype.newbyteorder("<")).tobytes()).hexdigest()


def bits_of(number):
    """The bits of the one element of an array."""
    return number.astype(number.dtype.newbyteorder(">")).tobytes().hex()


def build(folder, compiler, options):
    """The program, built once for each compiler and set of options."""
    command, *words = COMPILERS[compiler]
    program = folder / re.sub(r"\W", "_", f"{compiler} {options}")
    if not program.exists():
        run(need(command), *words, *options.split(), f"-I{INCLUDE}", ROOT / "tests" / "device" / "device.c", "-o", program)
    return program


def drawn(program, requests):
    """The elements for each (kind, seed, stream, first, number)."""
    text = "".join(" ".join(map(str, request)) + "\n" for request in requests)
    out = subprocess.run([program], input=text.encode(), capture_output=True, check=True).stdout
    for kind, *_, number in requests:
        array = numpy.frombuffer(out, KINDS[kind], number)
        out = out[array.nbytes :]
        yield array
    assert not out


def wrong_elements(program):
    """The known single elements for which the program draws other bits."""
    requests = [(kind, seed, stream, index, 1) for kind, of in KINDS.items() for seed, stream, index, _ in ELEMENTS[of]]
    expected = [bits for of in KINDS.values() for *_, bits in ELEMENTS[of]]
    bits = [bits_of(array) for array in drawn(program, requests)]
    assert len(bits) == len(expected)
    return [(request, got) for request, got, known in zip(requests, bits, expected) if got != known]


def wrong_ranges(program, n, kinds):
    """The kinds for which the n-th range has another checksum than the known one."""
    found = []
    for kind in kinds:
        seed, stream, first, digest = RANGES[KINDS[kind]][n]
        (array,) = drawn(program, [(kind, seed, stream, first, LENGTH)])
        if digest_of(array) != digest:
            found.append(kind)
    return found


def refusal(folder, compiler, options):
    """What the compiler says to a program that it does not compile."""
    command, *words = COMPILERS[compiler]
    source = ROOT / "tests" / "device" / "device.c"
    call = [need(command), *words, *options.split(), f"-I{INCLUDE}", source, "-o", folder / "refused"]
    done = subprocess.run(call, capture_output=True, text=True)
    assert done.returncode != 0
    return done.stderr
