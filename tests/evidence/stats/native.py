"""The library, and the C files beside this one. They are compiled for this CPU if they are newer than their last build."""

import ctypes
import os
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
LIBRARY_DIR = pathlib.Path(os.environ.get("SOMEMEM_LIBRARY_DIR", ROOT / "target" / "release"))
BUILD = pathlib.Path(os.environ.get("SOMEMEM_STATS_DIR", ROOT / "target" / "stats"))

# No fused operations, because values that are compared with the library's bits must be rounded as
# the specification says. Short copying loops stay loops, because a call of memcpy takes longer.
FAST = ["-O3", "-march=native", "-fno-tree-loop-distribute-patterns"]
OPTIONS = ["-std=gnu11", *FAST, "-ffp-contract=off", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]

pointer, size, word, integer, real = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint64, ctypes.c_int, ctypes.c_double


def compiled(name):
    source, library = HERE / f"{name}.c", BUILD / f"{name}.so"
    if not library.exists() or library.stat().st_mtime < source.stat().st_mtime:
        BUILD.mkdir(parents=True, exist_ok=True)
        part = library.with_suffix(f".{os.getpid()}")
        command = [os.environ.get("CC", "cc"), *OPTIONS, "-shared", "-fPIC", source, "-o", part, "-lm"]
        subprocess.run([str(argument) for argument in command], check=True)
        part.replace(library)
    return ctypes.CDLL(str(library))


def function(library, name, *arguments, result=None):
    found = getattr(library, name)
    found.argtypes, found.restype = arguments, result
    return found


def data(array):
    """The address of an array's first element."""
    return array.ctypes.data


_library = ctypes.CDLL(str(LIBRARY_DIR / "libsomemem.so"))
fill = function(_library, "random_noise_fill", pointer, size, word, word, word, result=integer)

_tally = compiled("tally")
tally_size = function(_tally, "tally_size", result=size)
tally_chunk = function(_tally, "tally_chunk", pointer, pointer, pointer, size, integer, ctypes.c_bool)
layers_chunk = function(_tally, "layers_chunk", pointer, pointer, pointer, pointer, size)
boxes_chunk = function(_tally, "boxes_chunk", pointer, pointer, pointer, pointer, pointer, size)

_draw = compiled("draw")
interleave = function(_draw, "interleave", pointer, pointer, size, size, *5 * [word])
runs = function(_draw, "runs", pointer, pointer, pointer, size, word, pointer)
fill_type = ctypes.CFUNCTYPE(integer, pointer, size, word, word, word)

_broken = compiled("broken")
broken_fill = function(_broken, "broken_fill", pointer, pointer, size, word, integer)
function(_broken, "prepare")()
broken_widths = (real * 129).in_dll(_broken, "width")

words = function(compiled("words"), "words", pointer, pointer, size)
