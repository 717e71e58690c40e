//! Noise: doubles that are a pure function of (seed, stream, index).
//!
//! Element i takes its first word from AES-128 over the counter i / 2 ([`kernel`]); the word chooses a layer and mostly
//! settles the element ([`map`]). Otherwise the element makes attempts of its own until one is accepted ([`residual`]).

mod elementary;
#[cfg_attr(target_os = "linux", expect(unsafe_code))]
#[deny(clippy::indexing_slicing)]
pub mod entropy;
mod kernel;
mod map;
mod residual;
mod run;
mod secret;
#[rustfmt::skip]
mod tables;
#[expect(unsafe_code)]
#[deny(clippy::indexing_slicing)]
pub mod workers;

use std::mem::MaybeUninit;

pub use kernel::Kind;
use kernel::{as_unwritten, environment};
use run::{Add, Fill};
pub use secret::Secret;
use zeroize::Zeroize;

use crate::Error;

/// A long sequence of independent N(0,1) samples, the element at each index fixed by the seed and the stream.
///
/// Any two pairs of seed and stream give unrelated sequences. Element i has the same bits on every CPU, in whichever pieces
/// and by however many threads ([`set_threads`](crate::set_threads)) a range is drawn: to skip ahead is to begin at another
/// index. `docs/value-spec.md` says how the bits are computed: they never change.
///
/// ```
/// use somemem::Noise;
///
/// // Noise with a standard deviation of 0.1 on a signal, and the same again, taken off one half after the other.
/// let noise = Noise { seed: 42, stream: 7 };
/// let mut signal = vec![1.0; 1000];
/// noise.add(&mut signal, 0.1, 0)?;
///
/// let (left, right) = signal.split_at_mut(500);
/// for (half, first) in [(left, 0), (right, 500)] {
///     let mut drawn = [0.0; 500];
///     noise.fill(&mut drawn, first)?;
///     half.iter_mut().zip(drawn).for_each(|(x, noise)| *x -= 0.1 * noise);
/// }
/// assert!(signal.iter().all(|x| (x - 1.0).abs() < 1e-15));
/// # Ok::<(), somemem::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noise {
    /// The first half of the AES-128 key.
    pub seed: u64,
    /// The second half.
    pub stream: u64,
}

impl Noise {
    /// A sequence that nobody has drawn from: seed and stream from the operating system.
    pub fn from_entropy() -> Result<Noise, Error> {
        let mut key = [[0; 8]; 2];
        entropy::fill(key.as_flattened_mut())?;
        let [seed, stream] = key.map(u64::from_le_bytes);
        key.as_flattened_mut().zeroize();
        Ok(Noise { seed, stream })
    }

    /// Writes the elements `first`, `first` + 1, ... to `out`.
    ///
    /// Refused with [`Error::InvalidRange`], and nothing is written, if the last index would be above 2^64 - 1. It cannot fail
    /// otherwise, and for an empty `out` not at all.
    pub fn fill(&self, out: &mut [f64], first: u64) -> Result<(), Error> {
        self.fill_unwritten(as_unwritten(out), first)
    }

    /// [`Noise::fill`] for memory that holds nothing yet. All of it is written, if it is not refused.
    pub fn fill_unwritten(&self, out: &mut [MaybeUninit<f64>], first: u64) -> Result<(), Error> {
        check_range(out.len(), first)?;
        let kind = Kind::best();
        in_parts(out, first, |part, first| self.fill_with(kind, part, first));
        Ok(())
    }

    /// Adds `stddev` times the elements `first`, `first` + 1, ... to what `inout` holds: every sum and product rounded
    /// once. A `stddev` of -0.0 counts as 0.0.
    ///
    /// Refused, and nothing is changed: with [`Error::InvalidRange`] as by [`Noise::fill`], and with [`Error::InvalidScale`] if
    /// `stddev` is NaN, infinite or negative, also for an empty `inout`.
    pub fn add(&self, inout: &mut [f64], stddev: f64, first: u64) -> Result<(), Error> {
        check_range(inout.len(), first)?;
        check_stddev(stddev)?;
        let kind = Kind::best();
        in_parts(inout, first, |part, first| self.add_with(kind, part, stddev, first));
        Ok(())
    }

    /// For tests and benchmarks: [`Noise::fill_unwritten`] with a kernel of the caller's choice.
    #[doc(hidden)]
    pub fn fill_with(&self, kind: Kind, out: &mut [MaybeUninit<f64>], first: u64) {
        environment::with_default_for_fill(|| kind.run(self.key(), Fill { out, first }));
    }

    /// For tests and benchmarks: [`Noise::add`] with a kernel of the caller's choice.
    #[doc(hidden)]
    pub fn add_with(&self, kind: Kind, inout: &mut [f64], stddev: f64, first: u64) {
        environment::with_default(|| kind.run(self.key(), Add { inout, stddev, first }));
    }

    fn key(&self) -> [u8; 16] {
        (u128::from(self.stream) << 64 | u128::from(self.seed)).to_le_bytes()
    }
}

/// The index of each of so many elements has to be one.
fn check_range(number: usize, first: u64) -> Result<(), Error> {
    let last = first.checked_add(number.saturating_sub(1) as u64);
    last.map(drop).ok_or(Error::InvalidRange)
}

/// Finite and not negative. Told by the bits: to compare a signaling NaN would raise an exception.
fn check_stddev(stddev: f64) -> Result<(), Error> {
    let usable = stddev.to_bits() < f64::INFINITY.to_bits() || stddev.to_bits() == (-0.0f64).to_bits();
    if usable { Ok(()) } else { Err(Error::InvalidScale) }
}

/// Does the work on all of the data: in one go, or large data in pieces by as many threads as are asked for.
fn in_parts<T: Send>(data: &mut [T], first: u64, work: impl Fn(&mut [T], u64) + Sync) {
    match workers::threads_for(data.len()) {
        1 => work(data, first),
        threads => in_threads(threads, data, first, work),
    }
}

/// Not inlined, so that only those who ask for threads have what is kept of them on their stack.
#[inline(never)]
fn in_threads<T: Send>(threads: usize, data: &mut [T], first: u64, work: impl Fn(&mut [T], u64) + Sync) {
    let pieces = workers::Pieces::new(data, threads);
    workers::run(threads, &|| {
        while let Some((place, piece)) = pieces.take() {
            work(piece, first.wrapping_add(place as u64));
        }
    });
}
