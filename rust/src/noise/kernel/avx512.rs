//! The kernel for AVX-512 with VAES. A register holds four blocks, which are eight elements.
//!
//! Contract: the functions here need the CPU features that `is_available` asks for. They can be entered only through [`run`], and
//! an `Avx512` exists only inside it.

use std::arch::is_x86_feature_detected;
use std::arch::x86_64::*;
use std::mem::{transmute, transmute_copy};

use super::super::map::{BELOW_ONE, BOX_BITS, LAYER_SHIFT, ONE, SIGN_BIT, UNIFORM_BITS};
use super::super::operation::Operation;
use super::super::tables::WIDTH;
use super::{BATCH, Block, CHUNK, Counter, Few, Kernel, Work, x86_aes};

/// Eight registers of four blocks: a chunk's words.
type Words = [__m512i; 8];

/// The upper halves of the widths. All of them fit in registers. A permutation looks up sixteen at once in two of these.
type Table = [__m512i; WIDTH.len() / 16];

struct Avx512 {
    /// Each round key four times.
    keys: [__m512i; 11],
}

pub fn is_available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("aes")
        && is_x86_feature_detected!("vaes")
}

/// Does the work. All of it is compiled for these instructions.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,bmi2,aes,vaes")]
pub fn run(work: impl Work) {
    work.run::<Avx512>();
}

impl Kernel for Avx512 {
    const AHEAD: usize = 4096;

    #[inline(always)]
    fn start<const N: usize>(key: [u8; 16], first: u64, wanted: usize) -> (Avx512, Few<N>) {
        // SAFETY: the module's contract.
        unsafe {
            let (keys, blocks) = x86_aes::start::<N>(key, first / 2);
            let blocks = transmute_copy::<[__m128i; N], [Block; N]>(&blocks);
            (Avx512::new(keys), Few::of(&blocks, (first % 2) as usize, wanted))
        }
    }

