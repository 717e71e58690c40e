//! What differs between instruction sets: the blocks, and the map's first step on chunks of elements. All kernels give
//! the same bits.

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code)]
mod avx2;
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
mod x86_key;

use std::mem::MaybeUninit;

/// Elements in a chunk: one bit each in a word that says which are unsettled.
pub const CHUNK: usize = 64;

/// Blocks that the residual asks for at once.
pub const BATCH: usize = 16;

/// What becomes a block, as two little-endian words.
pub type Counter = [u64; 2];
pub type Block = [u64; 2];
pub type Chunk = [MaybeUninit<f64>; CHUNK];

/// AES-128 under one key, and the map's first step.
pub trait Kernel {
    fn encrypt(&self, counters: [Counter; BATCH]) -> [Block; BATCH];

    /// Draws the elements from 2 `block` on, a chunk for each word of `unsettled`. A bit set there means that the
    /// element of that number in its chunk is unsettled; what stands in its place then is `UNSETTLED`.
    ///
    /// `soon` is where the caller will write as many elements soon: a kernel may prefetch it. Any address will do.
    fn draw<'a>(
        &self,
        block: u64,
        chunks: &'a mut [Chunk],
        unsettled: &mut [u64],
        soon: *const f64,
    ) -> &'a [[f64; CHUNK]];
}

/// What can be done with any kernel.
pub trait Work {
    fn run(self, kernel: &impl Kernel);
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

    /// The fastest that this CPU can run. The standard library asks the CPU once and remembers.
    pub fn best() -> Kind {
        Kind::ALL.iter().copied().find(Kind::is_available).unwrap_or(Kind::Portable)
    }

    /// Whether this CPU can run it.
    pub fn is_available(&self) -> bool {
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
