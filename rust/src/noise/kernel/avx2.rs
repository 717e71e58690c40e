//! The kernels for AVX2, with four elements in a register. VAES does two blocks at a time, AES-NI one.
//!
//! Two things limit the speed: AES instructions, of which the CPU does two a cycle, and the loads of the look-ups. They use
//! different parts of the CPU. So elements are drawn in units of 32, whose blocks fit in registers, and one unit's words are
//! mapped between the AES rounds of the next unit. The compiler would separate rounds and look-ups again. It keeps blocks of
//! assembly in their order, so both are written as such blocks, and the compiler places the rest around them.
//!
//! Contract: the functions here need AVX2 and AES-NI, and also VAES if `VAES` is true. They can be entered only through
//! [`run_vaes`] and [`run_aes_ni`], and an `Avx2` exists only inside these.

use std::arch::x86_64::*;
use std::arch::{asm, is_x86_feature_detected};
use std::mem::{MaybeUninit, transmute};

use super::super::map::{BOX_BITS, SIGNED_WIDTH};
use super::super::operation::{Fill, Operation};
use super::{BATCH, Block, CHUNK, Counter, Few, Kernel, MOST_FIRST, Work, avx2_attempt, x86_aes};

/// Elements in a unit.
const UNIT: usize = 32;

/// A unit's words. They are in memory, because the look-ups read single bytes of them.
type Words = MaybeUninit<[__m256i; 8]>;

struct Avx2<const VAES: bool> {
    keys: [__m128i; 11],
}

pub fn is_available() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("aes")
}

/// Does the work. All of it is compiled for these instructions.
#[target_feature(enable = "avx2,aes,vaes")]
pub fn run_vaes(work: impl Work) {
    work.run::<Avx2<true>>();
}

/// The same without VAES.
#[target_feature(enable = "avx2,aes")]
pub fn run_aes_ni(work: impl Work) {
    work.run::<Avx2<false>>();
}

impl<const VAES: bool> Kernel for Avx2<VAES> {
    const AHEAD: usize = 16 * 1024;

    #[inline(always)]
    fn start<const N: usize>(key: [u8; 16], first: u64, wanted: usize) -> (Self, Few<N>) {
        // SAFETY: the module's contract.
        unsafe {
            let (keys, blocks) = x86_aes::start::<N>(key, first / 2);
            (Avx2 { keys }, few_of(blocks, first, wanted))
        }
    }

    #[inline(always)]
    fn few(&self, counters: &[Counter; BATCH]) -> Few<BATCH> {
        // SAFETY: the module's contract.
        unsafe { self.few_of_batch(counters) }
    }

    #[inline(always)]
    fn encrypt<const N: usize>(&self, counters: [Counter; N]) -> [Block; N] {
        // SAFETY: the module's contract.
        unsafe { x86_aes::encrypt(&self.keys, counters) }
    }

    #[inline(always)]
    fn attempt_batch(&self, counters: &[Counter; BATCH]) -> ([f64; BATCH], u32) {
        // SAFETY: the module's contract.
        unsafe { self.sixteen(counters) }
    }

    #[inline(always)]
    fn attempt_four(&self, counters: &[Counter; 4]) -> ([f64; 4], u32) {
        // SAFETY: the module's contract.
        unsafe { self.four(counters) }
    }

    #[inline(always)]
    fn draw<O: Operation>(
        &self,
        operation: O,
        block: u64,
        chunks: &mut [[O::Place; CHUNK]],
        unsettled: &mut [u64],
        ahead: usize,
    ) {
        // SAFETY: the module's contract.
        unsafe { self.draw_chunks(operation, block, chunks, unsettled, ahead) }
    }
}

/// One round of AES for eight registers of blocks.
macro_rules! round {
    ($instruction:literal, $class:ident, $blocks:ident, $key:expr) => {
        asm!(
            concat!($instruction, " {0}, {0}, {8}"),
            concat!($instruction, " {1}, {1}, {8}"),
            concat!($instruction, " {2}, {2}, {8}"),
            concat!($instruction, " {3}, {3}, {8}"),
            concat!($instruction, " {4}, {4}, {8}"),
            concat!($instruction, " {5}, {5}, {8}"),
            concat!($instruction, " {6}, {6}, {8}"),
            concat!($instruction, " {7}, {7}, {8}"),
            inout($class) $blocks[0], inout($class) $blocks[1], inout($class) $blocks[2], inout($class) $blocks[3],
            inout($class) $blocks[4], inout($class) $blocks[5], inout($class) $blocks[6], inout($class) $blocks[7],
            in($class) $key, options(nomem, nostack, preserves_flags),
        )
    };
}

