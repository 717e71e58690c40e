/* Nothing outside the drawn elements is read or written. Memory, and rows, begin and end at pages that may not be accessed. */
#include "system.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "draws.h"

static size_t page;

/* Allocates so many usable pages, between two pages that may not be accessed. */
static char *guarded(size_t pages) {
  char *start = map_pages((pages + 2) * page);
  CHECK(start != NULL);
  CHECK(forbid_pages(start, page) && forbid_pages(start + (pages + 1) * page, page));
  return start + page;
}

/* Draws at both ends, with lengths near the sizes of all pieces into which a range is cut. */
static void at_the_edges(enum draw draw) {
  enum { PAGES = 8 };
  const size_t size = draw_size(draw);
  char *memory = guarded(PAGES), *end = memory + PAGES * page;
  for (size_t number = 1; number <= 600; number++) {
    CHECK(draw_by(draw, memory, number, 1.0) == SOMEMEM_OK);
    CHECK(draw_by(draw, end - number * size, number, 1.0) == SOMEMEM_OK);
  }
  for (size_t number = PAGES * page / size; number > PAGES * page / size - 70; number--) {
    CHECK(draw_by(draw, memory, number, 1.0) == SOMEMEM_OK);
    CHECK(draw_by(draw, end - number * size, number, 1.0) == SOMEMEM_OK);
  }
  CHECK(unmap_pages(memory - page, (PAGES + 2) * page));
}

/* Rows that end where such a page begins, and rows that begin behind one. Such pages lie between the rows. */
static void between_rows(void) {
  enum { ROWS = 9 };
  char *memory = guarded(2 * ROWS);
  for (size_t row = 0; row < ROWS; row++) CHECK(forbid_pages(memory + (2 * row + 1) * page, page));
  const size_t doubles = page / sizeof(double), floats = page / sizeof(float);
  for (uint64_t step = 0; step < 2; step++)
    for (size_t columns = 1; columns <= 200; columns++)
      for (int at_end = 0; at_end < 2; at_end++) {
        double *x = (double *)(void *)memory + (at_end ? doubles - columns : 0);
        float *y = (float *)(void *)memory + (at_end ? floats - columns : 0);
        const uint64_t width = 501 - 501 * step;
        CHECK(random_noise_fill_rows(x, ROWS, columns, 2 * doubles, 1, 2, 3, step, width) == SOMEMEM_OK);
        CHECK(random_noise_add_rows(x, ROWS, columns, 2 * doubles, -1.0, 1, 2, 3, step, width) == SOMEMEM_OK);
        for (size_t n = 0; n < columns; n++) CHECK(x[n] == 0.0 && x[2 * doubles * (ROWS - 1) + n] == 0.0);
        CHECK(random_noise_fill_rows_f32(y, ROWS, columns, 2 * floats, 1, 2, 3, step, width) == SOMEMEM_OK);
        CHECK(random_noise_add_rows_f32(y, ROWS, columns, 2 * floats, 1.0, 1, 2, 3, step, width) == SOMEMEM_OK);
      }
  CHECK(unmap_pages(memory - page, (2 * ROWS + 2) * page));
}

/* Rows drawn by threads, whose pieces end inside rows. */
static void by_threads(void) {
  const size_t doubles = page / sizeof(double), rows = 600;
  char *memory = guarded(2 * rows);
  for (size_t row = 0; row < rows; row++) CHECK(forbid_pages(memory + (2 * row + 1) * page, page));
  somemem_set_threads(3);
  CHECK(random_noise_fill_rows((double *)(void *)memory, rows, doubles, 2 * doubles, 1, 2, 3, 0, 7) == SOMEMEM_OK);
  CHECK(random_noise_add_rows((double *)(void *)memory, rows, doubles, 2 * doubles, -1.0, 1, 2, 3, 0, 7) == SOMEMEM_OK);
  for (size_t row = 0; row < rows; row++) CHECK(((double *)(void *)(memory + 2 * row * page))[doubles - 1] == 0.0);
  CHECK(unmap_pages(memory - page, (2 * rows + 2) * page));
}

int main(void) {
  page = page_size();
  for (enum draw draw = FILL; draw < DRAWS; draw = (enum draw)(draw + 1)) at_the_edges(draw);
  between_rows();
  by_threads();
  return check_result();
}
