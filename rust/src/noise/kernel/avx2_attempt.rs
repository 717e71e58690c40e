//! The residual's attempts for AVX2, four lanes in a register. It computes the same as `propose` in the residual, in an order
//! that the compiler does not find by itself.
//!
//! Contract: all functions here need AVX2. Those that are not compiled for AVX2 are inlined into [`propose`].

use std::arch::asm;
use std::arch::x86_64::*;
use std::ops::{Add, Mul, Neg, Sub};
use std::ptr::read_volatile;

use super::super::elementary::{Real, exp_minus};
use super::super::map::{BELOW_ONE, LOWEST_SHIFT, ONE, SIGN_BIT, SLOT_SHIFT, UNIFORM_BITS, UNSETTLED};
use super::super::residual::{TAIL_SLOT, propose_tails};
use super::super::strip::Strip;
use super::super::tables::STRIPS;
use super::Block;

/// Makes one attempt in each lane. Returns the values, and a bit for each attempt that is not accepted, whose value is
/// `UNSETTLED`. There are V registers, and N is 4 V.
#[inline]
#[target_feature(enable = "avx2")]
pub fn propose<const N: usize, const V: usize>(blocks: &[Block; N]) -> ([f64; N], u32) {
    const { assert!(N == 4 * V) };
    let zero = _mm256_setzero_si256();
    let (mut firsts, mut seconds, mut any_tail) = ([zero; V], [zero; V], zero);
    let mut rows = [0u64; N];
    for n in 0..V {
        let block = |lane: usize| blocks[4 * n + lane].as_ptr();
        // SAFETY: blocks are two words; and the rows of four lanes.
        unsafe {
            let even = _mm256_loadu2_m128i(block(2).cast(), block(0).cast());
            let odd = _mm256_loadu2_m128i(block(3).cast(), block(1).cast());
            (firsts[n], seconds[n]) = (_mm256_unpacklo_epi64(even, odd), _mm256_unpackhi_epi64(even, odd));
            let slots = _mm256_and_si256(
                _mm256_srli_epi64::<{ SLOT_SHIFT as i32 }>(firsts[n]),
                _mm256_set1_epi64x(STRIPS.len() as i64 - 1),
            );
            _mm256_storeu_si256(rows[4 * n..].as_mut_ptr().cast(), slots);
            any_tail = _mm256_or_si256(any_tail, _mm256_cmpeq_epi64(slots, _mm256_set1_epi64x(TAIL_SLOT as i64)));
        }
    }

    let none = Lanes([_mm256_setzero_pd(); V]);
    let (mut x, mut y) = (none, none);
    for n in 0..V {
        // A strip is a row of the table. The loads are volatile: otherwise the compiler would extract the slots from the vectors
        // again.
        // SAFETY: a slot is below their number.
        let strip = |lane: usize| unsafe { STRIPS.as_ptr().add(read_volatile(&rows[4 * n + lane]) as usize) };
        let (left, width, base, height) = columns([strip(0), strip(1), strip(2), strip(3)]);
        x.0[n] = _mm256_add_pd(left, _mm256_mul_pd(width, uniform(firsts[n])));
        y.0[n] = _mm256_add_pd(base, _mm256_mul_pd(height, uniform(seconds[n])));
    }
    let density = exp_minus(x * x * Lanes::of(0.5));

    let (mut values, mut failed) = ([0.0; N], 0);
    for n in 0..V {
        let rejected = _mm256_cmp_pd::<_CMP_NLT_UQ>(y.0[n], density.0[n]);
        let lowest =
            _mm256_xor_si256(_mm256_castpd_si256(x.0[n]), _mm256_srli_epi64::<{ LOWEST_SHIFT as i32 }>(seconds[n]));
        let sign = _mm256_and_si256(firsts[n], _mm256_set1_epi64x(SIGN_BIT as i64));
        let finished = _mm256_castsi256_pd(_mm256_or_si256(lowest, sign));
        let value = _mm256_blendv_pd(finished, _mm256_set1_pd(UNSETTLED), rejected);
        // SAFETY: the values of four lanes.
        unsafe { _mm256_storeu_pd(values[4 * n..].as_mut_ptr(), value) };
        failed |= (_mm256_movemask_pd(rejected) as u32) << (4 * n);
    }
    if _mm256_testz_si256(any_tail, any_tail) == 0 {
        propose_tails(blocks, &mut values, &mut failed);
    }
    (values, failed)
}

