"""docs/coming-from.md: its snippets do what it says, and the other libraries differ as it says.

A pair of snippets defines the same `draw`. Rust's are doctests; the others are run from here.
"""

import ctypes
import hashlib
import importlib.util
import itertools
import os
import pathlib
import random
import re
import subprocess
import sys

import numpy
import pytest

from conftest import C_WARNINGS, HEADER, INCLUDE, LIBRARY_DIR, ROOT, WARNINGS, code_blocks, missing, need, run

TEXT = (ROOT / "docs" / "coming-from.md").read_text()
SNIPPETS = {
    section.split("\n", 1)[0]: code_blocks(section)
    for section in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]
}

# Whether `skip` counts samples in their snippet. Our snippets are compared with the noise itself.
THEIRS = {
    "NumPy": False,
    "GSL": True,
    "oneMKL": True,
    "C++ `<random>`": False,
    "C by hand": True,
    "Python's random": True,
}
OURS = ["NumPy", "GSL", "C++ `<random>`"]
ALONE = {"MeZO and other optimisers without gradients": "improve", "RandBLAS": "block", "TOAST": "timestreams"}
GENERATORS = "A generator that advances"
RUST = "Rust: `rand` and `rand_distr`"

PEERS = pathlib.Path(os.environ.get("SOMEMEM_PEERS_DIR", ROOT / "target" / "peers"))

size, word = ctypes.c_size_t, ctypes.c_uint64


def flags_for(source):
    """What the compiler needs for the library that a snippet includes."""
    if "<gsl/" in source:
        pkg_config = need("pkg-config")
        if subprocess.run([pkg_config, "--exists", "gsl"]).returncode != 0:
            missing("GSL's headers are not installed: libgsl-dev")
        return run(pkg_config, "--cflags", "--libs", "gsl").split()
    if "<mkl" in source:
        libraries = sorted((PEERS / "lib").glob("libmkl_rt.so*"))
        if not libraries or not (PEERS / "include" / "mkl_vsl.h").exists():
            missing("oneMKL is not installed: make peers")
        return ["-isystem", PEERS / "include", libraries[0], f"-Wl,-rpath,{PEERS / 'lib'}"]
    return []


def compiled(language, source, folder, *options):
    """A C or C++ snippet, compiled and loaded as a library."""
    compiler = {
        "c": [os.environ.get("CC", "cc"), "-std=c11", *C_WARNINGS],
        "cpp": [os.environ.get("CXX", "c++"), "-std=c++11", *WARNINGS],
    }[language]
    file, output = folder / f"snippet.{language}", folder / "snippet.so"
    file.write_text(source)
    link = [f"-L{LIBRARY_DIR}", f"-Wl,-rpath,{LIBRARY_DIR}", "-lsomemem", *flags_for(source), "-lm"]
    run(*compiler, "-O2", "-fPIC", "-shared", *options, f"-I{INCLUDE}", file, "-o", output, *link)
    return ctypes.CDLL(str(output))


# ctypes cannot pass a std::vector.
FROM_C = """
extern "C" void draw_from_c(double *x, std::size_t n, std::uint64_t skip) {
  for (double sample : draw(n, skip)) *x++ = sample;
}
"""


def drawing(snippet, folder, *options):
    """draw(n, skip) of a snippet, as a function that returns an array."""
    language, source = snippet
    if language == "python":
        return defined(source)["draw"]
    library = compiled(language, source + (FROM_C if language == "cpp" else ""), folder, *options)
    function = library.draw_from_c if language == "cpp" else library.draw
    function.argtypes, function.restype = [ctypes.c_void_p, size, word], ctypes.c_int if "SomeMemStatus draw" in source else None

    def draw(n, skip):
        out = numpy.full(n, numpy.nan)
        assert function(out.ctypes.data, n, skip) in (0, None)
        return out

    return draw


def defined(source):
    """The names that a Python snippet defines."""
    if "import somemem" in source and not importlib.util.find_spec("somemem"):
        missing("the Python package is not installed")
    names = {}
    exec(source, names)
    return names


@pytest.fixture(autouse=True)
def one_thread_of_mkl(monkeypatch):
    """MKL's own threads come from a library that is never unloaded."""
    monkeypatch.setenv("MKL_THREADING_LAYER", "SEQUENTIAL")


