/* instructions NUMBER CALLS: makes CALLS fills of NUMBER doubles. tests/evidence/instructions.py counts their instructions. */
#include <stdint.h>
#include <stdlib.h>

#include "somemem.h"

static double memory[1 << 16];

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  size_t number = strtoul(argv[1], NULL, 10), calls = strtoul(argv[2], NULL, 10);
  if (number > sizeof memory / sizeof *memory) return 2;
  uint64_t first = 0;
  for (size_t n = 0; n < calls; n++, first += number)
    if (random_noise_fill(memory, number, 1, 2, first) != SOMEMEM_OK) return 1;
  return 0;
}
