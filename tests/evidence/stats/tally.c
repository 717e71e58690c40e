/* Counts samples, a chunk at a time, in every way that battery.py asks for. tally.py has the same structs. */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CHUNK 16384
#define FOLDS 32768      /* bins of |x|, equally likely; x has twice as many, with the sign */
#define CLASSES 16       /* classes of magnitude, equally likely */
#define BINADES 64         /* binade q holds 2^-q <= |x| < 2^(1 - q) */
#define BINADE_OFFSET 8    /* and has the number q + BINADE_OFFSET */
#define LOW_BITS 8
#define LOW (1 << LOW_BITS)
#define TAILS 64         /* beyond the beginning of tail k lie 2^-k of all |x| */
#define FAR 16           /* from this tail on every sample is kept */
#define SLICE 0x5000     /* in the folds from this one on, near |x| = 0.9, every sample is kept */
#define SLICE_FOLDS 32
#define KEPT 32768       /* samples are kept at most for a call; more are only counted */
#define RATIOS 32        /* cells for the ratio of a pair */
#define FACE 8           /* a face of the cube is cut in so many parts each way, for triples */
#define SUM_BINS 256

static const size_t PAIR_LAGS[] = {1, 2, 4, 8, 16, 64}, TRIPLE_LAGS[] = {1, 2, 8, 64};
static const size_t SQUARE_BLOCKS[] = {2, 8, 64, 1024}, SUM_BLOCKS[] = {64, 1024};

/* Bins of the numbers from 0 up. Each upper edge belongs to the next bin. A grid is so fine that no cell has two edges.
 * Each cell says in which bin it begins. The scale is a power of two, so that a place on the grid is exact. */
struct cuts {
  const double *edge;
  const uint16_t *bin;
  double scale;
  double last_cell;
};

struct scales {
  struct cuts folds;
  struct cuts squares[4];
  const double *tail;
};

struct tally {
  uint32_t bins[2 * FOLDS];
  uint32_t low_by_class[CLASSES][LOW];
  uint32_t low_by_binade[BINADES][LOW];
  uint32_t tails[2][TAILS];
  uint32_t pairs[6][2][8 * RATIOS];
  uint32_t triples[4][2][24 * FACE * FACE];
  uint32_t squares[4][2][SUM_BINS];
  uint32_t sums[2][2][SUM_BINS];
  uint32_t off_lattice[1];
  uint32_t far_number[1];
  uint32_t slice_number[1];
  double far[KEPT];
  double slice[KEPT];
};

size_t tally_size(void) { return sizeof(struct tally); }

