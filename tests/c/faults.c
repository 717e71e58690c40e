/* faults [leak|unmap|corrupt]: makes each call that the library makes to the system fail, in turn. A script calls every
 * function on small and large buffers. It runs once without a fault, to count the calls to the system. Then it runs once for
 * each of these calls and each way to fail, in a process of its own. Every call of the library must succeed, or give the
 * documented failure and keep the old content. Without the fault the same call must succeed. At the end nothing may be left
 * except the table of handles. The script is also run with less and less memory allowed by the kernel. With an argument the
 * shim makes one error in place of the library, and the test must find it. Prints a table, which tests/c/test_faults.py reads. */
#include "shim.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "somemem.h"

#define MARK 12345
#define MOST ((size_t)PTRDIFF_MAX / 8)
#define LARGE ((size_t)1 << 17)
#define SEED 42
#define NOISE ((size_t)400001) /* enough for three threads */

static double expected[NOISE], drawn[NOISE];

/* The kinds of system that the script runs on. */
enum system { USUAL, PLAIN, LIMITED, MISALIGNED, WITHOUT_GETRANDOM, SYSTEMS };

/* The kernel's own limits, which are swept too. */
enum { ADDRESS_SPACE = RESOURCES, DATA, ROWS };

/* Shared with the processes that run the script. */
static struct row { unsigned long calls, injected, refused, mended; } *rows, *now;

static rlim_t limit_above; /* how much more memory than now the kernel allows, or 0 for any */
static int limited_resource;

static size_t used_now(void) {
  size_t size = 0, resident, shared, text, library, data = 0;
  char line[128];
  int file = open("/proc/self/statm", O_RDONLY);
  ssize_t length = file < 0 ? 0 : read(file, line, sizeof line - 1);
  line[length > 0 ? length : 0] = 0;
  close(file);
  CHECK(sscanf(line, "%zu %zu %zu %zu %zu %zu", &size, &resident, &shared, &text, &library, &data) == 6);
  return (limited_resource == RLIMIT_DATA ? data : size) * 4096;
}

static void limit_memory(int on) {
  if (!limit_above) return;
  struct rlimit limit = {on ? used_now() + limit_above : (rlim_t)1 << 46, RLIM_INFINITY};
  CHECK(setrlimit((__rlimit_resource_t)limited_resource, &limit) == 0);
}

/* Around each call of the library. */
static unsigned long injected_before;

static void begin(void) {
  injected_before = injected;
  errno = MARK;
  watching = 1;
}

static int end(void) {
  int code = errno;
  watching = 0;
  if (failing_on) {
    failing_call = failing_on = 0;
    CHECK(abandoned_pages() == 0); /* the memory of pages that could not be unmapped is given back too */
  }
  return code;
}

/* Failures after which the library's call still succeeds. */
static int harmless(void) {
  return failing_how == INTERRUPTED || failing_how == SHORT || failing == MREMAP || failing == MADVISE || failing == MUNMAP ||
         failing == PTHREAD_CREATE;
}

static int is_entropy(void) { return failing >= GETRANDOM; }

/* Checks that the last call was allowed to succeed or fail as it did. */
static void outcome(int succeeded) {
  int reason = injected > injected_before;
  if (reason || (limit_above && !succeeded)) now->refused += !succeeded, now->mended += succeeded != 0;
  CHECK(succeeded || limit_above || (reason && !harmless()));
}

/* A buffer and its expected content: numbers at some places, which are closer together at the front. */
struct box { SomeMem *handle; size_t number; double tag; };

static size_t next_mark(size_t n) { return n + (n < 1000 ? 1 : n < 5000 ? 61 : n < 3000000 ? 15013 : 1000003); }

static void mark(struct box *box, size_t from) {
  double *data = somemem_data(box->handle);
  for (size_t n = 0; n < box->number; n = next_mark(n)) if (n >= from) data[n] = box->tag + (double)n;
}

/* Whether the first `number` doubles still hold these numbers. */
static int has_marks(const struct box *box, size_t number) {
  const double *data = somemem_data(box->handle);
  for (size_t n = 0; n < number; n = next_mark(n)) if (data[n] != box->tag + (double)n) return 0;
  return 1;
}

static SomeMem *seeded(size_t number) { return random_noise_seeded(number, SEED); }