def test_every_snippet_is_tried():
    """Each snippet is one of a pair, a generator, or a single function. `cargo test` runs the Rust snippets as doctests."""
    assert set(SNIPPETS) >= {*THEIRS, *OURS, *ALONE, RUST, GENERATORS}
    for section, snippets in SNIPPETS.items():
        languages = [language for language, _ in snippets]
        expected = (section in THEIRS) + (section in OURS) + (section in ALONE) + 2 * (section in (RUST, GENERATORS))
        assert len(languages) == expected, section
        assert section != RUST or set(languages) == {"rust"}


def test_every_function_of_ours_exists():
    """All functions with these prefixes are in the C header."""
    named = set(re.findall(r"\b(?:somemem|random_noise)_\w+", TEXT)) | set(re.findall(r"\bSOMEMEM_\w+", TEXT))
    header = HEADER.read_text() + (INCLUDE / "somemem_device.h").read_text()
    assert named and {name for name in named if not re.search(rf"\b{name}\b", header)} == set()


@pytest.mark.parametrize("section", THEIRS)
def test_theirs(section, tmp_path):
    """The samples are N(10, 2) by mean, standard deviation and the Kolmogorov-Smirnov test. `skip` counts samples, or does not."""
    from scipy import stats  # not at the top, because this import is slow

    draw = drawing(SNIPPETS[section][0], tmp_path)
    samples = numpy.array(draw(100_000, 0))
    error = 2 / len(samples) ** 0.5
    assert abs(samples.mean() - 10) < 4 * error and abs(samples.std() - 2) < 4 * error / 2**0.5
    assert stats.kstest(samples, "norm", args=(10, 2)).pvalue > 1e-4
    assert numpy.array_equal(draw(400, 600), samples[600:1000]) == THEIRS[section]


@pytest.mark.parametrize("section", OURS)
def test_ours(section, noise, tmp_path):
    draw = drawing(SNIPPETS[section][1], tmp_path)
    assert numpy.array_equal(draw(400, 600), 10 + 2 * noise(1000, seed=42)[600:])


def test_a_generator_in_c(noise, tmp_path):
    ((_, source), _) = SNIPPETS[GENERATORS]

    class Generator(ctypes.Structure):
        _fields_ = [("seed", word), ("stream", word), ("first", word)]

    next_noise = compiled("c", source, tmp_path).next_noise
    next_noise.argtypes = [ctypes.POINTER(Generator), ctypes.c_void_p, size]
    state, out = Generator(42, 7, 0), numpy.empty(1000)
    for start, end in itertools.pairwise([0, 1, 334, 334, 1000]):
        assert next_noise(state, out[start:].ctypes.data, end - start) == 0
    assert numpy.array_equal(out, noise(1000, 42, 7)) and state.first == 1000
    assert next_noise(state, None, 1) != 0 and state.first == 1000, "it advanced although nothing was drawn"


def test_a_generator_in_python(noise):
    (_, (_, source)) = SNIPPETS[GENERATORS]
    Generator = defined(source)["Generator"]
    state = Generator(42, stream=7)
    parts = [state.standard_normal(n) for n in (1, 333, 0, 666)]
    assert numpy.array_equal(numpy.concatenate(parts), noise(1000, 42, 7))
    saved = state.seed, state.stream, state.first
    assert numpy.array_equal(Generator(*saved).standard_normal(10), state.standard_normal(10))


@pytest.fixture
def alone(tmp_path):
    """The function of a section that has only our snippet."""

    def function_of(section, *argument_types):
        ((language, source),) = SNIPPETS[section]
        function = getattr(compiled(language, source, tmp_path), ALONE[section])
        function.argtypes, function.restype = argument_types, ctypes.c_int
        return function

    return function_of


