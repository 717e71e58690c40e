//! The kernels for AVX2, with VAES two blocks at a time and with AES-NI one: four elements in a register.
//!
//! Contract: the functions here need AVX2 and AES-NI, those with `VAES` true also VAES. [`run_vaes`] and [`run_aes_ni`]
//! are the only ways in, an `Avx2` exists only inside them, and everything is inlined into them.

use std::arch::is_x86_feature_detected;
use std::arch::x86_64::*;
use std::mem::transmute;

use super::super::map::{BELOW_ONE, BOX_BITS, LAYER_SHIFT, ONE, SIGNED_WIDTH, UNIFORM_BITS};
use super::{BATCH, Block, CHUNK, Chunk, Counter, Kernel, Work, drawn, x86_key};

struct Avx2<const VAES: bool> {
    keys: [__m128i; 11],
}

pub fn is_available() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("aes")
}

/// Does the work, all of it compiled for these instructions.
#[target_feature(enable = "avx2,aes,vaes")]
pub fn run_vaes(key: [u8; 16], work: impl Work) {
    work.run(&Avx2::<true> { keys: x86_key::expand(key) });
}

/// The same without VAES.
#[target_feature(enable = "avx2,aes")]
pub fn run_aes_ni(key: [u8; 16], work: impl Work) {
    work.run(&Avx2::<false> { keys: x86_key::expand(key) });
}

impl<const VAES: bool> Kernel for Avx2<VAES> {
    #[inline(always)]
    fn encrypt(&self, counters: [Counter; BATCH]) -> [Block; BATCH] {
        // SAFETY: the module's contract; and any bits are a vector, a counter or a block.
        unsafe {
            let blocks: [__m256i; BATCH / 2] = transmute::<[Counter; BATCH], _>(counters);
            transmute::<_, [Block; BATCH]>(self.cipher(blocks))
        }
    }

    #[inline(always)]
    fn draw<'a>(
        &self,
        mut block: u64,
        chunks: &'a mut [Chunk],
        unsettled: &mut [u64],
        _soon: *const f64,
    ) -> &'a [[f64; CHUNK]] {
        for (chunk, unsettled) in chunks.iter_mut().zip(unsettled) {
            *unsettled = 0;
            for n in (0..CHUNK).step_by(16) {
                // SAFETY: the module's contract, and sixteen doubles.
                *unsettled |= unsafe { self.draw_sixteen(block, chunk.as_mut_ptr().add(n).cast()) } << n;
                block = block.wrapping_add(8);
            }
        }
        // SAFETY: every element was written.
        unsafe { drawn(chunks) }
    }
}

impl<const VAES: bool> Avx2<VAES> {
    /// Draws the elements of eight blocks.
    #[inline(always)]
    unsafe fn draw_sixteen(&self, block: u64, places: *mut f64) -> u64 {
        // SAFETY: the module's contract; four words at either place; and the caller's sixteen doubles.
        unsafe {
            let first = _mm256_set_epi64x(0, block as i64, 0, block as i64);
            let mut blocks = [first; 4];
            for (n, pair) in blocks.iter_mut().enumerate() {
                let n = 2 * n as i64;
                *pair = _mm256_add_epi64(first, _mm256_set_epi64x(0, n + 1, 0, n));
            }
            let mut unsettled = 0;
            for (n, word) in self.cipher(blocks).into_iter().enumerate() {
                // Loads, not a gather: many CPUs have had gathers made slow for safety (docs/performance.md has the cost).
                let [mut layers, mut widths] = [[0u64; 4], [0; 4]];
                _mm256_storeu_si256(layers.as_mut_ptr().cast(), _mm256_srli_epi64::<{ LAYER_SHIFT as i32 }>(word));
                for (width, layer) in widths.iter_mut().zip(layers) {
                    *width = SIGNED_WIDTH[layer as usize % SIGNED_WIDTH.len()].to_bits();
                }
                let widths = _mm256_castsi256_pd(_mm256_loadu_si256(widths.as_ptr().cast()));
                let uniform_bits = _mm256_and_si256(word, _mm256_set1_epi64x(UNIFORM_BITS as i64));
                let shifted = _mm256_or_si256(uniform_bits, _mm256_set1_epi64x(ONE as i64));
                let uniform = _mm256_sub_pd(_mm256_castsi256_pd(shifted), _mm256_set1_pd(BELOW_ONE));
                _mm256_storeu_pd(places.add(4 * n), _mm256_mul_pd(uniform, widths));

                let box_bits = _mm256_and_si256(word, _mm256_set1_epi64x(BOX_BITS as i64));
                let missed = _mm256_castsi256_pd(_mm256_cmpeq_epi64(box_bits, _mm256_setzero_si256()));
                unsettled |= (_mm256_movemask_pd(missed) as u64) << (4 * n);
            }
            unsettled
        }
    }

    /// With loops and without closures, which would be functions of their own and compiled for the oldest CPU.
    #[inline(always)]
    unsafe fn cipher<const N: usize>(&self, mut blocks: [__m256i; N]) -> [__m256i; N] {
        // SAFETY: the module's contract.
        unsafe {
            if VAES {
                for (round, &key) in self.keys.iter().enumerate() {
                    let key = _mm256_broadcastsi128_si256(key);
                    for pair in &mut blocks {
                        *pair = match round {
                            0 => _mm256_xor_si256(*pair, key),
                            10 => _mm256_aesenclast_epi128(*pair, key),
                            _ => _mm256_aesenc_epi128(*pair, key),
                        };
                    }
                }
                return blocks;
            }
            let mut halves = [[_mm_setzero_si128(); 2]; N];
            for (halves, &pair) in halves.iter_mut().zip(&blocks) {
                *halves = [_mm256_castsi256_si128(pair), _mm256_extracti128_si256::<1>(pair)];
            }
            for (round, &key) in self.keys.iter().enumerate() {
                for block in halves.as_flattened_mut() {
                    *block = match round {
                        0 => _mm_xor_si128(*block, key),
                        10 => _mm_aesenclast_si128(*block, key),
                        _ => _mm_aesenc_si128(*block, key),
                    };
                }
            }
            for (pair, &[low, high]) in blocks.iter_mut().zip(&halves) {
                *pair = _mm256_set_m128i(high, low);
            }
            blocks
        }
    }
}