    #[inline(always)]
    fn encrypt<const N: usize>(&self, counters: [Counter; N]) -> [Block; N] {
        // SAFETY: the module's contract; and any bits are a vector, a counter or a block.
        unsafe {
            if N == BATCH {
                let blocks: [__m512i; BATCH / 4] = transmute_copy::<[Counter; N], _>(&counters);
                return transmute_copy::<[__m512i; BATCH / 4], [Block; N]>(&self.cipher(blocks));
            }
            self.encrypt_few(counters)
        }
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

impl Avx512 {
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,bmi2,aes,vaes")]
    fn new(keys: [__m128i; 11]) -> Avx512 {
        Avx512 { keys: keys.map(|round_key| _mm512_broadcast_i32x4(round_key)) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,bmi2,aes,vaes")]
    fn encrypt_few<const N: usize>(&self, counters: [Counter; N]) -> [Block; N] {
        x86_aes::encrypt(&self.keys.map(|round_key| _mm512_castsi512_si128(round_key)), counters)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,bmi2,aes,vaes")]
    fn draw_chunks<O: Operation>(
        &self,
        operation: O,
        mut block: u64,
        chunks: &mut [[O::Place; CHUNK]],
        unsettled: &mut [u64],
        ahead: usize,
    ) {
        // SAFETY: any bits are a vector.
        let table: Table = unsafe { transmute(WIDTH) };
        let mut words = self.words(block);
        let mut left = chunks.len();
        for (chunk, unsettled) in chunks.iter_mut().zip(unsettled) {
            let now = words;
            left -= 1;
            // The CPU encrypts the next chunk's blocks while it looks up this one's words, because the two use different ports.
            if left > 0 {
                block = block.wrapping_add(CHUNK as u64 / 2);
                words = self.words(block);
            }
            let soon: *const i8 = chunk.as_ptr().cast::<i8>().wrapping_add(ahead);
            for line in 0..size_of_val(chunk) / 64 {
                _mm_prefetch::<_MM_HINT_T0>(soon.wrapping_add(64 * line));
            }
            *unsettled = map(&table, &now, operation, chunk);
        }
    }

    /// Block(`block`, 0) and its successors.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,bmi2,aes,vaes")]
    fn words(&self, block: u64) -> Words {
        let first = _mm512_maskz_set1_epi64(0b0101_0101, block as i64);
        self.cipher(std::array::from_fn(|n| {
            let n = 4 * n as i64;
            _mm512_add_epi64(first, _mm512_set_epi64(0, n + 3, 0, n + 2, 0, n + 1, 0, n))
        }))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,bmi2,aes,vaes")]
    fn cipher<const N: usize>(&self, mut blocks: [__m512i; N]) -> [__m512i; N] {
        blocks = blocks.map(|block| _mm512_xor_si512(block, self.keys[0]));
        for key in &self.keys[1..10] {
            blocks = blocks.map(|block| _mm512_aesenc_epi128(block, *key));
        }
        blocks.map(|block| _mm512_aesenclast_epi128(block, self.keys[10]))
    }
}

/// The map's first step for a chunk.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,bmi2,aes,vaes")]
fn map<O: Operation>(table: &Table, words: &Words, operation: O, chunk: &mut [O::Place; CHUNK]) -> u64 {
    const UPPER_HALVES: __mmask16 = 0xaaaa;
    const LAYER_IN_HALF: u32 = LAYER_SHIFT - 32;
    let mut missed = [0; 4];
    for n in 0..4 {
        // One look-up serves two registers: the layers of the early words are in the upper halves, those of the late words in the
        // lower halves. A permutation uses the lowest five bits.
        let (early, late) = (words[n], words[n + 4]);
        let layers = _mm512_srli_epi64::<LAYER_SHIFT>(late);
        let layers = _mm512_mask_srli_epi32::<LAYER_IN_HALF>(layers, UPPER_HALVES, early);
        let look_up = |n: usize| _mm512_permutex2var_epi32(table[2 * n], layers, table[2 * n + 1]);
        let bit = |bit: i32| _mm512_test_epi32_mask(layers, _mm512_set1_epi32(bit));
        let low = _mm512_mask_blend_epi32(bit(32), look_up(0), look_up(1));
        let high = _mm512_mask_blend_epi32(bit(32), look_up(2), look_up(3));
        let widths = _mm512_mask_blend_epi32(bit(64), low, high);
        missed[n] = _mm512_testn_epi32_mask(layers, _mm512_set1_epi32((BOX_BITS >> LAYER_SHIFT) as i32));

        for (word, widths, line) in
            [(early, _mm512_maskz_mov_epi32(UPPER_HALVES, widths), n), (late, _mm512_slli_epi64::<32>(widths), n + 4)]
        {
            // word & UNIFORM_BITS | ONE, and below x | word & SIGN_BIT.
            let uniform_bits = _mm512_set1_epi64(UNIFORM_BITS as i64);
            let shifted = _mm512_ternarylogic_epi64::<0xea>(word, uniform_bits, _mm512_set1_epi64(ONE as i64));
            let uniform = _mm512_sub_pd(_mm512_castsi512_pd(shifted), _mm512_set1_pd(BELOW_ONE));
            let x = _mm512_castpd_si512(_mm512_mul_pd(uniform, _mm512_castsi512_pd(widths)));
            let x = _mm512_ternarylogic_epi64::<0xf8>(x, word, _mm512_set1_epi64(SIGN_BIT as i64));
            let (places, _) = chunk.as_chunks_mut();
            // SAFETY: eight doubles.
            operation.apply_all::<8>(&mut places[line], unsafe { transmute::<__m512i, [f64; 8]>(x) });
        }
    }
    // The odd bits of the masks belong to the early words, the even bits to the late words.
    let low = _mm512_kunpackw(missed[1].into(), missed[0].into());
    let high = _mm512_kunpackw(missed[3].into(), missed[2].into());
    let all = _mm512_kunpackd(high.into(), low.into());
    _pext_u64(all, 0xaaaa_aaaa_aaaa_aaaa) | _pext_u64(all, 0x5555_5555_5555_5555) << 32
}
