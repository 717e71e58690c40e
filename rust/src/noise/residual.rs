//! The elements that their first word does not settle: one in sixty-four. They wait in a queue and are worked on in
//! batches, without a branch but for the tail's, so that the compiler can use vectors of any width. What takes a kernel is
//! inlined into the kernel's `run`, always: a function of its own would be compiled for the oldest CPU.

use super::elementary::{exp_minus, minus_log};
use super::kernel::{BATCH, Block, Counter, Kernel};
use super::map::{UNSETTLED, finished, slot, uniform};
use super::tables::{STRIPS, TAIL_SCALE, TAIL_START};

/// The slot of the proposals that go to the tail.
const TAIL_SLOT: usize = STRIPS.len() - 1;

/// An upright rectangle that covers a part of the residual, and of the boxes nothing.
#[derive(Clone, Copy)]
#[repr(align(32))]
pub struct Strip {
    left: f64,
    width: f64,
    base: f64,
    height: f64,
}

impl Strip {
    pub const fn new(left: f64, width: f64, base: f64, height: f64) -> Strip {
        Strip { left, width, base, height }
    }
}

/// One proposal a lane: the value, if it is accepted.
#[inline(always)]
fn propose(blocks: &[Block; BATCH]) -> [f64; BATCH] {
    let strips = blocks.map(|[first, _]| STRIPS[slot(first)]);
    let mut values = [0.0; BATCH];
    let mut any_tail = false;
    for lane in 0..BATCH {
        let ([first, second], strip) = (blocks[lane], strips[lane]);
        let x = strip.left + strip.width * uniform(first);
        let y = strip.base + strip.height * uniform(second);
        values[lane] = if y < exp_minus(x * x * 0.5) { finished(x, blocks[lane]) } else { UNSETTLED };
        any_tail |= slot(first) == TAIL_SLOT;
    }
    if any_tail {
        for lane in 0..BATCH {
            if slot(blocks[lane][0]) == TAIL_SLOT {
                values[lane] = propose_tail(blocks[lane]);
            }
        }
    }
    values
}

/// A point under the tail's envelope, exp(-TAIL_START (x - TAIL_START)), if it lies under the density.
/// (G. Marsaglia, "Generating a variable from the tail of the normal distribution", Technometrics 6 (1964).)
#[inline(never)]
fn propose_tail(block @ [first, second]: Block) -> f64 {
    let beyond = minus_log(uniform(first)) / TAIL_START;
    let accepted = uniform(second) * TAIL_SCALE < exp_minus(beyond * beyond * 0.5);
    if accepted { finished(TAIL_START + beyond, block) } else { UNSETTLED }
}

/// How many elements of a chunk are queued without asking whether there are more. More than these are rare.
const MOSTLY: usize = 4;

/// Elements waiting for their next attempt, each as the counter of the block that it will take. Shorter than a batch
/// between calls.
pub struct Queue {
    counters: [Counter; BATCH + MOSTLY],
    len: usize,
}

impl Queue {
    #[inline(always)]
    pub fn new() -> Queue {
        Queue { counters: [[0; 2]; BATCH + MOSTLY], len: 0 }
    }

    /// Adds the elements of a chunk that begins at index `first`, those whose bits are set in `unsettled`, and attempts
    /// as many as fill a batch. What is handed to `settle` for an index is its value, or [`UNSETTLED`] so far.
    #[inline(always)]
    pub fn add(&mut self, kernel: &impl Kernel, first: u64, mut unsettled: u64, mut settle: impl FnMut(u64, f64)) {
        loop {
            // Without a branch on how many there are, which nobody can predict.
            for _ in 0..MOSTLY {
                let index = first.wrapping_add(u64::from(unsettled.trailing_zeros()));
                self.push([index, 1], unsettled != 0);
                unsettled &= unsettled.wrapping_sub(1);
            }
            while self.len >= BATCH {
                self.attempt(kernel, &mut settle);
            }
            if unsettled == 0 {
                break;
            }
        }
    }

    /// Settles all that still wait.
    #[inline(always)]
    pub fn finish(&mut self, kernel: &impl Kernel, mut settle: impl FnMut(u64, f64)) {
        while self.len > 0 {
            self.attempt(kernel, &mut settle);
        }
    }

    /// Makes an attempt for the last of those that wait, as many as fit in a batch.
    #[inline(always)]
    fn attempt(&mut self, kernel: &impl Kernel, settle: &mut impl FnMut(u64, f64)) {
        let count = self.len.min(BATCH);
        self.len -= count;
        let counters: [Counter; BATCH] = std::array::from_fn(|lane| self.counters[self.len + lane]);
        let values = propose(&kernel.encrypt(counters));
        for lane in 0..count {
            let [index, attempt] = counters[lane];
            settle(index, values[lane]);
            self.push([index, attempt + 1], values[lane] == UNSETTLED);
        }
    }

    /// Adds a counter if it is wanted.
    #[inline(always)]
    fn push(&mut self, counter: Counter, wanted: bool) {
        self.counters[self.len] = counter;
        self.len += usize::from(wanted);
    }
}
