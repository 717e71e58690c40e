//! The map: what the words of an element's blocks say.

use super::tables::{STRIPS, WIDTH};

/// Bits 0 to 51 of a word are its uniform number's; bits 56 to 62 of a first word choose a layer, bits 52 to 60 of an
/// attempt's first one choose a slot of the residual; bit 63 of either is the sign's. Bits 52 to 63 of an attempt's second
/// word are for the lowest bits of the value. No bit is used twice.
pub const UNIFORM_BITS: u64 = (1 << 52) - 1;
pub const LAYER_SHIFT: u32 = 56;
pub const SIGN_BIT: u64 = 1 << 63;
pub const SLOT_SHIFT: u32 = 52;
pub const LOWEST_SHIFT: u32 = 52;

/// All layers but 0 and 1, the residual's, have one of these bits set.
pub const BOX_BITS: u64 = (WIDTH.len() as u64 - 2) << LAYER_SHIFT;

/// (2 k + 1) / 2^53 for the word's 52 uniform bits k: symmetric in (0, 1), and exact in every step.
#[inline(always)]
pub fn uniform(word: u64) -> f64 {
    f64::from_bits(word & UNIFORM_BITS | ONE) - BELOW_ONE
}

/// What [`uniform`] puts the exponent in with, and takes away again.
pub const ONE: u64 = 1.0f64.to_bits();
pub const BELOW_ONE: f64 = 1.0 - f64::EPSILON / 2.0;

/// `x`, which is not negative, with the sign of an attempt's first word, and with lowest bits that the second word makes
/// random: as a sum of two roundings, x has even ones too often.
#[inline(always)]
pub fn with_sign_and_lowest_bits(x: f64, [first, second]: [u64; 2]) -> f64 {
    f64::from_bits((x.to_bits() ^ second >> LOWEST_SHIFT) | first & SIGN_BIT)
}

/// Which slot of the residual a word chooses.
#[inline(always)]
pub fn slot(word: u64) -> usize {
    (word >> SLOT_SHIFT) as usize % STRIPS.len()
}

/// What stands for a value that is not settled. No value is zero, and this changes nothing that it is added to.
pub const UNSETTLED: f64 = -0.0;

/// For the upper eight bits of a word, sign and layer: the layer's width with that sign; for the residual's layers
/// [`UNSETTLED`], so that what is drawn from them is it, too.
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

/// The point in the box of the word's layer; and whether the word fell in the residual, and so settles nothing.
#[inline(always)]
pub fn first_word(word: u64) -> (f64, bool) {
    (uniform(word) * SIGNED_WIDTH[(word >> LAYER_SHIFT) as usize], word & BOX_BITS == 0)
}
