//! What differs between instruction sets: the blocks, and the map's first step on chunks of elements. All kernels give
//! the same bits.

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code)]
mod avx2;
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code)]
mod avx2_attempt;
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code)]
mod avx512;
pub mod environment;
#[cfg(target_arch = "aarch64")]
#[expect(unsafe_code)]
mod neon;
#[expect(unsafe_code)]
mod portable;
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code)]
mod x86_aes;

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU32, Ordering};

use super::map::first_word;
use super::residual::propose;

/// Elements in a chunk: one bit each in a word that says which are unsettled.
pub const CHUNK: usize = 64;

/// Blocks that the residual asks for at once.
pub const BATCH: usize = 16;

/// The most blocks at once where elements are drawn one by one: as many as hide how long an AES instruction takes, and enough for
/// sixteen elements from an odd index on.
pub const FEW: usize = 10;

/// What becomes a block, as two little-endian words.
pub type Counter = [u64; 2];
pub type Block = [u64; 2];
pub type Chunk = [MaybeUninit<f64>; CHUNK];

/// The elements of a few blocks. A bit of `unsettled` means what it means in [`Kernel::draw`].
pub struct Few<const N: usize> {
    pub values: [[f64; 2]; N],
    pub unsettled: u64,
}

impl<const N: usize> Few<N> {
    /// The map's first step for `wanted` of these words, those after the first `skip`.
    #[inline(always)]
    fn of(blocks: &[Block; N], skip: usize, wanted: usize) -> Few<N> {
        let mut few = Few { values: [[0.0; 2]; N], unsettled: 0 };
        let words = &blocks.as_flattened()[skip..];
        for (n, (value, &word)) in few.values.as_flattened_mut().iter_mut().zip(words).take(wanted).enumerate() {
            let missed;
            (*value, missed) = first_word(word);
            few.unsettled |= u64::from(missed) << n;
        }
        few
    }
}

/// Of the first blocks from `block` on.
#[inline(always)]
fn counters_from<const N: usize>(block: u64) -> [Counter; N] {
    std::array::from_fn(|n| [block.wrapping_add(n as u64), 0])
}

/// AES-128 under one key, and the map's first step.
pub trait Kernel: Sized {
    /// The kernel under a key, and the elements from `first` on, at least `wanted` of them, which N blocks have: as
    /// [`Kernel::few`], but beside the key schedule they cost little.
    fn start<const N: usize>(key: [u8; 16], first: u64, wanted: usize) -> (Self, Few<N>);

    /// Draws the elements from 2 `block` on, at least `wanted` of them, which N blocks have, [`FEW`] at most.
    #[inline(always)]
    fn few<const N: usize>(&self, block: u64, wanted: usize) -> Few<N> {
        Few::of(&self.encrypt(counters_from::<N>(block)), 0, wanted)
    }

    fn encrypt<const N: usize>(&self, counters: [Counter; N]) -> [Block; N];

    /// An attempt for each counter: the value, or `UNSETTLED` and a bit if it is not accepted.
    #[inline(always)]
    fn attempt_batch(&self, counters: &[Counter; BATCH]) -> ([f64; BATCH], u32) {
        propose(&self.encrypt(*counters))
    }

    /// The same for the few that are over in the end.
    #[inline(always)]
    fn attempt_four(&self, counters: &[Counter; 4]) -> ([f64; 4], u32) {
        propose(&self.encrypt(*counters))
    }

    /// Draws the elements from 2 `block` on, a chunk for each word of `unsettled`. A bit set there means that the
    /// element of that number in its chunk is unsettled; what stands in its place then is `UNSETTLED`.
    ///
    /// `place` is where the caller has these elements in the end: a kernel may prefetch what lies ahead of it. Any address will
    /// do.
    fn draw<'a>(
        &self,
        block: u64,
        chunks: &'a mut [Chunk],
        unsettled: &mut [u64],
        place: *const f64,
    ) -> &'a [[f64; CHUNK]];
}

