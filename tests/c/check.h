/* CHECK(condition) counts and prints conditions that fail. A program ends with `return check_result();`. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>

static int check_failures, check_count;

#define CHECK(condition) check((condition) != 0, #condition, __FILE__, __LINE__)

static void check(int holds, const char *text, const char *file, int line) {
  check_count++;
  if (holds) return;
  check_failures++;
  fprintf(stderr, "%s:%d: %s\n", file, line, text);
}

static int check_result(void) {
  printf("%d checks, %d failed\n", check_count, check_failures);
  return check_failures != 0;
}

#endif
