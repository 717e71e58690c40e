"""include/somemem_device.h gives the known answers as OpenCL C, on the first device found. The kernels have the same source as in CUDA."""

import contextlib
import functools
import io
import re

import numpy
import pyopencl as cl
import pytest

from conftest import INCLUDE, ROOT, missing, need, run, snippets
from device_answers import ELEMENTS, KINDS, LENGTH, RANGES, bits_of, digest_of

HEADER = (INCLUDE / "somemem_device.h").read_text()
SINGLE = """
__kernel void make_key(__global SomeMemDeviceKey *key, ulong seed, ulong stream) { *key = somemem_device_key(seed, stream); }
__kernel void noise(__global double *out, SomeMemDeviceKey key, ulong index) { *out = somemem_device_noise(&key, index); }
__kernel void single_float(__global float *out, SomeMemDeviceKey key, ulong index) { *out = somemem_device_noise_f32(&key, index); }
__kernel void pair(__global double *out, SomeMemDeviceKey key, ulong index) {
  double even, odd;
  somemem_device_noise_pair(&key, index / 2, &even, &odd);
  *out = index % 2 ? odd : even;
}
"""
FILLS = {"f8": "somemem_device_fill", "f4": "somemem_device_fill_f32"}
GROUP = 256
OPTIONS = ["", "-cl-opt-disable", "-cl-mad-enable"]


class Device:
    def __init__(self, context, options):
        self.context, self.queue = context, cl.CommandQueue(context)
        program = cl.Program(context, HEADER + SINGLE).build(options=options.split())
        self.kernels = {kernel.function_name: kernel for kernel in program.all_kernels()}

    def run(self, name, out, sizes, *arguments):
        """The array after the kernel has written to it."""
        buffer = cl.Buffer(self.context, cl.mem_flags.READ_WRITE | cl.mem_flags.COPY_HOST_PTR, hostbuf=out)
        self.kernels[name](self.queue, *sizes, buffer, *arguments)
        cl.enqueue_copy(self.queue, out, buffer)
        return out

    def key(self, seed, stream):
        return self.run("make_key", numpy.zeros(44, "u4"), ((1,), (1,)), numpy.uint64(seed), numpy.uint64(stream))

    def single(self, kind, seed, stream, index):
        name = {"float": "single_float"}.get(kind, kind)
        return self.run(name, numpy.zeros(1, KINDS[kind]), ((1,), (1,)), self.key(seed, stream), numpy.uint64(index))

    def fill(self, out, seed, stream, first, groups, number=None):
        number = numpy.uint64(len(out) if number is None else number)
        name = FILLS[out.dtype.str[1:]]
        return self.run(name, out, ((groups * GROUP,), (GROUP,)), number, self.key(seed, stream), numpy.uint64(first))


@pytest.fixture(scope="module")
def device():
    """device(options): the header compiled with these options."""
    try:
        context = cl.create_some_context(interactive=False)
    except cl.Error:
        missing("there is no OpenCL device: Debian's pocl-opencl-icd makes one of the CPU")
    print(context.devices[0].platform.version, context.devices[0].name)
    return functools.cache(lambda options="": Device(context, options))


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_single_elements(device, kind, options):
    for seed, stream, index, bits in ELEMENTS[KINDS[kind]]:
        assert bits_of(device(options).single(kind, seed, stream, index)) == bits, (seed, stream, index)


@pytest.mark.parametrize("kind", FILLS)
@pytest.mark.parametrize("n", range(12))
def test_ranges(device, kind, n):
    seed, stream, first, digest = RANGES[kind][n]
    assert digest_of(device(OPTIONS[n % 3]).fill(numpy.zeros(LENGTH, kind), seed, stream, first, groups=1 + n)) == digest


@pytest.mark.parametrize("kind", FILLS)
def test_any_range_and_nothing_beyond_it(device, kind):
    seed, stream, _, digest = RANGES[kind][0]
    whole = device().fill(numpy.zeros(LENGTH, kind), seed, stream, 0, groups=4)
    assert digest_of(whole) == digest
    for first in (0, 1, 6, 511, 4498):
        for number in (0, 1, 2, 3, 63, 511, 512, 513, 1537, 20001):
            out = device().fill(numpy.full(number + 2, 7, kind), seed, stream, first, groups=3, number=number)
            assert out[number:].tolist() == [7, 7]
            assert out[:number].tobytes() == whole[first : first + number].tobytes(), (first, number)


def test_fast_math_is_refused(device):
    with pytest.raises(cl.RuntimeError, match="somemem_device.h needs IEEE arithmetic"):
        device("-cl-fast-relaxed-math")


def test_no_sum_may_be_fused_with_a_product(tmp_path):
    """In the code that Clang passes on to a device's compiler. If Clang is told to contract, it marks each operation that may be contracted,
    unless the pragma forbids it. PoCL on x86 draws the same samples without the pragma."""
    (tmp_path / "single.cl").write_text('#include "somemem_device.h"\n' + SINGLE)
    options = ["-cl-std=CL1.2", "-target", "spir64", "-O0", "-ffp-contract=fast", "-cl-mad-enable", f"-I{INCLUDE}"]
    ir = run(need("clang"), *options, "-S", "-emit-llvm", tmp_path / "single.cl", "-o", "-")
    # Each operation is in a function of its own, and nowhere else.
    assert sorted(re.findall(r" = (f(?:add|sub|mul) \w+)", ir)) == ["fadd double", "fmul double", "fsub double"]
    assert "@llvm.f" not in ir


def test_the_manuals_program(device, monkeypatch, tmp_path):
    device()  # skips the test if there is no device
    (program,) = snippets(ROOT / "docs" / "gpu.md", "python")
    (tmp_path / "include").mkdir()
    (tmp_path / "include" / "somemem_device.h").write_text(HEADER)
    monkeypatch.setenv("PREFIX", str(tmp_path))
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(program, {})
    expected = device().fill(numpy.zeros(4), 42, 0, 0, groups=1)
    assert printed.getvalue() == f"{expected}\n"
