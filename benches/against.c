/* Compares the kernels of two builds of libkernels.so (benches/kernels.rs), loaded into one process:
 *
 *     against OLD NEW NAME [SECONDS]
 *
 * For each kernel that both builds have, and each size of a call, it prints the nanoseconds per double of both and the median of
 * the rounds' ratios. If the new build can add, it also prints the ratio of adding to filling. A round is one short loop of calls
 * of each contender in turn, on indices that were never drawn before. `make bench AGAINST=<git ref>` builds and runs it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef void fill_function(size_t kernel, double *out, size_t number, uint64_t seed, uint64_t stream, uint64_t first);
typedef const char *name_function(size_t kernel);

/* memset, the old fill, the new fill, the new add. */
enum contender { MEMSET, OLD, NEW, ADD, CONTENDERS };
#define MOST_ROUNDS 4000

/* More than there are kernels. */
#define KERNELS ((size_t)8)

static double times[CONTENDERS][MOST_ROUNDS];
static fill_function *functions[CONTENDERS];

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *values, size_t number) {
  qsort(values, number, sizeof *values, compare);
  return values[number / 2];
}

static double median_ratio(enum contender a, enum contender b, size_t rounds) {
  static double ratios[MOST_ROUNDS];
  for (size_t n = 0; n < rounds; n++) ratios[n] = times[a][n] / times[b][n];
  return median(ratios, rounds);
}

static void *load(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) fprintf(stderr, "%s\n", dlerror()), exit(1);
  return library;
}

/* Measures rounds until the seconds are over, and returns how many. Every second call begins at an odd index. */
static size_t measure(size_t kernel[CONTENDERS], double *memory, size_t number, double seconds, uint64_t *first) {
  size_t calls = number < 16 ? 1024 : number < 16384 ? 16384 / number : 1, rounds = 0;
  double end = now() + 1e9 * seconds;
  for (; rounds < MOST_ROUNDS && (now() < end || rounds < 5); rounds++) {
    for (int turn = 0; turn < CONTENDERS; turn++) {
      enum contender c = (enum contender)((turn + (int)rounds) % CONTENDERS);
      double start = now();
      for (size_t n = 0; n < calls; n++) {
        if (c == MEMSET) {
          memset(memory, (int)n, number * sizeof *memory);
          __asm__ volatile("" : : "r"(memory) : "memory");
        } else if (functions[c]) {
          functions[c](kernel[c], memory, number, 1, number, *first);
          *first += number + (number % 2 == 0);
        }
      }
      times[c][rounds] = (now() - start) / (double)(calls * number);
    }
  }
  return rounds;
}

static size_t find(name_function *names, const char *name) {
  for (size_t k = 0; k < KERNELS; k++) {
    const char *found = names(k);
    if (found && strcmp(found, name) == 0) return k;
  }
  return (size_t)-1;
}

int main(int argc, char **argv) {
  static const size_t sizes[] = {1, 3, 16, 64, 256, 1024, 65536, (size_t)1 << 24};
  if (argc < 4) return fprintf(stderr, "against OLD NEW NAME [SECONDS]\n"), 1;
  void *libraries[2] = {load(argv[1]), load(argv[2])};
  double seconds = argc > 4 ? atof(argv[4]) : 1;
  name_function *names[2];
  for (int n = 0; n < 2; n++) *(void **)&names[n] = dlsym(libraries[n], "kernel_name");
  *(void **)&functions[OLD] = dlsym(libraries[0], "kernel_fill");
  *(void **)&functions[NEW] = dlsym(libraries[1], "kernel_fill");
  *(void **)&functions[ADD] = dlsym(libraries[1], "kernel_add");
  if (!names[0] || !names[1] || !functions[OLD] || !functions[NEW]) return fprintf(stderr, "no kernels\n"), 1;

  size_t most = sizes[sizeof sizes / sizeof *sizes - 1];
  double *memory = (double *)malloc(most * sizeof *memory);
  if (!memory) return 1;
  memset(memory, 1, most * sizeof *memory);
  uint64_t first = 0;
  printf("Beside %s:\n", argv[3]);
  printf("%-14s %9s %9s %9s %9s %9s %9s %9s\n", "kernel", "doubles", "memset", "old", "new", "old/new", "new/memset", "add/fill");
  for (size_t k = 0; k < KERNELS; k++) {
    const char *name = names[1](k);
    size_t old = name ? find(names[0], name) : (size_t)-1;
    if (old == (size_t)-1) continue;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
      size_t kernels[CONTENDERS] = {0, old, k, k};
      size_t rounds = measure(kernels, memory, sizes[s], seconds, &first);
      double ratio = median_ratio(OLD, NEW, rounds), beside = median_ratio(NEW, MEMSET, rounds), add = median_ratio(ADD, NEW, rounds);
      printf("%-14s %9zu %9.3f %9.3f %9.3f %9.3f %9.2f ", name, sizes[s], median(times[MEMSET], rounds),
             median(times[OLD], rounds), median(times[NEW], rounds), ratio, beside);
      if (functions[ADD]) printf("%9.3f\n", add);
      else printf("%9s\n", "");
      fflush(stdout);
    }
  }
  free(memory);
  return 0;
}
