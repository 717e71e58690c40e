//! Draws the elements of rows: the first few beside the key schedule, then runs of chunks, then the few that are left. Elements
//! that their first word does not settle go to the residual's queue.

use super::kernel::{BATCH, CHUNK, Kernel, MOST_FIRST, Work, counters_from};
use super::operation::Operation;
use super::pieces::Places;
use super::residual::Queue;
use super::rows::Rows;
use super::short_rows::{MOST_TOGETHER, Short, short_rows};
use std::mem::MaybeUninit;

use super::Noise;

/// The most chunks in one call of a kernel.
const RUN: usize = 16;

/// What is to be drawn: the `number` elements from element `from` on, counted along the rows.
pub struct Draw<'a, O: Operation> {
    pub noise: Noise,
    pub first: u64,
    pub rows: Rows,
    pub from: usize,
    pub number: usize,
    pub target: Target<'a, O>,
}

/// Where the elements go, and the operation that puts them there.
pub struct Target<'a, O: Operation> {
    pub operation: O,
    pub places: Places<'a, O::Place>,
}

impl<O: Operation> Target<'_, O> {
    /// Does the operation with the value of an element. It may have been called for the same element with `UNSETTLED` before.
    #[inline(always)]
    pub fn put(&mut self, offset: usize, x: f64) {
        if let Some(place) = self.places.get(offset) {
            self.operation.apply(place, x);
        }
    }

    /// The same for consecutive elements.
    #[inline(always)]
    fn put_all(&mut self, offset: usize, values: &[f64]) {
        for (place, &x) in self.places.row(offset, values.len()).iter_mut().zip(values) {
            self.operation.apply(place, x);
        }
    }

    /// Draws whole chunks from a row's element `from` on, at most as many as `unsettled` has words. Returns how many.
    #[inline(always)]
    fn draw<K: Kernel>(&mut self, kernel: &K, row: Row, from: usize, unsettled: &mut [u64; RUN]) -> usize {
        let (chunks, _) = self.places.row(row.offset + from, row.number - from).as_chunks_mut();
        let count = chunks.len().min(RUN);
        if count > 0 {
            // At the end of a row, the memory to prefetch is that of the next row.
            let soon = from + count * CHUNK + K::AHEAD / size_of::<O::Place>();
            let gap = if soon > row.number { row.gap * size_of::<O::Place>() } else { 0 };
            let block = row.first.wrapping_add(from as u64) / 2;
            kernel.draw(self.operation, block, &mut chunks[..count], &mut unsettled[..count], K::AHEAD + gap);
        }
        count
    }
}

/// A row, or the part of it that is drawn.
#[derive(Clone, Copy)]
struct Row {
    offset: usize,
    number: usize,
    first: u64,
    /// The places between it and the next row.
    gap: usize,
}

impl<O: Operation> Draw<'_, O> {
    /// The part of a row that is to be drawn, from a column on. `start` is the offset of the first element of all.
    #[inline(always)]
    fn part(&self, row: usize, start: usize, column: usize) -> Row {
        Row {
            // With a single row the stride may be any number, and in bytes it could overflow.
            gap: if self.rows.rows > 1 { self.rows.stride - self.rows.columns } else { 0 },
            offset: self.rows.offset((row, column)) - start,
            number: self.number.min(self.rows.columns - column),
            first: self.first.wrapping_add((row as u64).wrapping_mul(self.rows.first_step)).wrapping_add(column as u64),
        }
    }
}

impl<O: Operation> Work for &mut Draw<'_, O> {
    #[inline(always)]
    fn run<K: Kernel>(self) {
        let (mut row, column) = self.rows.place(self.from);
        let start = self.rows.offset((row, column));
        let mut part = self.part(row, start, column);
        // Once for each key. Its two halves are seed and stream.
        loop {
            let stream = self.noise.stream.wrapping_add((row as u64).wrapping_mul(self.rows.stream_step));
            let key = (u128::from(stream) << 64 | u128::from(self.noise.seed)).to_le_bytes();
            let (kernel, done, missed) = open::<K, O>(key, part, &mut self.target);
            self.number -= part.number;
            row += 1;
            if done < part.number || missed != 0 || self.number > 0 && self.rows.stream_step == 0 {
                self.rest_of_stream(&kernel, row, start, part, done, missed);
            }
            if self.number == 0 {
                break;
            }
            part = self.part(row, start, 0);
        }
    }
}

