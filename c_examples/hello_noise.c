/* The shortest useful program: prints Gaussian noise that cannot be predicted or drawn again.
 *
 * Usage: hello_noise [number = 5] */

#include <somemem.h>
#include <stdio.h>

#include "arguments.h"

int main(int argc, char **argv)
{
    Arguments arguments = read_arguments(argc, argv, "[number = 5]");
    size_t number = next_argument(&arguments, 5, 0, SIZE_MAX);
    no_more_arguments(&arguments);

    SomeMem *noise = random_noise(number);
    if (!noise) {
        perror("random_noise");
        return 1;
    }
    const double *samples = somemem_data(noise);
    for (size_t i = 0; i < number; i++)
        printf("%9.6f\n", samples[i]);
    somemem_free(noise);
    return 0;
}
