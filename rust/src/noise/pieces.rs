//! The memory that noise is written to, which threads share piece by piece. Memory between the rows may belong to somebody else,
//! so no reference to it is ever made.

use std::marker::PhantomData;
use std::slice;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::rows::Rows;

/// Memory that has rows in it. Only the rows are ours, so callers pass the offsets of places in rows. The only caller is the code
/// that draws rows.
pub struct Places<'a, P> {
    start: *mut P,
    /// The number of places from the first to the last one.
    extent: usize,
    memory: PhantomData<&'a mut [P]>,
}

impl<'a, P> Places<'a, P> {
    /// # Safety
    /// The places of all rows, in the `extent` places from `start` on, are valid. Nobody else uses them while this lives.
    pub unsafe fn new(start: *mut P, extent: usize) -> Places<'a, P> {
        Places { start, extent, memory: PhantomData }
    }

    /// All of a slice.
    pub fn of(memory: &'a mut [P]) -> Places<'a, P> {
        Places { start: memory.as_mut_ptr(), extent: memory.len(), memory: PhantomData }
    }

    /// `number` places of a row; none if there are not so many.
    #[inline(always)]
    pub fn row(&mut self, offset: usize, number: usize) -> &mut [P] {
        let inside = offset <= self.extent && number <= self.extent - offset;
        // SAFETY: they lie inside, and callers pass only places of rows.
        if inside { unsafe { slice::from_raw_parts_mut(self.start.add(offset), number) } } else { &mut [] }
    }

    /// Consecutive rows of `columns` places each, from an offset on; none if there are not so many.
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
            // SAFETY: they lie inside, callers pass only places of rows, and no two rows overlap.
            unsafe { slice::from_raw_parts_mut(start.add(n * stride), columns) }
        })
    }

    /// A place of a row, if it is one.
    #[inline(always)]
    pub fn get(&mut self, offset: usize) -> Option<&mut P> {
        // SAFETY: it lies inside, and callers pass only places of rows.
        (offset < self.extent).then(|| unsafe { &mut *self.start.add(offset) })
    }
}

/// Places that are handed out in pieces. Each piece goes to one taker.
pub struct Pieces<'a, P> {
    places: Places<'a, P>,
    rows: Rows,
    /// Elements in a piece; the last one may have fewer.
    size: usize,
    /// The element that the next piece begins with, counted along the rows.
    next: AtomicUsize,
}

// SAFETY: no place is handed out twice. So threads share the counter, and no places.
unsafe impl<P: Send> Sync for Pieces<'_, P> {}

impl<'a, P> Pieces<'a, P> {
    /// Pieces for this many takers, several for each. A piece has 256 KiB at least, to be worth taking, and at most 2 MiB, a huge
    /// page, which one thread should touch first.
    pub fn new(places: Places<'a, P>, rows: Rows, takers: usize) -> Pieces<'a, P> {
        let page = 4096 / size_of::<P>();
        let size = (rows.number() / takers.max(1) / 8).clamp(64 * page, 512 * page).next_multiple_of(page);
        Pieces { places, rows, size, next: AtomicUsize::new(0) }
    }

    /// The next piece: which elements, counted along the rows, and their places.
    pub fn take(&self) -> Option<(usize, usize, Places<'a, P>)> {
        // It cannot overflow: each taker asks once after the last piece, and memory has far fewer places than a `usize` can
        // count.
        let from = self.next.fetch_add(self.size, Ordering::Relaxed);
        let left = self.rows.number().checked_sub(from).filter(|left| *left > 0)?;
        let number = left.min(self.size);
        let offset_of = |n| self.rows.offset(self.rows.place(n));
        let offset = offset_of(from);
        let extent = offset_of(from + number - 1) + 1 - offset;
        // SAFETY: they lie inside, because offsets grow with the elements. The counter has never handed out these elements
        // before.
        Some((from, number, unsafe { Places::new(self.places.start.add(offset), extent) }))
    }
}
