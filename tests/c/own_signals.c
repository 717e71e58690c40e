/* Some programs handle signals that their own instructions raise: a write to a protected page (dirty tracking, garbage
 * collectors), or to a page beyond the end of a truncated file. The library's threads must be able to write to such memory. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"
#include "somemem.h"

#define NUMBER ((size_t)1 << 20)
#define PAGE ((size_t)4096)

static double expected[NUMBER];
static int file;
static atomic_int faults, elsewhere;
static pid_t process;

static void mend(int signal, siginfo_t *info, void *context) {
  char *page = (char *)((uintptr_t)info->si_addr & ~(PAGE - 1));
  (void)context;
  faults++;
  elsewhere += gettid() != process;
  if (signal == SIGBUS) (void)!ftruncate(file, (off_t)(NUMBER * 8));
  mprotect(page, PAGE, PROT_READ | PROT_WRITE);
}

static void fill(int kind) {
  for (size_t threads = 1; threads <= 4; threads += 3) {
    void *map = kind == SIGSEGV ? mmap(NULL, NUMBER * 8, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                                : mmap(NULL, NUMBER * 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    CHECK(map != MAP_FAILED);
    double *memory = (double *)map;
    faults = elsewhere = 0;
    somemem_set_threads(threads);
    CHECK(random_noise_fill(memory, NUMBER, 1, 2, 3) == SOMEMEM_OK);
    CHECK(memcmp(memory, expected, sizeof expected) == 0);
    CHECK(faults >= 1 && (threads == 1 || kind != SIGSEGV || elsewhere > 0));
    CHECK(munmap(memory, NUMBER * 8) == 0);
    if (kind == SIGBUS) CHECK(ftruncate(file, 0) == 0);
  }
}

static atomic_int asynchronous, on_worker;

static void count(int signal) {
  (void)signal;
  asynchronous++;
  on_worker += gettid() != process;
}

int main(void) {
  process = getpid();
  file = memfd_create("noise", 0);
  CHECK(file >= 0 && random_noise_fill(expected, NUMBER, 1, 2, 3) == SOMEMEM_OK);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = mend;
  action.sa_flags = SA_SIGINFO;
  CHECK(sigaction(SIGSEGV, &action, NULL) == 0 && sigaction(SIGBUS, &action, NULL) == 0);
  fill(SIGSEGV);
  fill(SIGBUS);

  /* Signals that are sent to the process come only to the program's own threads. If these block them, they come to none. */
  struct sigaction other;
  memset(&other, 0, sizeof other);
  other.sa_handler = count;
  other.sa_flags = SA_RESTART;
  CHECK(sigaction(SIGALRM, &other, NULL) == 0);
  for (int blocked = 0; blocked < 2; blocked++) {
    sigset_t alarms;
    sigemptyset(&alarms), sigaddset(&alarms, SIGALRM);
    CHECK(sigprocmask(blocked ? SIG_BLOCK : SIG_UNBLOCK, &alarms, NULL) == 0);
    asynchronous = 0;
    for (int n = 0; n < 200; n++) {
      ualarm(300, 0);
      CHECK(random_noise_fill(expected, NUMBER, 1, 2, 3) == SOMEMEM_OK);
    }
    ualarm(0, 0);
    CHECK(blocked ? asynchronous == 0 : asynchronous > 0);
    CHECK(on_worker == 0);
  }
  return check_result();
}
