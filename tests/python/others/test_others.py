"""The Python package together with libraries that users have, and with another type checker. `make others` installs them and runs this."""

import json
import pathlib
import subprocess
import sys

import joblib
import numpy
import pandas
import pytest
import xarray
import zarr
from somemem import NoiseArray, SomeMemory, add_noise, random_noise

HERE = pathlib.Path(__file__).parent
PLACE = {"seed": 42, "stream": 7}


def test_pyright_understands_it_strictly(tmp_path):
    (tmp_path / "user.py").write_text((HERE / "user.py").read_text())
    settings = {"typeCheckingMode": "strict", "reportUnnecessaryTypeIgnoreComment": "error", "reportUnusedExpression": "none"}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    done = subprocess.run([sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "user.py"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_pandas():
    frame = pandas.DataFrame(random_noise((1000, 3), **PLACE), columns=list("abc"))
    assert frame.shape == (1000, 3) and (frame.loc[5, "b"] == random_noise(1, first=5 * 3 + 1, **PLACE)).all()
    memory = SomeMemory(1000)
    random_noise(out=memory, **PLACE)
    column = pandas.Series(memory.array, copy=False)
    assert numpy.shares_memory(column.array, memory.array) and column.std() == numpy.std(memory, ddof=1)
    with pytest.raises(BufferError, match="alive"):
        memory.resize(5)
    frame["noisy"] = add_noise(frame["a"].to_numpy(copy=True), 0.1, seed=1)
    assert (frame["noisy"] != frame["a"]).all()
    rows = NoiseArray((10**9, 4), **PLACE)
    assert pandas.DataFrame(rows[10**8 : 10**8 + 5]).shape == (5, 4)


def test_xarray_keeps_a_field_lazy():
    field = NoiseArray((10**6, 10**6), **PLACE)
    array = xarray.DataArray(field, dims=("y", "x"))
    assert array.nbytes == 8 * 10**12 and array.sizes["x"] == 10**6
    window = array[10:20, 5_000:6_000]
    assert isinstance(window.data, numpy.ndarray) and (window.data == field[10:20, 5_000:6_000]).all()
    assert array.isel(y=3, x=slice(0, 10, 3)).data.tobytes() == field[3, 0:10:3].tobytes()
    small = xarray.DataArray(NoiseArray((4, 5), **PLACE), dims=("y", "x"))
    assert ((small * 2).values == 2 * random_noise((4, 5), **PLACE)).all() and float(small.mean()) == random_noise((4, 5), **PLACE).mean()
    data = xarray.Dataset({"noise": (("t",), random_noise(10, dtype="f4", **PLACE))})
    assert data.noise.dtype == "float32" and data.noise.values.tobytes() == random_noise(10, dtype="f4", **PLACE).tobytes()


def test_zarr_takes_windows(tmp_path):
    field = NoiseArray((10**6, 10**6), dtype="f4", **PLACE)
    stored = zarr.create_array(tmp_path / "noise.zarr", shape=(200, 300), chunks=(100, 100), dtype="f4")
    stored[...] = field[:200, :300]
    assert (zarr.open_array(tmp_path / "noise.zarr", mode="r")[150:, 7] == field[150:200, 7]).all()


def row(field, number):
    return field[number]


def scaled(array):
    return 2 * array


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_joblib_sends_them_to_its_workers(backend):
    field = NoiseArray((10**6, 10**5), **PLACE)
    with joblib.parallel_config(backend=backend, n_jobs=2):
        rows = joblib.Parallel()(joblib.delayed(row)(field, number) for number in range(4))
        (twice,) = joblib.Parallel()([joblib.delayed(scaled)(random_noise(300_000, **PLACE))])
    assert all((drawn == field[number]).all() for number, drawn in enumerate(rows))
    assert (twice == 2 * random_noise(300_000, **PLACE)).all()


def test_jax_takes_arrays_and_buffers():
    """The last test, because JAX starts threads, and a process should fork before that."""
    import jax

    jax.config.update("jax_enable_x64", True)
    single = random_noise((100, 10), dtype="f4", **PLACE)
    assert numpy.asarray(jax.numpy.asarray(single)).tobytes() == single.tobytes()
    assert numpy.asarray(jax.jit(lambda x: 2 * x)(single)).tobytes() == (2 * single).tobytes()
    memory = SomeMemory(1000)
    random_noise(out=memory, **PLACE)
    array = jax.dlpack.from_dlpack(memory)
    assert array.dtype == "float64" and numpy.asarray(array).tobytes() == memory.array.tobytes()
    assert numpy.asarray(jax.numpy.asarray(NoiseArray(10, **PLACE)[:])).tobytes() == random_noise(10, **PLACE).tobytes()
