/* Whatever rounding mode, flush-to-zero and traps the caller has set: the same values, nothing raised, all restored. */
#include <fenv.h>
#include <string.h>

#include "check.h"
#include "somemem.h"

#if defined(__x86_64__)
#include <xmmintrin.h>
static unsigned get_control(void) { return _mm_getcsr(); }
static void set_control(unsigned control) { _mm_setcsr(control); }
static const unsigned flush_to_zero[] = {0, 1 << 15, 1 << 6, 1 << 15 | 1 << 6}; /* neither, FTZ, DAZ, both */
static const unsigned rounding[] = {0, 1 << 13, 2 << 13, 3 << 13};
static const unsigned traps_masked = 0x1f80, traps_enabled = 0;
#elif defined(__aarch64__)
static unsigned get_control(void) {
  unsigned long control;
  __asm__ volatile("mrs %0, fpcr" : "=r"(control));
  return (unsigned)control;
}
static void set_control(unsigned control) { __asm__ volatile("msr fpcr, %0" : : "r"((unsigned long)control)); }
static const unsigned flush_to_zero[] = {0, 1 << 24, 0, 1 << 24};
static const unsigned rounding[] = {0, 1 << 22, 2 << 22, 3 << 22};
static const unsigned traps_masked = 0, traps_enabled = 0x1f00;
#else
#error "say here how this CPU's floating-point environment is set"
#endif

/* Odd, with tiles and chunks left over, and enough for the residual and its tail. */
#define NUMBER 20011

static double plain[NUMBER], plain_sum[NUMBER], signal[NUMBER], values[NUMBER], sum[NUMBER];

int main(void) {
  for (int n = 0; n < NUMBER; n++) signal[n] = n % 3 == 0 ? 5e-324 * n : 0.1 * n; /* subnormal ones, too */
  CHECK(random_noise_fill(plain, NUMBER, 1, 2, 3) == SOMEMEM_OK);
  memcpy(plain_sum, signal, sizeof signal);
  CHECK(random_noise_add(plain_sum, NUMBER, 1e-309, 1, 2, 3) == SOMEMEM_OK);

  for (int round = 0; round < 4; round++)
    for (int flush = 0; flush < 4; flush++)
      for (int trap = 0; trap < 2; trap++) {
        const unsigned control = rounding[round] | flush_to_zero[flush] | (trap ? traps_enabled : traps_masked);
        memcpy(sum, signal, sizeof signal);
        memset(values, 0, sizeof values);
        feclearexcept(FE_ALL_EXCEPT);
        set_control(control);
        const unsigned before = get_control();
        SomeMemStatus filled = random_noise_fill(values, NUMBER, 1, 2, 3);
        SomeMemStatus added = random_noise_add(sum, NUMBER, 1e-309, 1, 2, 3);
        SomeMem *memory = random_noise_seeded(1000, 1);
        SomeMemStatus freed = somemem_free(memory);
        const unsigned after = get_control();
        const int raised = fetestexcept(FE_ALL_EXCEPT);
        set_control(traps_masked);
        CHECK(filled == SOMEMEM_OK && added == SOMEMEM_OK && memory && freed == SOMEMEM_OK);
        CHECK(before == after && raised == 0);
        CHECK(memcmp(values, plain, sizeof plain) == 0);
        CHECK(memcmp(sum, plain_sum, sizeof sum) == 0);
      }

  /* Flags that the caller has raised stay raised. */
  feraiseexcept(FE_DIVBYZERO | FE_INEXACT);
  CHECK(random_noise_fill(values, NUMBER, 1, 2, 3) == SOMEMEM_OK);
  CHECK(fetestexcept(FE_ALL_EXCEPT) == (FE_DIVBYZERO | FE_INEXACT));
  return check_result();
}
