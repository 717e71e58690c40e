//! Filling memory and adding to it: runs of chunks from the kernel, and what they leave unsettled.

use std::mem::MaybeUninit;

use super::kernel::{CHUNK, Chunk, Kernel, Work};
use super::residual::Queue;

/// The most chunks that a kernel draws in one go.
const RUN: usize = 4;

/// How far ahead memory is prefetched, in doubles: 4 KiB.
const AHEAD: usize = 512;

/// Writes the elements from `first` on.
pub struct Fill<'a> {
    pub out: &'a mut [MaybeUninit<f64>],
    pub first: u64,
}

/// Adds `stddev` times the elements from `first` on.
pub struct Add<'a> {
    pub inout: &'a mut [f64],
    pub stddev: f64,
    pub first: u64,
}

impl Work for Fill<'_> {
    #[inline(always)]
    fn run(self, kernel: &impl Kernel) {
        let Fill { out, first } = self;
        let mut queue = Queue::new();
        let mut unsettled = [0; RUN];
        let mut done = 0;
        while done < out.len() {
            let place = Place::of(first, done);
            let rest = &mut out[done..];
            let soon = rest.as_ptr().wrapping_add(AHEAD).cast();
            let whole_chunks = if place.skip == 0 { (rest.len() / CHUNK).min(RUN) } else { 0 };
            let count = if whole_chunks > 0 {
                let (chunks, _) = rest.as_chunks_mut();
                kernel.draw(place.block, &mut chunks[..whole_chunks], &mut unsettled[..whole_chunks], soon);
                whole_chunks * CHUNK
            } else {
                let mut chunk: [Chunk; 1] = [[MaybeUninit::uninit(); CHUNK]];
                kernel.draw(place.block, &mut chunk, &mut unsettled[..1], soon);
                let count = rest.len().min(CHUNK - place.skip);
                rest[..count].copy_from_slice(&chunk[0][place.skip..][..count]);
                place.keep_wanted(&mut unsettled[..1], count);
                count
            };
            for (n, &bits) in unsettled[..whole_chunks.max(1)].iter().enumerate() {
                queue.add(kernel, place.chunk(n), bits, write_to(out, first));
            }
            done += count;
        }
        queue.finish(kernel, write_to(out, first));
    }
}

impl Work for Add<'_> {
    #[inline(always)]
    fn run(self, kernel: &impl Kernel) {
        let Add { inout, stddev, first } = self;
        // Not -0.0, so that it makes of what is unsettled something that changes no sum.
        let stddev = stddev + 0.0;
        let mut queue = Queue::new();
        let mut unsettled = [0; RUN];
        let mut chunks: [Chunk; RUN] = [[MaybeUninit::uninit(); CHUNK]; RUN];
        let mut done = 0;
        while done < inout.len() {
            let place = Place::of(first, done);
            let rest = &mut inout[done..];
            let count = rest.len().min(RUN * CHUNK - place.skip);
            let whole_and_parts = (place.skip + count).div_ceil(CHUNK);
            let unsettled = &mut unsettled[..whole_and_parts];
            let soon = rest.as_ptr().wrapping_add(AHEAD);
            let noise = kernel.draw(place.block, &mut chunks[..whole_and_parts], unsettled, soon);
            for (sum, x) in rest[..count].iter_mut().zip(&noise.as_flattened()[place.skip..]) {
                *sum += stddev * *x;
            }
            place.keep_wanted(unsettled, count);
            for (n, &bits) in unsettled.iter().enumerate() {
                queue.add(kernel, place.chunk(n), bits, add_to(inout, stddev, first));
            }
            done += count;
        }
        queue.finish(kernel, add_to(inout, stddev, first));
    }
}

/// Where a run begins. A chunk begins at an even index, so of an odd first index's chunk the first element is skipped.
struct Place {
    block: u64,
    skip: usize,
}

impl Place {
    fn of(first: u64, done: usize) -> Place {
        let index = first.wrapping_add(done as u64);
        Place { block: index / 2, skip: (index % 2) as usize }
    }

    /// The index that the n-th chunk of the run begins at.
    fn chunk(&self, n: usize) -> u64 {
        (self.block * 2).wrapping_add((n * CHUNK) as u64)
    }

    /// Leaves of the chunks' bits only those of the run's `count` elements.
    fn keep_wanted(&self, unsettled: &mut [u64], count: usize) {
        let spare = unsettled.len() * CHUNK - self.skip - count;
        if let [first, ..] = unsettled {
            *first &= u64::MAX << self.skip;
        }
        if let [.., last] = unsettled {
            *last &= u64::MAX >> spare;
        }
    }
}

/// Settles elements by writing them, and so may write twice before the value is right.
#[inline(always)]
fn write_to(out: &mut [MaybeUninit<f64>], first: u64) -> impl FnMut(u64, f64) {
    move |index, x| {
        if let Some(place) = out.get_mut(index.wrapping_sub(first) as usize) {
            place.write(x);
        }
    }
}

/// Settles elements by adding them.
#[inline(always)]
fn add_to(inout: &mut [f64], stddev: f64, first: u64) -> impl FnMut(u64, f64) {
    move |index, x| {
        if let Some(sum) = inout.get_mut(index.wrapping_sub(first) as usize) {
            *sum += stddev * x;
        }
    }
}
