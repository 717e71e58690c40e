/* pages NAME [EMULATED]: runs the named test of large buffers. tests/c/test_pages.py runs each test with the defaults, with
 * SOMEMEM_PLAIN_PAGES=1, with a limit on address space, and under qemu. EMULATED leaves out checks that only work on a real
 * system. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "somemem.h"

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define GIB ((size_t)1 << 30)
#define PAGE ((size_t)4096)

static int emulated;

static int plain(void) { return getenv("SOMEMEM_PLAIN_PAGES") != NULL; }

/* The n-th number of /proc/self/statm, in bytes. */
static size_t statm(int n) {
  size_t value = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  while (file && n-- >= 0 && fscanf(file, "%zu", &value) == 1) {}
  if (file) fclose(file);
  return value * (size_t)sysconf(_SC_PAGESIZE);
}

static size_t virtual_size(void) { return statm(0); }
static size_t resident_size(void) { return statm(1); }

/* The memory that is free now. */
static size_t free_memory(void) {
  size_t available = 0;
  char line[256];
  FILE *file = fopen("/proc/meminfo", "r");
  while (file && fgets(line, sizeof line, file)) if (sscanf(line, "MemAvailable: %zu kB", &available) == 1) break;
  if (file) fclose(file);
  return available * KIB;
}

static size_t faults(void) {
  struct rusage usage;
  CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
  return (size_t)usage.ru_minflt;
}

static SomeMem *new_of(size_t bytes) {
  SomeMem *memory = somemem_new(bytes / 8);
  CHECK(memory != NULL && somemem_len(memory) == bytes / 8 && (uintptr_t)somemem_data(memory) % 64 == 0);
  return memory;
}

static void resize_to(SomeMem *memory, size_t bytes) {
  CHECK(somemem_resize(memory, bytes / 8) == SOMEMEM_OK && somemem_len(memory) == bytes / 8);
  CHECK((uintptr_t)somemem_data(memory) % 64 == 0);
}

/* Writes a number at the start of each page, and to the last double. */
static void mark(SomeMem *memory) {
  double *data = somemem_data(memory);
  size_t number = somemem_len(memory);
  for (size_t n = 0; n < number; n += PAGE / 8) data[n] = (double)n;
  if (number) data[number - 1] = (double)(number - 1);
}

static int is_marked(SomeMem *memory, size_t bytes) {
  const double *data = somemem_data(memory);
  for (size_t n = 0; n < bytes / 8; n += PAGE / 8) if (data[n] != (double)n) return 0;
  return 1;
}

/* Sizes on both sides of every boundary that could matter. Each is resized to every other one near it. */
static void thresholds(void) {
  static const size_t places[] = {64,      PAGE,      2 * PAGE,  MIB,           2 * MIB,  2 * MIB + PAGE,
                                  4 * MIB, 16 * MIB,  18 * MIB,  32 * MIB,      34 * MIB, 32 * MIB + PAGE};
  static const int off[] = {-4096, -64, -8, 0, 8, 64, 4096};
  int step = emulated ? 4 : 1; /* each large one takes qemu a thirtieth of a second */
  for (size_t place = 0; place < sizeof places / sizeof *places; place++) {
    for (int from = 0; from < 7; from += step) {
      for (int to = 0; to < 7; to += step) {
        size_t first = places[place] + (size_t)off[from], second = places[place] + (size_t)off[to];
        if (first > 64 * MIB || second > 64 * MIB) continue; /* below zero */
        SomeMem *memory = new_of(first);
        double *data = somemem_data(memory);
        if (first) data[0] = 1, data[first / 8 - 1] = 2;
        resize_to(memory, second);
        data = somemem_data(memory);
        if (first && second) CHECK(data[0] == (first > 8 ? 1 : 2));
        if (first && second >= first) CHECK(data[first / 8 - 1] == 2);
        if (second) data[0] = 3, data[second / 8 - 1] = 4;
        CHECK(somemem_free(memory) == SOMEMEM_OK);
      }
    }
  }
}

