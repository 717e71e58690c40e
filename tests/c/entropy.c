/* entropy ERRNO|0: random_noise gives fresh noise, or the documented error, whatever the program does between calls. If an error
 * number is given, the kernel denies getrandom() with it, as some sandboxes do. Then the library has to read a device. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "somemem.h"

static void deny_getrandom(int error) {
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrandom, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
  char byte;
  CHECK(syscall(SYS_getrandom, &byte, 1, 0) == -1 && errno == error);
}

static int files_open(void) {
  int count = 0;
  for (int file = 0; file < 100; file++) count += fcntl(file, F_GETFD) >= 0;
  return count;
}

/* Draws samples, which must differ from all earlier ones. */
static void fresh(void) {
  static double seen[64][2];
  static int count;
  errno = 5;
  SomeMem *noise = random_noise(2);
  CHECK(noise != NULL && errno == 5 && count < 64);
  if (!noise) return;
  memcpy(seen[count], somemem_data(noise), sizeof *seen);
  for (int n = 0; n < count; n++) CHECK(memcmp(seen[n], seen[count], sizeof *seen) != 0);
  count++;
  CHECK(somemem_free(noise) == SOMEMEM_OK);
}

/* A daemon closes all descriptors that it does not know. Then it opens its own files, which get the same numbers. */
static void closing(void) {
  int files = files_open();
  fresh();
  CHECK(files_open() == files);
  for (int file = 3; file < 1024; file++) close(file);
  fresh();
  int zeros[8];
  for (int n = 0; n < 8; n++) CHECK((zeros[n] = open("/dev/zero", O_RDONLY)) >= 0);
  files = files_open();
  for (int n = 0; n < 4; n++) fresh();
  CHECK(files_open() == files);
  for (int n = 0; n < 8; n++) CHECK(close(zeros[n]) == 0);
}

static void *draw(void *unused) {
  for (int n = 0; n < 200; n++) {
    SomeMem *noise = random_noise(2);
    CHECK(noise && somemem_free(noise) == SOMEMEM_OK);
  }
  return unused;
}

/* Whatever other threads are doing, a child can draw at once, and gets other noise than its parent. */
static void forking(void) {
  pthread_t threads[2];
  for (int n = 0; n < 2; n++) CHECK(pthread_create(&threads[n], NULL, draw, NULL) == 0);
  for (int n = 0; n < 20; n++) {
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
      check_failures = 0;
      alarm(20); /* a lock of a thread that is not in the child would never be released */
      draw(NULL);
      _exit(check_failures != 0);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
  }
  for (int n = 0; n < 2; n++) CHECK(pthread_join(threads[n], NULL) == 0);
}

static SomeMem *made;

/* A thread that is cancelled during a call. The call returns, and the thread is cancelled at its own next cancellation point. */
static void *cancelled(void *how) {
  pthread_cancel(pthread_self());
  made = how ? random_noise(100000) : somemem_new(100000);
  pthread_testcancel();
  return NULL;
}

static void cancelling(void) {
  for (int n = 0; n < 8; n++) {
    pthread_t thread;
    void *result = NULL;
    int files = files_open();
    made = NULL;
    CHECK(pthread_create(&thread, NULL, cancelled, n % 2 ? &files : NULL) == 0 && pthread_join(thread, &result) == 0);
    CHECK(result == PTHREAD_CANCELED && made && somemem_free(made) == SOMEMEM_OK); /* nothing is lost */
    CHECK(files_open() == files);
    fresh();
  }
}

/* No descriptor can be opened. Only a call that needs one gets an error. */
static void without_descriptors(int denied) {
  struct rlimit before, none = {0, 0};
  CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
  none.rlim_max = before.rlim_max;
  CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
  errno = 0;
  SomeMem *noise = random_noise(2), *buffer = somemem_new(2);
  CHECK(denied ? !noise && errno == EIO : noise != NULL);
  CHECK(buffer && somemem_free(buffer) == SOMEMEM_OK && somemem_free(noise) == SOMEMEM_OK);
  CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
  fresh();
}

/* The root is changed to a folder that has no device, or a file in its place. This cannot be undone. */
static void in_folder(const char *folder, int denied) {
  CHECK(chdir(folder) == 0);
  if (chroot(".") != 0) {
    printf("no root of its own: %s\n", strerror(errno));
    return;
  }
  static const char text[] = "so many bytes that a key could be made of them";
  for (int file = 0; file < 2; file++) {
    if (file) {
      int made_up = mkdir("/dev", 0700) == 0 ? open("/dev/urandom", O_WRONLY | O_CREAT, 0600) : -1;
      CHECK(made_up >= 0 && write(made_up, text, sizeof text) == sizeof text && write(made_up, text, sizeof text) > 0);
      close(made_up);
    }
    errno = 0;
    SomeMem *noise = random_noise(2);
    CHECK(denied ? !noise && errno == EIO : noise != NULL);
    SomeMem *seeded = random_noise_seeded(2, 42);
    CHECK(seeded && somemem_free(seeded) == SOMEMEM_OK && somemem_free(noise) == SOMEMEM_OK);
  }
  CHECK(unlink("/dev/urandom") == 0 && rmdir("/dev") == 0);
}

/* Runs in a child, so that the folder can be removed afterwards. */
static void without_device(int denied) {
  char folder[] = "/tmp/somemem-root-XXXXXX";
  CHECK(mkdtemp(folder) != NULL);
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    in_folder(folder, denied);
    fflush(NULL);
    _exit(check_failures != 0);
  }
  int status = -1;
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  CHECK(rmdir(folder) == 0);
}

int main(int argc, char **argv) {
  int denied = argc > 1 ? atoi(argv[1]) : 0;
  if (denied) deny_getrandom(denied);
  cancelling(); /* first, because the secret of the handles is made in the first call */
  closing();
  forking();
  without_descriptors(denied);
  without_device(denied);
  return check_result();
}
