/* The bit error rate of BPSK over a channel with additive white Gaussian noise, measured and by theory. Exit status 1
 * if they differ by more than 4 standard errors anywhere.
 *
 * Usage: awgn [bits a point = 10000000] [seed = 42] */

#include <math.h>
#include <somemem.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"

enum { BLOCK = 65536, POINTS = 9 };

/* One stream for the bits, and one for the noise of each point. */
enum { BITS_STREAM = 0, NOISE_STREAMS = 1 };

/* A bit is sent as +1 or -1: the energy of a bit is 1, and its noise has the variance N0 / 2. */
static SomeMemStatus send_bits(double *symbols, size_t number, uint64_t seed, uint64_t first)
{
    SomeMemStatus status = random_noise_fill(symbols, number, seed, BITS_STREAM, first);
    for (size_t i = 0; i < number; i++)
        symbols[i] = copysign(1.0, symbols[i]);
    return status;
}

static uint64_t count_errors(const double *symbols, const double *received, size_t number)
{
    uint64_t errors = 0;
    for (size_t i = 0; i < number; i++)
        errors += symbols[i] * received[i] < 0;
    return errors;
}

int main(int argc, char **argv)
{
    Arguments arguments = read_arguments(argc, argv, "[bits a point = 10000000] [seed = 42]");
    uint64_t bits = next_argument(&arguments, 10000000, 100000, 100000000000);
    uint64_t seed = next_argument(&arguments, 42, 0, UINT64_MAX);
    no_more_arguments(&arguments);

    double signal_to_noise[POINTS];
    for (int point = 0; point < POINTS; point++)
        signal_to_noise[point] = pow(10.0, point / 10.0);

    static double symbols[BLOCK], received[BLOCK];
    uint64_t errors[POINTS] = { 0 };
    for (uint64_t first = 0; first < bits; first += BLOCK) {
        size_t number = bits - first < BLOCK ? bits - first : BLOCK;
        SomeMemStatus status = send_bits(symbols, number, seed, first);
        for (int point = 0; point < POINTS && status == SOMEMEM_OK; point++) {
            double stddev = sqrt(0.5 / signal_to_noise[point]);
            memcpy(received, symbols, number * sizeof symbols[0]);
            status = random_noise_add(received, number, stddev, seed, NOISE_STREAMS + point, first);
            errors[point] += count_errors(symbols, received, number);
        }
        if (status != SOMEMEM_OK) {
            fprintf(stderr, "awgn: %s\n", somemem_strerror(status));
            return 1;
        }
    }

    int outside = 0;
    printf("Eb/N0         bits     errors   measured     theory  deviation (standard errors)\n");
    for (int point = 0; point < POINTS; point++) {
        double measured = (double)errors[point] / (double)bits;
        double theory = 0.5 * erfc(sqrt(signal_to_noise[point]));
        double deviation = (measured - theory) / sqrt(theory * (1.0 - theory) / (double)bits);
        outside += fabs(deviation) > 4.0;
        printf("%2d dB %12" PRIu64 " %10" PRIu64 "  %.3e  %.3e  %+9.2f\n", point, bits, errors[point], measured,
               theory, deviation);
    }
    if (outside)
        fprintf(stderr, "awgn: %d of %d points outside 4 standard errors\n", outside, POINTS);
    return outside ? 1 : 0;
}
