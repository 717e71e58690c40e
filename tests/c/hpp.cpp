// The promises of somemem.hpp: the values are those of the C functions, owners move and free their buffer, and failures are thrown
// and change nothing.
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <list>
#include <numeric>
#include <string>
#include <vector>
#if __cplusplus >= 202002L
#include <ranges>
#include <span>
#endif

#include <somemem.hpp>

#include "check.h"

using somemem::buffer;
using somemem::noise;
using somemem::rows;

static_assert(std::is_nothrow_move_constructible_v<buffer> && std::is_nothrow_move_assignable_v<buffer>);
static_assert(!std::is_copy_constructible_v<buffer> && !std::is_copy_assignable_v<buffer>);
static_assert(std::is_nothrow_default_constructible_v<buffer> && std::is_convertible_v<somemem::no_memory &, std::bad_alloc &>);
static_assert(std::is_aggregate_v<noise> && std::is_trivially_copyable_v<noise> && sizeof(noise) == 16);
static_assert(rows::of_block(2, 3, 10).first_step == 10);
#if __cplusplus >= 202002L
static_assert(std::ranges::contiguous_range<buffer> && std::ranges::contiguous_range<const buffer> && std::ranges::sized_range<buffer>);
#endif

// Like the containers of Qt and Eigen.
struct SignedSize {
    double *place;
    int number;
    double *data() const { return place; }
    int size() const { return number; }
};

// Whether noise{}.fill(range) compiles.
template <class Range, class = void> struct can_fill : std::false_type {};
template <class Range>
struct can_fill<Range, std::void_t<decltype(noise{}.fill(std::declval<Range>()))>> : std::true_type {};
static_assert(can_fill<std::vector<double> &>::value && can_fill<std::vector<float> &>::value && can_fill<buffer &>::value);
static_assert(can_fill<SignedSize>::value && can_fill<double (&)[3]>::value && can_fill<std::array<float, 3> &>::value);
static_assert(!can_fill<const std::vector<double> &>::value && !can_fill<const buffer &>::value && !can_fill<std::vector<int> &>::value);
static_assert(!can_fill<std::list<double> &>::value && !can_fill<double (&)[3][4]>::value && !can_fill<double *>::value);

static const noise sequence{42, 7};

template <class T> static bool is_drawn(const T *x, std::size_t number, std::uint64_t stream, std::uint64_t first)
{
    for (std::size_t n = 0; n < number; n++) {
        double one;
        if (random_noise_fill(&one, 1, 42, stream, first + n) != SOMEMEM_OK || x[n] != static_cast<T>(one))
            return false;
    }
    return true;
}

template <class Call> static SomeMemStatus thrown(Call call)
{
    try {
        call();
    } catch (const somemem::no_memory &failure) {
        CHECK(std::strcmp(failure.what(), somemem_strerror(SOMEMEM_NO_MEMORY)) == 0);
        return failure.status();
    } catch (const somemem::error &failure) {
        CHECK(std::string(failure.what()) == somemem_strerror(failure.status()));
        return failure.status();
    }
    return SOMEMEM_OK;
}

template <class T> static void test_noise()
{
    std::vector<T> x(1000);
    sequence.fill(x);
    CHECK(is_drawn(x.data(), 1000, 7, 0));
    sequence.fill(x, 500);
    CHECK(is_drawn(x.data(), 1000, 7, 500));

    std::array<T, 5> five{};
    sequence.fill(five, 3);
    CHECK(is_drawn(five.data(), 5, 7, 3));
    T three[3];
    sequence.fill(three);
    CHECK(is_drawn(three, 3, 7, 0));
    std::vector<T> none;
    sequence.fill(none);
    sequence.add(none);
#if __cplusplus >= 202002L
    sequence.fill(std::span<T>(x).subspan(10, 20), 1);
    CHECK(is_drawn(x.data() + 10, 20, 7, 1) && is_drawn(x.data() + 30, 970, 7, 530));
#endif

    // Compared with the C functions. Their own tests compare them with the formulas.
    std::vector<T> expected(1000, T(0.25));
    x = expected;
    sequence.add(x, -1.5, 9);
    if constexpr (std::is_same_v<T, double>)
        CHECK(random_noise_add(expected.data(), 1000, -1.5, 42, 7, 9) == SOMEMEM_OK);
    else
        CHECK(random_noise_add_f32(expected.data(), 1000, -1.5, 42, 7, 9) == SOMEMEM_OK);
    CHECK(x == expected && x[0] != T(0.25));
    std::vector<T> once(1000), zero(1000);
    sequence.fill(once);
    sequence.add(zero);
    CHECK(zero == once);
    sequence.normal(x, 3, 0.5, 9);
    if constexpr (std::is_same_v<T, double>)
        CHECK(random_noise_normal(expected.data(), 1000, 3, 0.5, 42, 7, 9) == SOMEMEM_OK);
    else
        CHECK(random_noise_normal_f32(expected.data(), 1000, 3, 0.5, 42, 7, 9) == SOMEMEM_OK);
    CHECK(x == expected);
}

