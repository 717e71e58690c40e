//! Noise: doubles that are a pure function of (seed, stream, index).
//!
//! Element i takes its first word from AES-128 over the counter i / 2 ([`kernel`]); the word chooses a layer and mostly
//! settles the element ([`map`]). Otherwise the element makes attempts of its own until one is accepted ([`residual`]).

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
    /// A sequence that nobody has drawn from: seed and stream from the operating system.
    pub fn from_entropy() -> Result<Noise, Error> {
        let mut key = [[0; 8]; 2];
        entropy::fill(key.as_flattened_mut())?;
        let [seed, stream] = key.map(u64::from_le_bytes);
        key.as_flattened_mut().zeroize();
        Ok(Noise { seed, stream })
    }

    /// Writes the elements `first`, `first` + 1, ... to `out`: as doubles, or rounded to floats.
    ///
    /// Refused with [`Error::InvalidRange`], and nothing is written, if the last index would be above 2^64 - 1. It cannot fail
    /// otherwise, and for an empty `out` not at all.
    pub fn fill<T: Sample>(&self, out: &mut [T], first: u64) -> Result<(), Error> {
        self.fill_unwritten(as_unwritten(out), first)
    }

    /// [`Noise::fill`] for memory that holds nothing yet. All of it is written, if it is not refused.
    pub fn fill_unwritten<T: Sample>(&self, out: &mut [MaybeUninit<T>], first: u64) -> Result<(), Error> {
        self.draw_in(out, Rows::one(out.len()), first, Ok(Fill::default()))
    }

    /// Writes `mean + (scale * x)`, x the elements `first`, `first` + 1, ...: every sum and product rounded once. For floats both
    /// are made in double, and the sum is then rounded to a float. A `scale` of -0.0 counts as 0.0.
    ///
    /// Refused, and nothing is written: with [`Error::InvalidRange`] as by [`Noise::fill`], and with [`Error::InvalidScale`] if `mean`
    /// or `scale` is NaN or infinite, also for an empty `out`.
    pub fn normal<T: Sample>(&self, out: &mut [T], mean: f64, scale: f64, first: u64) -> Result<(), Error> {
        let rows = Rows::one(out.len());
        self.draw_in(as_unwritten(out), rows, first, Normal::<T>::new(mean, scale))
    }

    /// Adds `scale * x` to what `inout` holds, x the elements `first`, `first` + 1, ...: every sum and product rounded once. For
    /// floats both are made in double, and the sum is then rounded to a float. A `scale` of -0.0 counts as 0.0; a negative
    /// `scale` subtracts what a positive one added, up to the rounding of the sums.
    ///
    /// Refused, and nothing is changed: with [`Error::InvalidRange`] as by [`Noise::fill`], and with [`Error::InvalidScale`] if
    /// `scale` is NaN or infinite, also for an empty `inout`.
    pub fn add<T: Sample>(&self, inout: &mut [T], scale: f64, first: u64) -> Result<(), Error> {
        let rows = Rows::one(inout.len());
        self.draw_in(inout, rows, first, Add::<T>::new(scale))
    }

    /// [`Noise::fill`] for rows. What stands between them stays as it is.
    ///
    /// Refused with [`Error::InvalidRange`], and nothing is written, if a stream or an index is above 2^64 - 1, rows overlap or `out`
    /// is shorter than they are. Without rows or columns it cannot fail.
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

    /// [`Noise::add`] for rows, refused as [`Noise::fill_rows`], or because of `scale`.
    pub fn add_rows<T: Sample>(&self, inout: &mut [T], rows: Rows, scale: f64, first: u64) -> Result<(), Error> {
        self.draw_in(inout, rows, first, Add::<T>::new(scale))
    }

    /// Checks what Rust asks for, and does it.
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

    /// Does the operation with the elements of rows: in one go, or many of them in pieces by as many threads as are asked for. There
    /// are some, and [`Rows::check`] found nothing wrong.
    #[doc(hidden)]
    pub fn draw<O: Operation<Place: Send>>(&self, operation: O, places: Places<O::Place>, rows: Rows, first: u64) {
        let kind = Kind::best();
        in_pieces(places, rows, |places, from, number| {
            self.draw_piece(kind, operation, places, rows, first, from, number);
        });
    }

    /// For tests and benchmarks: [`Noise::draw`] in one go, with a kernel of the caller's choice, for memory that has a single row.
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

/// The same memory, for code that only ever writes samples to it.
#[expect(unsafe_code)]
fn as_unwritten<T: Sample>(values: &mut [T]) -> &mut [MaybeUninit<T>] {
    // SAFETY: the layouts are equal. This is private to the noise, which writes nothing but samples to such memory, so
    // that it stays initialised.
    unsafe { &mut *(values as *mut [T] as *mut [MaybeUninit<T>]) }
}

/// Does the work on all elements of rows: in one go, or in pieces by threads where there are enough.
fn in_pieces<P: Send>(places: Places<P>, rows: Rows, work: impl Fn(Places<P>, usize, usize) + Sync) {
    match workers::threads_for(rows.number()) {
        1 => work(places, 0, rows.number()),
        threads => in_threads(threads, places, rows, work),
    }
}

/// Not inlined, so that only those who ask for threads have what is kept of them on their stack.
#[inline(never)]
fn in_threads<P: Send>(threads: usize, places: Places<P>, rows: Rows, work: impl Fn(Places<P>, usize, usize) + Sync) {
    let pieces = pieces::Pieces::new(places, rows, threads);
    workers::run(threads, &|| {
        while let Some((from, number, places)) = pieces.take() {
            work(places, from, number);
        }
    });
}