/// What can be done with any kernel.
pub trait Work {
    fn run<K: Kernel>(self, key: [u8; 16]);
}

/// The kernels that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// AVX-512 with VAES.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// AVX2 with VAES.
    #[cfg(target_arch = "x86_64")]
    Avx2Vaes,
    /// AVX2 with AES-NI.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// NEON with the AES extension.
    #[cfg(target_arch = "aarch64")]
    Neon,
    /// Any CPU.
    Portable,
}

impl Kind {
    /// All of them, the faster ones first.
    pub const ALL: &[Kind] = &[
        #[cfg(target_arch = "x86_64")]
        Kind::Avx512,
        #[cfg(target_arch = "x86_64")]
        Kind::Avx2Vaes,
        #[cfg(target_arch = "x86_64")]
        Kind::Avx2,
        #[cfg(target_arch = "aarch64")]
        Kind::Neon,
        Kind::Portable,
    ];

    /// The fastest that this CPU can run.
    #[inline]
    pub fn best() -> Kind {
        Kind::ALL.get(available().trailing_zeros() as usize).copied().unwrap_or(Kind::Portable)
    }

    /// Whether this CPU can run it.
    #[inline]
    pub fn is_available(&self) -> bool {
        available() >> *self as u32 & 1 != 0
    }

    /// Asks the CPU.
    fn detect(&self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => avx512::is_available(),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2Vaes => avx2::is_available() && std::arch::is_x86_feature_detected!("vaes"),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => avx2::is_available(),
            #[cfg(target_arch = "aarch64")]
            Kind::Neon => neon::is_available(),
            Kind::Portable => true,
        }
    }

    /// Does the work with this kernel under this key; with the portable one if this CPU cannot run it.
    #[allow(unsafe_code)]
    pub fn run(self, key: [u8; 16], work: impl Work) {
        // SAFETY, for each: the CPU has the instructions, as the guard has just found.
        match self {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Kind::Avx512 if self.is_available() => unsafe { avx512::run(key, work) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Kind::Avx2Vaes if self.is_available() => unsafe { avx2::run_vaes(key, work) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Kind::Avx2 if self.is_available() => unsafe { avx2::run_aes_ni(key, work) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: as above.
            Kind::Neon if self.is_available() => unsafe { neon::run(key, work) },
            _ => portable::run(key, work),
        }
    }
}

/// A bit for each kind that this CPU can run, by its place in [`Kind::ALL`], which is its number. The standard library remembers
/// each feature by itself, and to ask for a dozen takes as long as a few elements.
#[inline]
fn available() -> u32 {
    /// 0 is not asked yet.
    static AVAILABLE: AtomicU32 = AtomicU32::new(0);

    #[cold]
    fn ask() -> u32 {
        let found = Kind::ALL.iter().filter(|kind| kind.detect()).fold(0, |bits, kind| bits | 1 << *kind as u32);
        AVAILABLE.store(found, Ordering::Relaxed);
        found
    }

    match AVAILABLE.load(Ordering::Relaxed) {
        0 => ask(),
        found => found,
    }
}

/// Chunks that have been drawn.
///
/// # Safety
/// They have been, all of them.
#[expect(unsafe_code)]
unsafe fn drawn(chunks: &[Chunk]) -> &[[f64; CHUNK]] {
    // SAFETY: the layouts are equal, and the caller has written every element.
    unsafe { &*(chunks as *const [Chunk] as *const [[f64; CHUNK]]) }
}

/// The same memory, for code that only ever writes doubles to it.
#[expect(unsafe_code)]
pub fn as_unwritten(values: &mut [f64]) -> &mut [MaybeUninit<f64>] {
    // SAFETY: the layouts are equal. This is private to the noise, which writes nothing but doubles to such memory, so
    // that it stays initialised.
    unsafe { &mut *(values as *mut [f64] as *mut [MaybeUninit<f64>]) }
}
