//! Which elements go where: rows of memory, and the part of a sequence that each of them gets.

use super::Noise;
use crate::Error;

/// Rows of memory, each with elements of its own: row r is `columns` long, begins r `stride` elements behind the first one, and gets
/// the elements of stream `stream + r stream_step` from index `first + r first_step` on. Seed, stream and first are those of the
/// call.
///
/// With a `stream_step` of 1 each row has a stream of its own. With one of 0, and a row's length in a larger array as
/// `first_step`, the rows are a block of that array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// How many rows there are.
    pub rows: usize,
    /// How long each of them is.
    pub columns: usize,
    /// From one row's beginning to the next one's: at least `columns`.
    pub stride: usize,
    /// From one row's stream to the next one's.
    pub stream_step: u64,
    /// From one row's first index to the next one's.
    pub first_step: u64,
}

impl Rows {
    /// A single row.
    #[doc(hidden)]
    pub fn one(columns: usize) -> Rows {
        Rows { rows: 1, columns, stride: columns, stream_step: 0, first_step: 0 }
    }

    /// How many elements there are in all. They have been checked.
    pub(super) fn number(&self) -> usize {
        self.rows * self.columns
    }

    /// The row and the column of the n-th element, counted along the rows.
    #[inline(always)]
    pub(super) fn place(&self, n: usize) -> (usize, usize) {
        // Columns are never 0 where there are elements; a division by what might be would bring a panic.
        let columns = self.columns.max(1);
        if self.rows <= 1 { (0, n) } else { (n / columns, n % columns) }
    }

    /// How far behind the first place a place is.
    #[inline(always)]
    pub(super) fn offset(&self, (row, column): (usize, usize)) -> usize {
        row * self.stride + column
    }

    /// From the first place to behind the last one, each a `P`. Refused if these are more than C can count, if rows
    /// overlap, and if a stream or an index is past the last one.
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
