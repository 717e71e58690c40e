/* The library gives the known answers of its value specification.
 *
 *     known_answers        compares the single elements
 *     known_answers N      writes the doubles of the N-th checksum to standard output, for sha256sum */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#endif

#include "../known_answers/spec1.h"
#include "check.h"
#include "somemem.h"

static void compare_elements(void) {
  for (size_t n = 0; n < sizeof known_elements / sizeof known_elements[0]; n++) {
    double x = 0;
    uint64_t bits, seed = known_elements[n].seed, stream = known_elements[n].stream;
    CHECK(random_noise_fill(&x, 1, seed, stream, known_elements[n].index) == SOMEMEM_OK);
    memcpy(&bits, &x, sizeof bits);
    CHECK(bits == known_elements[n].bits);
  }
}

static int write_doubles(size_t n) {
  size_t number = (size_t)1 << 20;
  double *x = (double *)malloc(number * sizeof *x);
  if (x == NULL || n >= sizeof known_checksums / sizeof known_checksums[0]) return 1;
  if (random_noise_fill(x, number, known_checksums[n].seed, known_checksums[n].stream, known_checksums[n].first) != 0)
    return 1;
#ifdef _WIN32
  _setmode(_fileno(stdout), _O_BINARY);
#endif
  size_t written = fwrite(x, sizeof *x, number, stdout);
  free(x);
  return written != number;
}

int main(int argc, char **argv) {
  if (argc > 1) return write_doubles(strtoul(argv[1], NULL, 10));
  CHECK(RANDOM_NOISE_SPEC == 1);
  compare_elements();
  return check_result();
}
