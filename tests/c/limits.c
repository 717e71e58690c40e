/* limits NAME: memory that is kept or reserved takes none from the program, under each limit that a parent, a container or the
 * program itself can set. tests/c/test_limits.py sets the limits that need another process. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "check.h"
#include "somemem.h"

#define MIB ((size_t)1 << 20)
#define GIB ((size_t)1 << 30)
#define MOST_KEPT (64 * MIB)

/* A value of /proc/self/status, in KiB. */
static size_t status_of(const char *key) {
  char line[256];
  size_t value = 0;
  FILE *file = fopen("/proc/self/status", "r");
  while (file && fgets(line, sizeof line, file)) if (strncmp(line, key, strlen(key)) == 0) value = strtoul(line + strlen(key), NULL, 10);
  if (file) fclose(file);
  return value;
}

static size_t addresses(void) { return status_of("VmSize:") * 1024; }
static size_t data(void) { return status_of("VmData:") * 1024; }

static void limit(int resource, size_t bytes) {
  struct rlimit limit = {bytes, RLIM_INFINITY};
  CHECK(setrlimit((__rlimit_resource_t)resource, &limit) == 0);
}

static void *filled(size_t bytes) {
  void *memory = malloc(bytes);
  CHECK(memory != NULL);
  if (memory) memset(memory, 1, bytes);
  return memory;
}

/* Makes, fills and frees buffers, so that the library keeps as much as it may. */
static void leave_some(size_t bytes) {
  SomeMem *memory[4];
  for (int n = 0; n < 4; n++) CHECK((memory[n] = random_noise_seeded(bytes / 8, 1)) != NULL);
  for (int n = 0; n < 4; n++) CHECK(somemem_free(memory[n]) == SOMEMEM_OK);
}

/* A buffer can be made, grown, shrunk and freed, while the program allocates memory of its own. */
static void use(size_t bytes) {
  SomeMem *memory = random_noise_seeded(bytes / 8, 1);
  CHECK(memory && somemem_resize(memory, bytes / 4) == SOMEMEM_OK && somemem_resize(memory, bytes / 16) == SOMEMEM_OK);
  void *own = filled(bytes);
  CHECK(somemem_free(memory) == SOMEMEM_OK);
  free(own);
}

/* A live buffer, a freed one and a growing one take no more addresses than they use. */
static void addresses_alone(void) {
  size_t before = addresses();
  SomeMem *memory = somemem_new(8 * MIB / 8);
  CHECK(addresses() - before <= 8 * MIB + 512 * 1024);
  CHECK(somemem_resize(memory, 64 * MIB / 8) == SOMEMEM_OK && addresses() - before <= 64 * MIB * 9 / 8 + MIB);
  CHECK(somemem_resize(memory, MIB / 8) == SOMEMEM_OK && addresses() - before <= 2 * MIB);
  CHECK(somemem_free(memory) == SOMEMEM_OK && addresses() - before <= 2 * MIB);
  leave_some(32 * MIB);
  CHECK(addresses() - before <= MOST_KEPT + MIB);
  somemem_trim();
  CHECK(addresses() - before <= MIB);
}

/* The program limits its addresses, or its data, after its first buffers. */
static void limit_later(int resource, size_t (*used)(void)) {
  leave_some(30 * MIB);
  size_t kept = used();
  somemem_trim();
  CHECK(used() + MOST_KEPT + MIB >= kept);
  leave_some(30 * MIB);
  limit(resource, used() + 96 * MIB);
  use(16 * MIB);
  leave_some(16 * MIB); /* now no more than a sixteenth of the limit is kept */
  void *own = filled(64 * MIB);
  free(own);
}

static void address_space_later(void) { limit_later(RLIMIT_AS, addresses); }
static void data_later(void) { limit_later(RLIMIT_DATA, data); }

static void limit_before(int resource, size_t (*used)(void)) {
  limit(resource, used() + 160 * MIB);
  size_t before = used();
  leave_some(16 * MIB);
  CHECK(used() - before <= (before + 160 * MIB) / 16 + MIB);
  use(32 * MIB);
  void *own = filled(140 * MIB);
  free(own);
}

static void address_space_before(void) { limit_before(RLIMIT_AS, addresses); }
static void data_before(void) { limit_before(RLIMIT_DATA, data); }

/* A reserve is refused, and nothing changes, if there are no addresses for it. Otherwise it is given. */
static void reserving(void) {
  limit(RLIMIT_AS, addresses() + 100 * MIB);
  SomeMem *memory = random_noise_seeded(4 * MIB / 8, 1);
  double *place = somemem_data(memory), first = place[0];
  errno = 0;
  CHECK(somemem_reserve(memory, GIB / 8) == SOMEMEM_NO_MEMORY && errno == 0);
  CHECK(somemem_data(memory) == place && place[0] == first && somemem_len(memory) == 4 * MIB / 8);
  CHECK(somemem_reserve(memory, 64 * MIB / 8) == SOMEMEM_OK);
  place = somemem_data(memory);
  CHECK(place[0] == first && somemem_resize(memory, 64 * MIB / 8) == SOMEMEM_OK && somemem_data(memory) == place);
  CHECK(somemem_free(memory) == SOMEMEM_OK);
  limit(RLIMIT_AS, RLIM_INFINITY);

  /* Addresses do not count as data. Under RLIMIT_DATA they can be reserved, and only their use is refused. */
  limit(RLIMIT_DATA, data() + 100 * MIB);
  CHECK((memory = somemem_new(0)) != NULL && somemem_reserve(memory, GIB / 8) == SOMEMEM_OK);
  place = somemem_data(memory);
  CHECK(somemem_resize(memory, 64 * MIB / 8) == SOMEMEM_OK && somemem_resize(memory, GIB / 8) == SOMEMEM_NO_MEMORY);
  CHECK(somemem_len(memory) == 64 * MIB / 8 && somemem_resize(memory, 0) == SOMEMEM_OK);
  void *own = filled(90 * MIB); /* a reserved buffer gives memory back when it shrinks */
  free(own);
  CHECK(somemem_resize(memory, 64 * MIB / 8) == SOMEMEM_OK && somemem_data(memory) == place);
  CHECK(somemem_free(memory) == SOMEMEM_OK);
}