def test_a_block_of_a_matrix_that_is_not_stored(alone, noise):
    block = alone("RandBLAS", ctypes.c_void_p, size, size, word, word, word)
    whole = noise(50 * 70, 42).reshape(50, 70).astype("f4")
    for top, left, rows, columns in ((0, 0, 50, 70), (49, 69, 1, 1), (3, 5, 7, 11), (20, 0, 30, 1), (0, 69, 50, 1)):
        out = numpy.full((rows, columns), numpy.nan, "f4")
        assert block(out.ctypes.data, rows, columns, 70, top, left) == 0
        assert numpy.array_equal(out, whole[top : top + rows, left : left + columns])
    # The last element of a matrix that has 2^64 - 1 elements, one less than there are indices.
    assert block(out.ctypes.data, 1, 1, 3, (2**64 - 1) // 3 - 1, 2) == 0
    assert out[0, 0] == numpy.float32(noise(1, 42, 0, 2**64 - 2)[0])


def test_a_stream_for_each_detector(alone, noise):
    timestreams = alone("TOAST", ctypes.c_void_p, size, size, word, word)
    out = numpy.full((9, 100), numpy.nan)
    assert timestreams(out.ctypes.data, 9, 100, 1000, 555) == 0
    assert numpy.array_equal(out, [noise(100, 42, 1000 + detector, 555) for detector in range(9)])


def test_a_step_without_gradients(alone, noise):
    loss_type = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.POINTER(ctypes.c_float), size)
    improve = alone(next(iter(ALONE)), ctypes.c_void_p, size, loss_type, ctypes.c_double, ctypes.c_double, word)
    seen = []

    def loss(x, n):
        seen.append(numpy.ctypeslib.as_array(x, (n,)).copy())
        return float((seen[-1].astype(float) ** 2).sum())

    x, eps, rate = numpy.linspace(-3, 3, 50, dtype="f4"), 1e-2, 5e-3
    add = lambda x, scale, z: (x.astype(float) + scale * z).astype("f4")
    start = (x**2).sum()
    for step in range(300):
        z, before = noise(len(x), 42, step), x.copy()
        assert improve(x.ctypes.data, len(x), loss_type(loss), eps, rate, step) == 0
        above, below = add(before, eps, z), add(add(before, eps, z), -2 * eps, z)
        assert numpy.array_equal(seen[-2], above) and numpy.array_equal(seen[-1], below)
        values = [float((y.astype(float) ** 2).sum()) for y in (above, below)]
        assert numpy.array_equal(x, add(below, eps - rate * (values[0] - values[1]) / (2 * eps), z))
    assert (x**2).sum() < start / 20
    assert improve(None, 1, loss_type(loss), eps, rate, 0) == 3 and len(seen) == 600


# Statements of the tables about other libraries, where they can be tested.


def test_numpy_advances_to_samples_that_were_drawn():
    whole = numpy.random.Generator(numpy.random.PCG64(42)).standard_normal(100_000)
    words = numpy.random.PCG64(42)
    words.advance(60_000)
    # It may start in the middle of a sample. Soon after, its samples are those of the whole sequence.
    part = numpy.random.Generator(words).standard_normal(1000)[10:]
    (place,) = numpy.flatnonzero(whole == part[0])
    assert numpy.array_equal(whole[place : place + len(part)], part)
    assert 1.015 < 60_000 / (place - 10) < 1.025


def test_numpy_jumps_along_one_sequence():
    words = 210306068529402873165736369884012333109
    assert 2**127 < words < 2**128
    advanced = numpy.random.PCG64(42)
    advanced.advance(words)
    assert numpy.random.PCG64(42).jumped().state == advanced.state


def test_numpy_counts_the_children():
    parent = numpy.random.SeedSequence(42)
    assert [child.spawn_key for child in parent.spawn(2) + parent.spawn(1)] == [(0,), (1,), (2,)]


def test_numpy_counts_blocks_of_philox():
    philox = lambda counter: numpy.random.Philox(key=1, counter=counter).random_raw(12)
    assert numpy.array_equal(philox(0)[4:], philox(1)[:8])


def test_numpy_has_other_samples_in_single_precision():
    double, single = (numpy.random.default_rng(42).standard_normal(100, dtype=kind) for kind in ("f8", "f4"))
    assert not numpy.any(double.astype("f4") == single)


def test_numpys_random_state_keeps_half_of_a_pair():
    state = numpy.random.RandomState(42)
    kept = []
    for _ in range(4):
        state.randn()
        kept.append(state.get_state()[3])
    assert kept == [1, 0, 1, 0]


GSL = """
#include <stddef.h>
#include <gsl/gsl_randist.h>
size_t words(unsigned long seed, unsigned long *out, size_t n) {
  gsl_rng *r = gsl_rng_alloc(gsl_rng_mt19937);
  gsl_rng_set(r, seed);
  for (size_t i = 0; i < n; i++) out[i] = gsl_rng_get(r);
  size_t bytes = gsl_rng_size(r);
  gsl_rng_free(r);
  return bytes;
}
"""


