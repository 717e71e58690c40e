/* Whatever rounding mode, flush-to-zero and traps the caller has set: the same values, nothing raised, all restored. */
#include <fenv.h>
#include <stdint.h>
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

#if defined(__x86_64__)
  /* Whatever flags are raised before, the same ones are raised after: by a fill, and by adding to what raises each of them. */
  static const uint64_t bits[] = {
      UINT64_C(0x7ff0000000000001), /* a signalling NaN */
      UINT64_C(0x7ff0000000000000), UINT64_C(0x7fefffffffffffff), UINT64_C(0xffefffffffffffff), /* infinity, the largest */
      UINT64_C(1), UINT64_C(0x800fffffffffffff), UINT64_C(0x8000000000000000), UINT64_C(0x3ff0000000000000), /* subnormals, -0.0, 1.0 */
  };
  static const double deviations[] = {0.0, 5e-324, 1e-310, 1.0, 1e308};
  for (unsigned flags = 0; flags < 64; flags++)
    for (int flush = 0; flush < 4; flush++)
      for (int deviation = 0; deviation < 5; deviation++)
        for (int number = 1; number <= 200; number += 199) {
          for (int n = 0; n < number; n++) memcpy(&sum[n], &bits[(n + (int)flags) % 8], sizeof sum[n]);
          const unsigned control = traps_masked | flush_to_zero[flush] | flags;
          set_control(control);
          SomeMemStatus filled = random_noise_fill(values, (size_t)number, 1, 2, 3);
          const unsigned after_fill = get_control();
          SomeMemStatus added = random_noise_add(sum, (size_t)number, deviations[deviation], 1, 2, 3);
          const unsigned after_add = get_control();
          set_control(traps_masked);
          CHECK(filled == SOMEMEM_OK && added == SOMEMEM_OK);
          CHECK(after_fill == control && after_add == control);
          CHECK(memcmp(values, plain, (size_t)number * sizeof *values) == 0);
        }
#endif

  /* Flags that the caller has raised stay raised. */
  feraiseexcept(FE_DIVBYZERO | FE_INEXACT);
  CHECK(random_noise_fill(values, NUMBER, 1, 2, 3) == SOMEMEM_OK);
  CHECK(fetestexcept(FE_ALL_EXCEPT) == (FE_DIVBYZERO | FE_INEXACT));
  return check_result();
}
