/* Stands between the library and the system. Every call that the library makes while `watching` is counted and recorded, and
 * can be made to fail. At the end the program knows which blocks and pages the library still has. It knows at once if the
 * library frees, unmaps, protects or advises memory that is not its own. A program includes this first, and once. The
 * executable's functions come before those of the C library, so nothing needs to be preloaded. Calls inside the C library,
 * such as those for a thread's stack, do not come here. */
#ifndef SHIM_H
#define SHIM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"

enum resource {
  MALLOC, CALLOC, REALLOC, MMAP, MREMAP, MPROTECT, MADVISE, MUNMAP, PTHREAD_CREATE, GETRANDOM, OPEN, POLL, READ, RESOURCES
};

static const char *const resource_names[RESOURCES] = {
    "malloc", "calloc", "realloc", "mmap", "mremap", "mprotect", "madvise", "munmap", "pthread_create", "getrandom", "open",
    "poll", "read"};

/* ONCE: one call fails. ON: it fails, and all later ones of its kind until the library's call returns. INTERRUPTED: one
 * call gives EINTR. SHORT: one call gives a single byte. */
enum way { ONCE, ON, INTERRUPTED, SHORT, WAYS };

/* The call that is to fail: the n-th, counted from 1. 0 means none. */
static enum resource failing;
static enum way failing_how;
static unsigned long failing_call;

/* The simulated kind of system. */
static int system_misaligned; /* no mapping begins where a huge page can */
static int system_without_getrandom;

/* Errors that the test makes itself, to show that they are found: the n-th such call is left out, or changes the data. */
static int sabotage_free, sabotage_munmap, sabotage_realloc;

/* Only this thread's calls count. */
static _Thread_local int watching;
static unsigned long calls[RESOURCES], injected;

/* Whether the chosen call has begun to fail. */
static int failing_on;

static int fails(enum resource resource) {
  if (!watching) return 0;
  calls[resource]++;
  if (resource != failing || !failing_call) return 0;
  if (calls[resource] != failing_call && !(failing_on && failing_how == ON)) return 0;
  failing_on = 1;
  injected++;
  errno = failing_how == INTERRUPTED ? EINTR : resource < PTHREAD_CREATE ? ENOMEM : EIO;
  return 1;
}

/* Blocks of the heap. */
static struct { void *start; enum resource from; } blocks[4096];
static size_t block_count;

static void complain(const char *what) {
  watching = 0;
  check(0, what, __FILE__, __LINE__);
  watching = 1;
}

static void *recorded(void *start, enum resource from) {
  if (!watching || !start) return start;
  if (block_count == sizeof blocks / sizeof *blocks) complain("more blocks than this test has room for");
  blocks[block_count].start = start;
  blocks[block_count++].from = from;
  return start;
}

static void forget(void *start, const char *complaint) {
  if (!watching || !start) return;
  for (size_t n = block_count; n-- > 0;) {
    if (blocks[n].start != start) continue;
    blocks[n] = blocks[--block_count];
    return;
  }
  complain(complaint);
}

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void __libc_free(void *);

void *malloc(size_t size) { return fails(MALLOC) ? NULL : recorded(__libc_malloc(size), MALLOC); }

void *calloc(size_t number, size_t size) { return fails(CALLOC) ? NULL : recorded(__libc_calloc(number, size), CALLOC); }

void *realloc(void *old, size_t size) {
  if (fails(REALLOC)) return NULL;
  void *start = __libc_realloc(old, size);
  if (start) forget(old, "reallocated what was not its own");
  if (watching && sabotage_realloc && --sabotage_realloc == 0)
    for (size_t n = 96; n < size; n++) ((char *)start)[n] ^= 1;
  return recorded(start, REALLOC);
}

void free(void *start) {
  if (watching && sabotage_free && --sabotage_free == 0) return;
  forget(start, "freed what was not its own, or twice");
  __libc_free(start);
}

/* Pages, as sets of ranges. */
struct range { uintptr_t from, to; };
struct ranges { struct range all[1024]; size_t count; };

