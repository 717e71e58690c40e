/* Every function that draws into the caller's memory, so that a test can try all of them. */
#ifndef DRAWS_H
#define DRAWS_H

#include <stddef.h>
#include <stdint.h>

#include "somemem.h"

/* There are short and long rows, of one stream and of many. */
enum draw {
  FILL, FILL_F32, ADD, ADD_F32, NORMAL, NORMAL_F32,
  FILL_STREAMS, FILL_BLOCK, FILL_LONG_BLOCK, FILL_STREAMS_F32, FILL_BLOCK_F32, ADD_STREAMS, ADD_BLOCK, ADD_STREAMS_F32, ADD_BLOCK_F32,
  DRAWS
};

static const char *const draw_names[DRAWS] = {
    "random_noise_fill", "random_noise_fill_f32", "random_noise_add", "random_noise_add_f32", "random_noise_normal",
    "random_noise_normal_f32", "random_noise_fill_rows, a stream each", "random_noise_fill_rows, short rows of a block",
    "random_noise_fill_rows, long rows of a block", "random_noise_fill_rows_f32, a stream each",
    "random_noise_fill_rows_f32, short rows of a block", "random_noise_add_rows, a stream each",
    "random_noise_add_rows, short rows of a block", "random_noise_add_rows_f32, a stream each",
    "random_noise_add_rows_f32, short rows of a block"};

static inline int draw_is_float(enum draw draw) {
  return draw == FILL_F32 || draw == ADD_F32 || draw == NORMAL_F32 || draw == FILL_STREAMS_F32 || draw == FILL_BLOCK_F32 ||
         draw == ADD_STREAMS_F32 || draw == ADD_BLOCK_F32;
}

static inline size_t draw_size(enum draw draw) { return draw_is_float(draw) ? sizeof(float) : sizeof(double); }

/* The length of the rows. They follow each other in memory without a gap. */
static inline size_t draw_columns(enum draw draw) { return draw == FILL_LONG_BLOCK ? 1111 : draw == FILL_STREAMS ? 333 : 7; }

/* Draws `number` elements. If they are rows, only whole rows are drawn. */
static inline SomeMemStatus draw_by(enum draw draw, void *memory, size_t number, double scale) {
  double *doubles = (double *)memory;
  float *floats = (float *)memory;
  const size_t columns = draw_columns(draw), rows = number / columns;
  const uint64_t width = 2 * columns + 1;
  switch (draw) {
    case FILL: return random_noise_fill(doubles, number, 1, 2, 3);
    case FILL_F32: return random_noise_fill_f32(floats, number, 1, 2, 3);
    case ADD: return random_noise_add(doubles, number, scale, 1, 2, 3);
    case ADD_F32: return random_noise_add_f32(floats, number, scale, 1, 2, 3);
    case NORMAL: return random_noise_normal(doubles, number, 0.0, scale, 1, 2, 3);
    case NORMAL_F32: return random_noise_normal_f32(floats, number, 0.0, scale, 1, 2, 3);
    case FILL_STREAMS: return random_noise_fill_rows(doubles, rows, columns, columns, 1, 2, 3, 1, 0);
    case FILL_BLOCK:
    case FILL_LONG_BLOCK: return random_noise_fill_rows(doubles, rows, columns, columns, 1, 2, 3, 0, width);
    case FILL_STREAMS_F32: return random_noise_fill_rows_f32(floats, rows, columns, columns, 1, 2, 3, 1, 0);
    case FILL_BLOCK_F32: return random_noise_fill_rows_f32(floats, rows, columns, columns, 1, 2, 3, 0, width);
    case ADD_STREAMS: return random_noise_add_rows(doubles, rows, columns, columns, scale, 1, 2, 3, 1, 0);
    case ADD_BLOCK: return random_noise_add_rows(doubles, rows, columns, columns, scale, 1, 2, 3, 0, width);
    case ADD_STREAMS_F32: return random_noise_add_rows_f32(floats, rows, columns, columns, scale, 1, 2, 3, 1, 0);
    default: return random_noise_add_rows_f32(floats, rows, columns, columns, scale, 1, 2, 3, 0, width);
  }
}

#endif
