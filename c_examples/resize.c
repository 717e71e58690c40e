/* Grows and shrinks a buffer, and asks for more memory than there is. Each line of the table is one resize. After each,
 * the program compares every double of the buffer with its expected value.
 *
 * Usage: resize [number of doubles = 1000000] */

#include <somemem.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"

enum { SEED = 42, BLOCK = 1024 };

/* Draws the noise again piece by piece, so that the check needs little memory. */
static bool is_noise(const double *data, size_t number)
{
    double noise[BLOCK];
    for (size_t first = 0; first < number; first += BLOCK) {
        size_t length = number - first < BLOCK ? number - first : BLOCK;
        if (random_noise_fill(noise, length, SEED, 0, first) != SOMEMEM_OK
            || memcmp(data + first, noise, length * sizeof(double)) != 0)
            return false;
    }
    return true;
}

/* Resizes, and draws noise into the new doubles, so that the buffer always holds one piece of the sequence. */
static SomeMemStatus resize(SomeMem *memory, size_t new_number, bool *intact)
{
    size_t old_number = somemem_len(memory);
    uintptr_t old_place = (uintptr_t)somemem_data(memory);

    SomeMemStatus status = somemem_resize(memory, new_number);

    /* Asks again, because the old pointer is invalid now. */
    double *data = somemem_data(memory);
    size_t number = somemem_len(memory);
    bool kept = number == (status == SOMEMEM_OK ? new_number : old_number);
    if (number > old_number)
        kept &= random_noise_fill(data + old_number, number - old_number, SEED, 0, old_number) == SOMEMEM_OK;
    kept &= is_noise(data, number);

    printf("%20zu  %-30s  %10zu  %-8s  %s\n", new_number, somemem_strerror(status), number,
           (uintptr_t)data == old_place ? "in place" : "moved", kept ? "kept" : "LOST");
    *intact &= kept;
    return status;
}

int main(int argc, char **argv)
{
    Arguments arguments = read_arguments(argc, argv, "[number of doubles = 1000000]");
    size_t number = next_argument(&arguments, 1000000, 0, SIZE_MAX);
    no_more_arguments(&arguments);

    SomeMem *memory = random_noise_seeded(number, SEED);
    if (!memory) {
        perror("random_noise_seeded");
        return 1;
    }
    printf("%20s  %-30s  %10s  %-8s  %s\n", "resize to", "status", "length now", "data", "content");
    bool intact = true;
    resize(memory, number + 1, &intact);
    resize(memory, 4 * number, &intact);
    bool refused = resize(memory, SIZE_MAX, &intact) == SOMEMEM_NO_MEMORY;
    /* The largest number that is not refused at once. No computer has this much memory. */
    refused &= resize(memory, PTRDIFF_MAX / 8, &intact) == SOMEMEM_NO_MEMORY;
    bool shrunk = resize(memory, number / 2, &intact) == SOMEMEM_OK;
    shrunk &= resize(memory, 0, &intact) == SOMEMEM_OK;
    resize(memory, number, &intact);
    somemem_free(memory);

    if (!intact || !refused || !shrunk)
        fprintf(stderr, "resize: not as documented\n");
    return intact && refused && shrunk ? 0 : 1;
}