def test_gsl_takes_seeds_of_32_bits_and_0_for_4357(tmp_path):
    function = compiled("c", GSL, tmp_path).words
    function.argtypes = [ctypes.c_ulong, ctypes.c_void_p, size]

    def words(seed):
        out = numpy.empty(10, dtype=numpy.dtype("L"))
        assert function(seed, out.ctypes.data, len(out)) == 5000
        return out.tolist()

    assert words(0) == words(4357) and words(2**32 + 42) == words(42) != words(43)


def test_gsl_repeats_values_and_somemem_does_not(noise, tmp_path):
    twice = lambda samples: len(samples) - len(numpy.unique(samples))
    theirs = (drawing(SNIPPETS["GSL"][0], tmp_path)(1_000_000, 0) - 10) / 2
    # The sum with 10 loses some bits, but a double has enough left.
    ours = (10 + 2 * noise(1_000_000, seed=42) - 10) / 2
    assert 80 < twice(theirs) < 200 and twice(ours) < 5 and twice(noise(1_000_000, seed=42)) == 0


MKL = """
#include <mkl_vsl.h>
int skip_ahead(int generator, unsigned seed, int method, int n, double *x, long long skip) {
  VSLStreamStatePtr s;
  vslNewStream(&s, generator, seed);
  int status = skip ? vslSkipAheadStream(s, skip) : VSL_STATUS_OK;
  vdRngGaussian(method, s, n, x, 0, 1);
  vslDeleteStream(&s);
  return status;
}
void floats(int generator, unsigned seed, int method, int n, double *x) {
  static float y[1000];
  VSLStreamStatePtr s;
  vslNewStream(&s, generator, seed);
  vsRngGaussian(method, s, n, y, 0, 1);
  vslDeleteStream(&s);
  for (int i = 0; i < n; i++) x[i] = y[i];
}
int leapfrog(int generator, unsigned seed, int method, int n, double *x, int k, int workers) {
  VSLStreamStatePtr s;
  vslNewStream(&s, generator, seed);
  int status = vslLeapfrogStream(s, k, workers);
  vdRngGaussian(method, s, n, x, 0, 1);
  vslDeleteStream(&s);
  return status;
}
"""
# As mkl_vsl_defines.h numbers them, in steps of 2^20.
BRNG = {
    name: place << 20
    for place, name in {
        1: "MCG31", 2: "R250", 3: "MRG32K3A", 4: "MCG59", 5: "WH", 8: "MT19937", 9: "MT2203", 13: "SFMT19937", 15: "ARS5",
        16: "PHILOX4X32X10",
    }.items()
}  # fmt: skip
BOXMULLER, BOXMULLER2, ICDF = range(3)


@pytest.fixture
def mkl(tmp_path):
    """Calls a function of MKL above, and returns its status and the samples."""
    library = compiled("c", MKL, tmp_path)

    def call(name, generator, *more, method=ICDF, seed=42, n=1000):
        out = numpy.empty(n)
        integers = [ctypes.c_longlong(value) for value in more]
        status = library[name](BRNG[generator], ctypes.c_uint(seed), method, n, ctypes.c_void_p(out.ctypes.data), *integers)
        return status, out

    return call


@pytest.mark.parametrize("generator", BRNG)
def test_mkl_skips_outputs_of_the_generator(generator, mkl):
    if mkl("skip_ahead", generator, 600)[0] != 0:
        assert generator == "R250"
        return
    whole = {method: mkl("skip_ahead", generator, 0, method=method)[1] for method in (BOXMULLER, BOXMULLER2, ICDF)}
    after = lambda method, skip: mkl("skip_ahead", generator, skip, method=method, n=300)[1]
    assert numpy.array_equal(after(ICDF, 601), whole[ICDF][601:901])
    assert numpy.array_equal(after(BOXMULLER, 600), whole[BOXMULLER][300:600])
    assert numpy.array_equal(after(BOXMULLER2, 600), whole[BOXMULLER2][600:900])
    assert not numpy.isin(after(BOXMULLER2, 601), whole[BOXMULLER2]).any()


@pytest.mark.parametrize("generator", BRNG)
def test_mkl_leapfrogs_with_three_generators(generator, mkl):
    status, part = mkl("leapfrog", generator, 1, 3, n=300)
    assert (status == 0) == (generator in ("MCG31", "MCG59", "WH"))
    assert status != 0 or numpy.array_equal(part, mkl("skip_ahead", generator, 0)[1][1::3][:300])


