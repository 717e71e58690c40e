/* The library's threads exist during a call and are gone after it. They change neither a value nor errno. */
#include "system.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "by_threads.h"

static atomic_int most_threads;

static void *watch(void *stop) {
  while (!atomic_load((atomic_int *)stop)) {
    int now = threads_now();
    if (now > most_threads) most_threads = now;
  }
  return NULL;
}

/* Whether there are at most so many threads. The system may list a thread for a moment after it was joined. */
static int back_to(int number) {
  for (int tries = 0; tries < 1000; tries++) {
    if (threads_now() == number) return 1;
    nanosleep(&(struct timespec){0, 1000000}, NULL);
  }
  return 0;
}

int main(void) {
  int before = threads_now();
  CHECK(somemem_threads() == 1);
  CHECK(random_noise_fill(expected, NUMBER, 1, 2, 3) == SOMEMEM_OK);
  CHECK(threads_now() == before);

  somemem_set_threads(8);
  CHECK(somemem_threads() == 8);
  static atomic_int stop;
  pthread_t watcher;
  CHECK(pthread_create(&watcher, NULL, watch, &stop) == 0);
  for (int n = 0; n < 20; n++) draw();
  stop = 1;
  CHECK(pthread_join(watcher, NULL) == 0);
  CHECK(most_threads > before + 1 && most_threads <= before + 1 + 7); /* the watcher, and the workers */
  CHECK(back_to(before));
  return check_result();
}
