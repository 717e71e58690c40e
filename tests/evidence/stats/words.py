"""Writes samples as uniform 32-bit words to standard output, for TestU01, PractRand and dieharder: floor(2^32
Phi(x)), little-endian, until the reader closes the pipe."""

import itertools
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy

from . import native

BLOCK = 2**18


def block(seed, stream, first):
    x, out = numpy.empty(BLOCK), numpy.empty(BLOCK, numpy.uint32)
    assert native.fill(native.data(x), x.size, seed, stream, first) == 0
    native.words(native.data(out), native.data(x), x.size)
    return out.astype("<u4")


def write(seed, stream, output=None):
    """All CPUs make blocks ahead, and the blocks are written in order. A reader that closes the pipe is a normal end."""
    output = output or sys.stdout.buffer
    cpus = len(os.sched_getaffinity(0))
    with ThreadPoolExecutor(cpus) as pool:
        firsts = itertools.count(0, BLOCK)
        ahead = [pool.submit(block, seed, stream, next(firsts)) for _ in range(2 * cpus)]
        try:
            for first in firsts:
                output.write(ahead.pop(0).result())
                ahead.append(pool.submit(block, seed, stream, first))
        except BrokenPipeError:
            # Python flushes standard output at its end, and must not fail then either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
