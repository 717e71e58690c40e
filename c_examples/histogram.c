/* A histogram of the noise beside the normal density, out to the tails. Exit status 1 if a bin is more than 5 standard
 * errors off.
 *
 * Usage: histogram [number of samples = 10000000] [seed = 42] */

#include <math.h>
#include <somemem.h>
#include <stdio.h>

#include "arguments.h"

/* Ten bins of width 0.5 on each side, and one more for everything beyond. */
enum { SIDE = 11, BINS = 2 * SIDE, BLOCK = 65536, BAR = 35 };

static double lower_edge(int bin)
{
    return bin == 0 ? -INFINITY : bin == BINS ? INFINITY : 0.5 * (bin - SIDE);
}

static int bin_of(double sample)
{
    int bin = (int)floor(2.0 * sample) + SIDE;
    return bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin;
}

/* The difference of two upper tails. A difference of two numbers near 1 would lose digits of a small result. */
static double probability(int bin)
{
    double inner = fabs(lower_edge(bin)), outer = fabs(lower_edge(bin + 1));
    return 0.5 * fabs(erfc(inner / sqrt(2.0)) - erfc(outer / sqrt(2.0)));
}

/* In standard errors, of the square roots: these are close to normal even if few counts are expected. */
static double deviation(double count, double expected, double probability_of_bin)
{
    return 2.0 * (sqrt(count + 0.375) - sqrt(expected + 0.375)) / sqrt(1.0 - probability_of_bin);
}

/* On a logarithmic scale, where the density is a parabola and the tails are visible. */
static int bar_length(double count, double samples)
{
    return (int)lround((BAR - 1) * log1p(count) / log1p(samples));
}

static void print_interval(int bin)
{
    if (bin == 0)
        printf("   below%5.1f", lower_edge(1));
    else if (bin == BINS - 1)
        printf("   above%5.1f", lower_edge(bin));
    else
        printf("%5.1f ..%5.1f", lower_edge(bin), lower_edge(bin + 1));
}

int main(int argc, char **argv)
{
    Arguments arguments = read_arguments(argc, argv, "[number of samples = 10000000] [seed = 42]");
    uint64_t samples = next_argument(&arguments, 10000000, 1, 10000000000);
    uint64_t seed = next_argument(&arguments, 42, 0, UINT64_MAX);
    no_more_arguments(&arguments);

    static double noise[BLOCK];
    uint64_t counts[BINS] = { 0 };
    double least = INFINITY, most = -INFINITY;
    for (uint64_t first = 0; first < samples; first += BLOCK) {
        size_t number = samples - first < BLOCK ? samples - first : BLOCK;
        SomeMemStatus status = random_noise_fill(noise, number, seed, 0, first);
        if (status != SOMEMEM_OK) {
            fprintf(stderr, "random_noise_fill: %s\n", somemem_strerror(status));
            return 1;
        }
        for (size_t i = 0; i < number; i++) {
            counts[bin_of(noise[i])]++;
            least = fmin(least, noise[i]);
            most = fmax(most, noise[i]);
        }
    }

    int outside = 0;
    printf("    interval      count     expected    off # count, | expectation (log scale)\n");
    for (int bin = 0; bin < BINS; bin++) {
        double expected = probability(bin) * (double)samples;
        double off = deviation((double)counts[bin], expected, probability(bin));
        outside += fabs(off) > 5.0;
        print_interval(bin);
        printf(" %10" PRIu64 " %12.1f %+6.2f ", counts[bin], expected, off);
        int length = bar_length((double)counts[bin], (double)samples);
        int mark = bar_length(expected, (double)samples);
        for (int column = 0; column < length || column <= mark; column++)
            putchar(column == mark ? '|' : column < length ? '#' : ' ');
        putchar('\n');
    }
    printf("Samples from %.3f to %.3f; bins off by more than 5 standard errors: %d of %d\n", least, most, outside,
           BINS);
    return outside ? 1 : 0;
}
