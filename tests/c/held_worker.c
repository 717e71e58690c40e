/* One worker is stopped before it begins, until all elements are drawn. So the others must have drawn its share. The
 * executable's pthread_create() comes before that of the C library, so the library starts its threads here. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "somemem.h"

#define NUMBER ((size_t)4000000)

/* The elements as bits, because two threads read them at once. No element is zero. */
static _Atomic uint64_t drawn[NUMBER];
static double expected[NUMBER];
static atomic_int started, complete;

struct held { void *(*work)(void *); void *argument; };
static struct held held;

static size_t missing(void) {
  size_t count = 0;
  for (size_t n = 0; n < NUMBER; n++) count += atomic_load_explicit(&drawn[n], memory_order_relaxed) == 0;
  return count;
}

static void *hold(void *unused) {
  (void)unused;
  /* If the others do not draw its share, the waiting ends after some time, and the test fails. */
  for (int tries = 0; tries < 2000 && !complete; tries++) {
    complete = missing() == 0;
    nanosleep(&(struct timespec){0, 5000000}, NULL);
  }
  return held.work(held.argument);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*work)(void *), void *argument) {
  static int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
  if (!next) *(void **)&next = dlsym(RTLD_NEXT, "pthread_create");
  if (started++ > 0) return next(thread, attributes, work, argument);
  held.work = work;
  held.argument = argument;
  return next(thread, attributes, hold, NULL);
}

int main(void) {
  CHECK(random_noise_fill(expected, NUMBER, 1, 2, 3) == SOMEMEM_OK && started == 0);
  somemem_set_threads(4);
  CHECK(random_noise_fill((double *)(void *)drawn, NUMBER, 1, 2, 3) == SOMEMEM_OK);
  CHECK(started == 3 && complete == 1);
  CHECK(memcmp((const void *)drawn, expected, sizeof expected) == 0);
  return check_result();
}
