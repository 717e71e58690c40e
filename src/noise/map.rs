//! The map's first step: what the first word of an element says.

use super::tables::WIDTH;

/// Bits 0 to 51 of a word are its uniform number's, bits 52 and up choose a layer or a slot, bit 63 is the sign's.
const UNIFORM_BITS: u64 = (1 << 52) - 1;
const CHOICE_SHIFT: u32 = 52;
const SIGN_BIT: u64 = 1 << 63;

/// All layers but 0 and 1 have one of these bits set.
const BOX_BITS: u64 = 0b11_1110 << CHOICE_SHIFT;

/// (2 k + 1) / 2^53 for the word's 52 uniform bits k: symmetric in (0, 1), and exact in every step.
#[inline(always)]
pub fn uniform(word: u64) -> f64 {
    const ONE: u64 = 1.0f64.to_bits();
    f64::from_bits(word & UNIFORM_BITS | ONE) - (1.0 - f64::EPSILON / 2.0)
}

/// `x`, which is not negative, with the word's sign.
#[inline(always)]
pub fn with_sign(x: f64, word: u64) -> f64 {
    f64::from_bits(x.to_bits() | word & SIGN_BIT)
}

/// Which of the residual's 256 slots a word chooses.
#[inline(always)]
pub fn slot(word: u64) -> usize {
    (word >> CHOICE_SHIFT) as usize & 0xff
}

/// The point in the box of the word's layer, and whether the word fell in the residual and so settles nothing.
#[inline(always)]
pub fn first_word(word: u64) -> (f64, bool) {
    let layer = (word >> CHOICE_SHIFT) as usize % WIDTH.len();
    let width = f64::from_bits(u64::from(WIDTH[layer]) << 32);
    (with_sign(uniform(word) * width, word), word & BOX_BITS == 0)
}
