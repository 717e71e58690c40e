/* Draws a range that is long enough for threads again, and compares it. */
#include <errno.h>
#include <string.h>

#include "check.h"
#include "somemem.h"

#define NUMBER ((size_t)4000000)
#define MARK 12345

static double expected[NUMBER], drawn[NUMBER];

static void draw(void) {
  memset(drawn, 0, sizeof drawn);
  errno = MARK;
  CHECK(random_noise_fill(drawn, NUMBER, 1, 2, 3) == SOMEMEM_OK);
  CHECK(errno == MARK);
  CHECK(memcmp(drawn, expected, sizeof drawn) == 0);
}
