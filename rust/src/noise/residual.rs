//! The elements that their first word does not settle: one in 64. They wait in a queue and make their attempts in batches. Only
//! the tail needs a branch, so the compiler can use vectors of any width. Every function that takes a kernel is inlined into the
//! kernel's `run`: a function of its own would be compiled for the oldest CPU.

use super::draw::Target;
use super::elementary::{exp_minus, minus_log};
use super::kernel::{BATCH, Block, Counter, Kernel};
use super::map::{UNSETTLED, slot, uniform, with_sign_and_lowest_bits};
use super::operation::Operation;
use super::tables::{STRIPS, TAIL_SCALE, TAIL_START};

/// The slot of the tail.
pub const TAIL_SLOT: usize = STRIPS.len() - 1;

/// Makes one attempt in each lane. Returns the values, and a bit for each attempt that is not accepted, whose value is
/// [`UNSETTLED`].
#[inline(always)]
pub fn propose<const N: usize>(blocks: &[Block; N]) -> ([f64; N], u32) {
    let strips = blocks.map(|[first, _]| STRIPS[slot(first)]);
    let (mut values, mut failed, mut any_tail) = ([0.0; N], 0, false);
    for lane in 0..N {
        let ([first, second], strip) = (blocks[lane], strips[lane]);
        let x = strip.left + strip.width * uniform(first);
        let y = strip.base + strip.height * uniform(second);
        let accepted = y < exp_minus(x * x * 0.5);
        values[lane] = if accepted { with_sign_and_lowest_bits(x, blocks[lane]) } else { UNSETTLED };
        failed |= u32::from(!accepted) << lane;
        any_tail |= slot(first) == TAIL_SLOT;
    }
    if any_tail {
        propose_tails(blocks, &mut values, &mut failed);
    }
    (values, failed)
}

/// The same for the lanes whose slot is the tail.
#[inline(never)]
pub fn propose_tails(blocks: &[Block], values: &mut [f64], failed: &mut u32) {
    for (lane, (block, value)) in blocks.iter().zip(values).enumerate() {
        if slot(block[0]) == TAIL_SLOT {
            *value = propose_tail(*block);
            *failed = *failed & !(1 << lane) | u32::from(*value == UNSETTLED) << lane;
        }
    }
}

/// Draws a point under the tail's envelope, exp(-TAIL_START (x - TAIL_START)). It is accepted if it lies under the density. G.
/// Marsaglia, "Generating a variable from the tail of the normal distribution", Technometrics 6 (1964).
fn propose_tail(block @ [first, second]: Block) -> f64 {
    let beyond = minus_log(uniform(first)) / TAIL_START;
    let accepted = uniform(second) * TAIL_SCALE < exp_minus(beyond * beyond * 0.5);
    if accepted { with_sign_and_lowest_bits(TAIL_START + beyond, block) } else { UNSETTLED }
}

/// This many unsettled elements of a chunk are queued without a branch. More are rare.
const ADDED_AT_ONCE: usize = 4;

/// Elements that wait for their next attempt. Each is the counter of its next block, and the offset of its place. Between calls
/// there are fewer than a batch.
pub struct Queue {
    waiting: [Waiting; BATCH + ADDED_AT_ONCE],
    len: usize,
}

#[derive(Clone, Copy)]
struct Waiting {
    counter: Counter,
    offset: usize,
}

impl Queue {
    #[inline(always)]
    pub fn new() -> Queue {
        Queue { waiting: [Waiting { counter: [0; 2], offset: 0 }; BATCH + ADDED_AT_ONCE], len: 0 }
    }

    /// Adds the elements whose bits are set in `unsettled`: bit n is index `first` + n and place `offset` + n. Makes attempts
    /// while there is a full batch.
    #[inline(always)]
    pub fn add<O: Operation>(
        &mut self,
        kernel: &impl Kernel,
        target: &mut Target<O>,
        first: u64,
        offset: usize,
        mut unsettled: u64,
    ) {
        loop {
            // There is no branch on their number, because a CPU cannot predict it.
            for _ in 0..ADDED_AT_ONCE {
                let n = unsettled.trailing_zeros();
                self.push([first.wrapping_add(u64::from(n)), 1], offset.wrapping_add(n as usize), unsettled != 0);
                unsettled &= unsettled.wrapping_sub(1);
            }
            while self.len >= BATCH {
                self.attempt(kernel, target);
            }
            if unsettled == 0 {
                break;
            }
        }
    }

    /// Makes an attempt for each of the last elements of the queue, a batch of them.
    #[inline(always)]
    fn attempt<O: Operation>(&mut self, kernel: &impl Kernel, target: &mut Target<O>) {
        self.len -= BATCH;
        let counters: [Counter; BATCH] = std::array::from_fn(|lane| self.waiting[self.len + lane].counter);
        let offsets: [usize; BATCH] = std::array::from_fn(|lane| self.waiting[self.len + lane].offset);
        let (values, failed) = kernel.attempt_batch(&counters);
        for lane in 0..BATCH {
            let [index, attempt] = counters[lane];
            target.put(offsets[lane], values[lane]);
            self.push([index, attempt + 1], offsets[lane], failed >> lane & 1 != 0);
        }
    }

    /// Settles all elements that still wait, fewer than a batch. Each makes several attempts at once, and the first that is
    /// accepted counts.
    #[inline(always)]
    pub fn finish<O: Operation>(&mut self, kernel: &impl Kernel, target: &mut Target<O>) {
        while self.len > 0 {
            if self.len == 1 {
                let counters: [Counter; 4] = self.ahead();
                let (values, failed) = kernel.attempt_four(&counters);
                self.settle(&counters, &values, failed, target);
            } else {
                let counters: [Counter; BATCH] = self.ahead();
                let (values, failed) = kernel.attempt_batch(&counters);
                self.settle(&counters, &values, failed, target);
            }
        }
    }

    /// The counters of the next attempts of all elements that wait: first one attempt of each, then the second of each, and so
    /// on.
    #[inline(always)]
    fn ahead<const N: usize>(&self) -> [Counter; N] {
        let mut counters = [[0; 2]; N];
        let (mut element, mut round) = (0, 0);
        for counter in &mut counters {
            let [index, attempt] = self.waiting[element].counter;
            *counter = [index, attempt + round];
            element += 1;
            if element >= self.len {
                (element, round) = (0, round + 1);
            }
        }
        counters
    }

    /// Settles the elements that have an accepted attempt. The others wait again.
    #[inline(always)]
    fn settle<const N: usize, O: Operation>(
        &mut self,
        counters: &[Counter; N],
        values: &[f64; N],
        failed: u32,
        target: &mut Target<O>,
    ) {
        let waiting = self.len;
        self.len = 0;
        for element in 0..waiting {
            let offset = self.waiting[element].offset;
            let mut lane = element;
            while lane < N && failed >> lane & 1 != 0 {
                lane += waiting;
            }
            if lane < N {
                target.put(offset, values[lane]);
            } else {
                let [index, attempt] = counters[lane - waiting];
                self.push([index, attempt + 1], offset, true);
            }
        }
    }

    /// Adds an element if `wanted`, without a branch.
    #[inline(always)]
    fn push(&mut self, counter: Counter, offset: usize, wanted: bool) {
        self.waiting[self.len] = Waiting { counter, offset };
        self.len += usize::from(wanted);
    }
}
