/* Functions of the system for these tests, on POSIX and on Windows: loading libraries, memory that may not be accessed, and the
 * number of threads. Include it first, because it defines the macro that makes POSIX visible. */
#ifndef SYSTEM_H
#define SYSTEM_H

#ifdef _WIN32

#include <windows.h>
#include <tlhelp32.h>

static inline void *load_library(const char *path) { return (void *)LoadLibraryA(path); }

static inline void unload_library(void *library) { FreeLibrary((HMODULE)library); }

/* Stores a function's address where `function` points. */
static inline void find_function(void *library, const char *name, void *function) {
  *(FARPROC *)function = GetProcAddress((HMODULE)library, name);
}

static inline size_t page_size(void) {
  SYSTEM_INFO info;
  GetSystemInfo(&info);
  return info.dwPageSize;
}

/* Returns NULL if there is no memory. */
static inline char *map_pages(size_t bytes) { return (char *)VirtualAlloc(NULL, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE); }

static inline int unmap_pages(char *start, size_t bytes) {
  (void)bytes;
  return VirtualFree(start, 0, MEM_RELEASE) != 0;
}

static inline int forbid_pages(char *start, size_t bytes) {
  DWORD before;
  return VirtualProtect(start, bytes, PAGE_NOACCESS, &before) != 0;
}

static inline int threads_now(void) {
  int count = 0;
  THREADENTRY32 thread = {0};
  thread.dwSize = sizeof thread;
  HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
  for (BOOL more = Thread32First(all, &thread); more; more = Thread32Next(all, &thread))
    count += thread.th32OwnerProcessID == GetCurrentProcessId();
  CloseHandle(all);
  return count;
}

#else

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <dlfcn.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

static inline void *load_library(const char *path) { return dlopen(path, RTLD_NOW | RTLD_LOCAL); }

static inline void unload_library(void *library) { dlclose(library); }

static inline void find_function(void *library, const char *name, void *function) { *(void **)function = dlsym(library, name); }

static inline size_t page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

static inline char *map_pages(size_t bytes) {
  void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return start == MAP_FAILED ? NULL : (char *)start;
}

static inline int unmap_pages(char *start, size_t bytes) { return munmap(start, bytes) == 0; }

static inline int forbid_pages(char *start, size_t bytes) { return mprotect(start, bytes, PROT_NONE) == 0; }

static inline int threads_now(void) {
  int count = -2; /* "." and ".." */
  DIR *tasks = opendir("/proc/self/task");
  while (tasks && readdir(tasks)) count++;
  if (tasks) closedir(tasks);
  return count;
}

#endif

#endif