static void make(struct box *box, SomeMem *(*maker)(size_t), size_t number) {
  static double tags;
  begin();
  SomeMem *handle = maker(number);
  int code = end();
  outcome(handle != NULL);
  if (!handle) {
    CHECK(code == (is_entropy() && failing_how <= ON && !limit_above ? EIO : ENOMEM));
    CHECK(!is_entropy() || limit_above || maker == random_noise);
    limit_memory(0);
    begin();
    handle = maker(number);
    code = end();
    CHECK(handle != NULL);
    limit_memory(1);
  }
  CHECK(code == MARK);
  CHECK(somemem_len(handle) == number && (uintptr_t)somemem_data(handle) % 64 == 0);
  if (maker == seeded) CHECK(memcmp(somemem_data(handle), expected, number * sizeof *expected) == 0);
  if (maker == random_noise) CHECK(number < 3 || somemem_data(handle)[1] != somemem_data(handle)[2]);
  *box = (struct box){handle, number, (tags += 1e9)};
  mark(box, 0);
}

static SomeMemStatus resize_once(struct box *box, size_t number) {
  begin();
  SomeMemStatus status = somemem_resize(box->handle, number);
  CHECK(end() == MARK);
  return status;
}

static void resize(struct box *box, size_t number) {
  size_t kept = number < box->number ? number : box->number;
  double *before = somemem_data(box->handle);
  SomeMemStatus status = resize_once(box, number);
  outcome(status == SOMEMEM_OK);
  if (status != SOMEMEM_OK) {
    CHECK(status == SOMEMEM_NO_MEMORY && number > box->number);
    CHECK(somemem_len(box->handle) == box->number && somemem_data(box->handle) == before);
    CHECK(has_marks(box, box->number));
    CHECK(resize_once(box, box->number) == SOMEMEM_OK && resize_once(box, box->number / 2) == SOMEMEM_OK);
    CHECK(has_marks(box, box->number / 2));
    kept = box->number /= 2;
    limit_memory(0);
    CHECK(resize_once(box, number) == SOMEMEM_OK);
    limit_memory(1);
  }
  CHECK(somemem_len(box->handle) == number && (uintptr_t)somemem_data(box->handle) % 64 == 0);
  CHECK(has_marks(box, kept));
  box->number = number;
  mark(box, kept);
}

static SomeMemStatus reserve_once(struct box *box, size_t number) {
  begin();
  SomeMemStatus status = somemem_reserve(box->handle, number);
  CHECK(end() == MARK);
  return status;
}

static void reserve(struct box *box, size_t number) {
  double *before = somemem_data(box->handle);
  size_t capacity = somemem_capacity(box->handle);
  SomeMemStatus status = reserve_once(box, number);
  outcome(status == SOMEMEM_OK);
  if (status != SOMEMEM_OK) {
    CHECK(status == SOMEMEM_NO_MEMORY);
    /* An attempt may have made the rest of its last page usable, but no more. */
    CHECK(somemem_data(box->handle) == before && somemem_capacity(box->handle) <= capacity + 512);
    CHECK(somemem_len(box->handle) == box->number && has_marks(box, box->number));
    limit_memory(0);
    CHECK(reserve_once(box, number) == SOMEMEM_OK);
    limit_memory(1);
  }
  CHECK(somemem_capacity(box->handle) >= number && somemem_len(box->handle) == box->number);
  CHECK(has_marks(box, box->number));
}

/* A resize that must not move the data. */
static void resize_in_place(struct box *box, size_t number) {
  double *data = somemem_data(box->handle);
  resize(box, number);
  CHECK(somemem_data(box->handle) == data);
}

static void release(struct box *box) {
  CHECK(has_marks(box, box->number));
  begin();
  SomeMemStatus status = somemem_free(box->handle);
  CHECK(end() == MARK);
  outcome(status == SOMEMEM_OK);
  CHECK(somemem_len(box->handle) == 0);
}

/* Drawing in place makes no calls to the system, except for threads. */
static int draws_alone(void) { return failing_call && failing != PTHREAD_CREATE; }

static void draw(void) {
  if (draws_alone()) return;
  memset(drawn, 0, sizeof drawn);
  begin();
  SomeMemStatus status = random_noise_fill(drawn, NOISE, SEED, 0, 0);
  CHECK(end() == MARK);
  outcome(status == SOMEMEM_OK);
  CHECK(memcmp(drawn, expected, sizeof drawn) == 0);
  memset(drawn, 0, sizeof drawn);
  begin();
  status = random_noise_add(drawn, NOISE, 1, SEED, 0, 0);
  CHECK(end() == MARK);
  outcome(status == SOMEMEM_OK);
  CHECK(memcmp(drawn, expected, sizeof drawn) == 0);
  memset(drawn, 0, sizeof drawn);
  begin();
  status = random_noise_fill_rows(drawn, NOISE, 1, 1, SEED, 0, 0, 0, 1);
  CHECK(end() == MARK);
  outcome(status == SOMEMEM_OK);
  CHECK(memcmp(drawn, expected, sizeof drawn) == 0);
  float *floats = (float *)(void *)drawn;
  begin();
  status = random_noise_normal_f32(floats, NOISE, 0, 1, SEED, 0, 0);
  CHECK(end() == MARK);
  outcome(status == SOMEMEM_OK);
  CHECK(floats[0] == (float)expected[0] && floats[NOISE - 1] == (float)expected[NOISE - 1]);
}

