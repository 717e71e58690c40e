/* tools KIND [NUMBER]: a user's program, to be run with sanitizers and valgrind. `everything` and `threads` are correct.
 * Each other kind makes one mistake with a buffer of NUMBER doubles. */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "somemem.h"

/* Enough for two threads. */
#define LONG ((size_t)1 << 18)

static double shared[LONG];

/* Hides a value from the compiler. */
static volatile size_t nothing;

static void fill(SomeMem *memory) {
  for (size_t n = 0; n < somemem_len(memory); n++) somemem_data(memory)[n] = (double)n;
}

/* Every function, from the heap to pages and back, with more handles than the first segment of the table holds. */
static void everything(void) {
  static SomeMem *memory[200];
  for (size_t n = 0; n < 200; n++) fill(memory[n] = n % 2 ? somemem_new(n) : random_noise(n));
  for (size_t n = 0; n < 200; n++) {
    CHECK(somemem_resize(memory[n], 300 - n) == SOMEMEM_OK);
    fill(memory[n]);
    CHECK(random_noise_add(somemem_data(memory[n]), somemem_len(memory[n]), 0.5, n, 2, 3) == SOMEMEM_OK);
    CHECK(random_noise_fill(somemem_data(memory[n]), somemem_len(memory[n]), n, 2, UINT64_MAX - 300) == SOMEMEM_OK);
  }
  SomeMem *large = random_noise_seeded(1 << 17, 1);
  for (size_t number = 1 << 17; number < 1 << 19; number += 70001) {
    CHECK(somemem_resize(large, number) == SOMEMEM_OK);
    somemem_data(large)[number - 1] = 1;
  }
  CHECK(somemem_resize(large, 10) == SOMEMEM_OK && somemem_resize(large, 1 << 18) == SOMEMEM_OK);
  CHECK(somemem_free(large) == SOMEMEM_OK && somemem_free(large) == SOMEMEM_INVALID_HANDLE);
  CHECK(!somemem_new(SIZE_MAX) && somemem_len(NULL) == 0);
  CHECK(random_noise_fill(NULL, 1, 1, 1, 1) == SOMEMEM_INVALID_POINTER);
  CHECK(somemem_strerror(1) && somemem_version() && somemem_threads());
  for (size_t n = 0; n < 200; n++) CHECK(somemem_free(memory[n]) == SOMEMEM_OK);
}

static void threads(void) {
  somemem_set_threads(2);
  for (int n = 0; n < 2; n++) {
    CHECK(random_noise_fill(shared, LONG, 1, 2, 3) == SOMEMEM_OK);
    CHECK(random_noise_add(shared, LONG, 1, 1, 2, 3) == SOMEMEM_OK);
    SomeMem *memory = random_noise_seeded(LONG, 1);
    CHECK(memory && somemem_data(memory)[LONG - 1] != 0 && somemem_free(memory) == SOMEMEM_OK);
  }
}

/* Two threads write one range. */
static void *write_shared(void *unused) {
  shared[nothing] = 1;
  return random_noise_fill(shared, 1000, 1, 2, 3) == SOMEMEM_OK ? unused : shared;
}

static void race(size_t number) {
  pthread_t other;
  CHECK(pthread_create(&other, NULL, write_shared, NULL) == 0);
  shared[nothing] = 1;
  CHECK(random_noise_fill(shared, number, 1, 2, 3) == SOMEMEM_OK);
  void *failed;
  CHECK(pthread_join(other, &failed) == 0 && !failed);
}

static void uninitialised(size_t number) {
  SomeMem *memory = somemem_new(number);
  if (somemem_data(memory)[number - 1] > 1) puts("more than one");
  CHECK(somemem_free(memory) == SOMEMEM_OK);
}

/* Memory that an earlier buffer had. */
static void uninitialised_again(size_t number) {
  SomeMem *memory = somemem_new(number);
  fill(memory);
  CHECK(somemem_free(memory) == SOMEMEM_OK);
  uninitialised(number);
}

/* The part that a resize added. */
static void uninitialised_growth(size_t number) {
  SomeMem *memory = random_noise_seeded(number, 1);
  CHECK(somemem_resize(memory, 2 * number) == SOMEMEM_OK);
  if (somemem_data(memory)[2 * number - 1] > 1) puts("more than one");
  CHECK(somemem_free(memory) == SOMEMEM_OK);
}

/* Writes the last double of the 64-byte line behind the line of the last element. Several buffers are tried, because
 * their blocks may begin at different places in a line. */
static void past(size_t number) {
  SomeMem *memory[8];
  for (size_t n = 0; n < 8; n++) fill(memory[n] = somemem_new(number));
  for (size_t n = 0; n < 8; n++) somemem_data(memory[n])[(number + 7) / 8 * 8 + 7 + nothing] = 1;
  for (size_t n = 0; n < 8; n++) CHECK(somemem_free(memory[n]) == SOMEMEM_OK);
}

/* With a reserve behind the buffer. Reserved memory that is not used may not be accessed. */
static void past_reserved(size_t number) {
  SomeMem *memory = somemem_new(number);
  CHECK(somemem_reserve(memory, 2 * number) == SOMEMEM_OK);
  fill(memory);
  somemem_data(memory)[number + 7 + nothing] = 1;
  CHECK(somemem_free(memory) == SOMEMEM_OK);
}

static void after_free(size_t number) {
  SomeMem *memory = somemem_new(number);
  double *data = somemem_data(memory);
  fill(memory);
  CHECK(somemem_free(memory) == SOMEMEM_OK);
  data[nothing] = 1;
}

/* For UndefinedBehaviorSanitizer: a pointer that is not aligned for a double. The library refuses it. */
static void misaligned(size_t number) {
  double *data = (double *)(void *)((char *)shared + 1 + nothing);
  CHECK(random_noise_fill(data, number, 1, 2, 3) == SOMEMEM_INVALID_POINTER);
  data[nothing] = 1;
}

int main(int argc, char **argv) {
  const char *kind = argc > 1 ? argv[1] : "everything";
  size_t number = argc > 2 ? strtoull(argv[2], NULL, 10) : 100;
  static const struct { const char *name; void (*run)(size_t); } mistakes[] = {
      {"race", race},
      {"uninitialised", uninitialised},
      {"uninitialised_again", uninitialised_again},
      {"uninitialised_growth", uninitialised_growth},
      {"past", past},
      {"past_reserved", past_reserved},
      {"after_free", after_free},
      {"misaligned", misaligned}};
  if (strcmp(kind, "everything") == 0) everything();
  if (strcmp(kind, "everything") == 0 || strcmp(kind, "threads") == 0) threads();
  for (size_t n = 0; n < sizeof mistakes / sizeof *mistakes; n++)
    if (strcmp(kind, mistakes[n].name) == 0) mistakes[n].run(number);
  return check_result();
}
