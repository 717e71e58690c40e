/* How deep the noise functions reach into the stack: called on a thread whose stack was painted before. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "somemem.h"

#define STACK ((size_t)256 * 1024)
#define PROMISED ((size_t)16 * 1024)
#define NUMBER ((size_t)600001)

static double memory[NUMBER];
static int kind;
static unsigned char *painted, *entered;

static const char *const names[] = {"random_noise_fill", "random_noise_add", "random_noise_seeded", "random_noise",
                                    "random_noise_add, threads"};

static SomeMemStatus draw(void) {
  switch (kind) {
    case 0: return random_noise_fill(memory, NUMBER, 1, 2, 3);
    case 1: return random_noise_add(memory, NUMBER, 1.0, 1, 2, 3);
    case 2: return somemem_free(random_noise_seeded(1000, 1));
    case 3: return somemem_free(random_noise(1000));
    default: somemem_set_threads(64); return random_noise_add(memory, NUMBER, 1.0, 1, 2, 3);
  }
}

static void *thread(void *unused) {
  (void)unused;
  CHECK(draw() == SOMEMEM_OK); /* binds the symbols, which takes stack of its own */
  entered = (unsigned char *)__builtin_frame_address(0);
  memset(painted, 0xa5, (size_t)(entered - painted) - 512); /* all but what memset itself stands on */
  CHECK(draw() == SOMEMEM_OK);
  return NULL;
}

int main(void) {
  void *stack;
  CHECK(posix_memalign(&stack, 4096, STACK) == 0);
  for (kind = 0; kind < 5; kind++) {
    painted = (unsigned char *)stack;
    pthread_attr_t attributes;
    pthread_t id;
    CHECK(pthread_attr_init(&attributes) == 0 && pthread_attr_setstack(&attributes, stack, STACK) == 0);
    CHECK(pthread_create(&id, &attributes, thread, NULL) == 0 && pthread_join(id, NULL) == 0);
    pthread_attr_destroy(&attributes);
    size_t untouched = 0;
    while (painted[untouched] == 0xa5) untouched++;
    size_t used = (size_t)(entered - painted) - untouched;
    printf("%s: %zu bytes of stack\n", names[kind], used);
    CHECK(used > 1000 && used <= PROMISED);
  }
  free(stack);
  return check_result();
}
