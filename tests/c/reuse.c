/* Threads make, use and free handles, and on purpose free the same handles at the same time. Each handle is freed once.
 * Hints may be lost meanwhile, but the table of handles must not grow. */
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "somemem.h"

#define THREADS 8
#define SHARED 64

/* Handles that any thread may copy and free. The thread that frees one makes another. */
static _Atomic(SomeMem *) shared[SHARED];
static atomic_long made, freed, wrong;
static long rounds;

static void *work(void *seed) {
  uint64_t random = (uint64_t)(uintptr_t)seed * 2 + 1;
  SomeMem *stale = NULL;
  for (long n = 0; n < rounds; n++) {
    random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
    _Atomic(SomeMem *) *place = &shared[random >> 58];
    SomeMem *handle = *place;
    SomeMemStatus status = somemem_free(handle);
    if (status == SOMEMEM_OK) {
      freed++;
      SomeMem *fresh = somemem_new(random >> 40 & 31);
      made++;
      wrong += !fresh || fresh == handle;
      *place = fresh;
    } else {
      wrong += status != SOMEMEM_INVALID_HANDLE;
    }
    /* A handle of this thread, which no other thread uses. */
    SomeMem *own = somemem_new(4);
    double *data = somemem_data(own);
    wrong += !own || !data || somemem_len(own) != 4;
    if (data) memset(data, (int)n, 4 * sizeof *data);
    wrong += somemem_resize(own, 40) != SOMEMEM_OK;
    data = somemem_data(own);
    wrong += !data || ((unsigned char *)data)[31] != (unsigned char)n;
    wrong += somemem_free(own) != SOMEMEM_OK || somemem_free(own) != SOMEMEM_INVALID_HANDLE;
    wrong += stale && somemem_len(stale) != 0;
    stale = own;
  }
  return NULL;
}

static void run(void) {
  pthread_t threads[THREADS];
  for (uintptr_t n = 0; n < THREADS; n++) CHECK(pthread_create(&threads[n], NULL, work, (void *)n) == 0);
  for (int n = 0; n < THREADS; n++) CHECK(pthread_join(threads[n], NULL) == 0);
}

static size_t heap_in_use(void) {
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

int main(int argc, char **argv) {
  rounds = argc > 1 ? atol(argv[1]) : 100000;
  for (int n = 0; n < SHARED; n++) shared[n] = somemem_new(1);
  made = SHARED;
  run();
  const size_t before = heap_in_use();
  for (int n = 0; n < 4; n++) run();
  const size_t after = heap_in_use();
  printf("heap: %zu bytes before, %zu after\n", before, after);
  CHECK(after <= before + (64 << 10)); /* this includes the slots of the table */
  long live = 0;
  for (int n = 0; n < SHARED; n++) live += somemem_free(shared[n]) == SOMEMEM_OK;
  freed += live;
  printf("%ld made, %ld freed, %ld wrong\n", (long)made, (long)freed, (long)wrong);
  CHECK(wrong == 0 && made == freed && live == SHARED);
  return check_result();
}
