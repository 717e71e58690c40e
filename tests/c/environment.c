/* The caller can set any rounding mode, flush-to-zero and traps: the values are the same, no flag is raised, and all settings are restored. */
#include <fenv.h>
#include <stdint.h>
#include <string.h>

#include "check.h"
#include "draws.h"

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

/* An odd number that no unit or chunk divides, and large enough for the residual and its tail. */
#define NUMBER ((size_t)20011)

static double plain[NUMBER], before[NUMBER], drawn[NUMBER];

/* The values before a sum. Some are subnormal. */
static void prepare(enum draw draw, double *memory) {
  for (size_t n = 0; n < NUMBER; n++) {
    if (draw_is_float(draw))
      ((float *)(void *)memory)[n] = n % 3 == 0 ? 1e-45f * (float)n : 0.1f * (float)n;
    else
      memory[n] = n % 3 == 0 ? 5e-324 * (double)n : 0.1 * (double)n;
  }
}

/* With these scales products are subnormal doubles, or subnormal floats. */
static double small_scale(enum draw draw) { return draw_is_float(draw) ? 1e-39 : 1e-309; }

static void in_every_environment(enum draw draw) {
  const double scale = small_scale(draw);
  prepare(draw, before);
  memcpy(plain, before, sizeof before);
  CHECK(draw_by(draw, plain, NUMBER, scale) == SOMEMEM_OK);
  CHECK(memcmp(plain, before, sizeof before) != 0);
  for (int round = 0; round < 4; round++)
    for (int flush = 0; flush < 4; flush++)
      for (int trap = 0; trap < 2; trap++) {
        const unsigned control = rounding[round] | flush_to_zero[flush] | (trap ? traps_enabled : traps_masked);
        memcpy(drawn, before, sizeof before);
        feclearexcept(FE_ALL_EXCEPT);
        set_control(control);
        const unsigned control_before = get_control();
        SomeMemStatus status = draw_by(draw, drawn, NUMBER, scale);
        const unsigned control_after = get_control();
        const int raised = fetestexcept(FE_ALL_EXCEPT);
        set_control(traps_masked);
        CHECK(status == SOMEMEM_OK);
        CHECK(control_before == control_after && raised == 0);
        CHECK(memcmp(drawn, plain, sizeof plain) == 0);
      }
}

static void handles_in_every_environment(void) {
  for (int round = 0; round < 4; round++)
    for (int flush = 0; flush < 4; flush++) {
      feclearexcept(FE_ALL_EXCEPT);
      set_control(rounding[round] | flush_to_zero[flush] | traps_enabled);
      SomeMem *memory = random_noise_seeded(1000, 1), *fresh = random_noise(1000);
      SomeMemStatus freed = somemem_free(memory), fresh_freed = somemem_free(fresh);
      const int raised = fetestexcept(FE_ALL_EXCEPT);
      set_control(traps_masked);
      CHECK(memory && fresh && freed == SOMEMEM_OK && fresh_freed == SOMEMEM_OK && raised == 0);
    }
}

#if defined(__x86_64__)
/* After a call the same flags are raised as before it. This is tried by drawing, and by sums with values that would raise each flag. */
static void flags_stay(enum draw draw) {
  static const uint64_t bits[] = {
      UINT64_C(0x7ff0000000000001), /* a signalling NaN */
      UINT64_C(0x7ff0000000000000), UINT64_C(0x7fefffffffffffff), UINT64_C(0xffefffffffffffff), /* infinity, the largest */
      UINT64_C(1), UINT64_C(0x800fffffffffffff), UINT64_C(0x8000000000000000), UINT64_C(0x3ff0000000000000), /* subnormals, -0.0, 1.0 */
  };
  static const uint32_t float_bits[] = {0x7f800001, 0x7f800000, 0x7f7fffff, 0xff7fffff, 1, 0x807fffff, 0x80000000, 0x3f800000};
  static const double scales[] = {0.0, 5e-324, -1e-310, 1.0, -1e308};
  for (unsigned flags = 0; flags < 64; flags++)
    for (int flush = 0; flush < 4; flush++)
      for (int scale = 0; scale < 5; scale++)
        for (size_t number = 8; number <= 200; number += 192) {
          for (size_t n = 0; n < number; n++) {
            const size_t which = (n + flags) % 8;
            if (draw_is_float(draw))
              memcpy((char *)drawn + n * sizeof(float), &float_bits[which], sizeof(float));
            else
              memcpy(&drawn[n], &bits[which], sizeof *drawn);
          }
          const unsigned control = traps_masked | flush_to_zero[flush] | flags;
          set_control(control);
          SomeMemStatus status = draw_by(draw, drawn, number, scales[scale]);
          const unsigned after = get_control();
          set_control(traps_masked);
          CHECK(status == SOMEMEM_OK);
          CHECK(after == control);
        }
}
#endif

int main(void) {
  for (enum draw draw = FILL; draw < DRAWS; draw = (enum draw)(draw + 1)) {
    in_every_environment(draw);
#if defined(__x86_64__)
    flags_stay(draw);
#endif
  }
  handles_in_every_environment();

  /* Flags that the caller has raised stay raised. */
  feraiseexcept(FE_DIVBYZERO | FE_INEXACT);
  CHECK(random_noise_fill(drawn, NUMBER, 1, 2, 3) == SOMEMEM_OK);
  CHECK(fetestexcept(FE_ALL_EXCEPT) == (FE_DIVBYZERO | FE_INEXACT));
  return check_result();
}