/* Every function, on sizes below and above each threshold. */
static void script(void) {
  struct box few, many[70], grown, shrunk, reserved, noise, large[7];
  somemem_set_threads(draws_alone() ? 1 : 3);

  /* Blocks of the heap. There are more handles than the first segment of the table holds. */
  make(&few, random_noise, 1000);
  for (size_t n = 0; n < 70; n++) make(&many[n], somemem_new, n);
  resize(&many[0], 5), resize(&many[0], 3000), resize(&many[0], 10), resize(&many[0], 0), resize(&many[0], 9);
  resize(&few, 2000), resize(&few, 30000), resize(&few, 100);

  /* From the heap to pages, and back. */
  make(&grown, somemem_new, 1000);
  resize(&grown, LARGE), resize(&grown, LARGE + 1), resize(&grown, 3 * LARGE), resize(&grown, 5 * LARGE + 77);
  resize(&grown, 17 * LARGE), resize(&grown, 300 * LARGE);
  resize(&grown, 4 * LARGE), resize(&grown, 8 * LARGE), resize(&grown, 100), resize(&grown, 2 * LARGE);

  /* Pages that the kernel does not move, because they have different attributes. They must be copied. */
  make(&shrunk, somemem_new, LARGE + 512);
  CHECK(madvise(somemem_data(shrunk.handle) + 4096, 4096, MADV_DONTFORK) == 0);
  resize(&shrunk, 6 * LARGE), resize(&shrunk, 3 * LARGE), resize(&shrunk, 0), resize(&shrunk, LARGE);

  /* Reserves: for a block, for pages that have been used, for pages with different attributes, longer ones, and growth beyond them. */
  make(&reserved, somemem_new, 10);
  reserve(&reserved, 1000), resize_in_place(&reserved, 1000), resize_in_place(&reserved, 0);
  reserve(&reserved, 4 * LARGE), resize_in_place(&reserved, 2 * LARGE), resize_in_place(&reserved, 3);
  resize_in_place(&reserved, 4 * LARGE), reserve(&reserved, 20 * LARGE), resize_in_place(&reserved, 20 * LARGE);
  resize_in_place(&reserved, 0), reserve(&reserved, 5), resize_in_place(&reserved, LARGE);
  CHECK(madvise(somemem_data(reserved.handle) + 4096, 4096, MADV_DONTFORK) == 0);
  reserve(&reserved, 22 * LARGE), resize_in_place(&reserved, 21 * LARGE);
  resize(&reserved, 24 * LARGE), resize(&reserved, 2 * LARGE);
  release(&reserved);
  begin();
  somemem_trim();
  CHECK(end() == MARK);

  make(&noise, seeded, draws_alone() ? LARGE + 1 : NOISE);
  draw();
  resize(&noise, noise.number + 1000);
  release(&noise);

  /* Kept pages: some are used again, some are too small, some are displaced. */
  for (int n = 0; n < 7; n++) make(&large[n], somemem_new, LARGE + (size_t)n * 100000);
  for (int n = 0; n < 7; n++) release(&large[n]);
  for (int n = 0; n < 7; n++) make(&large[n], n == (draws_alone() ? 0 : 3) ? random_noise : somemem_new, LARGE + (size_t)n * 50000);
  for (int n = 0; n < 7; n++) release(&large[n]);

  for (int n = 0; n < 70; n++) release(&many[n]);
  release(&few), release(&grown), release(&shrunk);

  /* No kernel has so much memory. All kept memory is given up before the call fails. */
  begin();
  SomeMem *none = somemem_new(MOST);
  CHECK(end() == ENOMEM && !none);
  begin();
  none = random_noise_seeded(SIZE_MAX, 1);
  CHECK(end() == ENOMEM && !none);
}

