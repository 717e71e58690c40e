//! The kernel for aarch64 with the AES extension. A register holds one block, which is two elements.
//!
//! Contract: the functions here need the CPU features that `is_available` asks for. They can be entered only through [`run`], and
//! a `Neon` exists only inside it.

use std::arch::aarch64::*;
use std::arch::is_aarch64_feature_detected;
use std::mem::{transmute, transmute_copy};

use super::super::map::{BELOW_ONE, BOX_BITS, LAYER_SHIFT, ONE, SIGNED_WIDTH, UNIFORM_BITS};
use super::super::operation::Operation;
use super::{Block, CHUNK, Counter, Few, Kernel, Work, counters_from};

/// Blocks that are encrypted at once: enough to hide the latency of an instruction.
const ABREAST: usize = 8;

struct Neon {
    keys: [uint8x16_t; 11],
}

pub fn is_available() -> bool {
    is_aarch64_feature_detected!("neon") && is_aarch64_feature_detected!("aes")
}

/// Does the work. All of it is compiled for these instructions.
#[target_feature(enable = "neon,aes")]
pub fn run(work: impl Work) {
    work.run::<Neon>();
}

impl Kernel for Neon {
    #[inline(always)]
    fn start<const N: usize>(key: [u8; 16], first: u64, wanted: usize) -> (Neon, Few<N>) {
        // SAFETY: the module's contract.
        let kernel = Neon { keys: unsafe { expand(key) } };
        let few = Few::of(&kernel.encrypt(counters_from::<N>(first / 2)), (first % 2) as usize, wanted);
        (kernel, few)
    }

    #[inline(always)]
    fn encrypt<const N: usize>(&self, counters: [Counter; N]) -> [Block; N] {
        // SAFETY: the module's contract. Any bits are a vector, a counter or a block, and all three have 16 bytes.
        unsafe {
            let blocks: [uint8x16_t; N] = transmute_copy(&counters);
            transmute_copy(&self.cipher(blocks))
        }
    }

    #[inline(always)]
    fn draw<O: Operation>(
        &self,
        operation: O,
        block: u64,
        chunks: &mut [[O::Place; CHUNK]],
        unsettled: &mut [u64],
        _ahead: usize,
    ) {
        // SAFETY: the module's contract.
        unsafe { self.draw_chunks(operation, block, chunks, unsettled) }
    }
}

impl Neon {
    #[inline(never)]
    #[target_feature(enable = "neon,aes")]
    fn draw_chunks<O: Operation>(
        &self,
        operation: O,
        mut block: u64,
        chunks: &mut [[O::Place; CHUNK]],
        unsettled: &mut [u64],
    ) {
        for (chunk, unsettled) in chunks.iter_mut().zip(unsettled) {
            *unsettled = 0;
            let (parts, _) = chunk.as_chunks_mut();
            for (n, places) in parts.iter_mut().enumerate() {
                *unsettled |= self.draw_part(operation, block, places) << (2 * ABREAST * n);
                block = block.wrapping_add(ABREAST as u64);
            }
        }
    }

    #[inline]
    #[target_feature(enable = "neon,aes")]
    fn draw_part<O: Operation>(&self, operation: O, block: u64, places: &mut [O::Place; 2 * ABREAST]) -> u64 {
        let counters = std::array::from_fn(|n| {
            let counter = vsetq_lane_u64::<0>(block.wrapping_add(n as u64), vdupq_n_u64(0));
            vreinterpretq_u8_u64(counter)
        });
        let words = self.cipher::<ABREAST>(counters);
        let highest = highest_bytes(words);
        // Through memory, because extracting a byte from a register takes two instructions, and is slow on most CPUs.
        let mut layers = [0; 2 * ABREAST];
        // SAFETY: sixteen bytes.
        unsafe { vst1q_u8(layers.as_mut_ptr(), highest) };
        let (pairs, _) = places.as_chunks_mut();
        for (n, (words, pair)) in words.into_iter().zip(pairs).enumerate() {
            let [first, second] = [0, 1].map(|place| SIGNED_WIDTH[usize::from(layers[2 * n + place])]);
            let widths = vcombine_f64(vdup_n_f64(first), vdup_n_f64(second));
            let shifted = vbslq_u64(vdupq_n_u64(UNIFORM_BITS), vreinterpretq_u64_u8(words), vdupq_n_u64(ONE));
            let uniform = vsubq_f64(vreinterpretq_f64_u64(shifted), vdupq_n_f64(BELOW_ONE));
            // SAFETY: two doubles.
            operation.apply_all::<2>(pair, unsafe { transmute::<float64x2_t, [f64; 2]>(vmulq_f64(uniform, widths)) });
        }
        residuals(highest)
    }

