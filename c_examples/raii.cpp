// Handles owned the C++ way: freed by a std::unique_ptr also when an exception flies, and failures thrown.
//
// Usage: raii [number of samples = 1000]

#include <cerrno>
#include <cmath>
#include <cstddef>
#include <iomanip>
#include <iostream>
#include <memory>
#include <new>
#include <somemem.h>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "arguments.h"

struct Free {
    void operator()(SomeMem *memory) const noexcept { somemem_free(memory); }
};

using Memory = std::unique_ptr<SomeMem, Free>;

// Takes over what somemem_new(), random_noise() or random_noise_seeded() returned.
static Memory owned(SomeMem *handle)
{
    if (handle)
        return Memory(handle);
    if (errno == ENOMEM)
        throw std::bad_alloc();
    throw std::system_error(errno, std::generic_category(), "somemem");
}

static void check(SomeMemStatus status)
{
    if (status == SOMEMEM_NO_MEMORY)
        throw std::bad_alloc();
    if (status != SOMEMEM_OK)
        throw std::invalid_argument(somemem_strerror(status));
}

// The doubles of a buffer, until it is resized or freed.
class View {
public:
    explicit View(const Memory &memory) : data_(somemem_data(memory.get())), size_(somemem_len(memory.get())) {}
    double *begin() const { return data_; }
    double *end() const { return data_ + size_; }
    std::size_t size() const { return size_; }

private:
    double *data_;
    std::size_t size_;
};

static double power(const View &samples)
{
    double sum = 0.0;
    for (double sample : samples)
        sum += sample * sample;
    return sum / static_cast<double>(samples.size());
}

// Throws while it owns a buffer. `seen` is told its handle, to see what becomes of it.
static void fail_halfway(SomeMem *&seen)
{
    Memory noise = owned(random_noise_seeded(1000, 42));
    seen = noise.get();
    check(random_noise_add(View(noise).begin(), 1000, INFINITY, 42, 0, 0));
    std::cout << "never reached\n";
}

int main(int argc, char **argv)
{
    Arguments arguments = read_arguments(argc, argv, "[number of samples = 1000]");
    std::size_t number = next_argument(&arguments, 1000, 1, SIZE_MAX);
    no_more_arguments(&arguments);

    try {
        std::cout << std::fixed << std::setprecision(4);

        Memory noise = owned(random_noise_seeded(number, 42));
        std::cout << View(noise).size() << " samples of power " << power(View(noise)) << "\n";

        check(somemem_resize(noise.get(), number / 2 + 1));
        std::cout << View(noise).size() << " of them have power " << power(View(noise)) << "\n";

        std::vector<double> signal(8);
        for (std::size_t i = 0; i < signal.size(); i++)
            signal[i] = std::sin(static_cast<double>(i));
        check(random_noise_add(signal.data(), signal.size(), 0.1, 42, 1, 0));
        std::cout << "a noisy sine:";
        for (double sample : signal)
            std::cout << " " << sample;
        std::cout << "\n";

        SomeMem *seen = nullptr;
        try {
            fail_halfway(seen);
        } catch (const std::invalid_argument &error) {
            std::cout << "caught: " << error.what() << "\n";
        }
        bool freed = somemem_free(seen) == SOMEMEM_INVALID_HANDLE;
        std::cout << "the buffer was " << (freed ? "freed" : "LEAKED") << " on the way\n";

        try {
            check(somemem_resize(noise.get(), SIZE_MAX));
        } catch (const std::bad_alloc &) {
            std::cout << "no memory for more, and still " << View(noise).size() << " samples\n";
        }
        return freed ? 0 : 1;
    } catch (const std::exception &error) {
        std::cerr << "raii: " << error.what() << "\n";
        return 1;
    }
}