/* All mapped ranges, and those of them that could not be unmapped because munmap was made to fail. */
static struct ranges pages, abandoned;

static void add_range(struct ranges *set, uintptr_t from, uintptr_t to) {
  if (set->count == sizeof set->all / sizeof *set->all) complain("more ranges than this test has room for");
  else set->all[set->count++] = (struct range){from, to};
}

/* Takes a range out of the set, and returns how many of its bytes were in the set. */
static size_t subtract_range(struct ranges *set, uintptr_t from, uintptr_t to) {
  size_t bytes = 0;
  for (size_t n = set->count; n-- > 0;) {
    struct range old = set->all[n], both = {old.from > from ? old.from : from, old.to < to ? old.to : to};
    if (both.from >= both.to) continue;
    bytes += both.to - both.from;
    set->all[n] = set->all[--set->count];
    if (old.from < both.from) add_range(set, old.from, both.from);
    if (both.to < old.to) add_range(set, both.to, old.to);
  }
  return bytes;
}

static void own_pages(void *start, size_t length, const char *complaint) {
  if (!watching) return;
  uintptr_t from = (uintptr_t)start, to = from + length;
  if (subtract_range(&pages, from, to) != length) complain(complaint);
  add_range(&pages, from, to);
}

static void *system_map(void *wish, size_t length, int protection, int flags, int file, off_t offset) {
  return (void *)syscall(SYS_mmap, wish, length, protection, flags, file, offset);
}

void *mmap(void *wish, size_t length, int protection, int flags, int file, off_t offset) {
  const size_t page = 4096, huge = (size_t)1 << 21;
  if (fails(MMAP)) return MAP_FAILED;
  if (!watching) return system_map(wish, length, protection, flags, file, offset);
  if (flags & MAP_FIXED) own_pages(wish, length, "replaced what was not its own");
  void *start;
  if (system_misaligned && !wish && length < SIZE_MAX / 2) {
    start = system_map(NULL, length + page, protection, flags, file, offset);
    if (start != MAP_FAILED) {
      int aligned = (uintptr_t)start % huge == 0;
      syscall(SYS_munmap, aligned ? start : (char *)start + length, page);
      if (aligned) start = (char *)start + page;
    }
  } else {
    start = system_map(wish, length, protection, flags, file, offset);
  }
  if (start == MAP_FAILED) return start;
  if (flags & MAP_FIXED) subtract_range(&pages, (uintptr_t)start, (uintptr_t)start + length);
  add_range(&pages, (uintptr_t)start, (uintptr_t)start + length);
  return start;
}

int munmap(void *start, size_t length) {
  uintptr_t from = (uintptr_t)start;
  own_pages(start, length, "unmapped what was not its own");
  if (fails(MUNMAP)) {
    add_range(&abandoned, from, from + length);
    return -1;
  }
  if (watching && sabotage_munmap && --sabotage_munmap == 0) return 0;
  int result = (int)syscall(SYS_munmap, start, length);
  if (watching && result == 0) subtract_range(&pages, from, from + length), subtract_range(&abandoned, from, from + length);
  return result;
}

void *mremap(void *old, size_t length, size_t new_length, int flags, ...) {
  va_list more;
  va_start(more, flags);
  void *place = flags & MREMAP_FIXED ? va_arg(more, void *) : NULL;
  va_end(more);
  own_pages(old, length, "moved what was not its own");
  if (fails(MREMAP)) {
    /* As Linux before 6.17: the place is unmapped before the call fails. */
    if (place) subtract_range(&pages, (uintptr_t)place, (uintptr_t)place + new_length), syscall(SYS_munmap, place, new_length);
    return MAP_FAILED;
  }
  void *start = (void *)syscall(SYS_mremap, old, length, new_length, flags, place);
  if (watching && start != MAP_FAILED && flags & MREMAP_FIXED) own_pages(place, new_length, "moved onto what was not its own");
  if (watching && start != MAP_FAILED) {
    subtract_range(&pages, (uintptr_t)old, (uintptr_t)old + length);
    subtract_range(&abandoned, (uintptr_t)old, (uintptr_t)old + length);
    if (place) subtract_range(&pages, (uintptr_t)start, (uintptr_t)start + new_length);
    add_range(&pages, (uintptr_t)start, (uintptr_t)start + new_length);
  }
  return start;
}

