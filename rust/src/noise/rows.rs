//! Rows of memory, and which elements of a sequence each row gets.

use super::Noise;
use crate::Error;

/// Rows of memory. Row r begins `r * stride` elements after the first row and is `columns` long. It gets the elements of stream
/// `stream + r * stream_step` from index `first + r * first_step` on. The arguments of the call give seed, stream and first.
///
/// If `stream_step` is 1, each row has a stream of its own. If it is 0, and `first_step` is the length of a row in a larger
/// array, the rows are a block of that array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// How many rows there are.
    pub rows: usize,
    /// How long each of them is.
    pub columns: usize,
    /// The distance between the beginnings of neighbouring rows, in elements: at least `columns`.
    pub stride: usize,
    /// The difference between the streams of neighbouring rows.
    pub stream_step: u64,
    /// The difference between the first indices of neighbouring rows.
    pub first_step: u64,
}

impl Rows {
    /// A single row.
    #[doc(hidden)]
    pub fn one(columns: usize) -> Rows {
        Rows { rows: 1, columns, stride: columns, stream_step: 0, first_step: 0 }
    }

    /// The number of elements in all. [`Rows::check`] has accepted the rows, so it does not overflow.
    pub(super) fn number(&self) -> usize {
        self.rows * self.columns
    }

    /// The row and the column of the n-th element, counted along the rows.
    #[inline(always)]
    pub(super) fn place(&self, n: usize) -> (usize, usize) {
        // `columns` is not 0 if there are elements. But the compiler does not know that, and would add a panic to the division.
        let columns = self.columns.max(1);
        if self.rows <= 1 { (0, n) } else { (n / columns, n % columns) }
    }

    /// The offset of a place from the first one.
    #[inline(always)]
    pub(super) fn offset(&self, (row, column): (usize, usize)) -> usize {
        row * self.stride + column
    }

    /// The number of places, each a `P`, from the first to the last one. Returns [`Error::InvalidRange`] if they are more than
    /// `isize::MAX` bytes, if rows overlap, or if a stream or an index is above 2^64 - 1.
    #[doc(hidden)]
    pub fn check<P>(&self, noise: &Noise, first: u64) -> Result<usize, Error> {
        if self.rows == 0 || self.columns == 0 {
            return Ok(0);
        }
        let steps = self.rows - 1;
        let extent = || {
            noise.stream.checked_add((steps as u64).checked_mul(self.stream_step)?)?;
            let start = first.checked_add((steps as u64).checked_mul(self.first_step)?)?;
            start.checked_add(self.columns as u64 - 1)?;
            let extent = steps.checked_mul(self.stride)?.checked_add(self.columns)?;
            let fits = extent <= isize::MAX as usize / size_of::<P>() && (steps == 0 || self.stride >= self.columns);
            fits.then_some(extent)
        };
        extent().ok_or(Error::InvalidRange)
    }
}
