#ifndef FILTER_H
#define FILTER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
double smoothed(double *signal, size_t number, uint64_t seed);
#ifdef __cplusplus
}
#endif

#endif
