/* The symbol error rate of QPSK and 16-QAM over a channel with additive white Gaussian noise, measured on I/Q samples
 * in floats and by theory. Exit status 1 if they differ by more than 5 standard errors anywhere.
 *
 * Usage: radio [symbols a point = 1000000] [seed = 42] */

#include <math.h>
#include <somemem.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"

enum { BLOCK = 16384, MODULATIONS = 2, POINTS = 5, MOST_BITS = 2 };

/* One stream for the bits, and one for the noise of each point. */
enum { BITS_STREAM = 0, NOISE_STREAMS = 1 };

/* A square constellation: I and Q carry `bits` bits each. The levels are -1 and 1 for one bit, and -3, -1, 1 and 3 for
 * two. */
typedef struct Modulation {
    const char *name;
    int bits;
    int decibels; /* Es/N0 of the first point; the others are 2 dB apart */
} Modulation;

static const Modulation modulations[MODULATIONS] = { { "QPSK", 1, 2 }, { "16-QAM", 2, 10 } };

static double levels(Modulation modulation)
{
    return (double)(1 << modulation.bits);
}

/* The mean of I^2 + Q^2 over the constellation. */
static double symbol_energy(Modulation modulation)
{
    return 2.0 * (levels(modulation) * levels(modulation) - 1.0) / 3.0;
}

/* The bits are signs of noise: independent, and 0 as often as 1. */
static SomeMemStatus send_symbols(float *sent, size_t symbols, Modulation modulation, uint64_t seed, uint64_t first)
{
    static float signs[2 * BLOCK * MOST_BITS];
    size_t bits = (size_t)modulation.bits;
    SomeMemStatus status = random_noise_fill_f32(signs, 2 * symbols * bits, seed, BITS_STREAM, 2 * first * bits);
    for (size_t i = 0; i < 2 * symbols; i++) {
        sent[i] = 0.0f;
        for (size_t bit = 0; bit < bits; bit++)
            sent[i] = 2.0f * sent[i] + copysignf(1.0f, signs[i * bits + bit]);
    }
    return status;
}

/* The level nearest to the received value: an odd number, at most the outermost level. */
static float decide(float received, float outermost)
{
    float level = 2.0f * floorf(0.5f * received) + 1.0f;
    return fminf(fmaxf(level, -outermost), outermost);
}

static uint64_t count_errors(const float *sent, const float *received, size_t symbols, Modulation modulation)
{
    float outermost = (float)levels(modulation) - 1.0f;
    uint64_t errors = 0;
    for (size_t i = 0; i < 2 * symbols; i += 2)
        errors += decide(received[i], outermost) != sent[i] || decide(received[i + 1], outermost) != sent[i + 1];
    return errors;
}

static SomeMemStatus measure(uint64_t *errors, uint64_t symbols, Modulation modulation, double signal_to_noise,
                             uint64_t seed, uint64_t stream)
{
    /* I and Q have half of the noise each. */
    double stddev = sqrt(0.5 * symbol_energy(modulation) / signal_to_noise);
    static float sent[2 * BLOCK], received[2 * BLOCK];
    *errors = 0;
    for (uint64_t first = 0; first < symbols; first += BLOCK) {
        size_t number = symbols - first < BLOCK ? symbols - first : BLOCK;
        SomeMemStatus status = send_symbols(sent, number, modulation, seed, first);
        memcpy(received, sent, 2 * number * sizeof sent[0]);
        if (status == SOMEMEM_OK)
            status = random_noise_add_f32(received, 2 * number, stddev, seed, stream, 2 * first);
        if (status != SOMEMEM_OK)
            return status;
        *errors += count_errors(sent, received, number, modulation);
    }
    return SOMEMEM_OK;
}

/* Neighbouring levels are 2 apart, so noise beyond 1 is an error, on both sides of a level and on one side of the two
 * outermost. */
static double error_rate(Modulation modulation, double signal_to_noise)
{
    double outside = erfc(sqrt(signal_to_noise / symbol_energy(modulation)));
    double wrong_level = (1.0 - 1.0 / levels(modulation)) * outside;
    return 1.0 - (1.0 - wrong_level) * (1.0 - wrong_level);
}

int main(int argc, char **argv)
{
    Arguments arguments = read_arguments(argc, argv, "[symbols a point = 1000000] [seed = 42]");
    uint64_t symbols = next_argument(&arguments, 1000000, 100000, 100000000000);
    uint64_t seed = next_argument(&arguments, 42, 0, UINT64_MAX);
    no_more_arguments(&arguments);

    int outside = 0;
    printf("           Es/N0      symbols     errors   measured     theory  deviation (standard errors)\n");
    for (int i = 0; i < MODULATIONS * POINTS; i++) {
        Modulation modulation = modulations[i / POINTS];
        int decibels = modulation.decibels + 2 * (i % POINTS);
        double signal_to_noise = pow(10.0, decibels / 10.0);
        uint64_t errors;
        SomeMemStatus status
            = measure(&errors, symbols, modulation, signal_to_noise, seed, NOISE_STREAMS + (uint64_t)i);
        if (status != SOMEMEM_OK) {
            fprintf(stderr, "radio: %s\n", somemem_strerror(status));
            return 1;
        }
        double measured = (double)errors / (double)symbols;
        double theory = error_rate(modulation, signal_to_noise);
        double deviation = (measured - theory) / sqrt(theory * (1.0 - theory) / (double)symbols);
        outside += fabs(deviation) > 5.0;
        printf("%-8s  %3d dB %12" PRIu64 " %10" PRIu64 "  %.3e  %.3e  %+9.2f\n", modulation.name, decibels, symbols,
               errors, measured, theory, deviation);
    }
    if (outside)
        fprintf(stderr, "radio: %d of %d points outside 5 standard errors\n", outside, MODULATIONS * POINTS);
    return outside ? 1 : 0;
}
