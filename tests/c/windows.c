/* windows OTHER.dll UNUSED.dll: behaviour on Windows alone. The arguments are copies of the library, besides the one that this is linked with. */
#include "system.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "somemem.h"

#define MARK 12345
#define MIB ((size_t)1 << 20)

typedef int *Errno(void);
typedef SomeMem *New(size_t);

/* A program may use another C runtime than the library was linked with, or both: CPython uses the UCRT. */
static void errno_of_both_runtimes(void) {
  Errno *errno_of_ucrt, *errno_of_msvcrt;
  find_function(load_library("ucrtbase.dll"), "_errno", &errno_of_ucrt);
  find_function(load_library("msvcrt.dll"), "_errno", &errno_of_msvcrt);
  CHECK(errno_of_ucrt && errno_of_msvcrt && errno_of_ucrt() != errno_of_msvcrt());
  *errno_of_ucrt() = *errno_of_msvcrt() = MARK;
  SomeMem *memory = random_noise(1000);
  CHECK(memory != NULL && somemem_resize(memory, MIB) == SOMEMEM_OK && somemem_resize(memory, SIZE_MAX) == SOMEMEM_NO_MEMORY);
  CHECK(somemem_free(memory) == SOMEMEM_OK && somemem_free(memory) == SOMEMEM_INVALID_HANDLE);
  CHECK(*errno_of_ucrt() == MARK && *errno_of_msvcrt() == MARK);
  CHECK(somemem_new(SIZE_MAX) == NULL);
  CHECK(*errno_of_ucrt() == ENOMEM && *errno_of_msvcrt() == ENOMEM);
}

/* The DLL stays once it has given out a handle. */
static void stays_loaded(const char *other, const char *unused) {
  New *other_new;
  void *library = load_library(other);
  find_function(library, "somemem_new", &other_new);
  CHECK(other_new && other_new(10) != NULL);
  unload_library(library);
  CHECK(GetModuleHandleA(other) == (HMODULE)library);

  unload_library(load_library(unused));
  CHECK(GetModuleHandleA(unused) == NULL);
}

static void version_is_in_the_file(const char *library) {
  static char block[4096];
  void *version = NULL;
  UINT length = 0;
  VS_FIXEDFILEINFO *numbers = NULL;
  CHECK(GetFileVersionInfoA(library, 0, sizeof block, block));
  CHECK(VerQueryValueA(block, "\\StringFileInfo\\000004b0\\ProductVersion", &version, &length));
  CHECK(version && strcmp((const char *)version, somemem_version()) == 0);
  CHECK(VerQueryValueA(block, "\\", (void **)&numbers, &length));
  CHECK(numbers && numbers->dwFileVersionMS == MAKELONG(SOMEMEM_VERSION_NUMBER / 100 % 100, SOMEMEM_VERSION_NUMBER / 10000));
}

/* The state of the memory at this place, by the system. */
static DWORD state(const void *place) {
  MEMORY_BASIC_INFORMATION info;
  CHECK(VirtualQuery(place, &info, sizeof info) == sizeof info);
  return info.State;
}

static size_t committed(const char *start, size_t bytes) {
  size_t sum = 0;
  MEMORY_BASIC_INFORMATION info;
  for (size_t at = 0; at < bytes; at += info.RegionSize) {
    CHECK(VirtualQuery(start + at, &info, sizeof info) == sizeof info);
    if (info.State == MEM_COMMIT) sum += info.RegionSize;
  }
  return sum;
}

/* Memory is taken as it is needed, at addresses that are reserved from the beginning. */
static void large_buffers(void) {
  SomeMem *memory = somemem_new(MIB / 8);
  char *data = (char *)somemem_data(memory);
  size_t room = 8 * somemem_capacity(memory);
  CHECK(state(data) == MEM_COMMIT && room == 16 * MIB && committed(data, room) == MIB);
  for (size_t bytes = MIB; bytes <= room; bytes += MIB) {
    CHECK(somemem_resize(memory, bytes / 8) == SOMEMEM_OK && (char *)somemem_data(memory) == data);
    CHECK(committed(data, room) <= bytes + bytes / 8);
    somemem_data(memory)[bytes / 8 - 1] = (double)bytes;
  }
  CHECK(somemem_resize(memory, 2 * room / 8) == SOMEMEM_OK);
  char *moved = (char *)somemem_data(memory);
  CHECK(moved != data && state(data) == MEM_FREE && somemem_capacity(memory) == 16 * (2 * room / 8));
  for (size_t bytes = MIB; bytes <= room; bytes += MIB) CHECK(((double *)(void *)moved)[bytes / 8 - 1] == (double)bytes);

  CHECK(somemem_resize(memory, MIB / 8) == SOMEMEM_OK && (char *)somemem_data(memory) == moved);
  CHECK(committed(moved, 2 * room) == MIB && state(moved + 2 * MIB) == MEM_RESERVE);
  CHECK(somemem_free(memory) == SOMEMEM_OK && state(moved) == MEM_FREE);
}

/* A reserve keeps addresses and takes no memory. It remains after shrinking. */
static void reserves(void) {
  const size_t reserved = (size_t)1 << 36;
  SomeMem *memory = random_noise_seeded(10, 42);
  CHECK(somemem_reserve(memory, reserved / 8) == SOMEMEM_OK && somemem_capacity(memory) == reserved / 8);
  char *data = (char *)somemem_data(memory);
  CHECK(committed(data, reserved) <= MIB / 16);
  for (int round = 0; round < 3; round++) {
    CHECK(somemem_resize(memory, 8 * MIB) == SOMEMEM_OK && random_noise_fill(somemem_data(memory), 8 * MIB, 42, 0, 0) == SOMEMEM_OK);
    CHECK(committed(data, reserved) >= 64 * MIB && committed(data, reserved) <= 72 * MIB);
    CHECK(somemem_resize(memory, 0) == SOMEMEM_OK && somemem_capacity(memory) == reserved / 8);
    CHECK((char *)somemem_data(memory) == data && committed(data, reserved) <= MIB / 16);
  }
  CHECK(somemem_reserve(memory, PTRDIFF_MAX / 8) == SOMEMEM_NO_MEMORY && (char *)somemem_data(memory) == data);
  CHECK(somemem_free(memory) == SOMEMEM_OK && state(data) == MEM_FREE);
}

/* 0 threads means as many as the process has CPUs. */
static void threads_for_its_cpus(void) {
  DWORD_PTR process, system;
  CHECK(GetProcessAffinityMask(GetCurrentProcess(), &process, &system) && process != 0);
  size_t cpus = 0;
  for (DWORD_PTR rest = process; rest; rest &= rest - 1) cpus++;
  somemem_set_threads(0);
  CHECK(somemem_threads() == cpus);
  CHECK(SetProcessAffinityMask(GetCurrentProcess(), process & (0 - process)));
  CHECK(somemem_threads() == 1);
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  errno_of_both_runtimes();
  stays_loaded(argv[1], argv[2]);
  version_is_in_the_file(argv[1]);
  large_buffers();
  reserves();
  threads_for_its_cpus();
  return check_result();
}
