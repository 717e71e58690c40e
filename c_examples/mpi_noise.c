/* Prices a call option with the ranks of an MPI program. Each rank keeps its own slice of one vector of noise. Price
 * and checksum have the same bits for any number of ranks, also for a single one without mpirun. Exit status 1 if the
 * price differs from the formula of Black and Scholes by more than 4 standard errors.
 *
 * Usage: mpirun -n 4 mpi_noise [paths = 10000000] [seed = 42] */

#include <math.h>
#include <mpi.h>
#include <somemem.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"

/* A sum of doubles depends on their order, so a sum over ranks would depend on the number of ranks. Blocks do not
 * depend on it: one rank sums a block from its first element to its last, and the sums of blocks are added in their
 * order. Integers, such as counts, do not need this: MPI_Reduce() adds them exactly. */
enum { BLOCK = 4096 };

/* With fewer paths the deviation is not checked: most payoffs are 0, and the sum of few is far from normal. */
enum { FEWEST_CHECKED = 1000 };

static const double SPOT = 100.0, STRIKE = 105.0, RATE = 0.03, VOLATILITY = 0.2, YEARS = 1.0;

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The discounted payoffs of a block. The noise has the same bits on every computer. exp() has the same bits if all
 * ranks have the same C library and the same kind of CPU. */
static double sum_of_payoffs(const double *noise, size_t number)
{
    double deviation = VOLATILITY * sqrt(YEARS), strike = STRIKE * exp(-RATE * YEARS), sum = 0.0;
    for (size_t i = 0; i < number; i++)
        sum += fmax(SPOT * exp(deviation * noise[i] - 0.5 * deviation * deviation) - strike, 0.0);
    return sum;
}

static double normal_cdf(double x)
{
    return 0.5 * erfc(-x / sqrt(2.0));
}

/* The price, and the standard deviation of a discounted payoff. */
static double black_scholes(double *payoff_deviation)
{
    double deviation = VOLATILITY * sqrt(YEARS), strike = STRIKE * exp(-RATE * YEARS);
    double d2 = log(SPOT / strike) / deviation - 0.5 * deviation, d1 = d2 + deviation;
    double price = SPOT * normal_cdf(d1) - strike * normal_cdf(d2);
    double square = SPOT * SPOT * exp(deviation * deviation) * normal_cdf(d1 + deviation)
                    - 2.0 * SPOT * strike * normal_cdf(d1) + strike * strike * normal_cdf(d2);
    *payoff_deviation = sqrt(square - price * price);
    return price;
}

/* The exclusive or of a hash of each element's bits and index. The checksums of slices can be combined in any order,
 * and a sample in a wrong place changes them. */
static uint64_t checksum(const double *noise, size_t number, uint64_t first)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < number; i++) {
        uint64_t hash;
        memcpy(&hash, &noise[i], sizeof hash);
        hash += (first + i) * 0x9e3779b97f4a7c15;
        hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9;
        hash = (hash ^ hash >> 27) * 0x94d049bb133111eb;
        sum ^= hash ^ hash >> 31;
    }
    return sum;
}

static int report(uint64_t paths, double sum, uint64_t joined)
{
    double payoff_deviation, exact = black_scholes(&payoff_deviation);
    double price = sum / (double)paths, standard_error = payoff_deviation / sqrt((double)paths);
    double deviation = (price - exact) / standard_error;
    printf("checksum of the noise  %016" PRIx64 "\n", joined);
    printf("price                  %.17g\n", price);
    printf("Black-Scholes          %.6f, %+.2f standard errors of %.6f from it\n", exact, deviation, standard_error);
    if (paths < FEWEST_CHECKED || fabs(deviation) <= 4.0)
        return 0;
    fprintf(stderr, "mpi_noise: outside 4 standard errors\n");
    return 1;
}

static void finalize(void)
{
    MPI_Finalize();
}

int main(int argc, char **argv)
{
    /* The library starts no threads unless SOMEMEM_NUM_THREADS or somemem_set_threads() asks for them. With a rank for
     * each core that is right. If a rank has several cores, set the number 0, which means all cores that it is bound
     * to. The library's threads never call MPI. */
    int provided, rank, ranks;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
    atexit(finalize); /* also if a wrong argument ends the program */
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);

    Arguments arguments = read_arguments(argc, argv, "[paths = 10000000] [seed = 42]");
    arguments.silent = rank != 0;
    uint64_t paths = next_argument(&arguments, 10000000, 1, smaller(SIZE_MAX, 1000000000000));
    uint64_t seed = next_argument(&arguments, 42, 0, UINT64_MAX);
    no_more_arguments(&arguments);

    /* Every rank has equally many blocks. The last ones may be short or empty. The sum of an empty block is 0.0. */
    uint64_t blocks = (paths + BLOCK - 1) / BLOCK;
    size_t share = (blocks + (uint64_t)ranks - 1) / (uint64_t)ranks;
    uint64_t first = smaller((uint64_t)rank * share * BLOCK, paths);
    size_t number = smaller(share * BLOCK, paths - first);

    SomeMem *slice = somemem_new(number);
    SomeMem *sums = somemem_new(share);
    SomeMem *all_sums = somemem_new(rank == 0 ? share * (size_t)ranks : 0);
    double *noise = somemem_data(slice), *sum = somemem_data(sums), *all = somemem_data(all_sums);

    /* If one rank has no memory, all must know, or they would wait for it. */
    int failed = !noise || !sum || !all || random_noise_fill(noise, number, seed, 0, first) != SOMEMEM_OK;
    MPI_Allreduce(MPI_IN_PLACE, &failed, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    int status = 1;
    if (failed) {
        if (rank == 0)
            fprintf(stderr, "mpi_noise: %d of %d rank(s) have no memory for their slice\n", failed, ranks);
    } else {
        for (size_t block = 0; block < share; block++) {
            size_t start = smaller(block * BLOCK, number);
            sum[block] = sum_of_payoffs(noise + start, smaller(BLOCK, number - start));
        }
        MPI_Gather(sum, (int)share, MPI_DOUBLE, all, (int)share, MPI_DOUBLE, 0, MPI_COMM_WORLD);
        uint64_t mine = checksum(noise, number, first), joined = 0;
        MPI_Reduce(&mine, &joined, 1, MPI_UINT64_T, MPI_BXOR, 0, MPI_COMM_WORLD);

        status = 0;
        if (rank == 0) {
            double total = 0.0;
            for (size_t block = 0; block < share * (size_t)ranks; block++)
                total += all[block];
            printf("%" PRIu64 " paths of seed %" PRIu64 " by %d rank(s)\n", paths, seed, ranks);
            printf("The same by any other number, with mpirun -n or alone:\n");
            status = report(paths, total, joined);
        }
    }
    somemem_free(all_sums);
    somemem_free(sums);
    somemem_free(slice);
    return status;
}
