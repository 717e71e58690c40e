/* The same seed gives the same bits, whether a sequence is drawn whole, in slices, or by several threads at once.
 *
 * Usage: reproducible [number of samples = 10000000] [threads = 4] */

#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <somemem.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"

enum { SEED = 42, SLICE = 4099, MOST_THREADS = 256 };

typedef struct Part {
    double *out;
    size_t number;
    uint64_t first;
    SomeMemStatus status;
} Part;

static void *draw_part(void *argument)
{
    Part *part = (Part *)argument;
    part->status = random_noise_fill(part->out, part->number, SEED, 0, part->first);
    return NULL;
}

static bool draw_by_threads(double *out, size_t number, int threads)
{
    pthread_t ids[MOST_THREADS];
    Part parts[MOST_THREADS];
    int started = 0, error = 0;
    for (size_t first = 0; started < threads; started++) {
        size_t length = (number - first) / (size_t)(threads - started);
        Part part = { out + first, length, first, SOMEMEM_OK };
        parts[started] = part;
        error = pthread_create(&ids[started], NULL, draw_part, &parts[started]);
        if (error) {
            fprintf(stderr, "pthread_create: %s\n", strerror(error));
            break;
        }
        first += length;
    }
    bool drawn = !error;
    for (int i = 0; i < started; i++) {
        pthread_join(ids[i], NULL);
        drawn &= parts[i].status == SOMEMEM_OK;
    }
    return drawn;
}

/* From the last slice to the first, to show that the order does not matter either. */
static bool draw_by_slices(double *out, size_t number)
{
    size_t end = number;
    while (end > 0) {
        size_t first = (end - 1) / SLICE * SLICE;
        if (random_noise_fill(out + first, end - first, SEED, 0, first) != SOMEMEM_OK)
            return false;
        end = first;
    }
    return true;
}

/* FNV-1a over the bytes of the doubles, least significant first on every computer. */
static uint64_t checksum(const double *samples, size_t number)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < number; i++) {
        uint64_t bits;
        memcpy(&bits, &samples[i], sizeof bits);
        for (int shift = 0; shift < 64; shift += 8)
            hash = (hash ^ (bits >> shift & 0xff)) * 0x100000001b3;
    }
    return hash;
}

static int failures = 0;

static void report(const char *what, bool passed)
{
    failures += !passed;
    printf("%-48s %s\n", what, passed ? "yes" : "NO");
}

int main(int argc, char **argv)
{
    Arguments arguments = read_arguments(argc, argv, "[number of samples = 10000000] [threads = 4]");
    size_t number = next_argument(&arguments, 10000000, 0, SIZE_MAX);
    int threads = (int)next_argument(&arguments, 4, 1, MOST_THREADS);
    no_more_arguments(&arguments);

    SomeMem *whole = random_noise_seeded(number, SEED);
    SomeMem *again = whole ? somemem_new(number) : NULL;
    if (!again) {
        perror("reproducible");
        somemem_free(whole);
        return 1;
    }
    const double *expected = somemem_data(whole);
    double *drawn = somemem_data(again);
    size_t bytes = number * sizeof(double);

    printf("%zu samples of seed %d, %d threads\n", number, SEED, threads);
    bool done = draw_by_threads(drawn, number, threads);
    report("drawn by threads: the same bits", done && memcmp(drawn, expected, bytes) == 0);
    memset(drawn, 0, bytes);
    done = draw_by_slices(drawn, number);
    report("drawn in slices, the last first: the same bits", done && memcmp(drawn, expected, bytes) == 0);
    if (number > 0) {
        done = random_noise_fill(drawn, number, SEED, 1, 0) == SOMEMEM_OK;
        report("another stream: other bits", done && memcmp(drawn, expected, bytes) != 0);
        done = random_noise_fill(drawn, number, SEED + 1, 0, 0) == SOMEMEM_OK;
        report("another seed: other bits", done && memcmp(drawn, expected, bytes) != 0);
    }
    printf("FNV-1a of the samples: %016" PRIx64 "\n", checksum(expected, number));
    somemem_free(again);
    somemem_free(whole);
    return failures ? 1 : 0;
}
