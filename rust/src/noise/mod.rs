//! Noise: doubles that are a pure function of (seed, stream, index).
//!
//! Element i takes its first word from AES-128 of the counter i / 2 ([`kernel`]). The word chooses a layer, and settles 63 of 64
//! elements ([`map`]). The others make attempts, each from a block of its own, until one is accepted ([`residual`]).

mod draw;
mod elementary;
#[cfg_attr(target_os = "linux", expect(unsafe_code))]
#[deny(clippy::indexing_slicing)]
pub mod entropy;
mod kernel;
mod map;
mod operation;
#[expect(unsafe_code)]
mod pieces;
mod residual;
mod rows;
mod sample;
mod secret;
mod short_rows;
mod strip;
#[rustfmt::skip]
mod tables;
#[expect(unsafe_code)]
#[deny(clippy::indexing_slicing)]
pub mod workers;

use std::mem::MaybeUninit;

use draw::{Draw, Target};
pub use kernel::Kind;
use kernel::environment;
pub use operation::{Add, Fill, Normal, Operation};
pub use pieces::Places;
pub use rows::Rows;
pub use sample::Sample;
pub use secret::Secret;
use zeroize::Zeroize;

use crate::Error;

/// A sequence of 2^64 independent N(0,1) samples. Seed, stream and index determine each of them.
///
/// Two different pairs of seed and stream give independent sequences. Element i has the same bits on every CPU, for any number of
/// threads ([`set_threads`](crate::set_threads)), and however a range is cut into calls. To skip ahead, begin at another index.
/// `docs/value-spec.md` specifies the bits; they never change.
///
/// ```
/// use somemem::Noise;
///
/// // Adds noise with a standard deviation of 0.1 to a signal. Then draws it again in two halves and subtracts it.
/// let noise = Noise { seed: 42, stream: 7 };
/// let mut signal = vec![1.0f64; 1000];
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
    /// An unpredictable sequence: seed and stream are random bits from the operating system.
    pub fn from_entropy() -> Result<Noise, Error> {
        let mut key = [[0; 8]; 2];
        entropy::fill(key.as_flattened_mut())?;
        let [seed, stream] = key.map(u64::from_le_bytes);
        key.as_flattened_mut().zeroize();
        Ok(Noise { seed, stream })
    }

    /// Writes the elements `first`, `first` + 1, ... to `out`, as doubles or rounded to floats.
    ///
    /// Returns [`Error::InvalidRange`] and writes nothing if the last index would be above 2^64 - 1. There is no other error.
    /// With an empty `out` it cannot fail.
    pub fn fill<T: Sample>(&self, out: &mut [T], first: u64) -> Result<(), Error> {
        self.fill_unwritten(as_unwritten(out), first)
    }

    /// [`Noise::fill`] for uninitialised memory. If it returns `Ok`, all of `out` is written.
    pub fn fill_unwritten<T: Sample>(&self, out: &mut [MaybeUninit<T>], first: u64) -> Result<(), Error> {
        self.draw_in(out, Rows::one(out.len()), first, Ok(Fill::default()))
    }

    /// Writes `mean + (scale * x)`, where x are the elements `first`, `first` + 1, ... Product and sum are each rounded once. For
    /// floats they are computed in double, and the sum is then rounded to a float. A `scale` of -0.0 counts as 0.0.
    ///
    /// After an error nothing is written. [`Error::InvalidRange`]: as for [`Noise::fill`]. [`Error::InvalidScale`]: `mean` or
    /// `scale` is NaN or infinite, also for an empty `out`.
    pub fn normal<T: Sample>(&self, out: &mut [T], mean: f64, scale: f64, first: u64) -> Result<(), Error> {
        let rows = Rows::one(out.len());
        self.draw_in(as_unwritten(out), rows, first, Normal::<T>::new(mean, scale))
    }

    /// Adds `scale * x` to what `inout` holds, where x are the elements `first`, `first` + 1, ... Product and sum are each
    /// rounded once. For floats they are computed in double, and the sum is then rounded to a float. A `scale` of -0.0 counts as
    /// 0.0. A negative `scale` subtracts what a positive one added, except for the rounding of the sums.
    ///
    /// After an error nothing is changed. [`Error::InvalidRange`]: as for [`Noise::fill`]. [`Error::InvalidScale`]: `scale` is
    /// NaN or infinite, also for an empty `inout`.
    pub fn add<T: Sample>(&self, inout: &mut [T], scale: f64, first: u64) -> Result<(), Error> {
        let rows = Rows::one(inout.len());
        self.draw_in(inout, rows, first, Add::<T>::new(scale))
    }

    /// [`Noise::fill`] for rows. Memory between the rows is not touched.
    ///
    /// Returns [`Error::InvalidRange`] and writes nothing if a stream or an index would be above 2^64 - 1, if rows overlap, or if
    /// `out` is too short for them. Without rows or columns it cannot fail.
    ///
    /// ```
    /// use somemem::{Noise, Rows};
    ///
    /// // A hundred rows of three, a stream for each.
    /// let noise = Noise { seed: 42, stream: 0 };
    /// let mut rows = [0.0; 300];
    /// noise.fill_rows(&mut rows, Rows { rows: 100, columns: 3, stride: 3, stream_step: 1, first_step: 0 }, 0)?;
    ///
    /// let mut row = [0.0; 3];
    /// Noise { seed: 42, stream: 7 }.fill(&mut row, 0)?;
    /// assert_eq!(rows[21..24], row);
    /// # Ok::<(), somemem::Error>(())
    /// ```
    pub fn fill_rows<T: Sample>(&self, out: &mut [T], rows: Rows, first: u64) -> Result<(), Error> {
        self.draw_in(as_unwritten(out), rows, first, Ok(Fill::<T>::default()))
    }

    /// [`Noise::add`] for rows. It fails like [`Noise::fill_rows`], and if `scale` is NaN or infinite.
    pub fn add_rows<T: Sample>(&self, inout: &mut [T], rows: Rows, scale: f64, first: u64) -> Result<(), Error> {
        self.draw_in(inout, rows, first, Add::<T>::new(scale))
    }

    /// Checks the arguments of a Rust caller, and draws.
    fn draw_in<O: Operation<Place: Send>>(
        &self,
        memory: &mut [O::Place],
        rows: Rows,
        first: u64,
        operation: Result<O, Error>,
    ) -> Result<(), Error> {
        let extent = rows.check::<O::Place>(self, first)?;
        let operation = operation?;
        let memory = memory.get_mut(..extent).ok_or(Error::InvalidRange)?;
        if extent > 0 {
            self.draw(operation, Places::of(memory), rows, first);
        }
        Ok(())
    }

    /// Does the operation with the elements of rows. If several threads are asked for, they share a large range piece by piece.
    /// There is at least one element, and [`Rows::check`] has accepted the rows.
    #[doc(hidden)]
    pub fn draw<O: Operation<Place: Send>>(&self, operation: O, places: Places<O::Place>, rows: Rows, first: u64) {
        let kind = Kind::best();
        in_pieces(places, rows, |places, from, number| {
            self.draw_piece(kind, operation, places, rows, first, from, number);
        });
    }

    /// For tests and benchmarks: [`Noise::draw`] for a single row, by one thread and with a kernel of the caller's choice.
    #[doc(hidden)]
    pub fn draw_with<O: Operation>(&self, kind: Kind, operation: O, memory: &mut [O::Place], first: u64) {
        let rows = Rows::one(memory.len());
        self.draw_piece(kind, operation, Places::of(memory), rows, first, 0, rows.number());
    }

    #[allow(clippy::too_many_arguments, reason = "which elements, and which of them")]
    fn draw_piece<O: Operation>(
        &self,
        kind: Kind,
        operation: O,
        places: Places<O::Place>,
        rows: Rows,
        first: u64,
        from: usize,
        number: usize,
    ) {
        let target = Target { operation, places };
        let mut draw = Draw { noise: *self, first, rows, from, number, target };
        if O::ONLY_INEXACT {
            environment::with_default_for_fill(|| O::draw(kind, &mut draw));
        } else {
            environment::with_default(|| O::draw(kind, &mut draw));
        }
    }
}

/// The same memory as uninitialised, for code that writes nothing except samples to it.
#[expect(unsafe_code)]
fn as_unwritten<T: Sample>(values: &mut [T]) -> &mut [MaybeUninit<T>] {
    // SAFETY: the layouts are equal. This is private to the noise, which writes nothing but samples to such memory, so
    // that it stays initialised.
    unsafe { &mut *(values as *mut [T] as *mut [MaybeUninit<T>]) }
}

/// Does the work on all elements of rows: at once, or in pieces by several threads if there are enough elements.
fn in_pieces<P: Send>(places: Places<P>, rows: Rows, work: impl Fn(Places<P>, usize, usize) + Sync) {
    match workers::threads_for(rows.number()) {
        1 => work(places, 0, rows.number()),
        threads => in_threads(threads, places, rows, work),
    }
}

/// Not inlined, so that the handles of the threads take stack only when there are threads.
#[inline(never)]
fn in_threads<P: Send>(threads: usize, places: Places<P>, rows: Rows, work: impl Fn(Places<P>, usize, usize) + Sync) {
    let pieces = pieces::Pieces::new(places, rows, threads);
    workers::run(threads, &|| {
        while let Some((from, number, places)) = pieces.take() {
            work(places, from, number);
        }
    });
}
