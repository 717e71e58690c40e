/* How deep the noise functions reach into the stack: called on a thread whose stack was painted before. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "draws.h"

#define STACK ((size_t)256 * 1024)
#define PROMISED ((size_t)16 * 1024)
#define NUMBER ((size_t)600001)

static double memory[NUMBER];
static int kind;
static unsigned char *painted, *entered;

/* The functions that draw into memory, by one thread and by many, and those that make a handle. */
enum { BY_THREADS = DRAWS, SEEDED = 2 * DRAWS, FRESH, KINDS };

static SomeMemStatus draw(void) {
  somemem_set_threads(kind >= BY_THREADS && kind < SEEDED ? 64 : 1);
  if (kind == SEEDED) return somemem_free(random_noise_seeded(1000, 1));
  if (kind == FRESH) return somemem_free(random_noise(1000));
  return draw_by((enum draw)(kind % DRAWS), memory, NUMBER, 1.0);
}

static const char *name(void) {
  return kind == SEEDED ? "random_noise_seeded" : kind == FRESH ? "random_noise" : draw_names[kind % DRAWS];
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
  for (kind = 0; kind < KINDS; kind++) {
    painted = (unsigned char *)stack;
    pthread_attr_t attributes;
    pthread_t id;
    CHECK(pthread_attr_init(&attributes) == 0 && pthread_attr_setstack(&attributes, stack, STACK) == 0);
    CHECK(pthread_create(&id, &attributes, thread, NULL) == 0 && pthread_join(id, NULL) == 0);
    pthread_attr_destroy(&attributes);
    size_t untouched = 0;
    while (painted[untouched] == 0xa5) untouched++;
    size_t used = (size_t)(entered - painted) - untouched;
    printf("%s%s: %zu bytes of stack\n", name(), kind >= BY_THREADS && kind < SEEDED ? ", threads" : "", used);
    CHECK(used > 1000 && used <= PROMISED);
  }
  free(stack);
  return check_result();
}
