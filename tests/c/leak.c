/* leak MAKER NUMBER free|leak: makes buffers with the named function, and frees all of them or none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "somemem.h"

static SomeMem *make(const char *maker, size_t number) {
  if (strcmp(maker, "somemem_new") == 0) return somemem_new(number);
  if (strcmp(maker, "random_noise") == 0) return random_noise(number);
  return random_noise_seeded(number, 1);
}

/* A function of its own, so that the report can name it. */
__attribute__((noinline)) static int leak_here(const char *maker, size_t number, int freed) {
  SomeMem *memory[8];
  int failed = 0;
  for (int n = 0; n < 8; n++) failed |= !(memory[n] = make(maker, number));
  for (int n = 0; n < 8; n++) failed |= freed && somemem_free(memory[n]) != SOMEMEM_OK;
  return failed;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  int failed = leak_here(argv[1], strtoull(argv[2], NULL, 10), strcmp(argv[3], "free") == 0);
  /* Copies of the handles that are left on the stack must not hide the leak. */
  volatile char wipe[4096];
  memset((char *)wipe, 0, sizeof wipe);
  return failed;
}