/* Growth from 4 MiB to 1 GiB by doubling. Pages are moved and not copied, so none is touched. No more addresses are taken than
 * are used. */
static void growth(void) {
  size_t before = virtual_size(), touched = faults();
  SomeMem *memory = new_of(4 * MIB);
  mark(memory);
  for (size_t size = 8 * MIB; size <= GIB; size *= 2) {
    resize_to(memory, size);
    somemem_data(memory)[size / 8 - 1] = 1;
    CHECK(emulated || virtual_size() - before <= size + size / 8 + 4 * MIB);
  }
  CHECK(emulated || faults() - touched < 2000);
  CHECK(is_marked(memory, 4 * MIB));
  CHECK(somemem_free(memory) == SOMEMEM_OK);
}

/* Maps a page behind a buffer, so that the buffer cannot grow in place. */
static void wall_off(SomeMem *memory, size_t bytes) {
  char *end = (char *)somemem_data(memory) + bytes;
  mmap(end, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
}

/* Pages are moved, not copied. If the program has given some of them other attributes, the kernel does not move them, and they
 * are copied. */
static void moving(void) {
  for (int alike = 0; alike < 2; alike++) {
    SomeMem *memory = new_of(64 * MIB);
    mark(memory);
    wall_off(memory, 64 * MIB);
    double *before = somemem_data(memory);
    if (!alike) CHECK(madvise(before + 2 * PAGE / 8, PAGE, MADV_DONTFORK) == 0);
    size_t touched = faults();
    resize_to(memory, 128 * MIB);
    touched = faults() - touched;
    CHECK(is_marked(memory, 64 * MIB) && somemem_data(memory) != before);
    if (!emulated) CHECK(alike ? touched < 200 : touched > 16);
    CHECK(somemem_free(memory) == SOMEMEM_OK);
  }
}

/* Up to what was reserved the data stays where it is, whatever its length and whatever else the program does. */
static void reserving(void) {
  static const size_t from[] = {0, 8, 700 * KIB, MIB, 3 * MIB, 40 * MIB}, to[] = {64, 900 * KIB, MIB, 5 * MIB, 64 * MIB, 160 * MIB};
  for (size_t f = 0; f < sizeof from / sizeof *from; f++) {
    for (size_t t = emulated ? 2 : 0; t < sizeof to / sizeof *to; t += emulated ? 3 : 1) {
      SomeMem *memory = new_of(from[f]);
      mark(memory);
      size_t before = resident_size(), touched = faults();
      CHECK(somemem_reserve(memory, to[t] / 8) == SOMEMEM_OK);
      touched = faults() - touched;
      CHECK(somemem_len(memory) == from[f] / 8 && is_marked(memory, from[f]));
      CHECK(somemem_capacity(memory) >= to[t] / 8 && somemem_capacity(memory) >= from[f] / 8);
      if (!emulated && from[f] >= MIB) CHECK(touched < 100 && resident_size() <= before + MIB); /* moved, not copied */
      double *data = somemem_data(memory);
      CHECK((uintptr_t)data % 64 == 0);
      size_t most = to[t] > from[f] ? to[t] : from[f];
      for (size_t size = 8; size <= most; size = size * 3 + 8) {
        resize_to(memory, size);
        if (size <= to[t]) CHECK(somemem_data(memory) == data);
        mark(memory);
        if (size >= 4 * PAGE) {
          size_t less = size / 7 / 8 * 8;
          resize_to(memory, less);
          CHECK(is_marked(memory, less));
          resize_to(memory, size);
          CHECK(is_marked(memory, less));
        }
      }
      if (most == to[t]) {
        resize_to(memory, to[t]);
        resize_to(memory, 0);
        CHECK(somemem_reserve(memory, 1) == SOMEMEM_OK && somemem_reserve(memory, 0) == SOMEMEM_OK); /* nothing new */
        resize_to(memory, to[t]);
        CHECK(somemem_data(memory) == data && somemem_capacity(memory) >= to[t] / 8);
        mark(memory);
        resize_to(memory, to[t] + 8 * MIB); /* the end of the promise */
        CHECK(is_marked(memory, to[t]) && somemem_capacity(memory) >= to[t] / 8 + MIB);
      }
      CHECK(somemem_free(memory) == SOMEMEM_OK);
    }
  }

  /* A reserve that is refused, and changes nothing. */
  SomeMem *memory = new_of(2 * MIB);
  mark(memory);
  double *data = somemem_data(memory);
  size_t capacity = somemem_capacity(memory);
  static const size_t refused[] = {SIZE_MAX, SIZE_MAX / 8, PTRDIFF_MAX / 8 + (size_t)1, PTRDIFF_MAX / 8, (size_t)1 << 45};
  for (size_t n = 0; n < sizeof refused / sizeof *refused; n++) {
    errno = 5;
    CHECK(somemem_reserve(memory, refused[n]) == SOMEMEM_NO_MEMORY && errno == 5);
    CHECK(somemem_data(memory) == data && somemem_capacity(memory) == capacity && is_marked(memory, 2 * MIB));
  }
  CHECK(somemem_free(memory) == SOMEMEM_OK);
  CHECK(somemem_reserve(memory, 10) == SOMEMEM_INVALID_HANDLE && somemem_reserve(NULL, 10) == SOMEMEM_INVALID_HANDLE);
  CHECK(somemem_capacity(memory) == 0 && somemem_capacity(NULL) == 0);
}

/* A small reserved buffer does not move even when it shrinks far below its length at the time of the reserve. This is tried with
 * malloc, and with AddressSanitizer's heap, which moves a block whenever its size changes. */
static void reserving_little(void) {
  static const size_t from[] = {1000, 5000, 20000, 100000, 130000}, to[] = {1, 8, 100, 1000, 3000};
  for (size_t f = 0; f < sizeof from / sizeof *from; f++) {
    for (size_t t = 0; t < sizeof to / sizeof *to; t++) {
      SomeMem *memory = new_of(from[f] * 8);
      mark(memory);
      CHECK(somemem_reserve(memory, to[t]) == SOMEMEM_OK);
      double *data = somemem_data(memory);
      for (size_t number = to[t]; number > 0; number /= 2) {
        resize_to(memory, number * 8);
        CHECK(somemem_data(memory) == data && data[0] == 0);
      }
      resize_to(memory, to[t] * 8);
      CHECK(somemem_data(memory) == data);
      resize_to(memory, 2 * from[f] * 8); /* the end of the promise */
      CHECK(somemem_data(memory)[0] == 0 && somemem_free(memory) == SOMEMEM_OK);
    }
  }
}

/* A reserve takes only addresses. Shrinking gives back the memory, and freeing gives back memory and addresses. */
static void reserved_addresses(void) {
  size_t before = virtual_size(), resident = resident_size();
  SomeMem *memory = new_of(0);
  CHECK(somemem_reserve(memory, GIB / 8) == SOMEMEM_OK);
  CHECK(virtual_size() - before <= GIB + 4 * MIB && resident_size() <= resident + MIB);
  resize_to(memory, 128 * MIB);
  mark(memory);
  resize_to(memory, 10 * MIB);
  CHECK(resident_size() <= resident + 16 * MIB && virtual_size() - before >= GIB && is_marked(memory, 10 * MIB));
  /* A reserve that is smaller than the buffer keeps its own length, and no more. */
  SomeMem *other = new_of(64 * MIB);
  mark(other);
  CHECK(somemem_reserve(other, 8 * MIB / 8) == SOMEMEM_OK);
  double *data = somemem_data(other);
  resize_to(other, 0);
  CHECK(virtual_size() - before <= GIB + 16 * MIB);
  resize_to(other, 8 * MIB);
  CHECK(somemem_data(other) == data);
  CHECK(somemem_free(other) == SOMEMEM_OK && somemem_free(memory) == SOMEMEM_OK);
  somemem_trim();
  CHECK(virtual_size() - before <= MIB && resident_size() <= resident + MIB);
}

/* A buffer whose length oscillates about the boundary of a page or a huge page seldom calls the kernel. */
static void oscillating(void) {
  static const size_t sizes[] = {MIB, 2 * MIB, 16 * MIB, 64 * MIB};
  for (int reserved = 0; reserved < 2; reserved++) {
    for (size_t n = 0; n < sizeof sizes / sizeof *sizes; n++) {
      SomeMem *memory = new_of(sizes[n]);
      if (reserved) CHECK(somemem_reserve(memory, 2 * sizes[n] / 8) == SOMEMEM_OK);
      mark(memory);
      size_t touched = faults(), moved = 0;
      double *data = somemem_data(memory);
      for (size_t round = 0; round < 2000; round++) {
        resize_to(memory, sizes[n] + 8);
        somemem_data(memory)[sizes[n] / 8] = (double)round;
        moved += somemem_data(memory) != data;
        data = somemem_data(memory);
        resize_to(memory, sizes[n]);
      }
      CHECK(moved <= 1 && (emulated || faults() - touched < 20));
      CHECK(is_marked(memory, sizes[n]) && somemem_free(memory) == SOMEMEM_OK);
    }
  }
}

/* A buffer that shrinks gives memory back and keeps its content, and then grows again. */
static void shrinking(void) {
  size_t most = emulated ? 64 * MIB : free_memory() / 4 < GIB ? free_memory() / 4 / MIB * MIB : GIB;
  SomeMem *memory = new_of(most);
  size_t before = resident_size();
  mark(memory);
  size_t full = resident_size();
  resize_to(memory, MIB);
  size_t after = resident_size();
  if (!emulated) CHECK(full - before > most / 100 * 98 && full - after >= most / 100 * 99);
  CHECK(is_marked(memory, MIB));
  for (size_t size = 3 * MIB; size <= 64 * MIB; size = size * 3 / 2) {
    resize_to(memory, size);
    mark(memory);
    resize_to(memory, size - size / 4);
    CHECK(is_marked(memory, size - size / 4));
  }
  resize_to(memory, 0);
  if (!emulated) CHECK(resident_size() < before + 2 * MIB);
  resize_to(memory, 2 * MIB);
  mark(memory);
  CHECK(is_marked(memory, 2 * MIB) && somemem_free(memory) == SOMEMEM_OK);
}

/* Buffers of the same size are made and freed in a loop. Only the first one costs page faults. With SOMEMEM_PLAIN_PAGES each one does. */
static void keeping(void) {
  static const size_t sizes[] = {4 * MIB, 16 * MIB};
  for (int n = 0; n < 2; n++) {
    size_t touched = 0;
    for (int round = 0; round < 22; round++) {
      if (round == 2) touched = faults();
      SomeMem *memory = new_of(sizes[n]);
      mark(memory);
      CHECK(is_marked(memory, sizes[n]) && somemem_free(memory) == SOMEMEM_OK);
    }
    touched = faults() - touched;
    CHECK(plain() ? touched >= 20 * sizes[n] / PAGE : touched < 100);
  }
  /* A buffer that is shrunk before it is freed is too small for the next one. It must not take the place of another kept one. */
  SomeMem *useful = new_of(4 * MIB);
  mark(useful);
  CHECK(somemem_free(useful) == SOMEMEM_OK);
  for (int round = 0; round < 10; round++) {
    SomeMem *memory = new_of(32 * MIB);
    resize_to(memory, 8);
    CHECK(somemem_free(memory) == SOMEMEM_OK);
  }
  size_t touched = faults();
  useful = new_of(4 * MIB);
  mark(useful);
  touched = faults() - touched;
  CHECK(plain() || touched < 10);
  CHECK(somemem_free(useful) == SOMEMEM_OK);
}

/* At most four mappings of up to 32 MiB are kept, 64 MiB in all. With SOMEMEM_PLAIN_PAGES none is kept. */
static void keeping_little(void) {
  enum { MANY = 12 };
  size_t most = plain() ? 0 : 64 * MIB, before = resident_size(), highest = 0;
  for (size_t size = 8 * MIB; size <= 64 * MIB; size *= 2) {
    SomeMem *memory[MANY];
    for (int n = 0; n < MANY; n++) mark(memory[n] = new_of(size));
    if (resident_size() > highest) highest = resident_size();
    for (int n = 0; n < MANY; n++) CHECK(somemem_free(memory[n]) == SOMEMEM_OK);
    CHECK(resident_size() <= before + most + 2 * MIB);
  }
  CHECK(highest > before + MANY * 60 * MIB);
}

/* Kept memory is given up when memory is needed for pages or for a small buffer. */
static void giving_up(void) {
  for (int small = 0; small < 2; small++) {
    SomeMem *memory[4];
    for (int n = 0; n < 4; n++) mark(memory[n] = new_of(16 * MIB));
    for (int n = 0; n < 4; n++) CHECK(somemem_free(memory[n]) == SOMEMEM_OK);
    struct rlimit before, limit;
    CHECK(getrlimit(RLIMIT_AS, &before) == 0);
    limit = before;
    limit.rlim_cur = virtual_size() + 64 * KIB;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    errno = 0;
    void *block = malloc(700 * KIB);
    CHECK(!block && errno == ENOMEM); /* there is no other memory */
    free(block);
    SomeMem *wanted = small ? somemem_new(700 * KIB / 8) : somemem_new(48 * MIB / 8);
    CHECK(plain() ? !wanted : wanted != NULL);
    if (wanted) mark(wanted);
    CHECK(setrlimit(RLIMIT_AS, &before) == 0);
    CHECK(somemem_free(wanted) == SOMEMEM_OK);
  }
}

/* Ten thousand small buffers and a thousand large ones. They take no more addresses than they use. */
static void many(void) {
  enum { SMALL = 10000, MANY = 1000 };
  static SomeMem *memory[SMALL], *large[MANY];
  CHECK(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0); /* so that one byte takes no more than a small page */
  size_t before = virtual_size();
  for (int round = 0; round < 2; round++) {
    for (size_t n = 0; n < SMALL; n++) somemem_data(memory[n] = new_of(8 * n + 8))[n] = (double)n;
    for (size_t n = 0; n < MANY; n++) somemem_data(large[n] = new_of(16 * MIB))[0] = (double)n;
    CHECK(virtual_size() - before < MANY * 16 * MIB + GIB);
    resize_to(large[MANY - 1], 512 * MIB);
    for (size_t n = 0; n < SMALL; n++) CHECK(somemem_data(memory[n])[n] == (double)n);
    for (size_t n = 0; n < MANY; n++) CHECK(somemem_data(large[n])[0] == (double)n);
    for (size_t n = 0; n < SMALL; n++) CHECK(somemem_free(memory[n]) == SOMEMEM_OK);
    for (size_t n = 0; n < MANY; n++) CHECK(somemem_free(large[n]) == SOMEMEM_OK);
    CHECK(virtual_size() - before < GIB);
    CHECK(!somemem_new(PTRDIFF_MAX / 8));      /* and is given up for this */
    growth();
  }
}

/* Under a limit on address space no more of it is taken than is used. After a refused size, smaller ones still work. */
static void limited(void) {
  struct rlimit limit = {(rlim_t)1 << 46, RLIM_INFINITY};
  CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
  size_t before = virtual_size();
  SomeMem *roomy = new_of(64 * MIB);
  CHECK(virtual_size() - before <= 64 * MIB + 2 * MIB);
  CHECK(somemem_free(roomy) == SOMEMEM_OK);
  limit.rlim_cur = virtual_size() + 256 * MIB;
  CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
  SomeMem *memory = new_of(64 * MIB);
  CHECK(virtual_size() - before <= 64 * MIB + 2 * MIB);
  mark(memory);
  double *data = somemem_data(memory);
  for (size_t size = GIB; size >= 300 * MIB; size -= 8 * MIB) {
    errno = 0;
    CHECK(!somemem_new(size / 8) && errno == ENOMEM);
    errno = 1;
    CHECK(somemem_resize(memory, size / 8) == SOMEMEM_NO_MEMORY && errno == 1);
    CHECK(somemem_len(memory) == 64 * MIB / 8 && somemem_data(memory) == data);
  }
  resize_to(memory, 240 * MIB); /* there is no room for two of these, so it cannot be a copy */
  CHECK(is_marked(memory, 64 * MIB));
  CHECK(virtual_size() - before <= 240 * MIB * 9 / 8 + 2 * MIB);
  resize_to(memory, MIB);
  CHECK(virtual_size() - before <= MIB + 2 * MIB);
  CHECK(somemem_free(memory) == SOMEMEM_OK);
}

/* More memory than the machine has. It is refused where the kernel refuses it at once. */
static void overcommitting(void) {
  int mode = -1;
  FILE *file = fopen("/proc/sys/vm/overcommit_memory", "r");
  CHECK(file && fscanf(file, "%d", &mode) == 1);
  if (file) fclose(file);
  struct sysinfo info;
  CHECK(sysinfo(&info) == 0);
  size_t too_many = 2 * (size_t)(info.totalram + info.totalswap) * info.mem_unit / 8;
  SomeMem *memory = new_of(2 * MIB);
  mark(memory);
  errno = 0;
  SomeMem *refused = somemem_new(too_many);
  CHECK(mode == 1 ? refused != NULL : !refused && errno == ENOMEM);
  CHECK(somemem_free(refused) == SOMEMEM_OK);
  double *data = somemem_data(memory);
  SomeMemStatus status = somemem_resize(memory, too_many);
  CHECK(mode == 1 ? status == SOMEMEM_OK : status == SOMEMEM_NO_MEMORY && somemem_data(memory) == data);
  CHECK(is_marked(memory, 2 * MIB));
  resize_to(memory, 4 * MIB);
  CHECK(is_marked(memory, 2 * MIB) && somemem_free(memory) == SOMEMEM_OK);
  printf("overcommit_memory is %d\n", mode);
}

/* Whether huge pages were asked for: the flag "hg" of the mapping. */
static int is_advised(const void *data) {
  char line[512];
  int found = 0, inside = 0;
  FILE *file = fopen("/proc/self/smaps", "r");
  while (file && fgets(line, sizeof line, file)) {
    size_t from, to;
    if (sscanf(line, "%zx-%zx", &from, &to) == 2) inside = from <= (size_t)data && (size_t)data < to;
    if (inside && strncmp(line, "VmFlags:", 8) == 0) found = strstr(line, " hg") != NULL;
  }
  if (file) fclose(file);
  return found;
}

static void huge_pages(void) {
  int exist = access("/sys/kernel/mm/transparent_hugepage", F_OK) == 0;
  SomeMem *memory = new_of(8 * MIB);
  mark(memory);
  CHECK(is_advised(somemem_data(memory)) == (exist && !plain()));
  if (!plain()) CHECK((uintptr_t)somemem_data(memory) % (2 * MIB) == 0);
  resize_to(memory, MIB);
  resize_to(memory, 8 * MIB);
  CHECK(is_advised((char *)somemem_data(memory) + 6 * MIB) == (exist && !plain()));
  CHECK(somemem_reserve(memory, 64 * MIB / 8) == SOMEMEM_OK);
  resize_to(memory, 32 * MIB);
  if (!plain()) CHECK((uintptr_t)somemem_data(memory) % (2 * MIB) == 0);
  CHECK(is_advised((char *)somemem_data(memory) + 30 * MIB) == (exist && !plain()));
  resize_to(memory, 0);
  resize_to(memory, 32 * MIB);
  CHECK(is_advised((char *)somemem_data(memory) + 30 * MIB) == (exist && !plain()));
  CHECK(somemem_free(memory) == SOMEMEM_OK);
}

/* After a fork both processes have the kept memory, each its own. Both can grow their buffers without a copy, and reserved ones
 * without moving. */
static void forking(void) {
  SomeMem *memory = new_of(4 * MIB), *freed = new_of(4 * MIB), *reserved = new_of(4 * MIB);
  CHECK(somemem_reserve(reserved, 64 * MIB / 8) == SOMEMEM_OK);
  mark(memory), mark(freed), mark(reserved);
  double *place = somemem_data(reserved);
  CHECK(somemem_free(freed) == SOMEMEM_OK);
  pid_t child = fork();
  SomeMem *again = new_of(4 * MIB);
  for (size_t n = 0; n < 4 * MIB / 8; n++) somemem_data(again)[n] = child == 0;
  wall_off(memory, 4 * MIB);
  size_t touched = faults();
  resize_to(memory, 9 * MIB);
  CHECK(emulated || faults() - touched < 100);
  mark(memory);
  touched = faults();
  resize_to(memory, 40 * MIB);
  CHECK(emulated || faults() - touched < 100);
  CHECK(is_marked(memory, 9 * MIB));
  resize_to(memory, MIB);
  for (size_t size = 8 * MIB; size <= 64 * MIB; size *= 2) {
    resize_to(reserved, size);
    CHECK(somemem_data(reserved) == place && is_marked(reserved, size / 2));
    mark(reserved);
  }
  resize_to(reserved, 80 * MIB);
  CHECK(is_marked(reserved, 64 * MIB));
  int status = 0;
  if (child) CHECK(waitpid(child, &status, 0) == child && status == 0);
  for (size_t n = 0; n < 4 * MIB / 8; n++) if (somemem_data(again)[n] != (child == 0)) CHECK(!"both see one memory");
  CHECK(is_marked(memory, MIB));
  CHECK(somemem_free(memory) == SOMEMEM_OK && somemem_free(again) == SOMEMEM_OK && somemem_free(reserved) == SOMEMEM_OK);
  if (child == 0) _exit(check_failures != 0);
}

/* Threads take kept memory and leave their own. No thread gets the memory of another. */
static void *churn(void *number) {
  double tag = *(double *)number;
  size_t wrong = 0;
  for (size_t round = 0; round < 300; round++) {
    size_t size = MIB + (round * 7 + (size_t)tag) % 5 * MIB / 2;
    SomeMem *memory = somemem_new(size / 8);
    double *data = somemem_data(memory);
    for (size_t n = 0; n < size / 8; n += PAGE / 8) data[n] = tag;
    wrong += somemem_resize(memory, size / 8 * (1 + round % 3) / 2) != SOMEMEM_OK;
    data = somemem_data(memory);
    for (size_t n = 0; n < size / 16; n += PAGE / 8) wrong += data[n] != tag;
    wrong += somemem_free(memory) != SOMEMEM_OK;
  }
  return wrong ? number : NULL;
}

static void threads(void) {
  pthread_t ids[4];
  double tags[4] = {1, 2, 3, 4};
  for (int n = 0; n < 4; n++) CHECK(pthread_create(&ids[n], NULL, churn, &tags[n]) == 0);
  for (int n = 0; n < 4; n++) {
    void *wrong;
    CHECK(pthread_join(ids[n], &wrong) == 0 && !wrong);
  }
}

static const struct { const char *name; void (*run)(void); } tests[] = {
    {"thresholds", thresholds}, {"growth", growth},   {"moving", moving},
    {"shrinking", shrinking},   {"keeping", keeping}, {"keeping_little", keeping_little},
    {"giving_up", giving_up},   {"many", many},       {"limited", limited},
    {"overcommitting", overcommitting}, {"huge_pages", huge_pages}, {"forking", forking},
    {"threads", threads}, {"reserving", reserving}, {"reserving_little", reserving_little}, {"reserved_addresses", reserved_addresses}, {"oscillating", oscillating}};

int main(int argc, char **argv) {
  emulated = argc > 2;
  int found = 0;
  for (size_t n = 0; n < sizeof tests / sizeof *tests; n++)
    if (argc > 1 && strcmp(tests[n].name, argv[1]) == 0) tests[n].run(), found = 1;
  CHECK(found);
  return check_result();
}
