/* life LIBRARY: fork() while other threads are inside calls, loading and unloading, signals in the middle of a call, and
 * calls from atexit handlers. LIBRARY is loaded and unloaded. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "somemem.h"

#define THREADS 3
#define NUMBER 3000
#define LARGE ((size_t)1 << 18)

static double expected[LARGE];
static atomic_int stop;

/* Uses every function once: small and large buffers, new and grown ones, noise of all kinds. Seeded noise must be `expected`. */
static void use_all(size_t number) {
  SomeMem *seeded = random_noise_seeded(number, 42), *fresh = random_noise(100), *plain = somemem_new(number);
  CHECK(seeded && fresh && plain);
  CHECK(memcmp(somemem_data(seeded), expected, number * sizeof *expected) == 0);
  CHECK(somemem_resize(plain, 2 * number) == SOMEMEM_OK && somemem_len(plain) == 2 * number);
  CHECK(random_noise_fill(somemem_data(plain), number, 42, 0, 0) == SOMEMEM_OK);
  CHECK(random_noise_add(somemem_data(plain), number, 0.0, 1, 1, 0) == SOMEMEM_OK);
  CHECK(memcmp(somemem_data(plain), expected, number * sizeof *expected) == 0);
  CHECK(somemem_resize(plain, 10) == SOMEMEM_OK);
  CHECK(somemem_free(plain) == SOMEMEM_OK && somemem_free(fresh) == SOMEMEM_OK && somemem_free(seeded) == SOMEMEM_OK);
  CHECK(somemem_free(seeded) == SOMEMEM_INVALID_HANDLE);
}

static void *use_until_stopped(void *unused) {
  (void)unused;
  for (int n = 0; !stop; n++) use_all(n % 8 == 0 ? LARGE : NUMBER);
  return NULL;
}

/* Child and parent use every function. A handle from before the fork is valid in both, with the same content.
 * random_noise gives them different noise. */
static void fork_among_threads(void) {
  pthread_t threads[THREADS];
  SomeMem *before = random_noise_seeded(NUMBER, 42);
  for (int n = 0; n < THREADS; n++) CHECK(pthread_create(&threads[n], NULL, use_until_stopped, NULL) == 0);
  for (int n = 0; n < 60; n++) {
    int ends[2], status = 0;
    double mine[4], theirs[4];
    CHECK(pipe(ends) == 0);
    pid_t child = fork();
    CHECK(child >= 0);
    SomeMem *fresh = random_noise(4);
    memcpy(mine, somemem_data(fresh), sizeof mine);
    if (child == 0) {
      alarm(20); /* a lock of a thread that is not in the child would never be released */
      for (int k = 0; k < 3; k++) use_all(k == 0 ? LARGE : NUMBER);
      somemem_set_threads(2);
      use_all(LARGE);
      CHECK(memcmp(somemem_data(before), expected, NUMBER * sizeof *expected) == 0);
      CHECK(somemem_free(before) == SOMEMEM_OK && somemem_free(fresh) == SOMEMEM_OK);
      CHECK(write(ends[1], mine, sizeof mine) == sizeof mine);
      _exit(check_failures != 0);
    }
    CHECK(read(ends[0], theirs, sizeof theirs) == sizeof theirs);
    for (int k = 0; k < 4; k++) CHECK(mine[k] != theirs[k]);
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(somemem_len(before) == NUMBER && somemem_free(fresh) == SOMEMEM_OK);
    close(ends[0]);
    close(ends[1]);
  }
  stop = 1;
  for (int n = 0; n < THREADS; n++) CHECK(pthread_join(threads[n], NULL) == 0);
  CHECK(somemem_free(before) == SOMEMEM_OK);
}

static long mappings(void) {
  long lines = 0;
  FILE *maps = fopen("/proc/self/maps", "r");
  for (int c; maps && (c = getc(maps)) != EOF;) lines += c == '\n';
  if (maps) fclose(maps);
  return lines;
}

