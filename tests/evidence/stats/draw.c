/* Sequences that are made of many calls of random_noise_fill(), which is passed in. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CHUNK 16384
#define LONGEST_RUN 128
#define MARGIN 64 /* a longer fill begins and ends this far from a run */

typedef int fill_function(double *out, size_t number, uint64_t seed, uint64_t stream, uint64_t first);

/* Elements of several neighbouring streams, or seeds, in turn. Each begins at `first`. */
void interleave(fill_function *fill, double *out, size_t number, size_t ways, uint64_t seed, uint64_t stream,
                uint64_t seed_step, uint64_t stream_step, uint64_t first) {
  double piece[CHUNK];
  for (size_t way = 0; way < ways; way++) {
    fill(piece, number / ways, seed + way * seed_step, stream + way * stream_step, first / ways);
    for (size_t n = 0; n < number / ways; n++) out[n * ways + way] = piece[n];
  }
}

/* SplitMix64, as in broken.c: which runs are drawn. */
static uint64_t next_word(uint64_t *state) {
  uint64_t z = *state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

/* Short runs, each of any seed and any stream from any index on. Each is compared with its part of a longer fill that
 * begins at a multiple of MARGIN. Adds to the result how many runs there were and how many were different. */
void runs(fill_function *fill, fill_function *fill_whole, double *out, size_t number, uint64_t state,
          uint64_t result[2]) {
  double whole[LONGEST_RUN + 3 * MARGIN];
  state *= 0xd1342543de82ef95; /* so that the runs of two chunks are independent */
  for (size_t done = 0, length; done < number; done += length) {
    uint64_t seed = next_word(&state), stream = next_word(&state), first = next_word(&state);
    length = 1 + next_word(&state) % LONGEST_RUN;
    if (length > number - done) length = number - done;
    if (first < MARGIN) first += MARGIN;
    if (first > -(uint64_t)sizeof whole) first -= sizeof whole;
    uint64_t start = (first - MARGIN) / MARGIN * MARGIN;
    fill(out + done, length, seed, stream, first);
    fill_whole(whole, sizeof whole / sizeof *whole, seed, stream, start);
    result[0]++;
    result[1] += memcmp(out + done, whole + (first - start), length * sizeof *out) != 0;
  }
}