static uint64_t bits_of(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static unsigned bin_of(const struct cuts *cuts, double x) {
  double cell = x * cuts->scale;
  unsigned bin = cuts->bin[cell < cuts->last_cell ? (int)cell : (int)cuts->last_cell];
  return bin + (x >= cuts->edge[bin]);
}

/* --- Samples one by one */

static void keep(double *kept, uint32_t *number, double x) {
  if (*number < KEPT) kept[*number] = x;
  ++*number;
}

static void count_tail(struct tally *tally, const double *tail, double x) {
  int k = 0;
  while (k < TAILS - 1 && fabs(x) >= tail[k + 1]) k++;
  tally->tails[x > 0][k]++;
  if (k >= FAR) keep(tally->far, tally->far_number, x);
}

static void count_samples(struct tally *tally, const struct scales *scales, const double *x, size_t number) {
  for (size_t n = 0; n < number; n++) {
    uint64_t bits = bits_of(x[n]);
    unsigned fold = bin_of(&scales->folds, fabs(x[n])), low = bits & (LOW - 1);
    int binade = 1023 + BINADE_OFFSET - (int)(bits >> 52 & 2047);
    binade = binade < 0 ? 0 : binade < BINADES ? binade : BINADES - 1;
    tally->bins[bits >> 63 ? FOLDS - 1 - fold : FOLDS + fold]++;
    tally->low_by_class[fold / (FOLDS / CLASSES)][low]++;
    tally->low_by_binade[binade][low]++;
    if (fold == FOLDS - 1) count_tail(tally, scales->tail, x[n]);
    if (fold - SLICE < SLICE_FOLDS) keep(tally->slice, tally->slice_number, x[n]);
    /* All samples of boxes below 2^-19 are multiples of 2^-75, because no box is narrow enough for a finer grid. */
    if (binade >= 20 + BINADE_OFFSET && x[n] * 0x1p75 != rint(x[n] * 0x1p75)) tally->off_lattice[0]++;
  }
}

/* --- Groups of samples. No two groups share a sample, so they are independent. */

/* Copies the members of the groups (n, n + lag, n + 2 lag, ...) to one array for each place in a group. */
static inline size_t split(double *places, int size, const double *x, size_t number, size_t lag) {
  size_t groups = 0;
  for (size_t first = 0; first + size * lag <= number; first += size * lag, groups += lag)
    for (int place = 0; place < size; place++)
      for (size_t n = 0; n < lag; n++) places[place * CHUNK + groups + n] = x[first + place * lag + n];
  return groups;
}

static void count_cells(uint32_t *counts, const uint16_t *cells, size_t number) {
  for (size_t n = 0; n < number; n++) counts[cells[n]]++;
}

/* All in 32 bits, because every vector unit can convert these. */
static int32_t part(double ratio, int32_t parts) {
  int32_t place = (int32_t)(ratio * parts);
  return place < parts ? place : parts - 1;
}

static int32_t sign_of(double x) { return (int32_t)(bits_of(x) >> 63); }

/* The direction of a pair: its signs, which of the two is larger, and the ratio of the smaller to the larger. */
static void count_pairs(uint32_t *counts, const double *x, size_t number, size_t lag) {
  double places[2 * CHUNK], *left = places, *right = places + CHUNK;
  uint16_t cells[CHUNK];
  size_t pairs = split(places, 2, x, number, lag);
  for (size_t n = 0; n < pairs; n++) {
    double a = fabs(left[n]), b = fabs(right[n]);
    int32_t octant = sign_of(left[n]) << 2 | sign_of(right[n]) << 1 | (a < b);
    cells[n] = (uint16_t)(octant * RATIOS + part((a < b ? a : b) / (a < b ? b : a), RATIOS));
  }
  count_cells(counts, cells, pairs);
}

/* The direction of a triple, as a place on a cube: its signs, which of the three is largest, and the ratios of the others to that. */
static void count_triples(uint32_t *counts, const double *x, size_t number, size_t lag) {
  double places[3 * CHUNK], *first = places, *second = places + CHUNK, *third = places + 2 * CHUNK;
  uint16_t cells[CHUNK];
  size_t triples = split(places, 3, x, number, lag);
  for (size_t n = 0; n < triples; n++) {
    double a = fabs(first[n]), b = fabs(second[n]), c = fabs(third[n]);
    double ab = a < b ? b : a, most = ab < c ? c : ab;
    int32_t axis = ab < c ? 2 : a < b;
    int32_t signs = sign_of(first[n]) << 2 | sign_of(second[n]) << 1 | sign_of(third[n]);
    double u = axis == 0 ? b : a, v = axis == 2 ? b : c;
    cells[n] = (uint16_t)(((axis * 8 + signs) * FACE + part(u / most, FACE)) * FACE + part(v / most, FACE));
  }
  count_cells(counts, cells, triples);
}

static size_t add_up(double *sums, size_t number, size_t size) {
  for (size_t n = 0; n < number / size; n++) {
    double sum = 0;
    for (size_t m = 0; m < size; m++) sum += sums[n * size + m];
    sums[n] = sum;
  }
  return number / size;
}

/* The sum of a block's squares is a chi-square with as many degrees of freedom. Each size is summed from the size before. */
static void count_squares(struct tally *tally, const struct scales *scales, const double *x, size_t number,
                          int phase) {
  double sums[CHUNK];
  for (size_t n = 0; n < number; n++) sums[n] = x[n] * x[n];
  for (size_t size = 1, k = 0; k < 4; size = SQUARE_BLOCKS[k++]) {
    number = add_up(sums, number, SQUARE_BLOCKS[k] / size);
    for (size_t n = 0; n < number; n++) tally->squares[k][phase][bin_of(&scales->squares[k], sums[n])]++;
  }
}

/* A sum over the root of its length, which is a power of two, is one more sample of N(0,1). */
static void count_sums(struct tally *tally, const struct scales *scales, const double *x, size_t number, int phase) {
  double sums[CHUNK];
  memcpy(sums, x, number * sizeof *x);
  for (size_t size = 1, k = 0; k < 2; size = SUM_BLOCKS[k++]) {
    number = add_up(sums, number, SUM_BLOCKS[k] / size);
    for (size_t n = 0; n < number; n++) {
      double sum = sums[n] / sqrt((double)SUM_BLOCKS[k]);
      unsigned fold = bin_of(&scales->folds, fabs(sum)) / (2 * FOLDS / SUM_BINS);
      tally->sums[k][phase][sum < 0 ? SUM_BINS / 2 - 1 - fold : SUM_BINS / 2 + fold]++;
    }
  }
}

/* Counts a chunk: single samples, and groups if asked for. The phase, 0 or 1, says where the groups begin, so that two samples of one AES block
 * are as often in one group as in two. Phases are counted apart, because their deviations could cancel each other. */
void tally_chunk(struct tally *tally, const struct scales *scales, const double *x, size_t number, int phase,
                 bool together) {
  count_samples(tally, scales, x, number);
  if (!together) return;
  for (size_t k = 0; k < 6; k++)
    count_pairs(tally->pairs[k][phase], x + phase * PAIR_LAGS[k], number - phase * PAIR_LAGS[k], PAIR_LAGS[k]);
  for (size_t k = 0; k < 4; k++) count_triples(tally->triples[k][phase], x + phase, number - phase, TRIPLE_LAGS[k]);
  count_squares(tally, scales, x + phase, number - phase, phase);
  count_sums(tally, scales, x + phase, number - phase, phase);
}

/* --- Samples of known layers */

struct layers {
  uint32_t sample[128][LOW];  /* low bits of the sample */
  uint32_t uniform[128][LOW]; /* low bits of the number k, where (2 k + 1) / 2^53 was multiplied by the layer's width */
};

/* Samples that are products of a uniform number and their layer's width. A layer from 128 on means no layer. For a
 * sample below half the width, the rounded quotient is certain to give k. */
void layers_chunk(struct layers *layers, const double *width, const double *x, const uint8_t *layer, size_t number) {
  for (size_t n = 0; n < number; n++) {
    if (layer[n] >= 128) continue;
    double u = fabs(x[n]) / width[layer[n]];
    layers->sample[layer[n]][bits_of(x[n]) & (LOW - 1)]++;
    if (u < 0.5) layers->uniform[layer[n]][(int64_t)(u * 0x1p52) & (LOW - 1)]++;
  }
}

/* Compares the samples that a box settles with the values that follow from their first words by
 * docs/value-spec.md. Writes the layers, and adds to the result the number of such samples and the number of
 * wrong ones. */
void boxes_chunk(uint8_t *layer, uint64_t result[2], const double *width, const double *x, const uint64_t *word,
                 size_t number) {
  for (size_t n = 0; n < number; n++) {
    unsigned box = word[n] >> 56 & 127;
    uint64_t k = word[n] & 0xfffffffffffff;
    double u = (double)(int64_t)(2 * k + 1) * 0x1p-53, expected = u * width[box];
    bool is_box = box >= 2;
    layer[n] = is_box ? (uint8_t)box : 255;
    result[0] += is_box;
    result[1] += is_box && bits_of(x[n]) != (bits_of(expected) | word[n] >> 63 << 63);
  }
}
