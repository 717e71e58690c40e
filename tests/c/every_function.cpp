// Calls every function that draws noise into the program's own memory, for double and float, and compares the results with the
// formulas in somemem.h. C++11 and newer. Prints somemem_kernel().
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <vector>

#include "somemem.h"

#define CHECK(holds) ((holds) ? (void)0 : wrong(#holds, __LINE__))

[[noreturn]] static void wrong(const char *what, int line)
{
    std::fprintf(stderr, "line %d: %s\n", line, what);
    std::exit(1);
}

// One name for both types, as C++ programs like it.
static SomeMemStatus fill(double *out, std::size_t number, std::uint64_t seed, std::uint64_t stream, std::uint64_t first)
{
    return random_noise_fill(out, number, seed, stream, first);
}

static SomeMemStatus fill(float *out, std::size_t number, std::uint64_t seed, std::uint64_t stream, std::uint64_t first)
{
    return random_noise_fill_f32(out, number, seed, stream, first);
}

static SomeMemStatus add(double *inout, std::size_t number, double scale, std::uint64_t seed, std::uint64_t stream,
                         std::uint64_t first)
{
    return random_noise_add(inout, number, scale, seed, stream, first);
}

static SomeMemStatus add(float *inout, std::size_t number, double scale, std::uint64_t seed, std::uint64_t stream,
                         std::uint64_t first)
{
    return random_noise_add_f32(inout, number, scale, seed, stream, first);
}

static SomeMemStatus normal(double *out, std::size_t number, double mean, double scale, std::uint64_t seed,
                            std::uint64_t stream, std::uint64_t first)
{
    return random_noise_normal(out, number, mean, scale, seed, stream, first);
}

static SomeMemStatus normal(float *out, std::size_t number, double mean, double scale, std::uint64_t seed,
                            std::uint64_t stream, std::uint64_t first)
{
    return random_noise_normal_f32(out, number, mean, scale, seed, stream, first);
}

struct Rows {
    std::size_t rows, columns, stride;
    std::uint64_t stream_step, first_step;
};

static SomeMemStatus fill_rows(double *out, Rows r, std::uint64_t seed, std::uint64_t stream, std::uint64_t first)
{
    return random_noise_fill_rows(out, r.rows, r.columns, r.stride, seed, stream, first, r.stream_step, r.first_step);
}

static SomeMemStatus fill_rows(float *out, Rows r, std::uint64_t seed, std::uint64_t stream, std::uint64_t first)
{
    return random_noise_fill_rows_f32(out, r.rows, r.columns, r.stride, seed, stream, first, r.stream_step, r.first_step);
}

static SomeMemStatus add_rows(double *inout, Rows r, double scale, std::uint64_t seed, std::uint64_t stream,
                              std::uint64_t first)
{
    return random_noise_add_rows(inout, r.rows, r.columns, r.stride, scale, seed, stream, first, r.stream_step,
                                 r.first_step);
}

static SomeMemStatus add_rows(float *inout, Rows r, double scale, std::uint64_t seed, std::uint64_t stream,
                              std::uint64_t first)
{
    return random_noise_add_rows_f32(inout, r.rows, r.columns, r.stride, scale, seed, stream, first, r.stream_step,
                                     r.first_step);
}

static const std::uint64_t SEED = 42, STREAM = UINT64_MAX - 20, FIRST = 123456789;

template <typename Real> static bool same(const std::vector<Real> &a, const std::vector<Real> &b)
{
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(Real)) == 0;
}

template <typename Real> static Real sum(Real a, double scale, double x)
{
    return static_cast<Real>(static_cast<double>(a) + (scale * x));
}

static std::vector<double> doubles(std::size_t number, std::uint64_t stream, std::uint64_t first)
{
    std::vector<double> x(number);
    CHECK(random_noise_fill(x.data(), x.size(), SEED, stream, first) == SOMEMEM_OK);
    return x;
}