impl<O: Operation> Draw<'_, O> {
    /// Draws the rest of a row, after its first `done` elements, and all further rows of the same stream.
    #[inline(always)]
    fn rest_of_stream<K: Kernel>(
        &mut self,
        kernel: &K,
        mut row: usize,
        start: usize,
        mut part: Row,
        mut done: usize,
        mut missed: u64,
    ) {
        let rows = self.rows;
        let mut queue = Queue::new();
        loop {
            rest_of_row(kernel, &mut queue, part, done, missed, &mut self.target);
            if self.number == 0 || rows.stream_step != 0 {
                break;
            }
            part = self.part(row, start, 0);
            if rows.columns <= MOST_TOGETHER && self.number >= rows.columns {
                let Rows { columns, stride, first_step, .. } = rows;
                let short = Short { columns, stride, first_step, first: part.first, offset: part.offset };
                let count = self.number / columns.max(1);
                short_rows(kernel, &mut queue, &mut self.target, short, count);
                self.number -= count * columns;
                row += count;
                (part.number, done, missed) = (0, 0, 0);
                continue;
            }
            // If the row begins in the middle of a block, its first few are drawn here, so that the rest begins with a whole
            // block.
            done = if part.first.is_multiple_of(2) { 0 } else { part.number.min(MOST_TOGETHER) };
            missed = if done == 0 { 0 } else { draw_few(kernel, part, 0, done, &mut self.target) };
            self.number -= part.number;
            row += 1;
        }
        queue.finish(kernel, &mut self.target);
    }
}

/// Makes the kernel for a key, and draws the row's first elements, or all of a short row. The rest begins with a whole block.
/// Returns also how many were drawn, and which of them are unsettled.
#[inline(always)]
fn open<K: Kernel, O: Operation>(key: [u8; 16], row: Row, target: &mut Target<O>) -> (K, usize, u64) {
    // If the first index is odd, the first element of its block is not wanted.
    let skip = (row.first % 2) as usize;
    // A short row takes 2, 8 or 10 blocks, as few as it needs. A long row takes 8: the chunks draw the rest faster.
    match skip.saturating_add(row.number) {
        0..=4 => open_with::<K, O, 2>(key, row, row.number, target),
        17..=MOST_OPENING => open_with::<K, O, MOST_FIRST>(key, row, row.number, target),
        _ => open_with::<K, O, 8>(key, row, row.number.min(16 - skip), target),
    }
}

/// The most elements that are drawn beside the key schedule.
const MOST_OPENING: usize = 2 * MOST_FIRST;

/// The same with N blocks.
#[inline(always)]
fn open_with<K: Kernel, O: Operation, const N: usize>(
    key: [u8; 16],
    row: Row,
    number: usize,
    target: &mut Target<O>,
) -> (K, usize, u64) {
    let (kernel, few) = K::start::<N>(key, row.first, number);
    let values = few.values.as_flattened();
    if N == 2 {
        // One by one, because a call of memcpy would take as long as the map.
        for (n, &x) in values.iter().enumerate() {
            if n < number {
                target.put(row.offset + n, x);
            }
        }
    } else {
        target.put_all(row.offset, &values[..number]);
    }
    (kernel, number, few.unsettled & ((1 << number) - 1))
}

/// Draws `number` elements of a row, at most as many as a batch of blocks has, from element `from` on. Returns which of them are
/// unsettled.
#[inline(always)]
fn draw_few<K: Kernel, O: Operation>(kernel: &K, row: Row, from: usize, number: usize, target: &mut Target<O>) -> u64 {
    let first = row.first.wrapping_add(from as u64);
    let skip = (first % 2) as usize;
    let few = kernel.few(&counters_from(first / 2));
    target.put_all(row.offset + from, &few.values.as_flattened()[skip..][..number]);
    few.unsettled >> skip & ((1 << number) - 1)
}

/// Draws the elements after the first `done`, and queues all that are unsettled. `missed` tells those among the first `done`.
#[inline(always)]
fn rest_of_row<K: Kernel, O: Operation>(
    kernel: &K,
    queue: &mut Queue,
    row: Row,
    mut done: usize,
    missed: u64,
    target: &mut Target<O>,
) {
    let mut unsettled = [0; RUN];
    unsettled[0] = missed;
    let (mut chunks, mut from) = (1, 0);
    loop {
        for (n, &bits) in unsettled[..chunks].iter().enumerate() {
            let from = from + n * CHUNK;
            queue.add(kernel, target, row.first.wrapping_add(from as u64), row.offset + from, bits);
        }
        if done >= row.number {
            break;
        }
        from = done;
        chunks = target.draw(kernel, row, from, &mut unsettled);
        done += chunks * CHUNK;
        if chunks == 0 {
            // What is left is less than a chunk.
            let count = row.number - from;
            unsettled[0] = if count <= 2 * BATCH {
                draw_few(kernel, row, from, count, target)
            } else {
                let mut memory = [[MaybeUninit::uninit(); CHUNK]];
                let (values, unsettled) = kernel.chunk(row.first.wrapping_add(from as u64) / 2, &mut memory);
                target.put_all(row.offset + from, &values[..count]);
                unsettled & (u64::MAX >> (CHUNK - count))
            };
            chunks = 1;
            done = row.number;
        }
    }
}
