"""include/somemem_device.h gives the known answers in C and C++ with each compiler, whatever its options."""

import itertools

import pytest

from device_answers import COMPILERS, build, refusal, wrong_elements, wrong_ranges

# The last two let the compiler fuse products and sums, and reorder operations, if this CPU has FMA.
OPTIONS = ["-O0", "-O1", "-O2", "-O3", "-O3 -march=native -ffp-contract=fast", "-O3 -march=native -funsafe-math-optimizations"]
BUILDS = list(itertools.product(COMPILERS, OPTIONS))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("compilers")


@pytest.mark.parametrize("compiler, options", BUILDS)
def test_single_elements(folder, compiler, options):
    assert not wrong_elements(build(folder, compiler, options))


# Two builds draw each range: one as single elements, the other as pairs and as floats.
@pytest.mark.parametrize("n", range(len(BUILDS)))
def test_ranges(folder, n):
    assert not wrong_ranges(build(folder, *BUILDS[n]), n % 12, ["noise"] if (n + n // 12) % 2 else ["pair", "float"])


@pytest.mark.parametrize("compiler", COMPILERS)
def test_fast_math_is_refused(folder, compiler):
    assert "compile without -ffast-math" in refusal(folder, compiler, "-O2 -ffast-math")