/// An unrolled loop. Whether the compiler would unroll it depends on its body.
macro_rules! unrolled {
    ($name:ident in $($number:literal)* => $body:block) => {
        $({
            let $name: usize = $number;
            $body
        })*
    };
}

impl<const VAES: bool> Avx2<VAES> {
    #[inline(never)]
    #[target_feature(enable = "avx2,aes")]
    fn sixteen(&self, counters: &[Counter; BATCH]) -> ([f64; BATCH], u32) {
        // SAFETY: any bits are blocks.
        avx2_attempt::propose::<BATCH, 4>(&unsafe {
            transmute::<[__m256i; BATCH / 2], [Block; BATCH]>(self.pairs(counters))
        })
    }

    #[inline(never)]
    #[target_feature(enable = "avx2,aes")]
    fn few_of_batch(&self, counters: &[Counter; BATCH]) -> Few<BATCH> {
        let pairs = self.pairs(counters);
        let words = Words::new(pairs);
        let mut few = Few { values: [[0.0; 2]; BATCH], unsettled: u64::from(unsettled_of_pairs(&pairs)) };
        for n in 0..8 {
            // SAFETY: the n-th register of words, and the n-th four elements.
            unsafe { map_four(&words, n, Fill::<f64>::default(), few.values.as_mut_ptr().cast()) };
        }
        few
    }

    /// A batch of blocks, two in a register.
    #[inline]
    #[target_feature(enable = "avx2,aes")]
    fn pairs(&self, counters: &[Counter; BATCH]) -> [__m256i; BATCH / 2] {
        let from = counters.as_ptr();
        let mut pairs = [_mm256_setzero_si256(); BATCH / 2];
        // SAFETY: counters and blocks have sixteen bytes each.
        unsafe {
            if VAES {
                for (n, pair) in pairs.iter_mut().enumerate() {
                    *pair = _mm256_xor_si256(_mm256_loadu_si256(from.add(2 * n).cast()), self.twice(0));
                }
                for n in 1..10 {
                    round!("vaesenc", ymm_reg, pairs, self.twice(n));
                }
                round!("vaesenclast", ymm_reg, pairs, self.twice(10));
            } else {
                let to: *mut Block = pairs.as_mut_ptr().cast();
                for half in [0, BATCH / 2] {
                    let counters: [Counter; BATCH / 2] = *from.add(half).cast();
                    *to.add(half).cast() = x86_aes::encrypt(&self.keys, counters);
                }
            }
        }
        pairs
    }

    #[inline(never)]
    #[target_feature(enable = "avx2,aes")]
    fn four(&self, counters: &[Counter; 4]) -> ([f64; 4], u32) {
        avx2_attempt::propose::<4, 1>(&x86_aes::encrypt(&self.keys, *counters))
    }

