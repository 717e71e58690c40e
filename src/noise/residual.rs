//! The elements that their first word does not settle: one in thirty-two. They wait in a queue and are worked on in
//! batches, without a branch but for the tail's, so that a compiler can use vectors of any width.

use super::elementary::{exp_minus, minus_log};
use super::kernel::{CHUNK, Kernel};
use super::map::{slot, uniform, with_sign};
use super::tables::{STRIPS, TAIL_SCALE, TAIL_START};

/// How many elements are worked on at once.
pub const BATCH: usize = 16;

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

/// A point under the tail's envelope, exp(-TAIL_START (x - TAIL_START)), and whether it lies under the density.
/// (G. Marsaglia, "Generating a variable from the tail of the normal distribution", Technometrics 6 (1964).)
fn tail(first: u64, second: u64) -> (f64, bool) {
    let beyond = minus_log(uniform(first)) / TAIL_START;
    let accepted = uniform(second) * TAIL_SCALE < exp_minus(beyond * beyond * 0.5);
    (TAIL_START + beyond, accepted)
}

/// One proposal a lane, from the two words of its block: the value, and whether it is accepted.
#[inline(always)]
fn propose(words: &[[u64; 2]; BATCH]) -> ([f64; BATCH], [bool; BATCH]) {
    let strips = words.map(|[first, _]| STRIPS[slot(first)]);
    let mut x = [0.0; BATCH];
    let mut accepted = [false; BATCH];
    for lane in 0..BATCH {
        let [first, second] = words[lane];
        let strip = strips[lane];
        let point = strip.left + strip.width * uniform(first);
        let height = strip.base + strip.height * uniform(second);
        accepted[lane] = height < exp_minus(point * point * 0.5);
        x[lane] = with_sign(point, first);
    }
    for lane in 0..BATCH {
        let [first, second] = words[lane];
        if slot(first) == TAIL_SLOT {
            let (point, inside) = tail(first, second);
            x[lane] = with_sign(point, first);
            accepted[lane] = inside;
        }
    }
    (x, accepted)
}

/// Elements waiting for their next attempt.
pub struct Queue {
    index: [u64; BATCH + CHUNK],
    attempt: [u64; BATCH + CHUNK],
    len: usize,
}

impl Queue {
    pub const fn new() -> Queue {
        Queue { index: [0; BATCH + CHUNK], attempt: [0; BATCH + CHUNK], len: 0 }
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether there is work for every lane of a batch. While there is not, the elements of one chunk can be added.
    pub fn fills_a_batch(&self) -> bool {
        self.len >= BATCH
    }

    /// Adds an element whose blocks up to `attempt` are spent.
    pub fn push(&mut self, index: u64, attempt: u64) {
        self.index[self.len] = index;
        self.attempt[self.len] = attempt + 1;
        self.len += 1;
    }

    /// Makes an attempt for the last elements, a batch of them or as many as there are. Those that are settled leave
    /// the queue.
    pub fn attempt(&mut self, kernel: &impl Kernel, mut settle: impl FnMut(u64, f64)) {
        let taken = self.len.min(BATCH);
        self.len -= taken;
        let mut index = [0; BATCH];
        let mut attempt = [0; BATCH];
        index[..taken].copy_from_slice(&self.index[self.len..][..taken]);
        attempt[..taken].copy_from_slice(&self.attempt[self.len..][..taken]);

        let mut counters = [[0; 2]; BATCH];
        for lane in 0..BATCH {
            counters[lane] = [index[lane], attempt[lane]];
        }
        let (x, accepted) = propose(&kernel.encrypt(counters));
        for lane in 0..taken {
            if accepted[lane] {
                settle(index[lane], x[lane]);
            } else {
                self.push(index[lane], attempt[lane]);
            }
        }
    }
}
