//! What differs between instruction sets: the blocks, and the map's first step on a chunk of elements.

pub mod environment;
mod portable;

use std::mem::MaybeUninit;

use super::residual::BATCH;
pub use portable::Portable;

/// Elements drawn at once: one bit each in a word that says which are unsettled.
pub const CHUNK: usize = 64;

/// AES-128 under one key, and the map's first step.
pub trait Kernel {
    /// The AES-128 blocks of these counters, as little-endian words.
    fn encrypt(&self, counters: [[u64; 2]; BATCH]) -> [[u64; 2]; BATCH];

    /// Draws the elements 2 `block` to 2 `block` + 63 from Block(`block`, 0) and its successors. A set bit in what is
    /// returned means that the element of that number is unsettled and its value is not to be used.
    fn draw(&self, block: u64, out: &mut [MaybeUninit<f64>; CHUNK]) -> u64;
}

/// The same memory, for code that only ever writes doubles to it.
#[expect(unsafe_code)]
pub fn as_unwritten(values: &mut [f64]) -> &mut [MaybeUninit<f64>] {
    // SAFETY: the layouts are equal. The caller of this crate-private function hands the slice only to `Noise::fill`,
    // which writes nothing but doubles, so the memory stays initialised.
    unsafe { &mut *(values as *mut [f64] as *mut [MaybeUninit<f64>]) }
}
