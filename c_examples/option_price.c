/* Prices a European call and a put option by Monte Carlo, and compares with the formula of Black and Scholes. Exit
 * status 1 if a price is more than 4 standard errors off.
 *
 * Usage: option_price [paths = 10000000] [seed = 42] */

#include <math.h>
#include <somemem.h>
#include <stdio.h>

#include "arguments.h"

enum { BLOCK = 65536 };

static const double SPOT = 100.0, STRIKE = 105.0, RATE = 0.03, VOLATILITY = 0.2, YEARS = 1.0;

/* The sums of the discounted payoffs of one option over the paths. */
typedef struct Payoffs {
    double sum;
    double sum_of_squares;
} Payoffs;

static void add_payoff(Payoffs *payoffs, double payoff)
{
    payoffs->sum += payoff;
    payoffs->sum_of_squares += payoff * payoff;
}

static double normal_cdf(double x)
{
    return 0.5 * erfc(-x / sqrt(2.0));
}

/* By Black and Scholes, the call for `sign` = 1 and the put for -1. */
static double exact_price(double sign)
{
    double deviation = VOLATILITY * sqrt(YEARS);
    double d1 = (log(SPOT / STRIKE) + RATE * YEARS) / deviation + 0.5 * deviation;
    double d2 = d1 - deviation;
    return sign * (SPOT * normal_cdf(sign * d1) - STRIKE * exp(-RATE * YEARS) * normal_cdf(sign * d2));
}

static int report(const char *option, Payoffs payoffs, double exact, double paths)
{
    double price = payoffs.sum / paths;
    double standard_error = sqrt((payoffs.sum_of_squares / paths - price * price) / (paths - 1.0));
    double deviation = (price - exact) / standard_error;
    printf("%-6s  %9.5f  %14.5f  %13.5f  %+9.2f\n", option, price, standard_error, exact, deviation);
    return fabs(deviation) <= 4.0;
}

int main(int argc, char **argv)
{
    Arguments arguments = read_arguments(argc, argv, "[paths = 10000000] [seed = 42]");
    uint64_t paths = next_argument(&arguments, 10000000, 1000, 1000000000000);
    uint64_t seed = next_argument(&arguments, 42, 0, UINT64_MAX);
    no_more_arguments(&arguments);

    double discount = exp(-RATE * YEARS);
    double drift = (RATE - 0.5 * VOLATILITY * VOLATILITY) * YEARS;
    double deviation = VOLATILITY * sqrt(YEARS);
    Payoffs call = { 0.0, 0.0 }, put = { 0.0, 0.0 };
    static double noise[BLOCK];
    for (uint64_t first = 0; first < paths; first += BLOCK) {
        size_t number = paths - first < BLOCK ? paths - first : BLOCK;
        SomeMemStatus status = random_noise_fill(noise, number, seed, 0, first);
        if (status != SOMEMEM_OK) {
            fprintf(stderr, "random_noise_fill: %s\n", somemem_strerror(status));
            return 1;
        }
        for (size_t i = 0; i < number; i++) {
            double gain = discount * (SPOT * exp(drift + deviation * noise[i]) - STRIKE);
            add_payoff(&call, fmax(gain, 0.0));
            add_payoff(&put, fmax(-gain, 0.0));
        }
    }

    printf("Spot %g, strike %g, rate %g, volatility %g, %g year(s); %" PRIu64 " paths\n", SPOT, STRIKE, RATE,
           VOLATILITY, YEARS, paths);
    printf("option      price  standard error  Black-Scholes  deviation (standard errors)\n");
    int passed = report("call", call, exact_price(1.0), (double)paths);
    passed &= report("put", put, exact_price(-1.0), (double)paths);
    if (!passed)
        fprintf(stderr, "option_price: outside 4 standard errors\n");
    return passed ? 0 : 1;
}
