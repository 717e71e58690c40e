/* misuse [OTHER_LIBRARY]: every function with every wrong handle, size, pointer and number, and the errno afterwards.
 * OTHER_LIBRARY is a second copy of the shared library, whose handles are foreign to the first. */
#include "system.h"

#include <errno.h>
#include <fenv.h>
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "somemem.h"

#define MOST ((size_t)PTRDIFF_MAX / 8)

/* An errno that no function would set by chance. */
#define MARK 12345

/* A handle that no buffer has. Every function refuses it and keeps errno. */
static void refused(SomeMem *handle) {
  static const size_t sizes[] = {0, 1, 1000000, MOST, MOST + 1, SIZE_MAX};
  errno = MARK;
  for (size_t n = 0; n < sizeof sizes / sizeof *sizes; n++)
    CHECK(somemem_resize(handle, sizes[n]) == SOMEMEM_INVALID_HANDLE);
  CHECK(somemem_data(handle) == NULL);
  CHECK(somemem_len(handle) == 0);
  CHECK(somemem_free(handle) == (handle ? SOMEMEM_INVALID_HANDLE : SOMEMEM_OK));
  CHECK(errno == MARK);
}

static void *refused_in_thread(void *handle) {
  refused((SomeMem *)handle);
  return NULL;
}

static void wrong_handles(const char *other_library) {
  refused(NULL);
  SomeMem *stale = somemem_new(10), *live = somemem_new(10);
  CHECK(somemem_free(stale) == SOMEMEM_OK);
  refused(stale);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, refused_in_thread, stale) == 0 && pthread_join(thread, NULL) == 0);
  SomeMem *reused = somemem_new(20);
  CHECK(reused != stale);
  refused(stale);

  /* Values that a program may pass by mistake: its own addresses and the buffer's, small numbers, and handles with a small change. */
  int local;
  refused((SomeMem *)(void *)&local);
  refused((SomeMem *)(void *)somemem_data(live));
  refused((SomeMem *)(uintptr_t)1);
  refused((SomeMem *)UINTPTR_MAX);
  refused((SomeMem *)((uintptr_t)live + 1));
  refused((SomeMem *)~(uintptr_t)live);

  if (other_library) {
    void *library = load_library(other_library);
    CHECK(library != NULL);
    if (library) {
      SomeMem *(*other_new)(size_t);
      SomeMemStatus (*other_free)(SomeMem *);
      find_function(library, "somemem_new", &other_new);
      find_function(library, "somemem_free", &other_free);
      CHECK(other_new != somemem_new);
      for (int n = 0; n < 100; n++) {
        SomeMem *foreign = other_new(10);
        refused(foreign);
        CHECK(other_free(live) == SOMEMEM_INVALID_HANDLE);
        CHECK(other_free(foreign) == SOMEMEM_OK);
      }
      unload_library(library);
    }
  }
  CHECK(somemem_len(live) == 10 && somemem_len(reused) == 20);
  CHECK(somemem_free(live) == SOMEMEM_OK && somemem_free(reused) == SOMEMEM_OK);
  refused(live);
}

static void sizes_that_cannot_be_had(void) {
  static const size_t sizes[] = {MOST - 1, MOST, MOST + 1, SIZE_MAX / 8, SIZE_MAX / 8 + 1, SIZE_MAX / 2, SIZE_MAX - 1, SIZE_MAX};
  SomeMem *memory = random_noise_seeded(1000, 1), *large = random_noise_seeded(300000, 1);
  double *data = somemem_data(memory), *large_data = somemem_data(large);
  double copy[1000];
  memcpy(copy, data, sizeof copy);
  for (size_t n = 0; n < sizeof sizes / sizeof *sizes; n++) {
    errno = MARK;
    CHECK(somemem_resize(memory, sizes[n]) == SOMEMEM_NO_MEMORY);
    CHECK(somemem_resize(large, sizes[n]) == SOMEMEM_NO_MEMORY);
    CHECK(errno == MARK);
    CHECK(somemem_len(memory) == 1000 && somemem_data(memory) == data && memcmp(copy, data, sizeof copy) == 0);
    CHECK(somemem_len(large) == 300000 && somemem_data(large) == large_data);

    errno = MARK;
    CHECK(somemem_new(sizes[n]) == NULL && errno == ENOMEM);
    errno = MARK;
    CHECK(random_noise(sizes[n]) == NULL && errno == ENOMEM);
    errno = MARK;
    CHECK(random_noise_seeded(sizes[n], 1) == NULL && errno == ENOMEM);
  }
  CHECK(somemem_free(memory) == SOMEMEM_OK && somemem_free(large) == SOMEMEM_OK);
}

