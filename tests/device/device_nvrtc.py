"""NVRTC, which compiles CUDA C++ to PTX without a GPU."""

import ctypes
import functools
import pathlib

import nvidia

from conftest import INCLUDE


@functools.cache
def nvrtc():
    (path,) = (path for folder in nvidia.__path__ for path in pathlib.Path(folder).glob("**/libnvrtc.so.*"))
    return ctypes.CDLL(str(path))


def newest():
    """The newest compute capability that NVRTC knows, 90 for 9.0."""
    number = ctypes.c_int()
    assert nvrtc().nvrtcGetNumSupportedArchs(ctypes.byref(number)) == 0
    known = (ctypes.c_int * number.value)()
    assert nvrtc().nvrtcGetSupportedArchs(known) == 0
    return max(known)


def compiled(source, *options):
    """The PTX of a program. A warning is a failure too."""
    program, size = ctypes.c_void_p(), ctypes.c_size_t()

    def text(what):
        assert getattr(nvrtc(), f"nvrtcGet{what}Size")(program, ctypes.byref(size)) == 0
        buffer = ctypes.create_string_buffer(size.value)
        assert getattr(nvrtc(), f"nvrtcGet{what}")(program, buffer) == 0
        return buffer.value.decode()

    words = [word.encode() for word in (*options, f"-I{INCLUDE}")]
    assert nvrtc().nvrtcCreateProgram(ctypes.byref(program), source.encode(), b"device.cu", 0, None, None) == 0
    try:
        status = nvrtc().nvrtcCompileProgram(program, len(words), (ctypes.c_char_p * len(words))(*words))
        assert status == 0 and not text("ProgramLog").strip(), text("ProgramLog")
        return text("PTX")
    finally:
        nvrtc().nvrtcDestroyProgram(ctypes.byref(program))