/// The fields of four strips: all left edges, all widths, all bases and all heights.
#[inline]
#[target_feature(enable = "avx2")]
fn columns(strips: [*const Strip; 4]) -> (__m256d, __m256d, __m256d, __m256d) {
    // SAFETY: a strip is four doubles: left, width, base, height.
    unsafe {
        let half = |low: usize, high: usize, field: usize| {
            let (low, high): (*const f64, *const f64) = (strips[low].cast(), strips[high].cast());
            _mm256_insertf128_pd::<1>(_mm256_castpd128_pd256(_mm_load_pd(low.add(field))), _mm_load_pd(high.add(field)))
        };
        let (even, odd) = (half(0, 2, 0), half(1, 3, 0));
        let (even_y, odd_y) = (half(0, 2, 2), half(1, 3, 2));
        (
            _mm256_unpacklo_pd(even, odd),
            _mm256_unpackhi_pd(even, odd),
            _mm256_unpacklo_pd(even_y, odd_y),
            _mm256_unpackhi_pd(even_y, odd_y),
        )
    }
}

/// The map's uniform numbers.
#[inline]
#[target_feature(enable = "avx2")]
pub fn uniform(words: __m256i) -> __m256d {
    let uniform_bits = _mm256_and_si256(words, _mm256_set1_epi64x(UNIFORM_BITS as i64));
    let shifted = _mm256_or_si256(uniform_bits, _mm256_set1_epi64x(ONE as i64));
    _mm256_sub_pd(_mm256_castsi256_pd(shifted), _mm256_set1_pd(BELOW_ONE))
}

/// V registers of doubles. Each operation is done on all of them before the next one begins, so that no instruction waits for one
/// that has just begun.
#[derive(Clone, Copy)]
struct Lanes<const V: usize>([__m256d; V]);

impl<const V: usize> Lanes<V> {
    /// Ends an operation. The compiler moves no arithmetic past these empty blocks of assembly. Without them it would finish one
    /// register before the next.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn here(mut self) -> Self {
        for register in &mut self.0 {
            // SAFETY: no instruction.
            unsafe { asm!("/* {} */", inout(ymm_reg) * register, options(nomem, nostack, preserves_flags)) };
        }
        self
    }
}

macro_rules! operator {
    ($operator:ident, $method:ident, $instruction:ident) => {
        impl<const V: usize> $operator for Lanes<V> {
            type Output = Self;

            #[inline(always)]
            fn $method(mut self, other: Self) -> Self {
                // SAFETY: the module's contract.
                unsafe {
                    for (left, right) in self.0.iter_mut().zip(&other.0) {
                        *left = $instruction(*left, *right);
                    }
                    self.here()
                }
            }
        }
    };
}

operator!(Add, add, _mm256_add_pd);
operator!(Sub, sub, _mm256_sub_pd);
operator!(Mul, mul, _mm256_mul_pd);

impl<const V: usize> Neg for Lanes<V> {
    type Output = Self;

    #[inline(always)]
    fn neg(mut self) -> Self {
        for register in &mut self.0 {
            // SAFETY: the module's contract.
            *register = unsafe { _mm256_xor_pd(*register, _mm256_set1_pd(-0.0)) };
        }
        self
    }
}

impl<const V: usize> Real for Lanes<V> {
    #[inline(always)]
    fn of(constant: f64) -> Self {
        // SAFETY: the module's contract.
        Lanes([unsafe { _mm256_set1_pd(constant) }; V])
    }

    #[inline(always)]
    fn times_power_of_two(mut self, power: Self) -> Self {
        for (register, power) in self.0.iter_mut().zip(&power.0) {
            // SAFETY: the module's contract.
            *register = unsafe {
                let shifted = _mm256_slli_epi64::<52>(_mm256_castpd_si256(*power));
                _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(*register), shifted))
            };
        }
        self
    }
}
