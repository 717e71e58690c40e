/* live WHERE NUMBER: a buffer is in use while a leak checker looks: in the middle of the run (`now`, LeakSanitizer only), at
 * exit() from deep inside (`exit`), in a forked child (`child`), or with a global handle (`global`). None is a leak. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "somemem.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
static int leaks_now(void) { return __lsan_do_recoverable_leak_check(); }
#else
static int leaks_now(void) { return 0; }
#endif

static SomeMem *global;

__attribute__((noinline)) static void give_up(SomeMem *volatile memory) {
  somemem_data(memory)[0] = 1;
  exit(0);
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  const char *where = argv[1];
  SomeMem *memory[200]; /* more than the first segment of the table holds */
  for (int n = 0; n < 200; n++)
    if (!(memory[n] = random_noise_seeded(n < 4 ? strtoull(argv[2], NULL, 10) : 10, 1))) return 3;
  if (strcmp(where, "now") == 0 && leaks_now()) return 4;
  if (strcmp(where, "exit") == 0) give_up(memory[0]);
  if (strcmp(where, "child") == 0) {
    pid_t child = fork();
    if (child == 0) give_up(memory[0]);
    int status = -1;
    if (waitpid(child, &status, 0) != child || status != 0) return 5;
  }
  if (strcmp(where, "global") == 0) {
    global = memory[0];
    memory[0] = NULL;
  }
  for (int n = 0; n < 200; n++) if (somemem_free(memory[n]) != SOMEMEM_OK) return 6;
  return 0;
}
