"""Memory full of Gaussian noise: N(0,1) samples that can be drawn again anywhere, in NumPy arrays.

A sample is a pure function of a seed, a stream and an index, the same bits on every CPU and with any number of threads:

>>> import numpy as np
>>> import somemem
>>> noise = somemem.random_noise(1_000_000, seed=42)
>>> part = somemem.random_noise(10, seed=42, first=500_000)
>>> bool((part == noise[500_000:500_010]).all())
True

- `random_noise` and `add_noise` draw into memory.
- `NoiseArray` is an array of any size that takes no memory: each access draws the elements that it asks for.
- `fresh_seed` gives a new seed, for noise that can be repeated.
- `SomeMemory` is a buffer that grows. A large one grows without a copy, and within its reserve also while arrays of it are alive.
"""

from ._noise_array import NoiseArray
from ._memory import SomeMemory, trim
from ._native import ffi, lib
from ._noise import add_noise, fresh_seed, random_noise
from ._threads import set_threads, threads

__all__ = ["NoiseArray", "SomeMemory", "__version__", "add_noise", "fresh_seed", "random_noise", "set_threads", "threads", "trim"]

__version__: str = ffi.string(lib.somemem_version()).decode()
