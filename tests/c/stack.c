/* How much stack the noise functions use. They are called on a thread whose stack was painted before. */
#include "system.h"

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
static size_t used;

/* The functions that draw into memory, with one thread and with several, and those that make a handle. */
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

/* Gives the next thread a stack that may be painted as a whole. */
static void prepare(pthread_attr_t *attributes) {
#ifdef _WIN32
  CHECK(pthread_attr_setstacksize(attributes, STACK) == 0);
#else
  static void *stack;
  if (!stack) CHECK(posix_memalign(&stack, 4096, STACK) == 0);
  CHECK(pthread_attr_setstack(attributes, stack, STACK) == 0);
  painted = (unsigned char *)stack;
#endif
}

#ifdef _WIN32
/* On this system each thread's stack is made by the system. It has memory only down to the deepest page in use, and grows page by
 * page. The last pages are kept for the system, to report that the stack is full. */
static void use_all_of_it(void) {
  const size_t page = page_size();
  ULONG_PTR lowest, end;
  GetCurrentThreadStackLimits(&lowest, &end);
  painted = (unsigned char *)lowest + 8 * page;
  volatile unsigned char *next = (unsigned char *)__builtin_frame_address(0);
  while ((size_t)(next - painted) >= page) *(next -= page) = 0;
}
#else
static void use_all_of_it(void) {}
#endif

static void *thread(void *unused) {
  (void)unused;
  use_all_of_it();
  CHECK(draw() == SOMEMEM_OK); /* binds the symbols, which uses some stack too */
  entered = (unsigned char *)__builtin_frame_address(0);
  memset(painted, 0xa5, (size_t)(entered - painted) - 512); /* all except the part that memset itself uses */
  CHECK(draw() == SOMEMEM_OK);
  size_t untouched = 0;
  while (painted[untouched] == 0xa5) untouched++;
  used = (size_t)(entered - painted) - untouched;
  return NULL;
}

int main(void) {
  for (kind = 0; kind < KINDS; kind++) {
    pthread_attr_t attributes;
    pthread_t id;
    CHECK(pthread_attr_init(&attributes) == 0);
    prepare(&attributes);
    CHECK(pthread_create(&id, &attributes, thread, NULL) == 0 && pthread_join(id, NULL) == 0);
    pthread_attr_destroy(&attributes);
    printf("%s%s: %zu bytes of stack\n", name(), kind >= BY_THREADS && kind < SEEDED ? ", threads" : "", used);
    CHECK(used > 1000 && used <= PROMISED);
  }
  return check_result();
}
