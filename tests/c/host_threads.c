/* The library's threads in a program on POSIX. The program gets its own signals, a thread that cannot be started only costs
 * speed, and fork() works between calls. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "by_threads.h"

static pid_t main_thread;
static atomic_int signals, signals_elsewhere;

static void on_signal(int number) {
  (void)number;
  signals++;
  if (syscall(SYS_gettid) != main_thread) signals_elsewhere++;
}

static void *nothing(void *unused) { return unused; }

int main(void) {
  main_thread = (pid_t)syscall(SYS_gettid);
  CHECK(random_noise_fill(expected, NUMBER, 1, 2, 3) == SOMEMEM_OK);
  somemem_set_threads(8);

  /* The program's own thread handles all signals of a timer. */
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  CHECK(sigaction(SIGALRM, &action, NULL) == 0);
  struct itimerval timer = {{0, 500}, {0, 500}};
  CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
  for (int n = 0; n < 50; n++) draw();
  memset(&timer, 0, sizeof timer);
  CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
  CHECK(signals > 10 && signals_elsewhere == 0);
  sigset_t mask;
  CHECK(pthread_sigmask(SIG_SETMASK, NULL, &mask) == 0 && sigismember(&mask, SIGALRM) == 0);

  /* A program has used threads. Its child can use threads too. */
  int ends[2];
  CHECK(pipe(ends) == 0);
  pid_t child = fork();
  if (child == 0) {
    draw();
    SomeMem *drawn_anew = random_noise(1);
    CHECK(write(ends[1], somemem_data(drawn_anew), sizeof(double)) == sizeof(double));
    _exit(check_failures != 0);
  }
  int status;
  double theirs = 0;
  SomeMem *drawn_anew = random_noise(1);
  CHECK(read(ends[0], &theirs, sizeof theirs) == sizeof theirs && memcmp(&theirs, somemem_data(drawn_anew), sizeof theirs) != 0);
  CHECK(somemem_free(drawn_anew) == SOMEMEM_OK);
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);

  /* No address space for a thread's stack. */
  struct rlimit limit, before;
  CHECK(getrlimit(RLIMIT_AS, &before) == 0);
  limit = before;
  limit.rlim_cur = 1 << 20;
  CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
  pthread_t thread;
  pthread_attr_t fresh; /* another size, so that no earlier stack is used again */
  CHECK(pthread_attr_init(&fresh) == 0 && pthread_attr_setstacksize(&fresh, (size_t)64 << 20) == 0);
  CHECK(pthread_create(&thread, &fresh, nothing, NULL) != 0);
  draw();
  somemem_set_threads(64);
  draw();
  CHECK(setrlimit(RLIMIT_AS, &before) == 0);
  draw();
  return check_result();
}
