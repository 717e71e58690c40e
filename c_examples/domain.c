/* A noise field in three dimensions that does not depend on how it is split. It is cut into slabs, pencils or boxes,
 * with a thread for each, and always has the same bits. The blocks are drawn twice: inside one array, as threads share
 * it, and each in memory of its own, as the processes of a cluster hold it. Exit status 1 if a checksum differs.
 *
 * Usage: domain [planes = 96] [rows = 128] [columns = 160] [seed = 42] */

#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <somemem.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"

enum { STREAM = 0, MOST_BLOCKS = 64, SPLITS = 5 };

typedef struct Triple {
    size_t planes, rows, columns;
} Triple;

typedef struct Split {
    const char *name;
    Triple parts;
} Split;

static const Split splits[SPLITS] = {
    { "whole", { 1, 1, 1 } },
    { "slabs", { 4, 1, 1 } },
    { "pencils", { 1, 3, 2 } },
    { "boxes", { 2, 2, 2 } },
    { "boxes", { 3, 4, 5 } },
};

typedef struct Block {
    Triple field; /* the size of the whole field */
    Triple begin, size;
    uint64_t seed;
    double *array; /* the whole field, or NULL if the block has memory of its own */
    uint64_t sum;
    SomeMemStatus status;
} Block;

/* A sum over elements, so that blocks can be summed alone and in any order. Each element is mixed with its index, so a
 * value in a wrong place changes the sum. The mixing is that of splitmix64. */
static uint64_t checksum(const double *data, size_t number, uint64_t first)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < number; i++) {
        uint64_t bits;
        memcpy(&bits, &data[i], sizeof bits);
        bits += (first + i) * 0x9e3779b97f4a7c15;
        bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9;
        bits = (bits ^ bits >> 27) * 0x94d049bb133111eb;
        sum += bits ^ bits >> 31;
    }
    return sum;
}

/* Draws a block, one call for each plane. An element's index is that in the whole field, wherever its memory is. */
static SomeMemStatus draw(const Block *block, double *out, size_t row_stride, size_t plane_stride)
{
    SomeMemStatus status = SOMEMEM_OK;
    for (size_t plane = 0; plane < block->size.planes && status == SOMEMEM_OK; plane++) {
        size_t row = (block->begin.planes + plane) * block->field.rows + block->begin.rows;
        uint64_t first = row * block->field.columns + block->begin.columns;
        status = random_noise_fill_rows(out + plane * plane_stride, block->size.rows, block->size.columns, row_stride,
                                        block->seed, STREAM, first, 0, block->field.columns);
    }
    return status;
}

static uint64_t sum_of_own(const Block *block, const double *data)
{
    uint64_t sum = 0;
    for (size_t plane = 0; plane < block->size.planes; plane++)
        for (size_t row = 0; row < block->size.rows; row++) {
            size_t field_row = (block->begin.planes + plane) * block->field.rows + block->begin.rows + row;
            uint64_t first = field_row * block->field.columns + block->begin.columns;
            sum += checksum(data, block->size.columns, first);
            data += block->size.columns;
        }
    return sum;
}

static void *draw_block(void *argument)
{
    Block *block = (Block *)argument;
    Triple field = block->field, begin = block->begin, size = block->size;
    if (block->array) {
        double *corner = block->array + (begin.planes * field.rows + begin.rows) * field.columns + begin.columns;
        block->status = draw(block, corner, field.columns, field.rows * field.columns);
        return NULL;
    }
    SomeMem *own = somemem_new(size.planes * size.rows * size.columns);
    if (!own) {
        block->status = SOMEMEM_NO_MEMORY;
        return NULL;
    }
    block->status = draw(block, somemem_data(own), size.columns, size.rows * size.columns);
    block->sum = sum_of_own(block, somemem_data(own));
    somemem_free(own);
    return NULL;
}

/* Cuts `whole` into `parts` pieces whose sizes differ by one at most. */
static void cut(size_t whole, size_t parts, size_t part, size_t *begin, size_t *size)
{
    *begin = whole * part / parts;
    *size = whole * (part + 1) / parts - *begin;
}

/* Draws the field with a thread for each block, into `array` unless that is NULL, and returns its checksum. */
static uint64_t draw_field(Triple field, Triple parts, uint64_t seed, double *array)
{
    size_t number = field.planes * field.rows * field.columns;
    size_t blocks = parts.planes * parts.rows * parts.columns;
    pthread_t threads[MOST_BLOCKS];
    Block block[MOST_BLOCKS];
    if (array)
        memset(array, 0, number * sizeof *array);
    for (size_t i = 0; i < blocks; i++) {
        block[i].field = field;
        block[i].seed = seed;
        block[i].array = array;
        block[i].sum = 0;
        cut(field.columns, parts.columns, i % parts.columns, &block[i].begin.columns, &block[i].size.columns);
        cut(field.rows, parts.rows, i / parts.columns % parts.rows, &block[i].begin.rows, &block[i].size.rows);
        cut(field.planes, parts.planes, i / parts.columns / parts.rows, &block[i].begin.planes, &block[i].size.planes);
        int error = pthread_create(&threads[i], NULL, draw_block, &block[i]);
        if (error) {
            fprintf(stderr, "pthread_create: %s\n", strerror(error));
            exit(1);
        }
    }
    uint64_t sum = 0;
    for (size_t i = 0; i < blocks; i++) {
        pthread_join(threads[i], NULL);
        if (block[i].status != SOMEMEM_OK) {
            fprintf(stderr, "domain: %s\n", somemem_strerror(block[i].status));
            exit(1);
        }
        sum += block[i].sum;
    }
    return array ? checksum(array, number, 0) : sum;
}

int main(int argc, char **argv)
{
    Arguments arguments = read_arguments(argc, argv, "[planes = 96] [rows = 128] [columns = 160] [seed = 42]");
    Triple field;
    field.planes = next_argument(&arguments, 96, 1, 1000);
    field.rows = next_argument(&arguments, 128, 1, 1000);
    field.columns = next_argument(&arguments, 160, 1, 1000);
    uint64_t seed = next_argument(&arguments, 42, 0, UINT64_MAX);
    no_more_arguments(&arguments);

    /* The expected checksum: that of the field as one sequence. */
    size_t number = field.planes * field.rows * field.columns;
    SomeMem *memory = random_noise_seeded(number, seed);
    if (!memory) {
        perror("domain");
        return 1;
    }
    uint64_t expected = checksum(somemem_data(memory), number, 0);
    printf("%zu x %zu x %zu doubles of seed %" PRIu64 ", checksum %016" PRIx64 "\n", field.planes, field.rows,
           field.columns, seed, expected);

    int differing = 0;
    printf("split               threads  in one array      in memory of their own\n");
    for (int i = 0; i < SPLITS; i++) {
        Triple parts = splits[i].parts;
        uint64_t shared = draw_field(field, parts, seed, somemem_data(memory));
        uint64_t apart = draw_field(field, parts, seed, NULL);
        differing += (shared != expected) + (apart != expected);
        printf("%-8s %zu x %zu x %zu  %7zu  %016" PRIx64 "  %016" PRIx64 "\n", splits[i].name, parts.planes, parts.rows,
               parts.columns, parts.planes * parts.rows * parts.columns, shared, apart);
    }
    somemem_free(memory);
    printf("%d of %d fields differ\n", differing, 2 * SPLITS);
    return differing ? 1 : 0;
}