template <class T> static void test_rows()
{
    std::vector<T> x(30, T(5));
    sequence.fill(x, rows::of_streams(10, 3), 100);
    for (std::size_t row = 0; row < 10; row++)
        CHECK(is_drawn(x.data() + 3 * row, 3, 7 + row, 100));
    sequence.fill(x, rows::of_block(5, 6, 1000), 2040);
    for (std::size_t row = 0; row < 5; row++)
        CHECK(is_drawn(x.data() + 6 * row, 6, 7, 2040 + 1000 * row));

    // Four rows of two elements, with a stride of three. The last row needs no room behind it.
    std::vector<T> apart(11, T(5));
    sequence.fill(apart, rows{4, 2, 3, 0, 0});
    for (std::size_t row = 0; row < 4; row++)
        CHECK(is_drawn(apart.data() + 3 * row, 2, 7, 0) && (row == 3 || apart[3 * row + 2] == T(5)));
    sequence.add(apart, rows{4, 2, 3, 0, 0}, -1);
    for (std::size_t n = 0; n < 11; n++)
        CHECK(std::abs(apart[n] - (n % 3 == 2 ? T(5) : T(0))) <= (std::is_same_v<T, double> ? T(0) : T(1e-6)));

    const std::vector<T> before = apart;
    const std::size_t most = std::numeric_limits<std::size_t>::max();
    const rows refused[] = {{4, 2, 4, 0, 0}, {5, 2, 3, 0, 0}, {4, 3, 3, 0, 0}, {1, 12, 12, 0, 0}, {most, 2, 3, 0, 0}, {2, 2, most, 0, 0},
                            {most, most, most, 0, 0}, {4, 2, 1, 0, 0}, {4, 2, 0, 0, 0}, {4, 2, 3, UINT64_MAX, 0}, {4, 2, 3, 0, UINT64_MAX}};
    for (const rows &layout : refused) {
        CHECK(thrown([&] { sequence.fill(apart, layout); }) == SOMEMEM_INVALID_RANGE);
        CHECK(thrown([&] { sequence.add(apart, layout, 2); }) == SOMEMEM_INVALID_RANGE);
    }
    CHECK(thrown([&] { sequence.add(apart, rows{4, 2, 3, 0, 0}, NAN); }) == SOMEMEM_INVALID_SCALE);
    CHECK(apart == before);
    std::vector<T> none;
    sequence.fill(none, rows{most, 0, 0, 0, 0});
    sequence.add(none, rows{0, most, 0, 0, 0});
}