int mprotect(void *start, size_t length, int protection) {
  own_pages(start, length, "protected what was not its own");
  if (fails(MPROTECT)) return -1;
  if (watching) subtract_range(&abandoned, (uintptr_t)start, (uintptr_t)start + length); /* it is used again */
  return (int)syscall(SYS_mprotect, start, length, protection);
}

int madvise(void *start, size_t length, int advice) {
  own_pages(start, length, "advised what was not its own");
  if (watching && advice == MADV_HUGEPAGE) subtract_range(&abandoned, (uintptr_t)start, (uintptr_t)start + length); /* the same */
  return fails(MADVISE) ? -1 : (int)syscall(SYS_madvise, start, length, advice);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*work)(void *), void *argument) {
  static int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
  if (fails(PTHREAD_CREATE)) return EAGAIN;
  int before = watching;
  watching = 0; /* the C library may call calloc, and keeps what it gets for the next thread */
  if (!next) *(void **)&next = dlsym(RTLD_NEXT, "pthread_create");
  int failed = next(thread, attributes, work, argument);
  watching = before;
  return failed;
}

/* Calls that the library makes by their number, and calls that this file makes. */
long syscall(long number, ...) {
  static long (*next)(long, ...);
  va_list all;
  va_start(all, number);
  long a = va_arg(all, long), b = va_arg(all, long), c = va_arg(all, long), d = va_arg(all, long), e = va_arg(all, long),
       f = va_arg(all, long);
  va_end(all);
  if (!next) *(void **)&next = dlsym(RTLD_NEXT, "syscall");
  if (number == SYS_getrandom && watching) {
    if (system_without_getrandom) {
      errno = ENOSYS;
      return -1;
    }
    int failure = fails(GETRANDOM);
    if (failure && failing_how != SHORT) return -1;
    return next(number, a, failure ? 1L : b, c);
  }
  return next(number, a, b, c, d, e, f);
}

int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return fails(OPEN) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int poll(struct pollfd *files, nfds_t number, int timeout) {
  return fails(POLL) ? -1 : (int)syscall(SYS_ppoll, files, number, timeout < 0 ? NULL : &(struct timespec){0, 0}, NULL, 0);
}

ssize_t read(int file, void *out, size_t length) {
  int failure = fails(READ);
  if (failure && failing_how != SHORT) return -1;
  return syscall(SYS_read, file, out, failure ? 1 : length);
}

/* Blocks that the library still has, except those from calloc. These are its table of handles, which is never freed. */
static size_t blocks_left(void) {
  size_t count = 0;
  for (size_t n = 0; n < block_count; n++) count += blocks[n].from != CALLOC;
  return count;
}

/* Bytes that the library still has mapped, except those that it tried to unmap and could not. */
static size_t bytes_left(void) {
  for (size_t n = 0; n < abandoned.count; n++) subtract_range(&pages, abandoned.all[n].from, abandoned.all[n].to);
  size_t bytes = 0;
  for (size_t n = 0; n < pages.count; n++) bytes += pages.all[n].to - pages.all[n].from;
  return bytes;
}

/* Pages that could not be unmapped and still take memory. */
static size_t abandoned_pages(void) {
  static unsigned char resident[1 << 16];
  const size_t page = 4096;
  size_t count = 0;
  for (size_t n = 0; n < abandoned.count; n++) {
    for (uintptr_t from = abandoned.all[n].from; from < abandoned.all[n].to; from += sizeof resident * page) {
      size_t length = abandoned.all[n].to - from;
      if (length > sizeof resident * page) length = sizeof resident * page;
      if (mincore((void *)from, length, resident) != 0) continue; /* unmapped since */
      for (size_t p = 0; p < length / page; p++) count += resident[p] & 1;
    }
  }
  return count;
}

#endif