template <typename Real> static void ranges()
{
    const std::size_t number = 5000;
    const std::vector<double> x = doubles(number, STREAM, FIRST);

    std::vector<Real> filled(number), expected(x.begin(), x.end());
    CHECK(fill(filled.data(), number, SEED, STREAM, FIRST) == SOMEMEM_OK && same(filled, expected));

    const double scale = 0.3;
    std::vector<Real> sums(number, Real(10));
    for (const double sign : { 1.0, -1.0 }) {
        expected = sums;
        for (std::size_t i = 0; i < number; i++)
            expected[i] = sum(expected[i], sign * scale, x[i]);
        CHECK(add(sums.data(), number, sign * scale, SEED, STREAM, FIRST) == SOMEMEM_OK && same(sums, expected));
    }
    // 10 again, up to two roundings of sums below 16.
    for (const Real left : sums)
        CHECK(std::fabs(left - Real(10)) <= 8 * std::numeric_limits<Real>::epsilon());

    for (std::size_t i = 0; i < number; i++)
        expected[i] = static_cast<Real>(10 + (-scale * x[i]));
    CHECK(normal(sums.data(), number, 10, -scale, SEED, STREAM, FIRST) == SOMEMEM_OK && same(sums, expected));
}

template <typename Real> static void rows(Rows r)
{
    std::vector<Real> filled(r.rows * r.stride, Real(-1)), expected(filled), sums(filled), expected_sums(filled);
    for (std::size_t row = 0; row < r.rows; row++) {
        const std::vector<double> x = doubles(r.columns, STREAM + row * r.stream_step, FIRST + row * r.first_step);
        for (std::size_t i = 0; i < r.columns; i++) {
            expected[row * r.stride + i] = static_cast<Real>(x[i]);
            expected_sums[row * r.stride + i] = sum(Real(-1), -0.3, x[i]);
        }
    }
    CHECK(fill_rows(filled.data(), r, SEED, STREAM, FIRST) == SOMEMEM_OK && same(filled, expected));
    CHECK(add_rows(sums.data(), r, -0.3, SEED, STREAM, FIRST) == SOMEMEM_OK && same(sums, expected_sums));
}

template <typename Real> static void refusals()
{
    const double not_a_number = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
    std::vector<Real> before(20, Real(7)), x(before);
    Real *const none = nullptr, *const odd = reinterpret_cast<Real *>(reinterpret_cast<char *>(x.data()) + 1);
    CHECK(fill(x.data(), 20, SEED, STREAM, UINT64_MAX - 18) == SOMEMEM_INVALID_RANGE);
    CHECK(fill(none, 1, SEED, STREAM, FIRST) == SOMEMEM_INVALID_POINTER);
    CHECK(add(odd, 1, 1, SEED, STREAM, FIRST) == SOMEMEM_INVALID_POINTER);
    CHECK(add(x.data(), 20, not_a_number, SEED, STREAM, FIRST) == SOMEMEM_INVALID_SCALE);
    CHECK(normal(x.data(), 20, infinity, 1, SEED, STREAM, FIRST) == SOMEMEM_INVALID_SCALE);
    CHECK(fill_rows(x.data(), Rows{ 3, 5, 4, 0, 5 }, SEED, STREAM, FIRST) == SOMEMEM_INVALID_RANGE);
    CHECK(add_rows(x.data(), Rows{ 3, 5, 5, 11, 0 }, 1, SEED, STREAM, FIRST) == SOMEMEM_INVALID_RANGE);
    CHECK(add_rows(x.data(), Rows{ 0, 5, 4, 1, 1 }, -infinity, SEED, STREAM, FIRST) == SOMEMEM_INVALID_SCALE);
    CHECK(same(x, before));
}

template <typename Real> static void everything()
{
    ranges<Real>();
    rows<Real>(Rows{ 7, 5, 8, 3, 0 });
    rows<Real>(Rows{ 7, 5, 8, 0, 100 });
    rows<Real>(Rows{ 20, 300, 300, 1, 7 });
    refusals<Real>();
}

int main()
{
    everything<double>();
    everything<float>();
    std::puts(somemem_kernel());
    return 0;
}