    #[inline]
    #[target_feature(enable = "neon,aes")]
    fn cipher<const N: usize>(&self, mut blocks: [uint8x16_t; N]) -> [uint8x16_t; N] {
        for key in &self.keys[..9] {
            blocks = blocks.map(|block| vaesmcq_u8(vaeseq_u8(block, *key)));
        }
        blocks.map(|block| veorq_u8(vaeseq_u8(block, self.keys[9]), self.keys[10]))
    }
}

/// The highest byte of each word, in order. It has sign and layer.
#[inline]
#[target_feature(enable = "neon")]
fn highest_bytes(words: [uint8x16_t; ABREAST]) -> uint8x16_t {
    let words = words.map(|word| vreinterpretq_u32_u8(word));
    let halves: [_; ABREAST / 2] = std::array::from_fn(|n| vuzp2q_u32(words[2 * n], words[2 * n + 1]));
    let halves = halves.map(|half| vreinterpretq_u16_u32(half));
    let quarters: [_; ABREAST / 4] = std::array::from_fn(|n| vuzp2q_u16(halves[2 * n], halves[2 * n + 1]));
    vuzp2q_u8(vreinterpretq_u8_u16(quarters[0]), vreinterpretq_u8_u16(quarters[1]))
}

/// A bit for each highest byte whose layer is not a box.
#[inline]
#[target_feature(enable = "neon")]
fn residuals(highest: uint8x16_t) -> u64 {
    const BIT: u64 = u64::from_le_bytes([1, 2, 4, 8, 16, 32, 64, 128]);
    let boxes = vtstq_u8(highest, vdupq_n_u8((BOX_BITS >> LAYER_SHIFT) as u8));
    let mut bits = vbicq_u8(vreinterpretq_u8_u64(vdupq_n_u64(BIT)), boxes);
    for _ in 0..3 {
        bits = vpaddq_u8(bits, bits);
    }
    u64::from(vgetq_lane_u16::<0>(vreinterpretq_u16_u8(bits)))
}

/// The eleven round keys (FIPS 197, section 5.2).
#[inline]
#[target_feature(enable = "neon,aes")]
fn expand(key: [u8; 16]) -> [uint8x16_t; 11] {
    let zero = vdupq_n_u8(0);
    // SAFETY: any bits are a vector.
    let mut round_key: uint8x16_t = unsafe { transmute(key) };
    // Takes the last word, rotated, to all four columns. ShiftRows does nothing if all columns are equal, so the round's
    // instruction is SubWord.
    let rotated = vreinterpretq_u8_u32(vdupq_n_u32(0x0c0f_0e0d));
    let mut constant = 1u32;
    std::array::from_fn(|round| {
        if round > 0 {
            let substituted = vaeseq_u8(vqtbl1q_u8(round_key, rotated), zero);
            let substituted = veorq_u8(substituted, vreinterpretq_u8_u32(vdupq_n_u32(constant)));
            // Every word plus all words before it.
            let pairs = veorq_u8(round_key, vextq_u8::<12>(zero, round_key));
            let sums = veorq_u8(pairs, vextq_u8::<8>(zero, pairs));
            round_key = veorq_u8(sums, substituted);
            // Times x in the field of AES.
            constant = (constant << 1) ^ ((constant >> 7) * 0x11b);
        }
        round_key
    })
}

const _: () = assert!(CHUNK % (2 * ABREAST) == 0 && ABREAST == 8);
