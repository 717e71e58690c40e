// somemem for C++17 and later: buffers that free themselves, noise for contiguous ranges, and exceptions for statuses.
//
//     somemem::noise noise{42, 0};                      // seed, stream
//     std::vector<double> x(1000);
//     noise.fill(x);                                    // elements 0 to 999
//     noise.add(x, 0.1, 5000);                          // and 0.1 times elements 5000 to 5999
//
//     somemem::buffer y = somemem::random_noise(1000);  // another noise at each run
//     for (double sample : y) sum += sample;
//
// Everything is inline and calls the functions of somemem.h. What that header says of values, threads, limits and cost holds here too.
// Write somemem::random_noise() in full: the function of C has the same name and is in no namespace.
// SPDX-License-Identifier: MIT OR Apache-2.0

#ifndef SOMEMEM_HPP
#define SOMEMEM_HPP

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <new>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "somemem.h"

#if !(__cplusplus >= 201703L || (defined(_MSVC_LANG) && _MSVC_LANG >= 201703L))
#error "somemem.hpp needs C++17; somemem.h serves C++98 and later"
#endif

namespace somemem {

/// A call failed because memory cannot be allocated. Nothing has changed.
class no_memory : public std::bad_alloc {
public:
    [[nodiscard]] const char *what() const noexcept override { return somemem_strerror(SOMEMEM_NO_MEMORY); }
    [[nodiscard]] SomeMemStatus status() const noexcept { return SOMEMEM_NO_MEMORY; }
};

/// A call failed for any other reason. status() returns the reason, and what() describes it in English. Nothing has changed.
class error : public std::runtime_error {
public:
    explicit error(SomeMemStatus status) : std::runtime_error(somemem_strerror(status)), status_(status) {}
    [[nodiscard]] SomeMemStatus status() const noexcept { return status_; }

private:
    SomeMemStatus status_;
};

/// Throws no_memory or error if the status is an error. It is for functions of C that are called directly.
inline void throw_if_failed(SomeMemStatus status)
{
    if (status == SOMEMEM_NO_MEMORY)
        throw no_memory();
    if (status != SOMEMEM_OK)
        throw error(status);
}

/// Owns a growable buffer of doubles, and frees it. It can be moved and not copied. A default-constructed or moved-from buffer has no
/// handle and is empty.
///
/// Reading needs no call of the library, because address and size are kept beside the handle. Iterators and pointers are valid until the
/// next resize(), reserve(), or the end of the buffer. A resize() within the reserve leaves them valid.
class buffer {
public:
    using value_type = double;
    using size_type = std::size_t;
    using difference_type = std::ptrdiff_t;
    using reference = double &;
    using const_reference = const double &;
    using pointer = double *;
    using const_pointer = const double *;
    using iterator = double *;
    using const_iterator = const double *;

    buffer() noexcept = default;

    /// `number` doubles of unspecified values. Throws no_memory.
    explicit buffer(std::size_t number) : buffer(adopt(somemem_new(number))) {}

    /// Takes over the result of somemem_new(), random_noise() or random_noise_seeded(). If it is NULL, throws what `errno` says. Call it at
    /// once, before `errno` changes.
    [[nodiscard]] static buffer adopt(SomeMem *handle)
    {
        if (!handle)
            throw_if_failed(errno == EIO ? SOMEMEM_NO_ENTROPY : SOMEMEM_NO_MEMORY);
        buffer made;
        made.handle_ = handle;
        made.look();
        return made;
    }

    buffer(buffer &&other) noexcept
        : handle_(other.handle_), data_(other.data_), size_(other.size_)
    {
        other.forget();
    }

    buffer &operator=(buffer &&other) noexcept
    {
        if (this != &other) {
            buffer old(std::move(*this));
            handle_ = other.handle_;
            data_ = other.data_;
            size_ = other.size_;
            other.forget();
        }
        return *this;
    }

    buffer(const buffer &) = delete;
    buffer &operator=(const buffer &) = delete;

    ~buffer()
    {
        if (handle_)
            somemem_free(handle_);
    }

