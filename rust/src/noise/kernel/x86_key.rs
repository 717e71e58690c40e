//! The key schedule of AES-128 with AES-NI (FIPS 197, section 5.2).

use std::arch::x86_64::*;

/// The eleven round keys.
#[inline]
#[target_feature(enable = "aes,ssse3")]
pub fn expand(key: [u8; 16]) -> [__m128i; 11] {
    // SAFETY: any bits are a vector.
    let mut round_key: __m128i = unsafe { std::mem::transmute(key) };
    // Takes the last word, rotated, to all four columns; with equal columns ShiftRows does nothing, and so the last
    // round's instruction is SubWord and the addition of the constant.
    let rotated = _mm_set1_epi32(0x0c0f_0e0d);
    let mut constant = 1;
    std::array::from_fn(|round| {
        if round > 0 {
            let substituted = _mm_aesenclast_si128(_mm_shuffle_epi8(round_key, rotated), _mm_set1_epi32(constant));
            // Every word plus all words before it.
            let pairs = _mm_xor_si128(round_key, _mm_slli_si128::<4>(round_key));
            let sums = _mm_xor_si128(pairs, _mm_slli_si128::<8>(pairs));
            round_key = _mm_xor_si128(sums, substituted);
            // Times x in the field of AES.
            constant = (constant << 1) ^ ((constant >> 7) * 0x11b);
        }
        round_key
    })
}
