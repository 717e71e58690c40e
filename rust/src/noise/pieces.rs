//! The memory that noise goes to, which threads share piece by piece. Rows may have memory between them that is not ours: no
//! reference is ever made to that.

use std::marker::PhantomData;
use std::slice;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::rows::Rows;

/// Memory that rows are in. Only the rows are ours: whoever calls the functions here, and that is the drawing of rows alone, names
/// places of rows.
pub struct Places<'a, P> {
    start: *mut P,
    /// From the first place to behind the last one.
    extent: usize,
    memory: PhantomData<&'a mut [P]>,
}

impl<'a, P> Places<'a, P> {
    /// # Safety
    /// The places of all rows, from `start` to `extent` behind it, are valid and nobody else uses them for as long as this lives.
    pub unsafe fn new(start: *mut P, extent: usize) -> Places<'a, P> {
        Places { start, extent, memory: PhantomData }
    }

    /// All of a slice.
    pub fn of(memory: &'a mut [P]) -> Places<'a, P> {
        Places { start: memory.as_mut_ptr(), extent: memory.len(), memory: PhantomData }
    }

    /// So many places of a row; none if there are not so many.
    #[inline(always)]
    pub fn row(&mut self, offset: usize, number: usize) -> &mut [P] {
        let inside = offset <= self.extent && number <= self.extent - offset;
        // SAFETY: they lie inside, and are of a row, as all that callers name.
        if inside { unsafe { slice::from_raw_parts_mut(self.start.add(offset), number) } } else { &mut [] }
    }

    /// So many rows of so many places each, one after the other from an offset on; none if there are not so many.
    #[inline(always)]
    pub fn rows(
        &mut self,
        offset: usize,
        stride: usize,
        columns: usize,
        count: usize,
    ) -> impl Iterator<Item = &mut [P]> {
        let steps = count.saturating_sub(1).checked_mul(stride);
        let end = steps.and_then(|steps| steps.checked_add(offset)?.checked_add(columns));
        let inside = end.is_some_and(|end| end <= self.extent) && (stride >= columns || count <= 1);
        let start = self.start.wrapping_add(offset);
        (0..if inside { count } else { 0 }).map(move |n| {
            // SAFETY: they lie inside, are rows, as all that callers name, and no two of them overlap.
            unsafe { slice::from_raw_parts_mut(start.add(n * stride), columns) }
        })
    }

    /// A place of a row, if it is one.
    #[inline(always)]
    pub fn get(&mut self, offset: usize) -> Option<&mut P> {
        // SAFETY: it lies inside, and is of a row, as all that callers name.
        (offset < self.extent).then(|| unsafe { &mut *self.start.add(offset) })
    }
}

/// Places that are given out in pieces, each to one taker.
pub struct Pieces<'a, P> {
    places: Places<'a, P>,
    rows: Rows,
    /// Elements in a piece; the last one may have fewer.
    size: usize,
    /// The element that the next piece begins with, counted along the rows.
    next: AtomicUsize,
}

// SAFETY: no place is given out twice, so that threads share the counter only and have places each for itself.
unsafe impl<P: Send> Sync for Pieces<'_, P> {}

impl<'a, P> Pieces<'a, P> {
    /// Pieces for so many takers: several for each, of a size between those that are worth taking and those that fill a huge page,
    /// which one thread should touch first.
    pub fn new(places: Places<'a, P>, rows: Rows, takers: usize) -> Pieces<'a, P> {
        let page = 4096 / size_of::<P>();
        let size = (rows.number() / takers.max(1) / 8).clamp(64 * page, 512 * page).next_multiple_of(page);
        Pieces { places, rows, size, next: AtomicUsize::new(0) }
    }

    /// The next piece: which elements, counted along the rows, and their places.
    pub fn take(&self) -> Option<(usize, usize, Places<'a, P>)> {
        // Not past the range of numbers: each taker asks once more than there is something, and memory is shorter by far.
        let from = self.next.fetch_add(self.size, Ordering::Relaxed);
        let left = self.rows.number().checked_sub(from).filter(|left| *left > 0)?;
        let number = left.min(self.size);
        let offset_of = |n| self.rows.offset(self.rows.place(n));
        let offset = offset_of(from);
        let extent = offset_of(from + number - 1) + 1 - offset;
        // SAFETY: inside, as offsets grow with the elements; and the counter has given out these elements never before.
        Some((from, number, unsafe { Places::new(self.places.start.add(offset), extent) }))
    }
}