static void be(enum system system) {
  system_misaligned = system == MISALIGNED;
  system_without_getrandom = system == WITHOUT_GETRANDOM;
  if (system == PLAIN) CHECK(setenv("SOMEMEM_PLAIN_PAGES", "1", 1) == 0);
  if (system == LIMITED) {
    limited_resource = RLIMIT_AS;
    CHECK(setrlimit(RLIMIT_AS, &(struct rlimit){(rlim_t)1 << 46, RLIM_INFINITY}) == 0);
  }
}

static int files_open(void) {
  int count = 0;
  for (int file = 0; file < 100; file++) count += fcntl(file, F_GETFD) >= 0;
  return count;
}

/* The kind of system does not matter for the heap and for threads. A missing getrandom does not matter for pages. */
static int is_swept(enum system system, int resource) {
  if (system == WITHOUT_GETRANDOM) return resource >= GETRANDOM;
  return system == USUAL || (resource > REALLOC && resource != PTHREAD_CREATE);
}

/* Runs the script in a process of its own, and adds to the row. Returns how often something failed, or 0 to stop after too many failures. */
static unsigned long run(enum system system, struct row *row) {
  struct row before = *row;
  now = row;
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    check_failures = check_count = 0;
    be(system);
    int files = files_open();
    limit_memory(1);
    script();
    limit_memory(0);
    if (!failing_call && !injected && !limit_above)
      for (int n = 0; n < RESOURCES; n++) rows[n].calls += is_swept(system, n) ? calls[n] : 0;
    row->injected += injected;
    CHECK(blocks_left() == 0 && block_count <= 2);
    CHECK(bytes_left() == 0);
    CHECK(abandoned_pages() == 0);
    CHECK(files_open() == files);
    _exit(check_failures ? 1 : 0);
  }
  int status = -1;
  CHECK(waitpid(child, &status, 0) == child);
  if (status != 0) {
    CHECK(!"the script");
    fprintf(stderr, "  system %d, %s call %lu, way %d, limit %lu of %d: status %x\n", system,
            failing_call ? resource_names[failing] : "no", failing_call, failing_how, (unsigned long)limit_above,
            limited_resource, status);
  }
  return check_failures > 20 ? 0 : row->injected + row->refused - before.injected - before.refused;
}

static void sweep_faults(enum system system) {
  for (int resource = 0; resource < RESOURCES; resource++) {
    for (int way = 0; is_swept(system, resource) && way < WAYS; way++) {
      int may_be_interrupted = resource >= GETRANDOM, may_be_short = resource == GETRANDOM || resource == READ;
      if ((way == INTERRUPTED && !may_be_interrupted) || (way == SHORT && !may_be_short)) continue;
      failing = (enum resource)resource;
      failing_how = (enum way)way;
      for (failing_call = 1; run(system, &rows[resource]) > 0; failing_call++) {}
    }
  }
  failing_call = 0;
}

/* Raises the limit from a few KiB until it no longer matters. */
static void sweep_limit(int resource, struct row *row) {
  limited_resource = resource;
  for (limit_above = 4096; row->calls++, run(USUAL, row) > 0; limit_above += (61 + limit_above / 32 / 4096) * 4096) {}
  limit_above = 0;
}

int main(int argc, char **argv) {
  const char *sabotage = argc > 1 ? argv[1] : "";
  CHECK(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0); /* because the kernel would spend most of the time filling huge pages with zeros */
  rows = (struct row *)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(random_noise_fill(expected, NOISE, SEED, 0, 0) == SOMEMEM_OK);
  char stack[1 << 17]; /* touched now, because the stack might not grow under a limit */
  memset(stack, 1, sizeof stack);
  sabotage_free = strcmp(sabotage, "leak") == 0 ? 50 : 0;
  sabotage_munmap = strcmp(sabotage, "unmap") == 0 ? 3 : 0;
  sabotage_realloc = strcmp(sabotage, "corrupt") == 0 ? 3 : 0;

  for (int system = 0; system < SYSTEMS; system++) {
    run((enum system)system, &rows[0]);
    if (!*sabotage) sweep_faults((enum system)system);
  }
  if (!*sabotage) {
    sweep_limit(RLIMIT_AS, &rows[ADDRESS_SPACE]);
    sweep_limit(RLIMIT_DATA, &rows[DATA]);
  }
  printf("%-15s %8s %9s %8s %7s\n", "resource", "calls", "injected", "refused", "mended");
  for (int n = 0; n < ROWS; n++) {
    const char *name = n < RESOURCES ? resource_names[n] : n == DATA ? "RLIMIT_DATA" : "RLIMIT_AS";
    printf("%-15s %8lu %9lu %8lu %7lu\n", name, rows[n].calls, rows[n].injected, rows[n].refused, rows[n].mended);
  }
  return check_result();
}
