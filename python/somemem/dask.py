"""Noise as Dask arrays, drawn chunk by chunk where and when it is needed.

An element's value depends only on its place in the array. It does not depend on the chunks, the scheduler, the number of workers, or how
often a chunk is computed.

>>> import somemem
>>> from somemem.dask import random_noise
>>> x = random_noise((1000, 1000), seed=42, chunks=(100, 500))
>>> bool((x.compute() == somemem.random_noise((1000, 1000), seed=42)).all())
True
"""

from __future__ import annotations

import math
from typing import Any, SupportsIndex

import numpy as np

try:
    import dask.array as da
    from dask.array.core import unknown_chunk_message
except ImportError as missing:
    raise ImportError("somemem.dask needs Dask: pip install 'dask[array]'") from missing

from ._arguments import Shape
from ._noise_array import NoiseArray
from ._noise import DType, DType32


def random_noise(
    n: Shape,
    *,
    seed: SupportsIndex | None = None,
    stream: SupportsIndex = 0,
    first: SupportsIndex = 0,
    dtype: DType | DType32 | None = None,
    chunks: Any = "auto",
) -> da.Array:
    """A Dask array of independent N(0,1) samples, equal to ``somemem.random_noise(n, seed=seed, stream=stream, first=first)``.

    It is ``dask.array.from_array`` of a `somemem.NoiseArray`, and may be larger than any memory: only the chunks that are being worked
    on are in memory. A slice such as ``x[500:510]`` draws only its own elements.

    For noise on a signal: ``signal + scale * random_noise(signal.shape, seed=seed, chunks=signal.chunks)``.

    Parameters
    ----------
    n : int or tuple of ints
        The shape.
    seed, stream, first : int, optional
        As for `somemem.random_noise`. Without a seed, one is drawn by this call: the array is the same whenever it is computed, and every
        call gives another array.
    dtype : optional
        float64 or float32.
    chunks : optional
        As for `dask.array.from_array`.

    Examples
    --------
    Two terabytes, of which only three elements are drawn:

    >>> x = random_noise((500_000, 500_000), seed=42, chunks=(1000, 500_000))
    >>> x[400_000, 7:10].compute()
    array([ 0.09376528, -0.1149962 , -1.33133846])
    """
    if unknown(n) or unknown(chunks):
        raise ValueError(f"every length has to be known, because an element's value depends on its place.{unknown_chunk_message}")
    noise = NoiseArray(n, seed=seed, stream=stream, first=first, dtype=dtype)
    meta = np.empty((0,) * noise.ndim, noise.dtype)
    array: da.Array = da.from_array(  # type: ignore[no-untyped-call]
        noise, chunks, asarray=False, meta=meta, inline_array=True
    )
    return array


def unknown(lengths: Any) -> bool:
    """Whether one of these lengths is not known yet. Dask writes NaN for it."""
    if isinstance(lengths, (tuple, list)):
        return any(map(unknown, lengths))
    return isinstance(lengths, float) and math.isnan(lengths)
