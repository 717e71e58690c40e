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
mod portable;
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code)]
mod x86_aes;

use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU32, Ordering};

use super::map::first_word;
use super::operation::{Fill, Operation};
use super::residual::propose;

/// Elements in a chunk. A word has a bit for each of them, which tells whether it is unsettled.
pub const CHUNK: usize = 64;

/// Blocks that are drawn at once where they are not consecutive, or too few for a chunk.
pub const BATCH: usize = 16;

/// The most blocks beside the key schedule. They hide the latency of AES instructions, and hold sixteen elements, also from an
/// odd index on.
pub const MOST_FIRST: usize = 10;

/// The plaintext of a block, as two little-endian words.
pub type Counter = [u64; 2];
pub type Block = [u64; 2];
/// The elements of a few blocks. `unsettled` has a bit for each, as in [`Kernel::draw`].
pub struct Few<const N: usize> {
    pub values: [[f64; 2]; N],
    pub unsettled: u64,
}

impl<const N: usize> Few<N> {
    /// The map's first step for `wanted` of these words, after the first `skip` words.
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

/// The counters of N consecutive blocks from `block` on.
#[inline(always)]
pub fn counters_from<const N: usize>(block: u64) -> [Counter; N] {
    std::array::from_fn(|n| [block.wrapping_add(n as u64), 0])
}

/// AES-128 under one key, and the map's first step.
pub trait Kernel: Sized {
    /// How far ahead of its writes the kernel prefetches memory, in bytes.
    const AHEAD: usize = 0;

    /// The kernel under a key, and the first `wanted` elements or more from `first` on. They fit in N blocks, at most
    /// [`MOST_FIRST`]. Computed beside the key schedule they cost little.
    fn start<const N: usize>(key: [u8; 16], first: u64, wanted: usize) -> (Self, Few<N>);

    /// The elements of a batch of blocks, which need not be consecutive.
    #[inline(always)]
    fn few(&self, counters: &[Counter; BATCH]) -> Few<BATCH> {
        Few::of(&self.encrypt(*counters), 0, 2 * BATCH)
    }

    fn encrypt<const N: usize>(&self, counters: [Counter; N]) -> [Block; N];

    /// Makes an attempt for each counter. Returns the values, and a bit for each attempt that is not accepted, whose value is
    /// `UNSETTLED`.
    #[inline(always)]
    fn attempt_batch(&self, counters: &[Counter; BATCH]) -> ([f64; BATCH], u32) {
        propose(&self.encrypt(*counters))
    }

    /// The same for the few that are left at the end.
    #[inline(always)]
    fn attempt_four(&self, counters: &[Counter; 4]) -> ([f64; 4], u32) {
        propose(&self.encrypt(*counters))
    }

    /// Draws the elements from 2 `block` on, a chunk for each word of `unsettled`, and does the operation with each. Bit n of a
    /// word is set if element n of its chunk is unsettled; the operation was then done with `UNSETTLED`. The kernel may prefetch
    /// memory `ahead` bytes after each place; any number is safe.
    fn draw<O: Operation>(
        &self,
        operation: O,
        block: u64,
        chunks: &mut [[O::Place; CHUNK]],
        unsettled: &mut [u64],
        ahead: usize,
    );

    /// Draws one chunk into `memory`. Returns its values, and which of them are unsettled.
    #[inline(always)]
    fn chunk<'a>(&self, block: u64, memory: &'a mut [[MaybeUninit<f64>; CHUNK]; 1]) -> (&'a [f64; CHUNK], u64) {
        let mut unsettled = [0];
        self.draw(Fill::<f64>::default(), block, memory, &mut unsettled, 0);
        // SAFETY: the layouts are equal, and all are written.
        #[expect(unsafe_code)]
        let values = unsafe { &*memory.as_ptr().cast() };
        (values, unsettled[0])
    }
}

/// Work that can be done with any kernel.
pub trait Work {
    fn run<K: Kernel>(self);
}

/// The kernels of this architecture.
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

    /// The fastest kernel that this CPU can run.
    #[inline]
    pub fn best() -> Kind {
        Kind::ALL.get(available().trailing_zeros() as usize).copied().unwrap_or(Kind::Portable)
    }

    /// The names of the instructions that it uses.
    pub fn name(self) -> &'static CStr {
        match self {
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => c"AVX-512, VAES",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2Vaes => c"AVX2, VAES",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => c"AVX2, AES-NI",
            #[cfg(target_arch = "aarch64")]
            Kind::Neon => c"NEON, AES",
            Kind::Portable => c"portable",
        }
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

    /// For tests: one block by this kernel's AES-128.
    pub fn encrypt(self, key: [u8; 16], counter: Counter) -> Block {
        struct Encrypt<'a>([u8; 16], Counter, &'a mut Block);

        impl Work for Encrypt<'_> {
            #[inline(always)]
            fn run<K: Kernel>(self) {
                let (kernel, _) = K::start::<2>(self.0, 0, 0);
                [*self.2] = kernel.encrypt([self.1]);
            }
        }

        let mut block = [0; 2];
        self.run(Encrypt(key, counter, &mut block));
        block
    }

    /// Does the work with this kernel; with the portable one if this CPU cannot run it.
    #[allow(unsafe_code)]
    pub fn run(self, work: impl Work) {
        // SAFETY, for each: the CPU has the instructions, as the guard has just found.
        match self {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Kind::Avx512 if self.is_available() => unsafe { avx512::run(work) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Kind::Avx2Vaes if self.is_available() => unsafe { avx2::run_vaes(work) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Kind::Avx2 if self.is_available() => unsafe { avx2::run_aes_ni(work) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: as above.
            Kind::Neon if self.is_available() => unsafe { neon::run(work) },
            _ => portable::run(work),
        }
    }
}

/// A bit for each kind that this CPU can run: bit n is the n-th of [`Kind::ALL`]. It is kept here because asking the standard
/// library for a dozen features takes as long as drawing a few elements.
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