def test_mkl_ends_at_6_sigma_with_31_bits(mkl, noise):
    """The first output of MCG31 is its seed over 2^31 - 1. These seeds give the least and the greatest."""
    ends = [mkl("skip_ahead", "MCG31", 0, seed=seed, n=1)[1][0] for seed in (1, 2**31 - 2)]
    assert numpy.allclose(ends, [-6.12, 6.12], atol=0.005)


@pytest.mark.parametrize("generator", ["MCG31", "MCG59", "PHILOX4X32X10"])
@pytest.mark.parametrize("method", [BOXMULLER, BOXMULLER2, ICDF])
def test_mkl_has_other_floats_than_doubles(generator, method, mkl):
    (_, double), (_, single) = (mkl(name, generator, *more, method=method) for name, more in (("skip_ahead", [0]), ("floats", [])))
    assert numpy.array_equal(single, single.astype("f4")) and numpy.mean(single == double.astype("f4")) < 0.6


def test_mkl_s_floats_end_at_5_42_sigma(mkl):
    ends = [mkl("floats", "MCG31", seed=seed, n=1)[1][0] for seed in (1, 2**31 - 2)]
    assert numpy.allclose(ends, [-5.42, 5.42], atol=0.005)
    assert abs(mkl("floats", "MCG59", n=1000)[1]).max() < 5.43


def test_mkl_has_other_bits_on_another_path(tmp_path):
    """Each path runs in a process of its own, because MKL chooses the path once."""
    compiled("c", SNIPPETS["oneMKL"][0][1], tmp_path)
    script = (
        "import ctypes, sys; x = (ctypes.c_double * 100000)();"
        "ctypes.CDLL(sys.argv[1]).draw(x, ctypes.c_size_t(100000), ctypes.c_uint64(0)); sys.stdout.buffer.write(x)"
    )
    command = [sys.executable, "-c", script, tmp_path / "snippet.so"]
    paths = [{}, {}, {"MKL_CBWR": "COMPATIBLE"}]
    usual, again, other = (
        hashlib.sha256(subprocess.run(command, env=os.environ | path, stdout=subprocess.PIPE, check=True).stdout).hexdigest()
        for path in paths
    )
    assert usual == again != other


CPP = """
#include <random>
extern "C" void normals(double *x) {
  std::mt19937_64 engine(42);
  std::normal_distribution<double> normal;
  for (int i = 0; i < 4; i++) *x++ = normal(engine);
  engine.seed(42);
  normal.reset();
  for (int i = 0; i < 4; i++, normal.reset()) *x++ = normal(engine);
}
"""


def test_cpp_keeps_half_of_a_pair(tmp_path):
    out = numpy.empty(8)
    compiled("cpp", CPP, tmp_path).normals(ctypes.c_void_p(out.ctypes.data))
    kept, dropped = numpy.split(out, 2)
    assert kept[0] == dropped[0] and kept[2] == dropped[1] and kept[1] not in dropped


def test_box_muller_by_hand_ends_where_its_bits_do(tmp_path):
    """The document's own code, with the `rand` that gives the greatest sample."""
    language, source = SNIPPETS["C by hand"][0]
    draw = drawing((language, source + "int rand(void) { return 0; }\n"), tmp_path, "-Drand=least")
    assert abs((draw(1, 0)[0] - 10) / 2 - 6.56) < 0.005
    ends = {bits: round((2 * bits * numpy.log(2)) ** 0.5, 2) for bits in (15, 31, 32, 48)}
    assert all(f"{end} " in TEXT for end in ends.values()) and ends[31] == 6.56


def test_python_keeps_half_of_a_pair():
    generator = random.Random(42)
    generator.gauss()
    _, words, kept = generator.getstate()
    assert len(words) == 625 and kept == generator.gauss()
    assert generator.getstate()[2] is None


def test_python_takes_a_varying_number_of_uniform_ones():
    class Counting(random.Random):
        calls = 0

        def random(self):
            self.calls += 1
            return super().random()

    generator, counts = Counting(42), set()
    for _ in range(100):
        before = generator.calls
        generator.normalvariate()
        counts.add(generator.calls - before)
    assert len(counts) > 1
