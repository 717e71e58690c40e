"""Compares the kernels of include/somemem_device.h on an NVIDIA GPU with the library, and measures them beside a memset. `make gpu` runs it.
Without such a GPU it says so and does nothing. Elements come from random places and from the ends of sequences. At each place both kernels
draw all elements, and every bit is compared."""

import argparse
import ctypes
import random
import sys

import numpy

from conftest import LIBRARY
from device_nvrtc import compiled, newest

SOURCE = """
#include "somemem_device.h"
extern "C" __global__ void make_key(SomeMemDeviceKey *key, unsigned long long seed, unsigned long long stream) {
  *key = somemem_device_key(seed, stream);
}
"""
GROUP, KEY = 256, 176
TAIL = 4.202018737792969  # where the specification's tail begins
MAJOR, MINOR, PROCESSORS = 75, 76, 16  # CU_DEVICE_ATTRIBUTE_...


class Cuda:
    """The driver. If a call fails, the program ends with the driver's message."""

    def __init__(self):
        self.library = ctypes.CDLL("libcuda.so.1")

    def __getattr__(self, name):
        def call(*arguments):
            status = getattr(self.library, name)(*arguments)
            if status:
                told = ctypes.c_char_p()
                self.library.cuGetErrorString(status, ctypes.byref(told))
                sys.exit(f"{name}: {(told.value or b'unknown').decode()} ({status})")

        return call


def word(number):
    return ctypes.c_uint64(number)


class Gpu:
    def __init__(self, cuda, most):
        self.cuda, device, name = cuda, ctypes.c_int(), ctypes.create_string_buffer(200)
        context, module = ctypes.c_void_p(), ctypes.c_void_p()
        cuda.cuDeviceGet(ctypes.byref(device), 0)
        cuda.cuDeviceGetName(name, len(name), device)
        major, minor, processors = (self.attribute(which, device) for which in (MAJOR, MINOR, PROCESSORS))
        cuda.cuDevicePrimaryCtxRetain(ctypes.byref(context), device)
        cuda.cuCtxSetCurrent(context)
        architecture = min(10 * major + minor, newest())
        cuda.cuModuleLoadData(ctypes.byref(module), compiled(SOURCE, f"--gpu-architecture=compute_{architecture}").encode())
        self.kernels = {}
        for kernel in ("make_key", "somemem_device_fill", "somemem_device_fill_f32"):
            self.kernels[kernel] = ctypes.c_void_p()
            cuda.cuModuleGetFunction(ctypes.byref(self.kernels[kernel]), module, kernel.encode())
        together = ctypes.c_int()
        cuda.cuOccupancyMaxActiveBlocksPerMultiprocessor(ctypes.byref(together), self.kernels["somemem_device_fill"], GROUP, ctypes.c_size_t(0))
        self.groups, self.memory, self.bytes = processors * together.value, word(0), 8 * most
        cuda.cuMemAlloc_v2(ctypes.byref(self.memory), ctypes.c_size_t(self.bytes))
        self.name = f"{name.value.decode()}, compute capability {major}.{minor}"

    def attribute(self, which, device):
        value = ctypes.c_int()
        self.cuda.cuDeviceGetAttribute(ctypes.byref(value), which, device)
        return value.value

    def launch(self, kernel, groups, threads, *arguments):
        pointers = (ctypes.c_void_p * len(arguments))(*(ctypes.addressof(argument) for argument in arguments))
        self.cuda.cuLaunchKernel(self.kernels[kernel], groups, 1, 1, threads, 1, 1, 0, None, pointers, None)

    def read(self, out):
        self.cuda.cuMemcpyDtoH_v2(out.ctypes.data_as(ctypes.c_void_p), self.memory, ctypes.c_size_t(out.nbytes))
        return out

    def key(self, seed, stream):
        self.launch("make_key", 1, 1, self.memory, word(seed), word(stream))
        return (ctypes.c_char * KEY).from_buffer_copy(self.read(numpy.empty(KEY, numpy.uint8)))

    def fill(self, out, seed, stream, first):
        key = self.key(seed, stream)
        # So that the samples of an earlier call cannot pass for those of this one.
        self.cuda.cuMemsetD8_v2(self.memory, ctypes.c_ubyte(0xFF), ctypes.c_size_t(out.nbytes))
        kernel = "somemem_device_fill" if out.dtype == numpy.float64 else "somemem_device_fill_f32"
        self.launch(kernel, self.groups, GROUP, self.memory, word(out.size), key, word(first))
        return self.read(out)

    def seconds(self, work, times=5):
        """The shortest of several times."""
        begin, end, found = ctypes.c_void_p(), ctypes.c_void_p(), []
        for event in (begin, end):
            self.cuda.cuEventCreate(ctypes.byref(event), 0)
        for _ in range(times):
            self.cuda.cuEventRecord(begin, None)
            work()
            self.cuda.cuEventRecord(end, None)
            self.cuda.cuEventSynchronize(end)
            milliseconds = ctypes.c_float()
            self.cuda.cuEventElapsedTime(ctypes.byref(milliseconds), begin, end)
            found.append(milliseconds.value / 1000)
        return min(found)


