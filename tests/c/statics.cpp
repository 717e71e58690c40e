// C++ around the library: buffers of static objects, which are made before main() and freed by destructors after it;
// exceptions between calls, and out of functions that own buffers; thread-local objects.
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <thread>

#include "check.h"
#include "somemem.h"

static void require(bool holds)
{
    if (!holds) {
        std::fputs("after or before main(): wrong\n", stderr);
        std::_Exit(1);
    }
}

class Noise {
public:
    explicit Noise(std::size_t number) : handle_(random_noise_seeded(number, 42)), number_(number) { require(handle_ != nullptr); }
    Noise(const Noise &) = delete;
    Noise &operator=(const Noise &) = delete;
    ~Noise()
    {
        // All of the library still works, whatever was destroyed before.
        require(somemem_resize(handle_, number_ + 1) == SOMEMEM_OK);
        require(random_noise_fill(somemem_data(handle_), number_ + 1, 1, 2, 3) == SOMEMEM_OK);
        SomeMem *late = random_noise(number_);
        require(late != nullptr && somemem_free(late) == SOMEMEM_OK);
        require(somemem_free(handle_) == SOMEMEM_OK && somemem_free(handle_) == SOMEMEM_INVALID_HANDLE);
    }
    SomeMem *handle() const { return handle_; }

private:
    SomeMem *handle_;
    std::size_t number_;
};

static Noise small(1000), large(300000);

static Noise &made_late()
{
    static Noise late(10);
    return late;
}

static void throw_with_a_buffer(SomeMem *&seen)
{
    Noise noise(100);
    seen = noise.handle();
    if (somemem_resize(noise.handle(), SIZE_MAX) != SOMEMEM_OK)
        throw std::runtime_error("no memory");
}

int main()
{
    for (int n = 0; n < 1000; n++) {
        SomeMem *seen = nullptr;
        bool caught = false;
        try {
            throw_with_a_buffer(seen);
        } catch (const std::runtime_error &) {
            caught = true;
        }
        CHECK(caught && somemem_free(seen) == SOMEMEM_INVALID_HANDLE);
    }
    std::thread([] {
        thread_local Noise own(200);
        CHECK(somemem_len(own.handle()) == 200);
    }).join();
    CHECK(somemem_len(small.handle()) == 1000 && somemem_len(large.handle()) == 300000);
    CHECK(somemem_len(made_late().handle()) == 10);
    return check_result();
}
