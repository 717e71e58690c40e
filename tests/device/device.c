/* Draws with include/somemem_device.h alone, in C and in C++. Each line of standard input,
 *
 * noise|pair|float SEED STREAM FIRST NUMBER is answered with NUMBER elements on standard output, in
 * the byte order of this machine. */
#include <inttypes.h>
#include <stdio.h>

#include "somemem_device.h"

static int put(const void *value, size_t size) { return fwrite(value, size, 1, stdout) == 1; }

static int put_double(double x) { return put(&x, sizeof x); }

static int answer(char kind, const SomeMemDeviceKey *key, uint64_t first, uint64_t number) {
  int written = 1;
  for (uint64_t n = 0; n < number && written; n++) {
    uint64_t index = first + n;
    if (kind == 'n') {
      written = put_double(somemem_device_noise(key, index));
    } else if (kind == 'f') {
      float x = somemem_device_noise_f32(key, index);
      written = put(&x, sizeof x);
    } else {
      double even, odd;
      somemem_device_noise_pair(key, index / 2, &even, &odd);
      written = put_double(index % 2 ? odd : even);
      if (index % 2 == 0 && n + 1 < number) written = written && put_double(odd), n++;
    }
  }
  return written;
}

int main(void) {
  char kind[8];
  uint64_t seed, stream, first, number;
  while (scanf("%7s %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, kind, &seed, &stream, &first, &number) == 5) {
    SomeMemDeviceKey key = somemem_device_key(seed, stream);
    if (!answer(kind[0], &key, first, number)) return 1;
  }
  return !feof(stdin);
}
