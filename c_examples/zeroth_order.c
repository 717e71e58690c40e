/* Fits a linear model by zeroth-order optimisation as MeZO does (Malladi et al., NeurIPS 2023). Each step compares the
 * losses at two points along a random direction, and moves along it. No gradient is computed, and no direction is
 * stored: it is drawn again from (seed, step) whenever it is needed. So one number a step is enough to repeat a whole
 * run. Exit status 1 if the loss does not fall to a ten-thousandth, or if the repeated run has other bits.
 *
 * Usage: zeroth_order [parameters = 10000] [seed = 42] */

#include <somemem.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"

/* There are fewer examples than parameters, so the smallest loss is 0. */
enum { EXAMPLES = 32, STEPS = 15 * (EXAMPLES + 2), LINES = 5 };

/* One stream for the features, one for the targets, and one for the direction of each step. */
enum { FEATURES_STREAM = 0, TARGETS_STREAM = 1, STEP_STREAMS = 2 };

static const double EPSILON = 1e-3, BOUND = 1e-4;

typedef struct Problem {
    size_t parameters;
    float *features; /* of all examples for the first parameter, then for the second, ... */
    double targets[EXAMPLES];
    uint64_t seed;
} Problem;

static void check(SomeMemStatus status)
{
    if (status != SOMEMEM_OK) {
        fprintf(stderr, "zeroth_order: %s\n", somemem_strerror(status));
        exit(1);
    }
}

static float *zeros(size_t number)
{
    float *floats = (float *)calloc(number, sizeof(float));
    if (!floats) {
        perror("zeroth_order");
        exit(1);
    }
    return floats;
}

/* Half the mean square of the errors. In double, because the two losses of a step are nearly equal. */
static double loss(const Problem *problem, const float *weights)
{
    double errors[EXAMPLES], sum = 0.0;
    for (int i = 0; i < EXAMPLES; i++)
        errors[i] = -problem->targets[i];
    for (size_t p = 0; p < problem->parameters; p++)
        for (int i = 0; i < EXAMPLES; i++)
            errors[i] += (double)weights[p] * (double)problem->features[p * EXAMPLES + (size_t)i];
    for (int i = 0; i < EXAMPLES; i++)
        sum += errors[i] * errors[i];
    return 0.5 * sum / EXAMPLES;
}

/* Moves along the direction of a step, which is the same in every call. */
static void move(const Problem *problem, float *weights, double scale, uint64_t step)
{
    check(random_noise_add_f32(weights, problem->parameters, scale, problem->seed, STEP_STREAMS + step, 0));
}

/* The best rate if there are many more parameters than examples. The expected loss is then multiplied by
 * 1 - 1 / (EXAMPLES + 2) in each step, for any number of parameters. */
static double learning_rate(const Problem *problem)
{
    return EXAMPLES / ((EXAMPLES + 2.0) * (double)problem->parameters);
}

/* Returns the slope of the loss along the direction of this step. */
static double optimise(const Problem *problem, float *weights, uint64_t step)
{
    move(problem, weights, EPSILON, step);
    double ahead = loss(problem, weights);
    move(problem, weights, -2.0 * EPSILON, step);
    double behind = loss(problem, weights);
    move(problem, weights, EPSILON, step);

    double slope = (ahead - behind) / (2.0 * EPSILON);
    move(problem, weights, -learning_rate(problem) * slope, step);
    return slope;
}

/* Repeats a step whose slope is known, without the data. It makes all four moves, because each one rounds. */
static void replay(const Problem *problem, float *weights, uint64_t step, double slope)
{
    move(problem, weights, EPSILON, step);
    move(problem, weights, -2.0 * EPSILON, step);
    move(problem, weights, EPSILON, step);
    move(problem, weights, -learning_rate(problem) * slope, step);
}

int main(int argc, char **argv)
{
    Arguments arguments = read_arguments(argc, argv, "[parameters = 10000] [seed = 42]");
    Problem problem;
    problem.parameters = next_argument(&arguments, 10000, 1000, 100000000);
    problem.seed = next_argument(&arguments, 42, 0, UINT64_MAX);
    no_more_arguments(&arguments);

    float *weights = zeros(problem.parameters), *replayed = zeros(problem.parameters);
    size_t features = problem.parameters * EXAMPLES;
    problem.features = zeros(features);
    check(random_noise_fill_f32(problem.features, features, problem.seed, FEATURES_STREAM, 0));
    check(random_noise_fill(problem.targets, EXAMPLES, problem.seed, TARGETS_STREAM, 0));

    printf("%zu parameters, %d examples\n", problem.parameters, EXAMPLES);
    printf("step       loss  expected\n");
    static double slopes[STEPS];
    double start = loss(&problem, weights), expected = start;
    for (int step = 0; step < STEPS; step++) {
        if (step % (STEPS / LINES) == 0)
            printf("%4d  %.3e  %.1e\n", step, loss(&problem, weights), expected);
        slopes[step] = optimise(&problem, weights, (uint64_t)step);
        expected *= 1.0 - 1.0 / (EXAMPLES + 2);
    }
    double end = loss(&problem, weights);
    printf("%4d  %.3e  %.1e\n", STEPS, end, expected);
    /* Written so that a NaN is not fitted. */
    int fitted = end <= BOUND * start;
    printf("loss at the start %.3e, at the end %.3e: %s\n", start, end, fitted ? "fitted" : "NOT FITTED");

    for (int step = 0; step < STEPS; step++)
        replay(&problem, replayed, (uint64_t)step, slopes[step]);
    int same = memcmp(weights, replayed, problem.parameters * sizeof *weights) == 0;
    printf("replayed from %d slopes: %s\n", STEPS, same ? "the same bits" : "OTHER BITS");

    free(problem.features);
    free(replayed);
    free(weights);
    return fitted && same ? 0 : 1;
}
