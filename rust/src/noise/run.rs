//! Filling memory and adding to it: a few elements beside the key schedule, runs of chunks from the kernel, the few that are
//! over, and what they leave unsettled.

use std::mem::MaybeUninit;

use super::kernel::{CHUNK, Chunk, FEW, Kernel, Work};
use super::residual::Queue;

/// The most chunks that a kernel draws in one go.
const RUN: usize = 16;

/// The same where they are added, and so need memory of their own.
const ADDED: usize = 4;

/// The elements of as many blocks as are drawn one by one.
const MOST_FEW: usize = 2 * FEW;

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
    fn run<K: Kernel>(self, key: [u8; 16]) {
        draw::<K>(key, self.first, self.out);
    }
}

impl Work for Add<'_> {
    #[inline(always)]
    fn run<K: Kernel>(self, key: [u8; 16]) {
        // Not -0.0, so that it makes of what is unsettled something that changes no sum.
        draw::<K>(key, self.first, &mut Sums { inout: self.inout, stddev: self.stddev + 0.0 });
    }
}

/// What elements are drawn for, each by its place there.
pub trait Target {
    fn len(&self) -> usize;

    /// Takes the value of an element. May be called before with what stands for a value that is not settled.
    fn put(&mut self, place: usize, x: f64);

    /// The same for several in a row.
    fn put_few(&mut self, place: usize, values: &[f64]);

    /// Draws as many whole chunks as there are from a place on, but not more than `unsettled` has words, and says how many.
    fn draw(&mut self, kernel: &impl Kernel, block: u64, place: usize, unsettled: &mut [u64; RUN]) -> usize;
}

/// Elements are written, so that writing twice does no harm.
impl Target for [MaybeUninit<f64>] {
    #[inline(always)]
    fn len(&self) -> usize {
        self.len()
    }

    #[inline(always)]
    fn put(&mut self, place: usize, x: f64) {
        if let Some(place) = self.get_mut(place) {
            place.write(x);
        }
    }

    #[inline(always)]
    fn put_few(&mut self, place: usize, values: &[f64]) {
        self[place..][..values.len()].write_copy_of_slice(values);
    }

    #[inline(always)]
    fn draw(&mut self, kernel: &impl Kernel, block: u64, place: usize, unsettled: &mut [u64; RUN]) -> usize {
        let rest = &mut self[place..];
        let here = rest.as_ptr().cast();
        let (chunks, _) = rest.as_chunks_mut();
        let count = chunks.len().min(RUN);
        if count > 0 {
            kernel.draw(block, &mut chunks[..count], &mut unsettled[..count], here);
        }
        count
    }
}

struct Sums<'a> {
    inout: &'a mut [f64],
    stddev: f64,
}

impl Target for Sums<'_> {
    #[inline(always)]
    fn len(&self) -> usize {
        self.inout.len()
    }

    #[inline(always)]
    fn put(&mut self, place: usize, x: f64) {
        if let Some(sum) = self.inout.get_mut(place) {
            *sum += self.stddev * x;
        }
    }

    #[inline(always)]
    fn put_few(&mut self, place: usize, values: &[f64]) {
        for (sum, x) in self.inout[place..].iter_mut().zip(values) {
            *sum += self.stddev * *x;
        }
    }

    #[inline(always)]
    fn draw(&mut self, kernel: &impl Kernel, block: u64, place: usize, unsettled: &mut [u64; RUN]) -> usize {
        let rest = &mut self.inout[place..];
        let count = (rest.len() / CHUNK).min(ADDED);
        if count > 0 {
            let mut chunks: [Chunk; ADDED] = [[MaybeUninit::uninit(); CHUNK]; ADDED];
            let noise = kernel.draw(block, &mut chunks[..count], &mut unsettled[..count], rest.as_ptr());
            for (sum, x) in rest.iter_mut().zip(noise.as_flattened()) {
                *sum += self.stddev * *x;
            }
        }
        count
    }
}

/// The kernel, and the first so many elements, of which the result tells those that are unsettled.
#[inline(always)]
fn start<K: Kernel, const N: usize>(
    key: [u8; 16],
    first: u64,
    number: usize,
    target: &mut (impl Target + ?Sized),
) -> (K, u64) {
    let (kernel, few) = K::start::<N>(key, first, number);
    let values = few.values.as_flattened();
    if N == 2 {
        // One by one: a call of memcpy takes as long as the map.
        for (n, &x) in values.iter().enumerate() {
            if n < number {
                target.put(n, x);
            }
        }
    } else {
        target.put_few(0, &values[..number]);
    }
    (kernel, few.unsettled & ((1 << number) - 1))
}

/// Draws all elements of the target.
#[inline(always)]
fn draw<K: Kernel>(key: [u8; 16], first: u64, target: &mut (impl Target + ?Sized)) {
    let number = target.len();
    // Of an odd first index's block one element is not asked for. All that follows begins with a whole block.
    let skip = (first % 2) as usize;
    // As few blocks as short calls need; more of a long one would only take it from the chunks.
    let mut done = number;
    let (kernel, missed) = match skip.saturating_add(number) {
        0..=4 => start::<K, 2>(key, first, done, target),
        17..=MOST_FEW => start::<K, FEW>(key, first, done, target),
        _ => {
            done = number.min(16 - skip);
            start::<K, 8>(key, first, done, target)
        }
    };
    if done == number && missed == 0 {
        return;
    }
    let mut queue = Queue::new();
    let mut unsettled = [0; RUN];
    unsettled[0] = missed;
    let mut chunks = 1;
    let mut place = 0;
    loop {
        for (n, &bits) in unsettled[..chunks].iter().enumerate() {
            queue.add(&kernel, first, target, place + n * CHUNK, bits);
        }
        if done >= number {
            break;
        }
        place = done;
        let block = first.wrapping_add(place as u64) / 2;
        chunks = target.draw(&kernel, block, place, &mut unsettled);
        done += chunks * CHUNK;
        if chunks == 0 {
            // What is left is less than a chunk.
            let count = number - place;
            if count <= MOST_FEW {
                let few = kernel.few::<FEW>(block, count);
                target.put_few(place, &few.values.as_flattened()[..count]);
                unsettled[0] = few.unsettled;
            } else {
                let mut chunk: [Chunk; 1] = [[MaybeUninit::uninit(); CHUNK]];
                let here = chunk.as_ptr().cast();
                let noise = kernel.draw(block, &mut chunk, &mut unsettled[..1], here);
                target.put_few(place, &noise.as_flattened()[..count]);
            }
            unsettled[0] &= u64::MAX >> (CHUNK - count);
            chunks = 1;
            done = number;
        }
    }
    queue.finish(&kernel, first, target);
}
