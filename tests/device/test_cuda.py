"""include/somemem_device.h as CUDA C++, compiled to PTX by NVRTC, which needs no GPU. The PTX is read and not run. The source of the
kernels is run by OpenCL in test_opencl.py, and by a CPU below."""

import collections
import os
import re
import subprocess
import sys

import pytest

from conftest import INCLUDE, ROOT, need, run, snippets
from device_answers import build, drawn
from device_nvrtc import compiled

SINGLE = """
#include "somemem_device.h"
extern "C" __global__ void single(double *out, float *narrow, const unsigned long long *numbers) {
  SomeMemDeviceKey key = somemem_device_key(numbers[0], numbers[1]);
  narrow[0] = somemem_device_noise_f32(&key, numbers[2]);
  somemem_device_noise_pair(&key, numbers[2] / 2, out, out + 1);
}
"""
FILLS = ["somemem_device_fill", "somemem_device_fill_f32"]
# The oldest architecture that this compiler knows, and newer ones; and options that let it contract and be inexact.
OPTIONS = ["compute_75", "compute_90 --fmad=true --use_fast_math", "compute_120"]


@pytest.fixture(scope="module", params=OPTIONS)
def ptx(request):
    """{kernel: (its text, how often each instruction occurs)}"""
    architecture, *options = request.param.split()
    kernels = {}
    for part in compiled(SINGLE, f"--gpu-architecture={architecture}", *options).split(".entry ")[1:]:
        instructions = re.findall(r"^\s*(?:@!?%p\d+\s+)?([a-z][\w.:]*)\s[^;]*;", part, flags=re.MULTILINE)
        kernels[part.split("(")[0]] = part, collections.Counter(instructions)
    assert set(kernels) == {*FILLS, "single"}
    return kernels


def test_the_manuals_kernel():
    (text,) = snippets(ROOT / "docs" / "gpu.md", "cuda")
    assert "perturb" in compiled(text, "--gpu-architecture=compute_90")


ARITHMETIC = ("add", "sub", "mul", "div")


def test_each_operation_is_rounded_and_nothing_is_fused(ptx):
    for text, instructions in ptx.values():
        assert not re.search(r"\b(fma|mad)\.[\w.]*f(32|64)", text)
        doubles = {name for name in instructions if name.endswith("f64") and name.startswith(ARITHMETIC)}
        assert doubles == {f"{operation}.rn.f64" for operation in ARITHMETIC}
        assert not re.search(r"\b(approx|full|ftz)\.f64|\brcp\.", text)


def test_no_operation_of_the_specification_is_missing_or_twice(ptx):
    """In a kernel an attempt occurs once, and the point of a box twice."""
    for name in FILLS:
        _, instructions = ptx[name]
        counted = [sum(instructions[f"{operation}.rn.f64"] for operation in operations) for operations in (("add", "sub"), ("mul",), ("div",))]
        # Sums: uniform numbers 4, a strip 2, the tail 1, E 16 (6 of them in p(j)), L 16. Products: boxes 2, a strip 2, the tail 1,
        # (d d) / 2 2, E 17, L 14. Quotients: L 1, the tail 1.
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
    """tests/device/cuda.cpp runs a thread of the CPU for each thread of a group, in any order. A missing barrier would make them wait for ever."""
    request, number = ("0", "0", "4321"), 40001
    options = ["-std=c++11", "-O1", "-ffp-contract=off", f"-I{INCLUDE}", "-Wno-attributes"]
    run(need("g++"), *options, ROOT / "tests" / "device" / "cuda.cpp", "-o", tmp_path / "cuda", "-lpthread")
    out = subprocess.run([tmp_path / "cuda", *request, str(number)], capture_output=True, check=True, timeout=60).stdout
    expected = drawn(build(tmp_path, "gcc C", "-O2"), [(kind, *request, number) for kind in ("noise", "float")])
    assert out == b"".join(array.tobytes() for array in expected)


def gpu(tmp_path, *options, **environment):
    """Runs what `make gpu` runs. The loader finds no driver except one in tmp_path."""
    env = os.environ | {"PYTHONPATH": str(ROOT / "tests"), "LD_LIBRARY_PATH": str(tmp_path)} | environment
    return subprocess.run([sys.executable, ROOT / "tests" / "device" / "gpu.py", *options], env=env, capture_output=True, text=True)


def driver(tmp_path):
    run("cc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", f"-I{INCLUDE}", ROOT / "tests" / "device" / "cuda_driver.c", "-o", tmp_path / "libcuda.so.1")


def test_without_a_gpu_it_says_so(tmp_path):
    (tmp_path / "libcuda.so.1").write_text("no library")
    done = gpu(tmp_path)
    assert (done.returncode, done.stdout) == (0, "There is no NVIDIA GPU here, so nothing was run.\n")


def test_what_is_compared_with_a_gpu(tmp_path):
    """With a CPU in place of the GPU. A wrong bit is found."""
    driver(tmp_path)
    few = ["--elements", "200000", "--most", "20000"]
    done = gpu(tmp_path, *few)
    told = re.search(r"^(\d+) elements are equal to the library's, (\d+) of them in the tail$", done.stdout, flags=re.MULTILINE)
    assert done.returncode == 0 and 2 * 190_000 <= int(told[1]) <= 2 * 200_000 and int(told[2]) > 0, done.stderr
    wrong = gpu(tmp_path, *few, WRONG="1")
    assert wrong.returncode == 1 and "1 of 20000 float64 differ, the first at (" in wrong.stderr
