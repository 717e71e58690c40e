//! AES-128 with AES-NI for a few blocks, and its key schedule (FIPS 197, section 5.2).

use std::arch::x86_64::*;
use std::mem::{transmute, transmute_copy};

use super::{Block, Counter};

/// The eleven round keys, and N blocks from Block(`block`, 0) on. Each round of the blocks is done as soon as its key is known.
/// The schedule alone is one long chain of dependent instructions, during which the CPU could draw a few elements.
#[inline]
#[target_feature(enable = "aes,ssse3")]
pub fn start<const N: usize>(key: [u8; 16], block: u64) -> ([__m128i; 11], [__m128i; N]) {
    // SAFETY: any bits are a vector.
    let mut round_key: __m128i = unsafe { transmute(key) };
    let mut blocks = counters(block);
    for state in &mut blocks {
        *state = _mm_xor_si128(*state, round_key);
    }
    // Takes the last word, rotated, to all four columns. ShiftRows does nothing if all columns are equal, so the last round's
    // instruction is SubWord and the addition of the constant.
    let rotated = _mm_set1_epi32(0x0c0f_0e0d);
    let mut constant = 1;
    let mut keys = [round_key; 11];
    for (round, key) in keys.iter_mut().enumerate().skip(1) {
        let substituted = _mm_aesenclast_si128(_mm_shuffle_epi8(round_key, rotated), _mm_set1_epi32(constant));
        // Every word plus all words before it.
        let pairs = _mm_xor_si128(round_key, _mm_slli_si128::<4>(round_key));
        let sums = _mm_xor_si128(pairs, _mm_slli_si128::<8>(pairs));
        round_key = _mm_xor_si128(sums, substituted);
        // Times x in the field of AES.
        constant = (constant << 1) ^ ((constant >> 7) * 0x11b);
        *key = round_key;
        for state in &mut blocks {
            let last = round == 10;
            *state = if last { _mm_aesenclast_si128(*state, round_key) } else { _mm_aesenc_si128(*state, round_key) };
        }
    }
    (keys, blocks)
}

#[inline]
#[target_feature(enable = "ssse3")]
fn counters<const N: usize>(block: u64) -> [__m128i; N] {
    let mut counters = [_mm_setzero_si128(); N];
    for (n, counter) in counters.iter_mut().enumerate() {
        *counter = _mm_cvtsi64_si128(block.wrapping_add(n as u64) as i64);
    }
    counters
}

#[inline]
#[target_feature(enable = "aes,ssse3")]
pub fn encrypt<const N: usize>(keys: &[__m128i; 11], counters: [Counter; N]) -> [Block; N] {
    // SAFETY: any bits are a vector, a counter or a block, and all three have 16 bytes.
    unsafe {
        let blocks: [__m128i; N] = cipher(keys, transmute_copy(&counters));
        transmute_copy(&blocks)
    }
}

#[inline]
#[target_feature(enable = "aes,ssse3")]
fn cipher<const N: usize>(keys: &[__m128i; 11], mut blocks: [__m128i; N]) -> [__m128i; N] {
    for (round, key) in keys.iter().enumerate() {
        for state in &mut blocks {
            *state = match round {
                0 => _mm_xor_si128(*state, *key),
                10 => _mm_aesenclast_si128(*state, *key),
                _ => _mm_aesenc_si128(*state, *key),
            };
        }
    }
    blocks
}
