/* Provokes every status, and checks that each call fails as the header says.
 *
 * Usage: errors */

#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <somemem.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"

/* Some C libraries come without the kernel's headers. */
#if defined(__linux__) && defined(__has_include)
#if __has_include(<linux/seccomp.h>)
#define HAS_SECCOMP
#endif
#endif

#ifdef HAS_SECCOMP
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

static int wrong = 0;

static void show(const char *call, SomeMemStatus status, SomeMemStatus documented)
{
    wrong += status != documented;
    printf("%-41s  %d  %s%s\n", call, (int)status, somemem_strerror(status), status == documented ? "" : "  WRONG");
}

#define SHOW(call, documented) show(#call, call, documented)

/* The functions that make a handle return no status: they set errno. */
static void show_errno(const char *call, int error, int documented)
{
    wrong += error != documented;
    printf("%-41s  NULL, errno: %s%s\n", call, strerror(error), error == documented ? "" : "  WRONG");
}

static int error_of(const SomeMem *handle)
{
    return handle ? 0 : errno;
}

/* The errno of random_noise() in a child process whose getrandom() the kernel refuses, or -1 if that cannot be done. */
static int error_without_entropy(void)
{
    int result = -1;
#ifdef HAS_SECCOMP
    enum { NO_FILTER = 255 };
    /* The filter sees this program's own calls only, so it need not check the architecture of a call's number. */
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrandom, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { sizeof filter / sizeof filter[0], filter };
    pid_t child = fork();
    if (child == 0) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
            _exit(NO_FILTER);
        _exit(error_of(random_noise(1)));
    }
    int ended;
    if (child > 0 && waitpid(child, &ended, 0) == child && WIFEXITED(ended) && WEXITSTATUS(ended) != NO_FILTER)
        result = WEXITSTATUS(ended);
#endif
    return result;
}

int main(int argc, char **argv)
{
    Arguments arguments = read_arguments(argc, argv, "(no arguments)");
    no_more_arguments(&arguments);

    SomeMem *memory = somemem_new(2);
    SomeMem *freed = somemem_new(2);
    if (!memory || !freed) {
        perror("somemem_new");
        somemem_free(memory);
        somemem_free(freed);
        return 1;
    }
    double *x = somemem_data(memory);
    double *misaligned = (double *)(void *)((char *)x + 1);
    SomeMem *invented = (SomeMem *)(uintptr_t)0x5eed;

    SHOW(somemem_free(freed), SOMEMEM_OK);
    SHOW(somemem_free(NULL), SOMEMEM_OK);
    SHOW(random_noise_fill(NULL, 0, 0, 0, 0), SOMEMEM_OK);
    SHOW(random_noise_fill(x, 1, 0, 0, UINT64_MAX), SOMEMEM_OK);

    SHOW(somemem_resize(memory, SIZE_MAX), SOMEMEM_NO_MEMORY);
    SHOW(somemem_resize(memory, PTRDIFF_MAX / 8), SOMEMEM_NO_MEMORY);
    show_errno("somemem_new(SIZE_MAX)", error_of(somemem_new(SIZE_MAX)), ENOMEM);
    show_errno("random_noise(SIZE_MAX)", error_of(random_noise(SIZE_MAX)), ENOMEM);
    show_errno("random_noise_seeded(SIZE_MAX, 42)", error_of(random_noise_seeded(SIZE_MAX, 42)), ENOMEM);

    SHOW(somemem_resize(NULL, 1), SOMEMEM_INVALID_HANDLE);
    SHOW(somemem_resize(freed, 1), SOMEMEM_INVALID_HANDLE);
    SHOW(somemem_resize(invented, 1), SOMEMEM_INVALID_HANDLE);
    SHOW(somemem_free(freed), SOMEMEM_INVALID_HANDLE);
    SHOW(somemem_free(invented), SOMEMEM_INVALID_HANDLE);

    SHOW(random_noise_fill(NULL, 1, 0, 0, 0), SOMEMEM_INVALID_POINTER);
    SHOW(random_noise_fill(misaligned, 1, 0, 0, 0), SOMEMEM_INVALID_POINTER);
    SHOW(random_noise_fill(x, SIZE_MAX, 0, 0, 0), SOMEMEM_INVALID_RANGE);
    SHOW(random_noise_fill(x, 2, 0, 0, UINT64_MAX), SOMEMEM_INVALID_RANGE);
    SHOW(random_noise_fill_rows(x, 2, 3, 2, 0, 0, 0, 0, 3), SOMEMEM_INVALID_RANGE); /* rows that overlap */
    SHOW(random_noise_add(x, 2, NAN, 0, 0, 0), SOMEMEM_INVALID_SCALE);
    SHOW(random_noise_normal(x, 2, INFINITY, 1.0, 0, 0, 0), SOMEMEM_INVALID_SCALE);

    int intact = somemem_len(memory) == 2 && somemem_data(memory) == x && !somemem_data(freed) && !somemem_len(freed);
    somemem_free(memory);

    /* Last, because with SOMEMEM_FIND_LEAKS=1 a leak checker counts a live buffer as lost when the child ends. */
    int error = error_without_entropy();
    if (error >= 0)
        show_errno("random_noise(1) without getrandom()", error, EIO);
    else
        puts("random_noise(1) without getrandom() cannot be tried here: it takes a seccomp filter");
    show("SOMEMEM_NO_ENTROPY (as errno: EIO)", SOMEMEM_NO_ENTROPY, SOMEMEM_NO_ENTROPY);
    printf("%d wrong; the buffers were %s\n", wrong, intact ? "left as they were" : "CHANGED");
    return wrong || !intact ? 1 : 0;
}