def places(number, most):
    """Ranges as (seed, stream, first, length). Together they have at least `number` elements."""
    generator = random.Random(1)
    for n in range(-(-number // most)):
        some = generator.randint(most - 1000, most) if n else most
        first = 2**64 - some if n % 8 == 7 else generator.getrandbits(64) % (2**64 - some)
        yield generator.getrandbits(64), generator.getrandbits(64), first, some


def compare(gpu, number, most):
    library = ctypes.CDLL(str(LIBRARY))
    library.somemem_set_threads(ctypes.c_size_t(0))
    compared, tail = 0, 0
    for seed, stream, first, some in places(number, most):
        for kind, fill in ((numpy.float64, library.random_noise_fill), (numpy.float32, library.random_noise_fill_f32)):
            expected, drawn = numpy.empty(some, kind), numpy.empty(some, kind)
            if fill(expected.ctypes.data_as(ctypes.c_void_p), ctypes.c_size_t(some), word(seed), word(stream), word(first)):
                sys.exit("the library refused a range")
            bits = f"u{expected.itemsize}"
            different = numpy.flatnonzero(gpu.fill(drawn, seed, stream, first).view(bits) != expected.view(bits))
            if different.size:
                n = int(different[0])
                sys.exit(f"{different.size} of {some} {kind.__name__} differ, the first at ({seed}, {stream}, {first + n}): {drawn[n]!r}, the library has {expected[n]!r}")
            compared, tail = compared + some, tail + int((abs(expected) > TAIL).sum())
    print(f"{compared} elements are equal to the library's, {tail} of them in the tail")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--elements", type=int, default=2**30, help="of each type")
    parser.add_argument("--most", type=int, default=2**26, help="in one place")
    arguments = parser.parse_args()
    try:
        cuda = Cuda()
        count = ctypes.c_int()
        if cuda.library.cuInit(0) or cuda.library.cuDeviceGetCount(ctypes.byref(count)) or count.value == 0:
            raise OSError
    except OSError:
        print("There is no NVIDIA GPU here, so nothing was run.")
        return
    gpu = Gpu(cuda, arguments.most)
    print(gpu.name)
    compare(gpu, arguments.elements, arguments.most)
    key = gpu.key(1, 2)
    memset = gpu.seconds(lambda: cuda.cuMemsetD8_v2(gpu.memory, ctypes.c_ubyte(0), ctypes.c_size_t(gpu.bytes)))
    for kernel, size in (("somemem_device_fill", 8), ("somemem_device_fill_f32", 4)):
        taken = gpu.seconds(lambda: gpu.launch(kernel, gpu.groups, GROUP, gpu.memory, word(arguments.most), key, word(0)))
        print(f"{kernel}: {size * arguments.most / taken / 1e9:.0f} GB/s, {arguments.most / taken / 1e9:.1f} elements a nanosecond")
    print(f"memset: {gpu.bytes / memset / 1e9:.0f} GB/s")


if __name__ == "__main__":
    main()
