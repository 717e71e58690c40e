//! Draws several short rows of one stream at once, as many as fit in a batch of blocks.

use super::draw::Target;
use super::kernel::{BATCH, Counter, Few, Kernel};
use super::operation::Operation;
use super::residual::Queue;

/// The most columns of a short row. A batch of blocks holds one such row, also from an odd index on.
pub const MOST_TOGETHER: usize = 2 * BATCH - 1;

/// Draws `number` whole rows, a batch of blocks at a time. Rows of few blocks, each drawn alone, would wait for AES.
#[inline(always)]
pub fn short_rows<K: Kernel, O: Operation>(
    kernel: &K,
    queue: &mut Queue,
    target: &mut Target<O>,
    mut rows: Short,
    number: usize,
) {
    let together = BATCH / rows.blocks();
    let mut left = number;
    while left > 0 {
        let few = kernel.few(&rows.counters());
        let count = left.min(together);
        let mut missed = rows.put(target, &few, count);
        while missed != 0 {
            let n = missed.trailing_zeros() as usize;
            queue.add(kernel, target, rows.first(n), rows.offset + n * rows.stride, rows.unsettled(n, few.unsettled));
            missed &= missed - 1;
        }
        rows.first = rows.first(count);
        rows.offset = rows.offset.wrapping_add(count * rows.stride);
        left -= count;
    }
}

/// Consecutive short rows. `first` and `offset` are the first index and the place of the next one to draw.
pub struct Short {
    pub columns: usize,
    pub stride: usize,
    pub first_step: u64,
    pub first: u64,
    pub offset: usize,
}

impl Short {
    /// The number of blocks that hold a row, also from an odd index on.
    #[inline(always)]
    fn blocks(&self) -> usize {
        self.columns / 2 + 1
    }

    /// The first index of the n-th row.
    #[inline(always)]
    fn first(&self, n: usize) -> u64 {
        self.first.wrapping_add((n as u64).wrapping_mul(self.first_step))
    }

    /// The n-th row's bits of a batch's `unsettled`.
    #[inline(always)]
    fn unsettled(&self, n: usize, unsettled: u64) -> u64 {
        unsettled >> (2 * self.blocks() * n + (self.first(n) % 2) as usize) & ((1 << self.columns) - 1)
    }

    /// The counters of a batch of blocks, for as many rows as fit. If fewer rows are left, the rest of the blocks is not used.
    #[inline(always)]
    fn counters(&self) -> [Counter; BATCH] {
        let mut counters = [[0; 2]; BATCH];
        let (blocks, mut first) = (self.blocks(), self.first);
        let (mut block, mut end) = (first / 2, blocks);
        for (n, counter) in counters.iter_mut().enumerate() {
            if n == end {
                first = first.wrapping_add(self.first_step);
                (block, end) = (first / 2, end + blocks);
            }
            counter[0] = block;
            block += 1;
        }
        counters
    }

    /// Puts the elements of these blocks in the places of `count` rows. Returns a bit for each row that has unsettled elements,
    /// without a branch, because a CPU cannot predict it. Not inlined: the registers would not suffice for this and its caller.
    #[inline(never)]
    fn put<O: Operation>(&self, target: &mut Target<O>, few: &Few<BATCH>, count: usize) -> u32 {
        let (columns, operation) = (self.columns, target.operation);
        let (mut missed, mut skip, step) = (0, (self.first % 2) as usize, (self.first_step % 2) as usize);
        let (mut unsettled, columns_bits) = (few.unsettled, (1 << columns) - 1);
        let rows = target.places.rows(self.offset, self.stride, columns, count);
        for (n, (values, places)) in few.values.chunks_exact(self.blocks()).zip(rows).enumerate() {
            put_few(operation, places, values.as_flattened().get(skip..).unwrap_or_default());
            missed |= u32::from(unsettled >> skip & columns_bits != 0) << n;
            unsettled >>= 2 * self.blocks();
            skip ^= step;
        }
        missed
    }
}

/// Does the operation with the first values, one for each place. There are at most 2 BATCH places.
#[inline(always)]
fn put_few<O: Operation>(operation: O, places: &mut [O::Place], values: &[f64]) {
    let (fours, rest) = places.as_chunks_mut::<4>();
    let (four_values, _) = values.as_chunks();
    let done = 4 * fours.len();
    // The constant bound keeps the compiler from calling memcpy, which would take as long as the map.
    for n in 0..BATCH / 2 {
        let (Some(places), Some(values)) = (fours.get_mut(n), four_values.get(n)) else { break };
        operation.apply_all(places, *values);
    }
    for n in 0..3 {
        if let (Some(place), Some(x)) = (rest.get_mut(n), values.get(done + n)) {
            operation.apply(place, *x);
        }
    }
}