/* Small, large, and around the size from which buffers have pages of their own. */
static void success_keeps_errno(void) {
  static const size_t sizes[] = {0, 1, 100, 131071, 131072, 1000000, 3};
  errno = MARK;
  for (size_t n = 0; n < sizeof sizes / sizeof *sizes; n++) {
    SomeMem *made[3] = {somemem_new(sizes[n]), random_noise(sizes[n]), random_noise_seeded(sizes[n], 1)};
    for (int m = 0; m < 3; m++) {
      CHECK(made[m] != NULL);
      for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) CHECK(somemem_resize(made[m], sizes[k]) == SOMEMEM_OK);
      CHECK(somemem_data(made[m]) != NULL && somemem_len(made[m]) == 3);
      CHECK(somemem_free(made[m]) == SOMEMEM_OK);
    }
  }
  CHECK(somemem_strerror(SOMEMEM_NO_MEMORY) && somemem_strerror(-1) && somemem_version() && somemem_kernel());
  CHECK(errno == MARK);
}

static void wrong_arguments(void) {
  double memory[8], unchanged[8];
  for (int n = 0; n < 8; n++) memory[n] = unchanged[n] = n + 0.5;
  double *misaligned = (double *)(void *)((char *)memory + 4), *off_by_one = (double *)(void *)((char *)memory + 1);
  const struct {
    double *data;
    size_t number;
    uint64_t first;
    SomeMemStatus status;
  } wrong[] = {
      {NULL, 1, 0, SOMEMEM_INVALID_POINTER},
      {misaligned, 1, 0, SOMEMEM_INVALID_POINTER},
      {off_by_one, 1, 0, SOMEMEM_INVALID_POINTER},
      {memory, SIZE_MAX, 0, SOMEMEM_INVALID_RANGE},
      {NULL, SIZE_MAX, 0, SOMEMEM_INVALID_RANGE},
      {memory, 2, UINT64_MAX, SOMEMEM_INVALID_RANGE},
      {memory, 8, UINT64_MAX - 6, SOMEMEM_INVALID_RANGE},
      {memory, MOST, UINT64_MAX - MOST + 2, SOMEMEM_INVALID_RANGE},
      {memory, SIZE_MAX, UINT64_MAX, SOMEMEM_INVALID_RANGE},
      {memory, 2 * MOST + 2, 0, SOMEMEM_INVALID_RANGE},
  };
  errno = MARK;
  for (size_t n = 0; n < sizeof wrong / sizeof *wrong; n++) {
    double *data = wrong[n].data;
    float *floats = (float *)(void *)data;
    size_t number = wrong[n].number;
    uint64_t first = wrong[n].first;
    SomeMemStatus status = wrong[n].status;
    /* The scale is checked last. */
    const double scales[] = {1.0, (double)NAN};
    CHECK(random_noise_fill(data, number, 1, 2, first) == status);
    CHECK(random_noise_fill_rows(data, 1, number, number, 1, 2, first, 0, 0) == status);
    for (int k = 0; k < 2; k++) {
      CHECK(random_noise_add(data, number, scales[k], 1, 2, first) == status);
      CHECK(random_noise_normal(data, number, scales[k], 1.0, 1, 2, first) == status);
      CHECK(random_noise_add_rows(data, 1, number, number, scales[k], 1, 2, first, 0, 0) == status);
    }
    /* A float may be at an address that is not aligned for a double. */
    if (data == misaligned) continue;
    CHECK(random_noise_fill_f32(floats, number, 1, 2, first) == status);
    CHECK(random_noise_fill_rows_f32(floats, 1, number, number, 1, 2, first, 0, 0) == status);
    for (int k = 0; k < 2; k++) {
      CHECK(random_noise_add_f32(floats, number, scales[k], 1, 2, first) == status);
      CHECK(random_noise_normal_f32(floats, number, scales[k], 1.0, 1, 2, first) == status);
      CHECK(random_noise_add_rows_f32(floats, 1, number, number, scales[k], 1, 2, first, 0, 0) == status);
    }
  }
  CHECK(random_noise_fill(memory, MOST + 1, 1, 2, 0) == SOMEMEM_INVALID_RANGE);
  CHECK(random_noise_add(memory, MOST + 1, 1.0, 1, 2, 0) == SOMEMEM_INVALID_RANGE);

  /* Rows: overlapping ones, and products and sums that do not fit. */
  const struct {
    size_t rows, columns, stride;
    uint64_t stream, first, stream_step, first_step;
  } wrong_rows[] = {
      {2, 3, 2, 0, 0, 0, 0},
      {2, 1, 0, 0, 0, 0, 0},
      {2, 1, MOST, 0, 0, 0, 0},
      {SIZE_MAX, 1, 1, 0, 0, 0, 0},
      {3, 1, SIZE_MAX / 2 + 1, 0, 0, 0, 0},
      {SIZE_MAX, SIZE_MAX, SIZE_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX},
      {2, 1, 1, UINT64_MAX, 0, 1, 0},
      {3, 1, 1, 0, 0, UINT64_C(1) << 63, 0},
      {2, 2, 2, 0, UINT64_MAX - 1, 0, 1},
      {3, 1, 1, 0, 0, 0, UINT64_C(1) << 63},
      {1, 2, 0, 0, UINT64_MAX, 0, 0},
  };
  for (size_t n = 0; n < sizeof wrong_rows / sizeof *wrong_rows; n++) {
    size_t rows = wrong_rows[n].rows, columns = wrong_rows[n].columns, stride = wrong_rows[n].stride;
    uint64_t stream = wrong_rows[n].stream, first = wrong_rows[n].first;
    uint64_t stream_step = wrong_rows[n].stream_step, first_step = wrong_rows[n].first_step;
    float *floats = (float *)(void *)memory;
    CHECK(random_noise_fill_rows(memory, rows, columns, stride, 1, stream, first, stream_step, first_step) ==
          SOMEMEM_INVALID_RANGE);
    CHECK(random_noise_add_rows(NULL, rows, columns, stride, (double)NAN, 1, stream, first, stream_step, first_step) ==
          SOMEMEM_INVALID_RANGE);
    /* An extent that is too long for doubles may be short enough for floats. */
    if (stride == MOST) continue;
    CHECK(random_noise_fill_rows_f32(floats, rows, columns, stride, 1, stream, first, stream_step, first_step) ==
          SOMEMEM_INVALID_RANGE);
    CHECK(random_noise_add_rows_f32(floats, rows, columns, stride, 1.0, 1, stream, first, stream_step, first_step) ==
          SOMEMEM_INVALID_RANGE);
  }

  const double wrong_scale[] = {(double)NAN, -(double)NAN, (double)INFINITY, -(double)INFINITY};
  for (size_t n = 0; n < sizeof wrong_scale / sizeof *wrong_scale; n++)
    for (size_t number = 0; number <= 8; number += 8) {
      double scale = wrong_scale[n];
      float *floats = (float *)(void *)memory;
      CHECK(random_noise_add(memory, number, scale, 1, 2, 0) == SOMEMEM_INVALID_SCALE);
      CHECK(random_noise_add_f32(floats, number, scale, 1, 2, 0) == SOMEMEM_INVALID_SCALE);
      CHECK(random_noise_normal(memory, number, scale, 1.0, 1, 2, 0) == SOMEMEM_INVALID_SCALE);
      CHECK(random_noise_normal(memory, number, 0.0, scale, 1, 2, 0) == SOMEMEM_INVALID_SCALE);
      CHECK(random_noise_normal_f32(floats, number, scale, 1.0, 1, 2, 0) == SOMEMEM_INVALID_SCALE);
      CHECK(random_noise_normal_f32(floats, number, 0.0, scale, 1, 2, 0) == SOMEMEM_INVALID_SCALE);
      CHECK(random_noise_add_rows(memory, 1, number, 0, scale, 1, 2, 0, 0, 0) == SOMEMEM_INVALID_SCALE);
      CHECK(random_noise_add_rows_f32(floats, 1, number, 0, scale, 1, 2, 0, 0, 0) == SOMEMEM_INVALID_SCALE);
    }
  CHECK(memcmp(memory, unchanged, sizeof memory) == 0);

  /* With nothing to draw, any pointer and any first index are accepted. */
  double *any[] = {NULL, misaligned, memory, (double *)UINTPTR_MAX};
  for (int n = 0; n < 4; n++) {
    CHECK(random_noise_fill(any[n], 0, 1, 2, UINT64_MAX) == SOMEMEM_OK);
    CHECK(random_noise_add(any[n], 0, 1.0, 1, 2, UINT64_MAX) == SOMEMEM_OK);
    CHECK(random_noise_normal(any[n], 0, 1.0, -1.0, 1, 2, UINT64_MAX) == SOMEMEM_OK);
    CHECK(random_noise_fill_rows(any[n], SIZE_MAX, 0, 0, 1, UINT64_MAX, UINT64_MAX, 9, 9) == SOMEMEM_OK);
    CHECK(random_noise_add_rows(any[n], 0, SIZE_MAX, 0, -1.0, 1, UINT64_MAX, UINT64_MAX, 9, 9) == SOMEMEM_OK);
    float *floats = (float *)(void *)any[n];
    CHECK(random_noise_fill_f32(floats, 0, 1, 2, UINT64_MAX) == SOMEMEM_OK);
    CHECK(random_noise_add_f32(floats, 0, -1.0, 1, 2, UINT64_MAX) == SOMEMEM_OK);
    CHECK(random_noise_normal_f32(floats, 0, 1.0, -1.0, 1, 2, UINT64_MAX) == SOMEMEM_OK);
    CHECK(random_noise_fill_rows_f32(floats, SIZE_MAX, 0, 0, 1, UINT64_MAX, UINT64_MAX, 9, 9) == SOMEMEM_OK);
    CHECK(random_noise_add_rows_f32(floats, 0, SIZE_MAX, 0, 1.0, 1, UINT64_MAX, UINT64_MAX, 9, 9) == SOMEMEM_OK);
  }
  CHECK(memcmp(memory, unchanged, sizeof memory) == 0);

  /* The last index there is. */
  CHECK(random_noise_fill(memory, 8, 1, 2, UINT64_MAX - 7) == SOMEMEM_OK);
  double last;
  CHECK(random_noise_fill(&last, 1, 1, 2, UINT64_MAX) == SOMEMEM_OK && memcmp(&last, memory + 7, sizeof last) == 0);
  CHECK(random_noise_add(memory, 8, -0.0, 1, 2, UINT64_MAX - 7) == SOMEMEM_OK);
  CHECK(random_noise_fill_rows(memory, 2, 4, 4, 1, UINT64_MAX - 1, UINT64_MAX - 3, 1, 0) == SOMEMEM_OK);
  CHECK(errno == MARK);
}

/* A signaling NaN as scale is refused like any other NaN, and raises no floating-point exception. */
static void signaling_scale(void) {
  const uint64_t bits = UINT64_C(0x7ff0000000000001);
  double signaling, memory[1] = {1.0};
  memcpy(&signaling, &bits, sizeof signaling);
  feclearexcept(FE_ALL_EXCEPT);
  CHECK(random_noise_add(memory, 1, signaling, 1, 2, 0) == SOMEMEM_INVALID_SCALE);
  CHECK(random_noise_normal(memory, 1, signaling, signaling, 1, 2, 0) == SOMEMEM_INVALID_SCALE);
  CHECK(fetestexcept(FE_ALL_EXCEPT) == 0);
}

int main(int argc, char **argv) {
  wrong_handles(argc > 1 ? argv[1] : NULL);
  sizes_that_cannot_be_had();
  success_keeps_errno();
  wrong_arguments();
  signaling_scale();
  return check_result();
}
