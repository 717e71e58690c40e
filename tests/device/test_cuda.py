"""include/somemem_device.h as CUDA C++, compiled by NVRTC, which needs no GPU: what the PTX says. Nothing runs the PTX. The kernels' text
is run by OpenCL in test_opencl.py, and by a CPU below."""

import collections
import ctypes
import pathlib
import re
import subprocess

import nvidia
import pytest

from conftest import INCLUDE, ROOT, need, run, snippets
from device_answers import build, drawn

SINGLE = """
#include "somemem_device.h"
extern "C" __global__ void single(double *out, float *narrow, const unsigned long long *numbers) {
  SomeMemDeviceKey key = somemem_device_key(numbers[0], numbers[1]);
  narrow[0] = somemem_device_noise_f32(&key, numbers[2]);
  somemem_device_noise_pair(&key, numbers[2] / 2, out, out + 1);
}
"""
FILLS = ["somemem_device_fill", "somemem_device_fill_f32"]
# The oldest that this compiler knows, and newer ones; and what is meant to contract and to be inexact.
OPTIONS = ["compute_75", "compute_90 --fmad=true --use_fast_math", "compute_120"]


@pytest.fixture(scope="module")
def nvrtc():
    (path,) = (path for folder in nvidia.__path__ for path in pathlib.Path(folder).glob("**/libnvrtc.so.*"))
    return ctypes.CDLL(str(path))


def compiled(nvrtc, source, *options):
    """The PTX. Any warning fails, too."""
    program, size = ctypes.c_void_p(), ctypes.c_size_t()

    def text(what):
        assert getattr(nvrtc, f"nvrtcGet{what}Size")(program, ctypes.byref(size)) == 0
        buffer = ctypes.create_string_buffer(size.value)
        assert getattr(nvrtc, f"nvrtcGet{what}")(program, buffer) == 0
        return buffer.value.decode()

    words = [word.encode() for word in (*options, f"-I{INCLUDE}")]
    assert nvrtc.nvrtcCreateProgram(ctypes.byref(program), source.encode(), b"device.cu", 0, None, None) == 0
    try:
        status = nvrtc.nvrtcCompileProgram(program, len(words), (ctypes.c_char_p * len(words))(*words))
        assert status == 0 and not text("ProgramLog").strip(), text("ProgramLog")
        return text("PTX")
    finally:
        nvrtc.nvrtcDestroyProgram(ctypes.byref(program))


@pytest.fixture(scope="module", params=OPTIONS)
def ptx(nvrtc, request):
    """{kernel: (its text, how often each instruction occurs)}"""
    architecture, *options = request.param.split()
    kernels = {}
    for part in compiled(nvrtc, SINGLE, f"--gpu-architecture={architecture}", *options).split(".entry ")[1:]:
        instructions = re.findall(r"^\s*(?:@!?%p\d+\s+)?([a-z][\w.:]*)\s[^;]*;", part, flags=re.MULTILINE)
        kernels[part.split("(")[0]] = part, collections.Counter(instructions)
    assert set(kernels) == {*FILLS, "single"}
    return kernels


def test_the_manuals_kernel(nvrtc):
    (text,) = snippets(ROOT / "docs" / "gpu.md", "cuda")
    assert "perturb" in compiled(nvrtc, text, "--gpu-architecture=compute_90")


ARITHMETIC = ("add", "sub", "mul", "div")


def test_each_operation_is_rounded_and_nothing_is_fused(ptx):
    for text, instructions in ptx.values():
        assert not re.search(r"\b(fma|mad)\.[\w.]*f(32|64)", text)
        doubles = {name for name in instructions if name.endswith("f64") and name.startswith(ARITHMETIC)}
        assert doubles == {f"{operation}.rn.f64" for operation in ARITHMETIC}
        assert not re.search(r"\b(approx|full|ftz)\.f64|\brcp\.", text)


def test_no_operation_of_the_specification_is_missing_or_twice(ptx):
    """An attempt is in a kernel once, and the point of a box twice."""
    for name in FILLS:
        _, instructions = ptx[name]
        counted = [sum(instructions[f"{operation}.rn.f64"] for operation in operations) for operations in (("add", "sub"), ("mul",), ("div",))]
        # Sums of uniform numbers 4, a strip 2, the tail 1, E 16, of which p(j) are 6, and L 16; products of boxes 2, a strip 2, the
        # tail 1, (d d) / 2 2, E 17 and L 14; quotients of L 1 and the tail 1.
        assert counted == [39, 38, 2]


def test_keys_are_constant_memory_and_tables_shared_memory(ptx):
    for name in FILLS:
        text, instructions = ptx[name]
        assert ".local" not in text
        read = {name: number for name, number in instructions.items() if name.startswith("ld.param") and name.endswith("32")}
        assert sum(number * int(re.search(r"(?:v(\d))?\.[ub]32", name)[1] or 1) for name, number in read.items()) == 44
        # One block of AES: 16 look-ups in each of ten rounds. Two widths, the queue's counter and the queue.
        looked_up = sum(number for name, number in instructions.items() if name.startswith("ld.shared"))
        assert looked_up == 160 + 2 + 2
        shared = [int(size) for size in re.findall(r"\.shared .*\[(\d+)\];", text)]
        assert shared and max(shared) <= 48 * 1024


def test_the_kernels_on_a_cpu(tmp_path):
    """tests/c/cuda.cpp: as many threads as a group has, in whatever order they come. Where they do not meet as they should, they wait for ever."""
    request, number = ("0", "0", "4321"), 40001
    options = ["-std=c++11", "-O1", "-ffp-contract=off", f"-I{INCLUDE}", "-Wno-attributes"]
    run(need("g++"), *options, ROOT / "tests" / "c" / "cuda.cpp", "-o", tmp_path / "cuda", "-lpthread")
    out = subprocess.run([tmp_path / "cuda", *request, str(number)], capture_output=True, check=True, timeout=60).stdout
    expected = drawn(build(tmp_path, "gcc C", "-O2"), [(kind, *request, number) for kind in ("noise", "float")])
    assert out == b"".join(array.tobytes() for array in expected)
