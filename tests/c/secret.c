/* Searches the stack for round keys: after random_noise(), and after a fill, which need not wipe them. The fill shows that
 * the search can find them. The key is known, because this program gives the library its random bytes. It must be linked
 * with -z now. Otherwise the dynamic linker writes all registers to the stack when it binds a symbol, and these are not
 * wiped. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"
#include "somemem.h"

#define STACK ((size_t)128 * 1024)

/* The key schedule of FIPS 197, appendix A.1: the first round key is the key. */
static const unsigned char round_keys[11][16] = {
    {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c},
    {0xa0, 0xfa, 0xfe, 0x17, 0x88, 0x54, 0x2c, 0xb1, 0x23, 0xa3, 0x39, 0x39, 0x2a, 0x6c, 0x76, 0x05},
    {0xf2, 0xc2, 0x95, 0xf2, 0x7a, 0x96, 0xb9, 0x43, 0x59, 0x35, 0x80, 0x7a, 0x73, 0x59, 0xf6, 0x7f},
    {0x3d, 0x80, 0x47, 0x7d, 0x47, 0x16, 0xfe, 0x3e, 0x1e, 0x23, 0x7e, 0x44, 0x6d, 0x7a, 0x88, 0x3b},
    {0xef, 0x44, 0xa5, 0x41, 0xa8, 0x52, 0x5b, 0x7f, 0xb6, 0x71, 0x25, 0x3b, 0xdb, 0x0b, 0xad, 0x00},
    {0xd4, 0xd1, 0xc6, 0xf8, 0x7c, 0x83, 0x9d, 0x87, 0xca, 0xf2, 0xb8, 0xbc, 0x11, 0xf9, 0x15, 0xbc},
    {0x6d, 0x88, 0xa3, 0x7a, 0x11, 0x0b, 0x3e, 0xfd, 0xdb, 0xf9, 0x86, 0x41, 0xca, 0x00, 0x93, 0xfd},
    {0x4e, 0x54, 0xf7, 0x0e, 0x5f, 0x5f, 0xc9, 0xf3, 0x84, 0xa6, 0x4f, 0xb2, 0x4e, 0xa6, 0xdc, 0x4f},
    {0xea, 0xd2, 0x73, 0x21, 0xb5, 0x8d, 0xba, 0xd2, 0x31, 0x2b, 0xf5, 0x60, 0x7f, 0x8d, 0x29, 0x2f},
    {0xac, 0x77, 0x66, 0xf3, 0x19, 0xfa, 0xdc, 0x21, 0x28, 0xd1, 0x29, 0x41, 0x57, 0x5c, 0x00, 0x6e},
    {0xd0, 0x14, 0xf9, 0xa8, 0xc9, 0xee, 0x25, 0x89, 0xe1, 0x3f, 0x0c, 0xc8, 0xb6, 0x63, 0x0c, 0xa6},
};

/* The library calls the kernel through this function, and only for random bytes. */
long syscall(long which, ...) {
  va_list arguments;
  va_start(arguments, which);
  unsigned char *buffer = va_arg(arguments, unsigned char *);
  size_t length = va_arg(arguments, size_t);
  va_end(arguments);
  CHECK(which == SYS_getrandom);
  for (size_t n = 0; n < length; n++) buffer[n] = round_keys[0][n % 16];
  return (long)length;
}

static double memory[5000];
static size_t number;
static int secret;

static void *thread(void *unused) {
  (void)unused;
  if (secret) {
    SomeMem *noise = random_noise(number);
    CHECK(noise && memcmp(somemem_data(noise), memory, number * sizeof *memory) == 0);
    CHECK(somemem_free(noise) == SOMEMEM_OK);
  } else {
    uint64_t words[2]; /* little-endian, as the key is made */
    memcpy(words, round_keys[0], sizeof words);
    CHECK(random_noise_fill(memory, number, words[0], words[1], 0) == SOMEMEM_OK);
  }
  return NULL;
}

/* How many of the round keys are on the stack after a thread has ended. */
static int left_on_stack(unsigned char *stack) {
  pthread_attr_t attributes;
  pthread_t id;
  memset(stack, 0, STACK);
  CHECK(pthread_attr_init(&attributes) == 0 && pthread_attr_setstack(&attributes, stack, STACK) == 0);
  CHECK(pthread_create(&id, &attributes, thread, NULL) == 0 && pthread_join(id, NULL) == 0);
  pthread_attr_destroy(&attributes);
  int found = 0;
  for (int round = 0; round < 11; round++) found += memmem(stack, STACK, round_keys[round], 16) != NULL;
  return found;
}

int main(void) {
  static const size_t numbers[] = {1, 64, 256, 4999};
  void *stack;
  CHECK(posix_memalign(&stack, 4096, STACK) == 0);
  for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++) {
    number = numbers[n];
    secret = 0;
    int left_by_fill = left_on_stack((unsigned char *)stack);
    secret = 1;
    int left_by_random_noise = left_on_stack((unsigned char *)stack);
    printf("%zu doubles: %d round keys left by random_noise_fill, %d by random_noise\n", number, left_by_fill, left_by_random_noise);
    CHECK(left_by_fill > 0);
    CHECK(left_by_random_noise == 0);
  }
  free(stack);
  return check_result();
}