    /// A round key.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn once(&self, round: usize) -> __m128i {
        self.keys[round]
    }

    /// The same for both blocks of a register.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn twice(&self, round: usize) -> __m256i {
        _mm256_broadcastsi128_si256(self.keys[round])
    }

    #[inline(never)]
    #[target_feature(enable = "avx2,aes")]
    fn draw_chunks<O: Operation>(
        &self,
        operation: O,
        mut block: u64,
        chunks: &mut [[O::Place; CHUNK]],
        unsettled: &mut [u64],
        ahead: usize,
    ) {
        let mut words = Words::uninit();
        let units = chunks.len() * CHUNK / UNIT;
        let mut places: *mut O::Place = chunks.as_mut_ptr().cast();
        let mut masks: *mut u32 = unsettled.as_mut_ptr().cast();
        // SAFETY: as many places and masks as there are units.
        unsafe {
            let mut missed = self.step::<false, O>(&mut words, block, operation, places);
            for _ in 1..units {
                block = block.wrapping_add(UNIT as u64 / 2);
                prefetch(places, ahead);
                *masks = missed;
                missed = self.step::<true, O>(&mut words, block, operation, places);
                masks = masks.add(1);
                places = places.add(UNIT);
            }
            *masks = missed;
            for n in 0..8 {
                map_four(&words, n, operation, places);
            }
        }
    }

    /// Draws the words of sixteen blocks, and returns which of their elements are unsettled. If MAP, maps the previous content of
    /// `words` to `places`.
    #[inline]
    #[target_feature(enable = "avx2,aes")]
    unsafe fn step<const MAP: bool, O: Operation>(
        &self,
        words: &mut Words,
        block: u64,
        operation: O,
        places: *mut O::Place,
    ) -> u32 {
        let place: *mut __m128i = words.as_mut_ptr().cast();
        // SAFETY: the caller's places; eight registers of words.
        unsafe {
            if VAES {
                let first = _mm256_set_epi64x(0, block as i64, 0, block as i64);
                let mut pairs = [first; 8];
                for (n, pair) in pairs.iter_mut().enumerate() {
                    let n = 2 * n as i64;
                    *pair = _mm256_xor_si256(_mm256_add_epi64(first, _mm256_set_epi64x(0, n + 1, 0, n)), self.twice(0));
                }
                unrolled!(round in 1 2 3 4 5 6 7 8 9 => {
                    round!("vaesenc", ymm_reg, pairs, self.twice(round));
                    if MAP && round <= 8 {
                        map_four(words, round - 1, operation, places);
                    }
                });
                round!("vaesenclast", ymm_reg, pairs, self.twice(10));
                for (n, pair) in pairs.iter().enumerate() {
                    _mm256_store_si256(place.add(2 * n).cast(), *pair);
                }
                return unsettled_of_pairs(&pairs);
            }
            let mut unsettled = 0;
            unrolled!(half in 0 1 => {
                let first = _mm_cvtsi64_si128(block.wrapping_add(8 * half as u64) as i64);
                let mut blocks = [first; 8];
                for (n, state) in blocks.iter_mut().enumerate() {
                    *state = _mm_xor_si128(_mm_add_epi64(first, _mm_set_epi64x(0, n as i64)), self.once(0));
                }
                unrolled!(round in 1 2 3 4 5 6 7 8 9 => {
                    round!("vaesenc", xmm_reg, blocks, self.once(round));
                    if MAP && round.is_multiple_of(2) {
                        map_four(words, (4 * half + round / 2).wrapping_sub(1), operation, places);
                    }
                });
                round!("vaesenclast", xmm_reg, blocks, self.once(10));
                for (n, state) in blocks.iter().enumerate() {
                    _mm_store_si128(place.add(8 * half + n), *state);
                }
                unsettled |= unsettled_of_blocks(&blocks) << (16 * half);
            });
            unsettled
        }
    }
}

/// Drops the first word and moves the others forward by one. This is done in registers, not when the elements are copied: a load
/// that needs parts of two stores waits until both have left the store buffer.
#[inline]
#[target_feature(enable = "avx2")]
fn without_first_word<const N: usize>(mut blocks: [__m128i; N]) -> [__m128i; N] {
    for n in 0..N {
        let next = if n + 1 < N { blocks[n + 1] } else { _mm_setzero_si128() };
        blocks[n] = _mm_alignr_epi8::<8>(next, blocks[n]);
    }
    blocks
}

/// The map's first step for the words of a few blocks, from that of index `first` on.
#[inline]
#[target_feature(enable = "avx2")]
fn few_of<const N: usize>(mut blocks: [__m128i; N], first: u64, wanted: usize) -> Few<N> {
    const { assert!(N.is_multiple_of(2) && N <= MOST_FIRST) };
    if first % 2 == 1 {
        blocks = without_first_word(blocks);
    }
    let mut few = Few { values: [[0.0; 2]; N], unsettled: 0 };
    let mut words = Words::uninit();
    for n in 0..N / 2 {
        if 4 * n >= wanted {
            break;
        }
        // One store, because one load reads it. A load of two smaller stores would have to wait.
        let four = _mm256_set_m128i(blocks[2 * n + 1], blocks[2 * n]);
        // SAFETY: the n-th register of words, and the n-th four elements.
        unsafe {
            words.as_mut_ptr().cast::<__m256i>().add(n).write(four);
            map_four(&words, n, Fill::<f64>::default(), few.values.as_mut_ptr().cast());
        }
    }
    let eight = |from| std::array::from_fn(|n| if from + n < N { blocks[from + n] } else { _mm_setzero_si128() });
    few.unsettled = u64::from(unsettled_of_blocks(&eight(0)));
    if N > 8 {
        few.unsettled |= u64::from(unsettled_of_blocks(&eight(8))) << 16;
    }
    few
}

