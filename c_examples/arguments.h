/* The arguments of the examples: decimal numbers, each with a default and a range. Anything else ends the program with
 * a usage line and exit status 2. */

#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct Arguments {
    const char *program;
    const char *usage;
    char **next;
    int silent; /* for MPI programs, where only one rank prints messages */
} Arguments;

static inline Arguments read_arguments(int argc, char **argv, const char *usage)
{
    Arguments arguments;
    arguments.program = argc > 0 ? argv[0] : "example";
    arguments.usage = usage;
    arguments.next = argc > 0 ? argv + 1 : argv;
    arguments.silent = 0;
    return arguments;
}

static inline void reject_arguments(const Arguments *arguments)
{
    if (!arguments->silent)
        fprintf(stderr, "usage: %s %s\n", arguments->program, arguments->usage);
    exit(2);
}

/* The next argument, or `otherwise` if there is none. */
static inline uint64_t next_argument(Arguments *arguments, uint64_t otherwise, uint64_t least, uint64_t most)
{
    const char *text = *arguments->next;
    if (!text)
        return otherwise;
    arguments->next++;

    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    /* The first character is checked because strtoull() accepts blanks and a minus sign. */
    int is_number = text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0;
    if (!is_number || number < least || number > most) {
        if (!arguments->silent)
            fprintf(stderr, "%s: '%s' is not a number from %" PRIu64 " to %" PRIu64 "\n", arguments->program, text,
                    least, most);
        reject_arguments(arguments);
    }
    return number;
}

static inline void no_more_arguments(const Arguments *arguments)
{
    if (*arguments->next)
        reject_arguments(arguments);
}

#endif
