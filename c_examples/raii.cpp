// Buffers and noise in C++, with somemem.hpp: failures are exceptions, and an exception frees the buffers.
//
// Usage: raii [number of samples = 1000]

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <new>
#include <utility>
#include <vector>

#include <somemem.hpp>

#include "arguments.h"

static double power(const somemem::buffer &samples)
{
    double sum = 0.0;
    for (double sample : samples)
        sum += sample * sample;
    return sum / static_cast<double>(samples.size());
}

// Throws while it owns a buffer. `seen` gets the handle, to check that the buffer was freed.
static void fail_halfway(SomeMem *&seen)
{
    somemem::buffer owned = somemem::random_noise(1000, 42);
    seen = owned.get();
    somemem::noise{42, 0}.add(owned, INFINITY);
    std::puts("never reached");
}

static bool try_all(std::size_t number)
{
    somemem::buffer samples = somemem::random_noise(number, 42);
    std::printf("%zu samples of power %.4f\n", samples.size(), power(samples));

    samples.resize(number / 2 + 1);
    somemem::buffer moved = std::move(samples);
    std::printf("%zu of them have power %.4f\n", moved.size(), power(moved));

    std::vector<double> signal(8);
    for (std::size_t i = 0; i < signal.size(); i++)
        signal[i] = std::sin(static_cast<double>(i));
    somemem::noise{42, 1}.add(signal, 0.1);
    std::printf("a noisy sine:");
    for (double sample : signal)
        std::printf(" %.4f", sample);
    std::puts("");

    SomeMem *seen = nullptr;
    try {
        fail_halfway(seen);
    } catch (const somemem::error &error) {
        std::printf("caught: %s\n", error.what());
    }
    bool freed = somemem_free(seen) == SOMEMEM_INVALID_HANDLE;
    std::printf("the buffer was %s on the way\n", freed ? "freed" : "LEAKED");

    try {
        moved.resize(SIZE_MAX);
    } catch (const std::bad_alloc &) {
        std::printf("no memory for more, and still %zu samples\n", moved.size());
    }
    return freed;
}

int main(int argc, char **argv)
{
    Arguments arguments = read_arguments(argc, argv, "[number of samples = 1000]");
    std::size_t number = next_argument(&arguments, 1000, 1, SIZE_MAX);
    no_more_arguments(&arguments);
    try {
        return try_all(number) ? 0 : 1;
    } catch (const std::exception &error) {
        std::fprintf(stderr, "raii: %s\n", error.what());
        return 1;
    }
}