static long resident_pages(void) {
  long all, resident = 0;
  FILE *statm = fopen("/proc/self/statm", "r");
  CHECK(statm && fscanf(statm, "%ld %ld", &all, &resident) == 2);
  if (statm) fclose(statm);
  return resident;
}

static void load_and_unload(const char *path) {
  long mappings_before = 0, pages_before = 0;
  for (int n = 0; n < 1000; n++) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    CHECK(library != NULL);
    if (!library) return;
    SomeMem *(*make)(size_t, uint64_t);
    SomeMemStatus (*release)(SomeMem *);
    double *(*data)(const SomeMem *);
    *(void **)&make = dlsym(library, "random_noise_seeded");
    *(void **)&release = dlsym(library, "somemem_free");
    *(void **)&data = dlsym(library, "somemem_data");
    CHECK(make && make != random_noise_seeded);
    SomeMem *noise = make(NUMBER, 42);
    CHECK(noise && memcmp(data(noise), expected, NUMBER * sizeof *expected) == 0);
    CHECK(dlclose(library) == 0);
    CHECK(release(noise) == SOMEMEM_OK); /* the library stays loaded, and its handles stay valid */
    if (n == 10) {
      mappings_before = mappings();
      pages_before = resident_pages();
    }
  }
  printf("after 990 loads %ld mappings more, %ld pages\n", mappings() - mappings_before, resident_pages() - pages_before);
  CHECK(mappings() <= mappings_before + 2 && resident_pages() <= pages_before + 64);
}

static volatile sig_atomic_t signals;
static volatile double computed;

/* Does floating-point arithmetic, as a handler may. */
static void on_signal(int number) {
  computed = (double)number / 3.0 + computed / 2.0;
  signals++;
}

static void signals_in_the_middle(int flags) {
  static char other_stack[1 << 16];
  static double drawn[LARGE];
  stack_t stack;
  struct sigaction action;
  struct itimerval timer = {{0, 50}, {0, 50}};
  memset(&stack, 0, sizeof stack);
  stack.ss_sp = other_stack;
  stack.ss_size = sizeof other_stack;
  CHECK(sigaltstack(&stack, NULL) == 0);
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  action.sa_flags = flags;
  CHECK(sigaction(SIGALRM, &action, NULL) == 0);
  signals = 0;
  CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
  for (int n = 0; n < 2000 && (n < 200 || signals < 100); n++) {
    CHECK(random_noise_fill(drawn, LARGE, 42, 0, 0) == SOMEMEM_OK);
    CHECK(memcmp(drawn, expected, sizeof drawn) == 0);
    use_all(NUMBER);
  }
  memset(&timer, 0, sizeof timer);
  CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
  printf("%d signals\n", (int)signals);
  CHECK(signals >= 100);
}

static void at_exit(void) {
  use_all(NUMBER);
  use_all(LARGE);
  fflush(stdout);
  if (check_failures) _exit(1);
}

/* Every call fits on a stack of 64 KiB. */
static void *on_a_small_stack(void *unused) {
  (void)unused;
  use_all(NUMBER);
  somemem_set_threads(4);
  use_all(LARGE);
  somemem_set_threads(1);
  return NULL;
}

static void small_stacks(void) {
  pthread_attr_t attributes;
  pthread_t thread;
  CHECK(pthread_attr_init(&attributes) == 0 && pthread_attr_setstacksize(&attributes, (size_t)64 << 10) == 0);
  CHECK(pthread_create(&thread, &attributes, on_a_small_stack, NULL) == 0 && pthread_join(thread, NULL) == 0);
}

int main(int argc, char **argv) {
  CHECK(atexit(at_exit) == 0);
  CHECK(random_noise_fill(expected, LARGE, 42, 0, 0) == SOMEMEM_OK);
  fork_among_threads();
  if (argc > 1) load_and_unload(argv[1]);
  signals_in_the_middle(SA_RESTART);
  signals_in_the_middle(SA_RESTART | SA_ONSTACK);
  small_stacks();
  return check_result();
}