    [[nodiscard]] double *data() noexcept { return data_; }
    [[nodiscard]] const double *data() const noexcept { return data_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::size_t capacity() const noexcept { return somemem_capacity(handle_); }

    [[nodiscard]] double &operator[](std::size_t n) noexcept { return data_[n]; }
    [[nodiscard]] const double &operator[](std::size_t n) const noexcept { return data_[n]; }

    [[nodiscard]] double *begin() noexcept { return data_; }
    [[nodiscard]] double *end() noexcept { return data_ + size_; }
    [[nodiscard]] const double *begin() const noexcept { return data_; }
    [[nodiscard]] const double *end() const noexcept { return data_ + size_; }
    [[nodiscard]] const double *cbegin() const noexcept { return data_; }
    [[nodiscard]] const double *cend() const noexcept { return data_ + size_; }

    /// Keeps the content up to the smaller of the two sizes; new doubles have unspecified values. Throws no_memory, and then nothing has
    /// changed.
    void resize(std::size_t number)
    {
        if (!handle_) {
            *this = buffer(number);
            return;
        }
        throw_if_failed(somemem_resize(handle_, number));
        look();
    }

    /// Reserves addresses, so that resize() up to `number` doubles does not move the data. This call may move it. Throws no_memory.
    void reserve(std::size_t number)
    {
        if (!handle_) {
            buffer made(0);
            made.reserve(number);
            *this = std::move(made);
            return;
        }
        throw_if_failed(somemem_reserve(handle_, number));
        look();
    }

    /// The handle, for functions of C that neither resize nor free the buffer, or NULL.
    [[nodiscard]] SomeMem *get() const noexcept { return handle_; }

    /// Gives up the handle: the caller frees it. The buffer is empty then.
    [[nodiscard]] SomeMem *release() noexcept
    {
        SomeMem *handle = handle_;
        forget();
        return handle;
    }

private:
    void look() noexcept
    {
        data_ = somemem_data(handle_);
        size_ = somemem_len(handle_);
    }

    void forget() noexcept
    {
        handle_ = nullptr;
        data_ = nullptr;
        size_ = 0;
    }

    SomeMem *handle_ = nullptr;
    double *data_ = nullptr;
    std::size_t size_ = 0;
};

/// `number` independent N(0,1) samples that cannot be predicted or drawn again. Throws no_memory, or error if the system gives no random
/// key.
[[nodiscard]] inline buffer random_noise(std::size_t number) { return buffer::adopt(::random_noise(number)); }

/// Elements 0 to `number` - 1 of stream 0 of `seed`. Throws no_memory.
[[nodiscard]] inline buffer random_noise(std::size_t number, std::uint64_t seed)
{
    return buffer::adopt(random_noise_seeded(number, seed));
}

/// Rows in memory: their number, their length, and the distance between their beginnings in elements. From each row to the next, the stream
/// and the first index increase by these steps.
struct rows {
    std::size_t number = 0;
    std::size_t columns = 0;
    std::size_t stride = 0;
    std::uint64_t stream_step = 0;
    std::uint64_t first_step = 0;

    /// A stream for each row. The rows are contiguous.
    [[nodiscard]] static constexpr rows of_streams(std::size_t number, std::size_t columns) noexcept
    {
        return {number, columns, columns, 1, 0};
    }

    /// A block of a larger array whose rows are `width` long. The block has memory of its own. For a block at (top, left), `first` is top *
    /// width + left.
    [[nodiscard]] static constexpr rows of_block(std::size_t number, std::size_t columns, std::uint64_t width) noexcept
    {
        return {number, columns, columns, 0, width};
    }
};

namespace detail {

template <class Range> using element = std::remove_pointer_t<decltype(std::data(std::declval<Range &>()))>;

// Some classes have a signed size.
template <class Range> std::size_t size(const Range &range) { return static_cast<std::size_t>(std::size(range)); }

// A contiguous writable range of doubles or floats: std::vector, std::array, std::span, an array, a buffer.
template <class Range>
using enable_for = std::enable_if_t<(std::is_same_v<element<Range>, double> || std::is_same_v<element<Range>, float>) &&
                                        std::is_convertible_v<decltype(std::size(std::declval<Range &>())), std::size_t>,
                                    int>;

} // namespace detail

/// A sequence of noise. Each function draws elements from `first` on into a contiguous writable range of doubles or floats, such as
/// std::vector, std::array, std::span or somemem::buffer. A function that throws somemem::error has written nothing.
///
/// Some views with gaps have data() and size() too, such as a row of an Eigen matrix that is stored by columns. Such a view is not
/// contiguous. Pass the memory of the whole matrix instead, with rows of one column.
struct noise {
    std::uint64_t seed = 0;
    std::uint64_t stream = 0;

