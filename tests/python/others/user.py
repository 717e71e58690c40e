"""A program for type checkers that uses all of the package. Each line with `type: ignore` must have an error."""

from typing import assert_type
import numpy as np
from numpy.typing import NDArray
import somemem

assert_type(somemem.random_noise(3), NDArray[np.float64])
assert_type(somemem.random_noise((2, np.int64(3)), seed=somemem.fresh_seed(), stream=1, first=2), NDArray[np.float64])
assert_type(somemem.random_noise(3, dtype=np.float64, mean=1, scale=0.5), NDArray[np.float64])
assert_type(somemem.random_noise(3, dtype=np.float32), NDArray[np.float32])
assert_type(somemem.random_noise(3, dtype="float32"), NDArray[np.float32])
assert_type(somemem.random_noise((3, 2), seed=1, stream=range(3)), NDArray[np.float64])
assert_type(somemem.random_noise((3, 2), seed=1, stream=np.arange(3)), NDArray[np.float64])
target: NDArray[np.float32] = np.empty((3, 2), np.float32)
assert_type(somemem.random_noise(seed=np.uint64(1), stream=[1, 2, 3], out=target), NDArray[np.float32])
noise: NDArray[np.float64] = somemem.random_noise(seed=np.uint64(1), out=np.empty(3))
assert_type(somemem.add_noise(noise, 0.5, seed=1), NDArray[np.float64])
assert_type(somemem.add_noise(target[:, 1], scale=-0.5, seed=1), NDArray[np.float32])
assert_type(somemem.fresh_seed(), int)
somemem.set_threads(2)
assert_type(somemem.threads(), int)
assert_type(somemem.__version__, str)
with somemem.SomeMemory(3) as memory:
    assert_type(memory, somemem.SomeMemory)
    assert_type(memory.array, NDArray[np.float64])
    assert_type(len(memory), int)
    memory.resize(5)
    memory.reserve(np.int64(7))
    assert_type(memory.capacity, int)
    assert_type(somemem.random_noise(seed=1, out=memory), somemem.SomeMemory)
    assert_type(somemem.add_noise(memory, 1), somemem.SomeMemory)
    memory[2:4] = noise[:2]
    total: float = sum(memory)
    array = np.asarray(memory)
    memory.free()

field = somemem.NoiseArray((10, 10), seed=1, dtype=np.float32)
assert_type(field.shape, tuple[int, ...])
assert_type(field.size + field.ndim + field.nbytes + len(field) + field.seed + field.stream + field.first, int)
window = np.asarray(field[2:4, ..., None])
somemem.SomeMemory(3, reserve=np.int64(5)).resize(5)
somemem.trim()

somemem.SomeMemory(3, 5)  # type: ignore
somemem.random_noise("3")  # type: ignore
somemem.random_noise(3, seed=1.5)  # type: ignore
somemem.random_noise(3, dtype=np.int64)  # type: ignore
somemem.random_noise(out=[1.0])  # type: ignore
somemem.random_noise(3, scale=np.ones(3))  # type: ignore
narrow = np.empty(3, np.float16)
somemem.add_noise(narrow, 1.0)  # type: ignore
somemem.add_noise(noise)  # type: ignore
somemem.NoiseArray(3, stream=[1])  # type: ignore
somemem.SomeMemory(3).shrink(2)  # type: ignore
