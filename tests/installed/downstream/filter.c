/* The C half: a signal's noise, smoothed. */
#include "filter.h"

#include <somemem.h>

double smoothed(double *signal, size_t number, uint64_t seed)
{
    double mean = 0;
    size_t n;
    if (random_noise_add(signal, number, 0.5, seed, 1, 0) != SOMEMEM_OK)
        return 0;
    for (n = 0; n < number; n++)
        mean += signal[n] / (double)number;
    return mean;
}
