/* Brownian motion on [0, 1], with a stream for each path. Any part of a path can be drawn again alone: the program
 * draws a part of each path again and compares the bits. The variance of W(t) must be t. Exit status 1 if bits differ,
 * or if a variance is more than 4 standard errors off.
 *
 * Usage: brownian [paths = 10000] [steps = 1000] [seed = 42] */

#include <math.h>
#include <somemem.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"

enum { QUARTERS = 4, SHOWN = 5 };

typedef struct Motion {
    uint64_t seed;
    size_t steps;
} Motion;

/* Walks one path from step `from` to step `to`, beginning at `position`, and leaves every position in `walk`. */
static double walk_path(Motion motion, uint64_t path, size_t from, size_t to, double position, double *walk)
{
    size_t number = to - from;
    memset(walk, 0, number * sizeof *walk);
    SomeMemStatus status = random_noise_add(walk, number, sqrt(1.0 / (double)motion.steps), motion.seed, path, from);
    if (status != SOMEMEM_OK) {
        fprintf(stderr, "random_noise_add: %s\n", somemem_strerror(status));
        exit(1);
    }
    for (size_t i = 0; i < number; i++)
        walk[i] = position += walk[i];
    return position;
}

/* Draws a part of a path again, another part for each path. Returns whether the positions have the same bits. */
static bool can_be_drawn_again(Motion motion, uint64_t path, const double *walk, double *part)
{
    size_t from = (path + 1) * 389 % motion.steps;
    size_t to = from + 1 + (path + 1) * 197 % (motion.steps - from);
    double start = from > 0 ? walk[from - 1] : 0.0;
    double end = walk_path(motion, path, from, to, start, part);
    bool same = memcmp(part, walk + from, (to - from) * sizeof *part) == 0;
    if (path < SHOWN)
        printf("path %" PRIu64 ", steps %4zu to %4zu: W moves by %+.6f, drawn again %+.6f, %s\n", path, from, to,
               walk[to - 1] - start, end - start, same ? "the same bits" : "OTHER BITS");
    return same;
}

/* The number of steps in the first `quarters` quarters of a path, rounded down. */
static size_t steps_of(Motion motion, int quarters)
{
    return motion.steps * (size_t)quarters / QUARTERS;
}

int main(int argc, char **argv)
{
    Arguments arguments = read_arguments(argc, argv, "[paths = 10000] [steps = 1000] [seed = 42]");
    uint64_t paths = next_argument(&arguments, 10000, 100, 1000000000000);
    Motion motion;
    motion.steps = next_argument(&arguments, 1000, QUARTERS, SIZE_MAX);
    motion.seed = next_argument(&arguments, 42, 0, UINT64_MAX);
    no_more_arguments(&arguments);

    SomeMem *walk_memory = somemem_new(motion.steps);
    SomeMem *part_memory = walk_memory ? somemem_new(motion.steps) : NULL;
    if (!part_memory) {
        perror("somemem_new");
        somemem_free(walk_memory);
        return 1;
    }
    double *walk = somemem_data(walk_memory);
    uint64_t differing = 0;
    double squares[QUARTERS] = { 0.0 };
    for (uint64_t path = 0; path < paths; path++) {
        walk_path(motion, path, 0, motion.steps, 0.0, walk);
        differing += !can_be_drawn_again(motion, path, walk, somemem_data(part_memory));
        for (int i = 0; i < QUARTERS; i++) {
            double position = walk[steps_of(motion, i + 1) - 1];
            squares[i] += position * position;
        }
    }
    somemem_free(part_memory);
    somemem_free(walk_memory);
    printf("%" PRIu64 " of %" PRIu64 " paths differ when a part is drawn again\n", differing, paths);

    int outside = 0;
    printf("\n     t  variance of W(t)  standard error  deviation (standard errors)\n");
    for (int i = 0; i < QUARTERS; i++) {
        double t = (double)steps_of(motion, i + 1) / (double)motion.steps;
        double variance = squares[i] / (double)paths;
        double standard_error = t * sqrt(2.0 / (double)paths);
        double deviation = (variance - t) / standard_error;
        outside += fabs(deviation) > 4.0;
        printf("%6.4f  %16.6f  %14.6f  %+9.2f\n", t, variance, standard_error, deviation);
    }
    return differing || outside ? 1 : 0;
}
