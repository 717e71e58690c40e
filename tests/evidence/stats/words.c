/* Samples as uniform words for batteries that test bits. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>

/* floor(2^32 Phi(x)). It is computed from the smaller of Phi(x) and 1 - Phi(x), so that no digits are lost on either side. */
void words(uint32_t *out, const double *x, size_t number) {
  for (size_t n = 0; n < number; n++) {
    double outside = 0x1p31 * erfc(fabs(x[n]) * M_SQRT1_2);
    out[n] = x[n] < 0 ? (uint32_t)outside : (uint32_t)(0x1p32 - ceil(outside));
  }
}
