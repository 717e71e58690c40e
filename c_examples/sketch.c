/* Random projection, as in the lemma of Johnson and Lindenstrauss: long vectors are replaced by short sketches that
 * keep the distances. The Gaussian matrix of the projection is never in memory as a whole: it is drawn tile by tile.
 * The sketches have the same bits for all sizes of tiles. Exit status 1 if bits differ, or if the distances are kept
 * less well than theory says.
 *
 * Usage: sketch [samples = 8192] [tile rows = 256] [tile columns = 64] [seed = 42] */

#include <math.h>
#include <somemem.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"

/* The vectors, the length of their sketches, and the lengths that are reported: a part of a sketch is a sketch, too. */
enum { VECTORS = 32, LENGTH = 256, LENGTHS = 3, PAIRS = VECTORS * (VECTORS - 1) / 2 };

static const int lengths[LENGTHS] = { 16, 64, LENGTH };

typedef struct Tile {
    size_t rows, columns;
} Tile;

static void *allocate(size_t number, size_t size)
{
    void *memory = calloc(number, size);
    if (!memory) {
        perror("sketch");
        exit(1);
    }
    return memory;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Tones of different frequencies. They are orthogonal and have the same norm, which report() relies on. */
static void make_vectors(float *vectors, size_t samples)
{
    double pi = acos(-1.0);
    for (size_t v = 0; v < VECTORS; v++)
        for (size_t i = 0; i < samples; i++)
            vectors[v * samples + i] = (float)cos(pi * (double)(v + 1) * ((double)i + 0.5) / (double)samples);
}

/* Multiplies the vectors by a matrix of noise with `samples` rows and LENGTH columns. Tiles of the same columns are
 * taken from the top down, so every sum is computed in the order of the samples, and no bit depends on the tiles. */
static SomeMemStatus project(double *sketches, const float *vectors, size_t samples, Tile tile, uint64_t seed)
{
    size_t most_rows = smaller(tile.rows, samples), most_columns = smaller(tile.columns, LENGTH);
    float *noise = (float *)allocate(most_rows * most_columns, sizeof *noise);
    SomeMemStatus status = SOMEMEM_OK;
    memset(sketches, 0, VECTORS * LENGTH * sizeof *sketches);
    for (size_t top = 0; top < samples && status == SOMEMEM_OK; top += most_rows)
        for (size_t left = 0; left < LENGTH && status == SOMEMEM_OK; left += most_columns) {
            size_t rows = smaller(most_rows, samples - top), columns = smaller(most_columns, LENGTH - left);
            uint64_t first = (uint64_t)top * LENGTH + left;
            status = random_noise_fill_rows_f32(noise, rows, columns, columns, seed, 0, first, 0, LENGTH);
            for (size_t v = 0; v < VECTORS && status == SOMEMEM_OK; v++)
                for (size_t row = 0; row < rows; row++) {
                    double sample = (double)vectors[v * samples + top + row];
                    double *sketch = sketches + v * LENGTH + left;
                    for (size_t column = 0; column < columns; column++)
                        sketch[column] += sample * (double)noise[row * columns + column];
                }
        }
    free(noise);
    return status;
}

static double squared_distance(const double *a, const double *b, int length)
{
    double sum = 0.0;
    for (int i = 0; i < length; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

/* A pair's ratio is its squared distance after the projection, divided by that before. For any vectors, the ratio times
 * `length` has the chi-squared distribution with `length` degrees of freedom, so the ratio has the variance 2 / length.
 * For orthogonal vectors of one norm, the mean over all pairs is distributed like one ratio with length * (VECTORS - 1)
 * degrees of freedom. */
static bool report(const double *sketches, size_t samples, int length)
{
    double before = (double)samples; /* the squared distance of any two tones */
    double sum = 0.0, squares = 0.0, largest = 0.0;
    for (int a = 0; a < VECTORS; a++)
        for (int b = 0; b < a; b++) {
            double after = squared_distance(sketches + a * LENGTH, sketches + b * LENGTH, length) / length;
            double distortion = after / before - 1.0;
            sum += distortion;
            squares += distortion * distortion;
            largest = fmax(largest, fabs(distortion));
        }
    double mean = 1.0 + sum / PAIRS;
    double deviation = (mean - 1.0) / sqrt(2.0 / (length * (VECTORS - 1.0)));
    /* The bound for all pairs. At most one of a million matrices exceeds it (Laurent and Massart, 2000). */
    double t = log(2.0 * PAIRS / 1e-6);
    double bound = 2.0 * sqrt(t / length) + 2.0 * t / length;
    printf("%6d  %8.5f  %+9.2f  %14.4f  %6.4f  %7.4f  %6.4f\n", length, mean, deviation, sqrt(squares / PAIRS),
           sqrt(2.0 / length), largest, bound);
    return fabs(deviation) <= 5.0 && largest <= bound;
}

/* FNV-1a over the bits of the sketches. */
static uint64_t checksum(const double *data, size_t number)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < number; i++) {
        uint64_t bits;
        memcpy(&bits, &data[i], sizeof bits);
        for (int shift = 0; shift < 64; shift += 8)
            hash = (hash ^ (bits >> shift & 0xff)) * 0x100000001b3;
    }
    return hash;
}

int main(int argc, char **argv)
{
    Arguments arguments
        = read_arguments(argc, argv, "[samples = 8192] [tile rows = 256] [tile columns = 64] [seed = 42]");
    size_t samples = next_argument(&arguments, 8192, 2 * VECTORS, 10000000);
    Tile tile, other;
    tile.rows = next_argument(&arguments, 256, 1, SIZE_MAX);
    tile.columns = next_argument(&arguments, 64, 1, SIZE_MAX);
    uint64_t seed = next_argument(&arguments, 42, 0, UINT64_MAX);
    no_more_arguments(&arguments);
    other.rows = 100;
    other.columns = LENGTH;

    float *vectors = (float *)allocate(VECTORS * samples, sizeof *vectors);
    double *sketches = (double *)allocate(VECTORS * LENGTH, sizeof *sketches);
    double *again = (double *)allocate(VECTORS * LENGTH, sizeof *again);
    make_vectors(vectors, samples);
    SomeMemStatus status = project(sketches, vectors, samples, tile, seed);
    if (status == SOMEMEM_OK)
        status = project(again, vectors, samples, other, seed);
    if (status != SOMEMEM_OK) {
        fprintf(stderr, "sketch: %s\n", somemem_strerror(status));
        return 1;
    }
    bool same = memcmp(sketches, again, VECTORS * LENGTH * sizeof *sketches) == 0;

    size_t floats = smaller(tile.rows, samples) * smaller(tile.columns, LENGTH);
    printf("%zu of %zu floats of the matrix in memory\n", floats, samples * LENGTH);
    printf("%d vectors of %zu samples, %d pairs\n", VECTORS, samples, PAIRS);
    printf("length      mean  deviation  rms distortion  theory  largest  bound\n");
    bool kept = true;
    for (int i = 0; i < LENGTHS; i++)
        kept &= report(sketches, samples, lengths[i]);
    printf("other tiles: %s, FNV-1a %016" PRIx64 "\n", same ? "the same bits" : "OTHER BITS",
           checksum(sketches, VECTORS * LENGTH));
    if (!kept)
        fprintf(stderr, "sketch: the distances are not kept as they should be\n");

    free(again);
    free(sketches);
    free(vectors);
    return same && kept ? 0 : 1;
}
