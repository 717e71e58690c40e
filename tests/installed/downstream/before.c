/* Written for the library as it was at commit b54ffe9. tests/installed/test_downstream.py upgrades it as CHANGELOG.md says. */
#include <errno.h>
#include <somemem.h>
#include <stdio.h>

static const char *meaning(SomeMemStatus status)
{
    switch (status) {
    case SOMEMEM_OK:
        return "done";
    case SOMEMEM_NO_MEMORY:
        return "no memory";
    case SOMEMEM_INVALID_HANDLE:
        return "no buffer";
    case SOMEMEM_INVALID_ARGUMENT:
        return "a wrong argument";
    default:
        return "something else";
    }
}

int main(void)
{
    double signal[3] = {0, 0, 0};
    SomeMem *memory = random_noise_seeded(1000, 42);
    SomeMemStatus status;
    if (!memory) {
        perror("random_noise_seeded");
        return 1;
    }
    printf("%.17g", somemem_data(memory)[999]);
    printf(" %s", meaning(somemem_resize(memory, (size_t)-1)));
    printf(", %s", meaning(random_noise_add(NULL, 3, 0.5, 42, 0, 0)));
    status = random_noise_add(signal, 3, 0.5, 42, 0, 0);
    printf(", %s\n", meaning(status));
    somemem_free(memory);
    return status == SOMEMEM_OK ? 0 : 1;
}