static void test_buffer()
{
    buffer none;
    CHECK(none.empty() && none.size() == 0 && none.begin() == none.end() && !none.get() && none.capacity() == 0);

    buffer x(1000);
    CHECK(x.size() == 1000 && x.data() == somemem_data(x.get()) && x.end() - x.begin() == 1000 && x.cend() - x.cbegin() == 1000);
    std::iota(x.begin(), x.end(), 0.0);
    x.resize(500000);
    CHECK(x.size() == 500000 && x[999] == 999 && x.data() == somemem_data(x.get()) && somemem_len(x.get()) == 500000);
    x.reserve(2000000);
    const double *data = x.data();
    x.resize(2000000);
    CHECK(x.capacity() >= 2000000 && x.data() == data && x[999] == 999);
    sequence.fill(x);
    CHECK(is_drawn(x.data(), 10, 7, 0));

    SomeMem *handle = x.get();
    buffer y = std::move(x);
    CHECK(x.empty() && !x.get() && y.get() == handle && y.size() == 2000000 && y.data() == data);
    buffer z(3);
    SomeMem *replaced = z.get();
    z = std::move(y);
    CHECK(z.get() == handle && !y.get() && somemem_free(replaced) == SOMEMEM_INVALID_HANDLE);
    buffer &same = z;
    z = std::move(same);
    CHECK(z.get() == handle && z.size() == 2000000);
    std::swap(z, y);
    CHECK(y.get() == handle && z.empty());
    {
        buffer last = std::move(y);
    }
    CHECK(somemem_free(handle) == SOMEMEM_INVALID_HANDLE);

    // A buffer that was moved from, or never had a handle, can be used like a new one.
    y.resize(7);
    CHECK(y.size() == 7 && y.get());
    z.reserve(5000);
    CHECK(z.empty() && z.capacity() >= 5000);

    handle = y.release();
    CHECK(!y.get() && y.empty() && somemem_len(handle) == 7);
    buffer again = buffer::adopt(handle);
    CHECK(again.size() == 7 && again.data() == somemem_data(handle));

    const buffer &seen = again;
    CHECK(seen.begin() == seen.data() && seen.end() == seen.data() + 7 && &seen[6] == seen.data() + 6 && !seen.empty());
}

static void test_drawn_buffers()
{
    buffer x = somemem::random_noise(1000, 42);
    CHECK(x.size() == 1000 && is_drawn(x.data(), 1000, 0, 0));
    buffer y = somemem::random_noise(1000), z = somemem::random_noise(1000);
    CHECK(y.size() == 1000 && std::memcmp(y.data(), z.data(), 8000) != 0);
    CHECK(somemem::random_noise(0).size() == 0);
}

static void test_failures()
{
    double few[3];
    sequence.fill(SignedSize{few, 3}, 5);
    CHECK(is_drawn(few, 3, 7, 5));

    const std::size_t most = std::numeric_limits<std::size_t>::max();
    CHECK(thrown([&] { buffer x(most); }) == SOMEMEM_NO_MEMORY);
    CHECK(thrown([&] { buffer x = somemem::random_noise(most); }) == SOMEMEM_NO_MEMORY);
    CHECK(thrown([&] { buffer x = somemem::random_noise(most, 42); }) == SOMEMEM_NO_MEMORY);
    errno = EIO;
    CHECK(thrown([&] { buffer x = buffer::adopt(nullptr); }) == SOMEMEM_NO_ENTROPY);

    buffer x = somemem::random_noise(1000, 42);
    const double *data = x.data();
    CHECK(thrown([&] { x.resize(most); }) == SOMEMEM_NO_MEMORY && thrown([&] { x.reserve(most); }) == SOMEMEM_NO_MEMORY);
    CHECK(x.size() == 1000 && x.data() == data && is_drawn(data, 1000, 0, 0));
    buffer none;
    CHECK(thrown([&] { none.resize(most); }) == SOMEMEM_NO_MEMORY && thrown([&] { none.reserve(most); }) == SOMEMEM_NO_MEMORY);
    CHECK(none.empty() && !none.get());

    CHECK(thrown([&] { sequence.fill(x, UINT64_MAX - 998); }) == SOMEMEM_INVALID_RANGE);
    CHECK(thrown([&] { sequence.add(x, INFINITY); }) == SOMEMEM_INVALID_SCALE);
    CHECK(thrown([&] { sequence.normal(x, NAN, 1); }) == SOMEMEM_INVALID_SCALE);
    CHECK(is_drawn(x.data(), 1000, 0, 0));
    sequence.fill(x, UINT64_MAX - 999);
    CHECK(is_drawn(x.data(), 1000, 7, UINT64_MAX - 999));
    CHECK(thrown([] { somemem::throw_if_failed(SOMEMEM_INVALID_HANDLE); }) == SOMEMEM_INVALID_HANDLE);
    somemem::throw_if_failed(SOMEMEM_OK);

    SomeMem *seen = nullptr;
    try {
        buffer owned(5);
        seen = owned.get();
        sequence.add(owned, NAN);
    } catch (const std::exception &) {
    }
    CHECK(seen && somemem_free(seen) == SOMEMEM_INVALID_HANDLE);
}

int main()
{
    test_noise<double>();
    test_noise<float>();
    test_rows<double>();
    test_rows<float>();
    test_buffer();
    test_drawn_buffers();
    test_failures();
    return check_result();
}
