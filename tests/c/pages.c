/* pages NAME [EMULATED]: what the named test below promises of large buffers. tests/test_pages.py runs each as it is, with
 * SOMEMEM_PLAIN_PAGES=1, with a limit on address space and under qemu. EMULATED leaves out what only a real system shows. */
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

/* In bytes: the n-th number of /proc/self/statm. */
static size_t statm(int n) {
  size_t value = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  while (file && n-- >= 0 && fscanf(file, "%zu", &value) == 1) {}
  if (file) fclose(file);
  return value * (size_t)sysconf(_SC_PAGESIZE);
}

static size_t virtual_size(void) { return statm(0); }
static size_t resident_size(void) { return statm(1); }

static size_t machine_memory(void) {
  struct sysinfo info;
  CHECK(sysinfo(&info) == 0);
  return (size_t)info.totalram * info.mem_unit;
}

/* What can be touched without anybody noticing. */
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

/* A number at the start of each page, and in the last double. */
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

/* Sizes on both sides of everything that could matter, each resized to each other one near it. */
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

/* From 4 MiB to 1 GiB by doubling: the data stays where it is. Where nothing is reserved it may move, and is the same. */
static void growth(void) {
  int stays = !emulated && !plain() && machine_memory() >= GIB;
  struct rlimit limit;
  CHECK(getrlimit(RLIMIT_AS, &limit) == 0);
  if (limit.rlim_cur != RLIM_INFINITY) stays = 0;
  size_t before = virtual_size();
  SomeMem *memory = new_of(4 * MIB);
  CHECK(!stays || virtual_size() - before >= GIB);
  mark(memory);
  double *data = somemem_data(memory);
  for (size_t size = 8 * MIB; size <= GIB; size *= 2) {
    resize_to(memory, size);
    CHECK(!stays || somemem_data(memory) == data);
    somemem_data(memory)[size / 8 - 1] = 1;
  }
  CHECK(is_marked(memory, 4 * MIB));
  CHECK(somemem_free(memory) == SOMEMEM_OK);
}

/* Without a reserve pages are moved, not copied: no page is touched for it. Where the program has treated some of them
 * otherwise, the kernel does not move them, and they are copied. */