/* All memory is locked, now and in future, by a user who may lock 8 MiB. */
static void locked(void) {
  const size_t most = 8 * MIB;
  CHECK(setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){most, most}) == 0);
  if (geteuid() == 0) CHECK(setuid(65534) == 0);
  SomeMem *early = random_noise_seeded(MIB / 8, 1);
  CHECK(early && somemem_free(early) == SOMEMEM_OK);
  CHECK(mlockall(MCL_CURRENT | MCL_FUTURE) == 0);
  size_t before = status_of("VmLck:") * 1024;
  for (int round = 0; round < 8; round++) {
    SomeMem *memory = random_noise_seeded(MIB / 8, 1);
    CHECK(memory && status_of("VmLck:") * 1024 - before <= MIB + 64 * 1024);
    CHECK(somemem_reserve(memory, GIB / 8) == SOMEMEM_NO_MEMORY && somemem_len(memory) == MIB / 8);
    CHECK(somemem_free(memory) == SOMEMEM_OK);
    CHECK(status_of("VmLck:") * 1024 <= before); /* the kernel cannot take locked pages back, so they are not kept */
  }
  void *own = filled(2 * MIB);
  free(own);
}

/* mlockall(MCL_CURRENT) locks memory that was kept before, until the program gives it back. */
static void locked_later(void) {
  const size_t most = 8 * MIB;
  CHECK(setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){most, most}) == 0);
  if (geteuid() == 0) CHECK(setuid(65534) == 0);
  leave_some(30 * MIB);
  somemem_trim();
  CHECK(mlockall(MCL_CURRENT) == 0);
  leave_some(30 * MIB);
}

/* The group's limit falls below the kept memory, so the kernel takes that memory back. The file with the limit is open as standard input. */
static void container_later(void) {
  leave_some(30 * MIB);
  CHECK(write(STDIN_FILENO, "50331648", 8) == 8);
  void *own = filled(36 * MIB);
  free(own);
  use(8 * MIB);
}

/* In a group that may have 200 MiB: tests/c/test_limits.py has put it there. */
static void container(void) {
  leave_some(30 * MIB);
  void *own = filled(150 * MIB);
  free(own);
  SomeMem *large = random_noise_seeded(150 * MIB / 8, 1); /* and in the other order */
  CHECK(large && somemem_free(large) == SOMEMEM_OK);
}

/* For each way in which the kernel overcommits memory: tests/c/test_limits.py sets vm.overcommit_memory. */
static void overcommit(void) {
  leave_some(30 * MIB);
  use(64 * MIB);
  SomeMem *memory = random_noise_seeded(MIB / 8, 1);
  SomeMemStatus status = somemem_reserve(memory, 64 * GIB / 8); /* more than there is, and the kernel does not overcommit */
  CHECK(status == SOMEMEM_OK);
  double *place = somemem_data(memory);
  for (size_t size = 2 * MIB; size <= 64 * MIB; size *= 2) {
    CHECK(somemem_resize(memory, size / 8) == SOMEMEM_OK && somemem_data(memory) == place);
    memset(place + size / 16, 1, size / 2);
  }
  CHECK(somemem_resize(memory, 0) == SOMEMEM_OK && somemem_data(memory) == place);
  CHECK(somemem_free(memory) == SOMEMEM_OK);
}

/* somemem_trim() gives back all that is kept. Later buffers are kept again. */
static void trimming(void) {
  size_t before = status_of("VmRSS:") * 1024;
  errno = 7;
  somemem_trim();
  leave_some(16 * MIB);
  CHECK(status_of("VmRSS:") * 1024 - before >= 48 * MIB);
  somemem_trim();
  somemem_trim();
  CHECK(status_of("VmRSS:") * 1024 <= before + 2 * MIB && errno == 7);
  leave_some(16 * MIB);
  CHECK(status_of("VmRSS:") * 1024 - before >= 48 * MIB);
}

static const struct { const char *name; void (*run)(void); } tests[] = {
    {"addresses_alone", addresses_alone}, {"address_space_later", address_space_later}, {"data_later", data_later},
    {"address_space_before", address_space_before}, {"data_before", data_before}, {"reserving", reserving},
    {"locked", locked}, {"locked_later", locked_later}, {"container_later", container_later}, {"container", container}, {"overcommit", overcommit}, {"trimming", trimming}};

int main(int argc, char **argv) {
  int found = 0;
  for (size_t n = 0; n < sizeof tests / sizeof *tests; n++)
    if (argc > 1 && strcmp(tests[n].name, argv[1]) == 0) tests[n].run(), found = 1;
  CHECK(found);
  return check_result();
}