/// The map's first step for the four words of register `n`, to the unit's places.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn map_four<O: Operation>(words: &Words, n: usize, operation: O, places: *mut O::Place) {
    let (word, widths): (__m256i, __m256d);
    // SAFETY: four words, whose uppermost bytes index the 256 widths; and the caller's places.
    unsafe {
        // Four loads and three blends. Joining halves of registers would use the ports that AES needs, and security fixes have
        // made gathers slow on many CPUs.
        asm!(
            "movzx {i:e}, byte ptr [{words} + 7]",
            "movzx {j:e}, byte ptr [{words} + 15]",
            "vbroadcastsd {low}, qword ptr [{table} + 8*{i}]",
            "vbroadcastsd {other}, qword ptr [{table} + 8*{j}]",
            "movzx {i:e}, byte ptr [{words} + 23]",
            "movzx {j:e}, byte ptr [{words} + 31]",
            "vblendpd {low}, {low}, {other}, 2",
            "vbroadcastsd {high}, qword ptr [{table} + 8*{i}]",
            "vbroadcastsd {other}, qword ptr [{table} + 8*{j}]",
            "vblendpd {high}, {high}, {other}, 8",
            "vblendpd {low}, {low}, {high}, 12",
            "vmovdqa {other}, [{words}]",
            words = in(reg) words.as_ptr().cast::<__m256i>().add(n),
            table = in(reg) SIGNED_WIDTH.as_ptr(),
            i = out(reg) _,
            j = out(reg) _,
            low = out(ymm_reg) widths,
            high = out(ymm_reg) _,
            other = out(ymm_reg) word,
            options(readonly, nostack, preserves_flags),
        );
        let values = _mm256_mul_pd(avx2_attempt::uniform(word), widths);
        operation.apply_all::<4>(&mut *places.add(4 * n).cast(), transmute::<__m256d, [f64; 4]>(values));
    }
}

/// A bit for each word whose layer is not a box.
#[inline]
#[target_feature(enable = "avx2")]
fn unsettled_of_pairs(words: &[__m256i; 8]) -> u32 {
    let box_bits = _mm256_set1_epi32((BOX_BITS >> 32) as i32);
    let upper = |n: usize| {
        let (a, b) = (_mm256_castsi256_ps(words[n]), _mm256_castsi256_ps(words[n + 1]));
        _mm256_and_si256(_mm256_castps_si256(_mm256_shuffle_ps::<0b11_01_11_01>(a, b)), box_bits)
    };
    // Saturation to bytes keeps a number that is not 0 different from 0.
    let shorts = [_mm256_packs_epi32(upper(0), upper(2)), _mm256_packs_epi32(upper(4), upper(6))];
    let bytes = _mm256_packs_epi16(shorts[0], shorts[1]);
    // The lower half has two elements of each register, the upper half the other two. This restores their order.
    let quarters = _mm256_permute4x64_epi64::<0b11_01_10_00>(bytes);
    #[rustfmt::skip]
    let order = _mm256_setr_epi8(
        0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15,
        0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15,
    );
    let missed = _mm256_cmpeq_epi8(_mm256_shuffle_epi8(quarters, order), _mm256_setzero_si256());
    let mask;
    // SAFETY: a move between registers. It is assembly so that it stays here. The compiler would move it to where the mask is
    // used, and spill the words till then.
    unsafe { asm!("vpmovmskb {:e}, {}", out(reg) mask, in(ymm_reg) missed, options(nomem, nostack, preserves_flags)) };
    mask
}

/// The same for eight blocks, each in a register of its own.
#[inline]
#[target_feature(enable = "avx2")]
fn unsettled_of_blocks(blocks: &[__m128i; 8]) -> u32 {
    let box_bits = _mm_set1_epi32((BOX_BITS >> 32) as i32);
    let upper = |n: usize| {
        let (a, b) = (_mm_castsi128_ps(blocks[n]), _mm_castsi128_ps(blocks[n + 1]));
        _mm_and_si128(_mm_castps_si128(_mm_shuffle_ps::<0b11_01_11_01>(a, b)), box_bits)
    };
    let shorts = [_mm_packs_epi32(upper(0), upper(2)), _mm_packs_epi32(upper(4), upper(6))];
    let missed = _mm_cmpeq_epi8(_mm_packs_epi16(shorts[0], shorts[1]), _mm_setzero_si128());
    let mask;
    // SAFETY: as above.
    unsafe { asm!("vpmovmskb {:e}, {}", out(reg) mask, in(xmm_reg) missed, options(nomem, nostack, preserves_flags)) };
    mask
}

/// Prefetches a unit's cache lines `ahead` bytes after these places, for writing. A CPU that has AVX2 but not this instruction
/// executes it as a `nop`.
#[inline]
fn prefetch<P>(places: *const P, ahead: usize) {
    for line in 0..UNIT * size_of::<P>() / 64 {
        let place = places.wrapping_byte_add(ahead + 64 * line);
        // SAFETY: a hint, for any address.
        unsafe { asm!("prefetchw [{}]", in(reg) place, options(nostack, preserves_flags)) };
    }
}

const _: () = assert!(CHUNK == 2 * UNIT && cfg!(target_endian = "little"));