static void moving(void) {
  CHECK(setrlimit(RLIMIT_AS, &(struct rlimit){(rlim_t)1 << 46, RLIM_INFINITY}) == 0); /* so nothing is reserved */
  for (int alike = 0; alike < 2; alike++) {
    SomeMem *memory = new_of(64 * MIB);
    mark(memory);
    /* Something behind it, so that it cannot grow where it is. */
    char *end = (char *)somemem_data(memory) + 64 * MIB;
    mmap(end, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    double *before = somemem_data(memory);
    if (!alike) CHECK(madvise(before + 2 * PAGE / 8, PAGE, MADV_DONTFORK) == 0);
    size_t touched = faults();
    resize_to(memory, 128 * MIB);
    touched = faults() - touched;
    CHECK(is_marked(memory, 64 * MIB) && (emulated || somemem_data(memory) != before)); /* qemu ignores the limit */
    if (!emulated) CHECK(alike ? touched < 200 : touched > 16);
    CHECK(somemem_free(memory) == SOMEMEM_OK);
  }
}

/* Gives memory back, keeps what it should, and grows again. */
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

/* Buffers of the same size made and freed in a loop cost no page faults after the first, or with SOMEMEM_PLAIN_PAGES each. */
static void keeping(void) {
  static const size_t sizes[] = {4 * MIB, 16 * MIB};
  for (int n = 0; n < 2 && sizes[n] <= machine_memory() / 256; n++) {
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
  /* One that is shrunk first is no use to the next, and takes no other one's place. */
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

/* What is kept is four mappings of 32 MiB at most, and nothing with SOMEMEM_PLAIN_PAGES. */
static void keeping_little(void) {
  enum { MANY = 12 };
  size_t most = plain() ? 0 : 4 * 32 * MIB, before = resident_size(), highest = 0;
  for (size_t size = 8 * MIB; size <= 64 * MIB; size *= 2) {
    SomeMem *memory[MANY];
    for (int n = 0; n < MANY; n++) mark(memory[n] = new_of(size));
    if (resident_size() > highest) highest = resident_size();
    for (int n = 0; n < MANY; n++) CHECK(somemem_free(memory[n]) == SOMEMEM_OK);
    CHECK(resident_size() <= before + most + 2 * MIB);
  }
  CHECK(highest > before + MANY * 60 * MIB);
}

/* Memory that is kept is given up for whatever needs it: pages, or a small buffer. */
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
    CHECK(!block && errno == ENOMEM); /* there is nothing else to be had */
    free(block);
    SomeMem *wanted = small ? somemem_new(700 * KIB / 8) : somemem_new(48 * MIB / 8);
    CHECK(plain() ? !wanted : wanted != NULL);
    if (wanted) mark(wanted);
    CHECK(setrlimit(RLIMIT_AS, &before) == 0);
    CHECK(somemem_free(wanted) == SOMEMEM_OK);
  }
}

/* Ten thousand small ones and a thousand large ones. Together they reserve a sixteenth of the address space at most, and
 * eight times the machine's memory; once they are freed there is room again. */
static void many(void) {
  enum { SMALL = 10000, MANY = 1000 };
  static SomeMem *memory[SMALL], *large[MANY];
  CHECK(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0); /* one byte is to take no more than a small page */
  size_t sizes[2];
  for (int round = 0; round < 2; round++) {
    for (size_t n = 0; n < SMALL; n++) somemem_data(memory[n] = new_of(8 * n + 8))[n] = (double)n;
    for (size_t n = 0; n < MANY; n++) somemem_data(large[n] = new_of(16 * MIB))[0] = (double)n;
    size_t size = sizes[round] = virtual_size() - MANY * 16 * MIB;
    CHECK(size < ((size_t)1 << 43) + GIB && size < 8 * machine_memory() + GIB);
    CHECK(size > sizes[0] / 2);
    /* The last one has no reserve, if the budget is spent: it grows all the same. */
    resize_to(large[MANY - 1], 512 * MIB);
    for (size_t n = 0; n < SMALL; n++) CHECK(somemem_data(memory[n])[n] == (double)n);
    for (size_t n = 0; n < MANY; n++) CHECK(somemem_data(large[n])[0] == (double)n);
    for (size_t n = 0; n < SMALL; n++) CHECK(somemem_free(memory[n]) == SOMEMEM_OK);
    for (size_t n = 0; n < MANY; n++) CHECK(somemem_free(large[n]) == SOMEMEM_OK);
    CHECK(virtual_size() < ((size_t)1 << 37)); /* what is kept has its reserve, too */
    CHECK(!somemem_new(PTRDIFF_MAX / 8));      /* and is given up for this */
    growth();
  }
}

/* With a limit on address space no more of it is taken than is used, and a refused size is no end of the matter. */
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
  resize_to(memory, 240 * MIB); /* no room for two of these, so not by a copy */
  CHECK(is_marked(memory, 64 * MIB));
  CHECK(virtual_size() - before <= 240 * MIB * 9 / 8 + 2 * MIB);
  resize_to(memory, MIB);
  CHECK(virtual_size() - before <= MIB + 2 * MIB);
  CHECK(somemem_free(memory) == SOMEMEM_OK);
}

/* More than the machine has, where the kernel says so at once. */
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
  CHECK(somemem_free(memory) == SOMEMEM_OK);
}

/* Both sides of a fork have what was kept, each for itself, and grow what they had. */
static void forking(void) {
  SomeMem *memory = new_of(4 * MIB), *freed = new_of(4 * MIB);
  mark(memory), mark(freed);
  CHECK(somemem_free(freed) == SOMEMEM_OK);
  pid_t child = fork();
  SomeMem *again = new_of(4 * MIB);
  for (size_t n = 0; n < 4 * MIB / 8; n++) somemem_data(again)[n] = child == 0;
  resize_to(memory, 9 * MIB);
  mark(memory);
  resize_to(memory, 40 * MIB);
  CHECK(is_marked(memory, 9 * MIB));
  resize_to(memory, MIB);
  int status = 0;
  if (child) CHECK(waitpid(child, &status, 0) == child && status == 0);
  for (size_t n = 0; n < 4 * MIB / 8; n++) if (somemem_data(again)[n] != (child == 0)) CHECK(!"both see one memory");
  CHECK(is_marked(memory, MIB));
  CHECK(somemem_free(memory) == SOMEMEM_OK && somemem_free(again) == SOMEMEM_OK);
  if (child == 0) _exit(check_failures != 0);
}

/* Threads take and leave what is kept, and nobody gets what another one has. */
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
    {"threads", threads}};

int main(int argc, char **argv) {
  emulated = argc > 2;
  int found = 0;
  for (size_t n = 0; n < sizeof tests / sizeof *tests; n++)
    if (argc > 1 && strcmp(tests[n].name, argv[1]) == 0) tests[n].run(), found = 1;
  CHECK(found);
  return check_result();
}