    /// out[i] = x, element `first` + i.
    template <class Range, detail::enable_for<Range> = 0> void fill(Range &&out, std::uint64_t first = 0) const
    {
        if constexpr (std::is_same_v<detail::element<Range>, double>)
            throw_if_failed(random_noise_fill(std::data(out), detail::size(out), seed, stream, first));
        else
            throw_if_failed(random_noise_fill_f32(std::data(out), detail::size(out), seed, stream, first));
    }

    /// inout[i] += scale * x. The scale comes before the first index: add(signal, 0.1, 5000).
    template <class Range, detail::enable_for<Range> = 0>
    void add(Range &&inout, double scale = 1, std::uint64_t first = 0) const
    {
        if constexpr (std::is_same_v<detail::element<Range>, double>)
            throw_if_failed(random_noise_add(std::data(inout), detail::size(inout), scale, seed, stream, first));
        else
            throw_if_failed(random_noise_add_f32(std::data(inout), detail::size(inout), scale, seed, stream, first));
    }

    /// out[i] = mean + scale * x.
    template <class Range, detail::enable_for<Range> = 0>
    void normal(Range &&out, double mean, double scale, std::uint64_t first = 0) const
    {
        if constexpr (std::is_same_v<detail::element<Range>, double>)
            throw_if_failed(random_noise_normal(std::data(out), detail::size(out), mean, scale, seed, stream, first));
        else
            throw_if_failed(random_noise_normal_f32(std::data(out), detail::size(out), mean, scale, seed, stream, first));
    }

    /// fill() for rows. If the range is too small for them, it throws error with SOMEMEM_INVALID_RANGE.
    template <class Range, detail::enable_for<Range> = 0>
    void fill(Range &&out, const rows &layout, std::uint64_t first = 0) const
    {
        check_size(detail::size(out), layout);
        if constexpr (std::is_same_v<detail::element<Range>, double>)
            throw_if_failed(random_noise_fill_rows(std::data(out), layout.number, layout.columns, layout.stride, seed, stream, first, layout.stream_step,
                                         layout.first_step));
        else
            throw_if_failed(random_noise_fill_rows_f32(std::data(out), layout.number, layout.columns, layout.stride, seed, stream, first,
                                             layout.stream_step, layout.first_step));
    }

    /// add() for rows.
    template <class Range, detail::enable_for<Range> = 0>
    void add(Range &&inout, const rows &layout, double scale = 1, std::uint64_t first = 0) const
    {
        check_size(detail::size(inout), layout);
        if constexpr (std::is_same_v<detail::element<Range>, double>)
            throw_if_failed(random_noise_add_rows(std::data(inout), layout.number, layout.columns, layout.stride, scale, seed, stream, first,
                                        layout.stream_step, layout.first_step));
        else
            throw_if_failed(random_noise_add_rows_f32(std::data(inout), layout.number, layout.columns, layout.stride, scale, seed, stream, first,
                                            layout.stream_step, layout.first_step));
    }

private:
    // Whether (number - 1) * stride + columns fits, without an overflow. The library refuses all other errors.
    static void check_size(std::size_t size, const rows &layout)
    {
        if (layout.number == 0 || layout.columns == 0)
            return;
        bool fits = layout.columns <= size && (layout.stride == 0 || layout.number - 1 <= (size - layout.columns) / layout.stride);
        throw_if_failed(fits ? SOMEMEM_OK : SOMEMEM_INVALID_RANGE);
    }
};

} // namespace somemem

#endif // SOMEMEM_HPP
