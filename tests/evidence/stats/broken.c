/* Samplers from textbooks, and the same code with one flaw each. All of these flaws were found in released software
 * (golang/go #8731, bmad-ecosystem #2075, GSL's gausszig.c and others). The tests must find the flaws, and must find
 * nothing in the samplers without a flaw. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>

enum flaw {
  NONE,
  LAYER_FROM_VALUE_BITS,    /* the low bits of the uniform number are the layer */
  LAYER_FROM_VALUE_BITS_32, /* the same with a word of 32 bits and widths of 24 bits: the sample itself shows the flaw */
  TAIL_ON_PEAK,             /* the highest layer leads to the tail, in place of the lowest */
  NEVER_NEGATIVE,
  TAIL_WITHOUT_SIGN,
  WEDGE_OFF_BY_ONE,         /* the wedge test takes the densities of the layer above */
  MAGNITUDE_24_BITS,
  MAGNITUDE_31_BITS,
  INVERSION,                /* no flaw */
  INVERSION_32_BITS,        /* from a word of 32 bits: no sample beyond 6.3, and few different values far out */
};

/* --- Bits: SplitMix64. (G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators",
 * OOPSLA 2014; the mixer is D. Stafford's thirteenth.) */

static uint64_t mixed(uint64_t z) {
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

static uint64_t next_word(uint64_t *state) { return mixed(*state += 0x9e3779b97f4a7c15); }

/* The middle of one of 2^bits equal parts of (0, 1). */
static double uniform(uint64_t word, int bits) {
  return (double)(2 * (word >> (64 - bits)) + 1) * (0x1p-1 / (double)(UINT64_C(1) << bits));
}

/* --- The ziggurat. (G. Marsaglia, W. W. Tsang, J. Stat. Softw. 5, 2000; in doubles and with the bits of layer and
 * value apart as in J. A. Doornik, "An improved ziggurat method to generate normal random samples", 2005.) */

#define LAYERS 128
static const double TAIL_START = 3.442619855899, AREA = 9.91256303526217e-3;

double width[LAYERS + 1]; /* of the layers from the bottom up; the lowest as if the tail were part of a rectangle */

void prepare(void) {
  width[0] = AREA / exp(-0.5 * TAIL_START * TAIL_START);
  width[1] = TAIL_START;
  for (int n = 2; n < LAYERS; n++) {
    double x = width[n - 1];
    width[n] = sqrt(-2 * log(AREA / x + exp(-0.5 * x * x)));
  }
  width[LAYERS] = 0;
}

static double tail(uint64_t *state) {
  double x, y;
  do {
    x = log(uniform(next_word(state), 52)) / TAIL_START;
    y = log(uniform(next_word(state), 52));
  } while (-2 * y < x * x);
  return TAIL_START - x;
}

/* Whether a point of the layer, between the layer's width and the next layer's, lies under the curve. */
static int under_curve(double x, int layer, double u, enum flaw flaw) {
  if (flaw == WEDGE_OFF_BY_ONE && layer < LAYERS - 1) layer++;
  double below = exp(-0.5 * (width[layer] * width[layer] - x * x));
  double above = exp(-0.5 * (width[layer + 1] * width[layer + 1] - x * x));
  return above + u * (below - above) < 1;
}

/* The layer of a word. Its lowest bit is the sign. The highest bits are the value, as many as the value has. */
static int layer_of(uint64_t word, enum flaw flaw) {
  int shift = flaw == LAYER_FROM_VALUE_BITS ? 12 : flaw == LAYER_FROM_VALUE_BITS_32 ? 33 : 1;
  return (int)(word >> shift & (LAYERS - 1));
}

static int value_bits(enum flaw flaw) {
  return flaw == MAGNITUDE_24_BITS ? 24 : flaw == MAGNITUDE_31_BITS || flaw == LAYER_FROM_VALUE_BITS_32 ? 31 : 52;
}

/* Also writes the layer, or 255 if the sample is not simply a product with its width. */
static double ziggurat(uint64_t *state, enum flaw flaw, uint8_t *settled) {
  for (;;) {
    uint64_t word = next_word(state);
    int layer = layer_of(word, flaw);
    double sign = flaw == NEVER_NEGATIVE || word & 1 ? 1 : -1;
    double scale = flaw == LAYER_FROM_VALUE_BITS_32 ? (double)(float)width[layer] : width[layer];
    double x = uniform(word, value_bits(flaw)) * scale;
    *settled = (uint8_t)layer;
    if (x < width[layer + 1]) return sign * x;
    *settled = 255;
    if (layer == (flaw == TAIL_ON_PEAK ? LAYERS - 1 : 0)) return (flaw == TAIL_WITHOUT_SIGN ? 1 : sign) * tail(state);
    if (under_curve(x, layer, uniform(next_word(state), 52), flaw)) return sign * x;
  }
}

/* --- Inversion: Q(x) = p is solved by Halley's method. The first guess has an error of 3e-3, and after two steps no error is
 * left. (M. Abramowitz, I. A. Stegun, 26.2.22.) */

static double inversion(uint64_t *state, enum flaw flaw) {
  uint64_t word = next_word(state);
  double p = uniform(word, flaw == INVERSION_32_BITS ? 31 : 52) / 2, t = sqrt(-2 * log(p));
  double x = t - (2.30753 + 0.27061 * t) / (1 + t * (0.99229 + 0.04481 * t));
  for (int n = 0; n < 2; n++) {
    double step = (0.5 * erfc(x * M_SQRT1_2) - p) / (0.5 * M_SQRT1_2 * M_2_SQRTPI * exp(-0.5 * x * x));
    x += step / (1 - 0.5 * x * step);
  }
  return word & 1 ? x : -x;
}

/* A chunk of a sampler's samples: those from `first` on in one of its sequences, if all chunks have the same length. */
void broken_fill(double *out, uint8_t *layer, size_t number, uint64_t first, enum flaw flaw) {
  uint64_t state = mixed(first + 0x243f6a8885a308d3);
  for (size_t n = 0; n < number; n++) {
    layer[n] = 255;
    out[n] = flaw >= INVERSION ? inversion(&state, flaw) : ziggurat(&state, flaw, &layer[n]);
  }
}
