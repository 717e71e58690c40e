//! The map: the meaning of the bits of an element's words.

use super::tables::{STRIPS, WIDTH};

/// Bits 0 to 51 of every word are its uniform number. In a first word, bits 56 to 62 are the layer. In word 0 of an attempt, bits
/// 52 to 60 are the slot of the residual. In both, bit 63 is the sign. In word 1 of an attempt, bits 52 to 63 make the lowest
/// bits of the value random. No bit is used twice.
pub const UNIFORM_BITS: u64 = (1 << 52) - 1;
pub const LAYER_SHIFT: u32 = 56;
pub const SIGN_BIT: u64 = 1 << 63;
pub const SLOT_SHIFT: u32 = 52;
pub const LOWEST_SHIFT: u32 = 52;

/// Every layer except 0 and 1, which are the residual, has one of these bits set.
pub const BOX_BITS: u64 = (WIDTH.len() as u64 - 2) << LAYER_SHIFT;

/// (2 k + 1) / 2^53 for the word's 52 uniform bits k: symmetric in (0, 1), and exact in every step.
#[inline(always)]
pub fn uniform(word: u64) -> f64 {
    f64::from_bits(word & UNIFORM_BITS | ONE) - BELOW_ONE
}

/// [`uniform`] sets the exponent with `ONE`, and subtracts `BELOW_ONE`.
pub const ONE: u64 = 1.0f64.to_bits();
pub const BELOW_ONE: f64 = 1.0 - f64::EPSILON / 2.0;

/// `x`, which is not negative, with the sign from an attempt's first word and with its lowest bits made random by the second
/// word. x is the sum of two rounded terms, so its last bit is 0 too often.
#[inline(always)]
pub fn with_sign_and_lowest_bits(x: f64, [first, second]: [u64; 2]) -> f64 {
    f64::from_bits((x.to_bits() ^ second >> LOWEST_SHIFT) | first & SIGN_BIT)
}

/// The slot of the residual that an attempt's first word chooses.
#[inline(always)]
pub fn slot(word: u64) -> usize {
    (word >> SLOT_SHIFT) as usize % STRIPS.len()
}

/// Stands for a value that is not settled yet. No sample is zero, and adding -0.0 changes no number.
pub const UNSETTLED: f64 = -0.0;

/// The signed width of a layer, by the upper eight bits of a word, which are sign and layer. For the layers of the residual it is
/// [`UNSETTLED`], and so is its product with a uniform number.
pub static SIGNED_WIDTH: [f64; 256] = {
    let mut widths = [UNSETTLED; 256];
    let mut n = 2;
    while n < WIDTH.len() {
        widths[n] = f64::from_bits((WIDTH[n] as u64) << 32);
        widths[n + WIDTH.len()] = -widths[n];
        n += 1;
    }
    widths
};

/// The value that a first word gives, and whether it is in the residual and so unsettled.
#[inline(always)]
pub fn first_word(word: u64) -> (f64, bool) {
    (uniform(word) * SIGNED_WIDTH[(word >> LAYER_SHIFT) as usize], word & BOX_BITS == 0)
}
