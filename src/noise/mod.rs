//! Noise: doubles that are a pure function of (seed, stream, index).
//!
//! Element i takes its first word from AES-128 over the counter i / 2 ([`kernel`]); the word chooses a layer and mostly
//! settles the element ([`map`]). Otherwise the element makes attempts of its own until one is accepted ([`residual`]).

mod elementary;
mod kernel;
mod map;
mod residual;
#[rustfmt::skip]
mod tables;

use std::mem::MaybeUninit;

use kernel::{CHUNK, Kernel, Portable, as_unwritten, environment};
use residual::Queue;

/// Elements that [`Noise::add`] draws before it adds them: 8 KiB of stack.
const TILE: usize = 1024;

/// The operating system gave no random key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoEntropy;

/// An endless sequence of independent N(0,1) samples, the element at each index fixed by the seed and the stream.
///
/// Any two pairs of seed and stream give unrelated sequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noise {
    /// The first half of the AES-128 key.
    pub seed: u64,
    /// The second half.
    pub stream: u64,
}

impl Noise {
    /// A sequence that nobody has drawn from: seed and stream from the operating system.
    pub fn from_entropy() -> Result<Noise, NoEntropy> {
        let mut key = [[0; 8]; 2];
        getrandom::fill(key.as_flattened_mut()).map_err(|_| NoEntropy)?;
        let [seed, stream] = key.map(u64::from_le_bytes);
        Ok(Noise { seed, stream })
    }

    fn kernel(&self) -> impl Kernel {
        let key = u128::from(self.stream) << 64 | u128::from(self.seed);
        Portable::new(key.to_le_bytes())
    }

    /// Writes the elements `first`, `first` + 1, ... to `out`. The last index must not be above 2^64 - 1; past it the
    /// sequence begins anew.
    pub fn fill(&self, out: &mut [f64], first: u64) {
        self.fill_unwritten(as_unwritten(out), first);
    }

    /// [`Noise::fill`] for memory that holds nothing yet. All of it is written.
    pub fn fill_unwritten(&self, out: &mut [MaybeUninit<f64>], first: u64) {
        environment::with_default(|| draw(&self.kernel(), out, first));
    }

    /// Adds `stddev` times the elements `first`, `first` + 1, ... to what `inout` holds: every sum and product rounded
    /// once.
    pub fn add(&self, inout: &mut [f64], stddev: f64, first: u64) {
        environment::with_default(|| {
            let kernel = self.kernel();
            let mut tile = [0.0; TILE];
            let mut index = first;
            for part in inout.chunks_mut(TILE) {
                let noise = &mut tile[..part.len()];
                draw(&kernel, as_unwritten(noise), index);
                for (sum, x) in part.iter_mut().zip(noise) {
                    *sum += stddev * *x;
                }
                index = index.wrapping_add(TILE as u64);
            }
        });
    }
}

/// Fills `out` from the element `first` on.
fn draw(kernel: &impl Kernel, out: &mut [MaybeUninit<f64>], first: u64) {
    let mut queue = Queue::new();
    let mut done = 0;
    while done < out.len() {
        let index = first.wrapping_add(done as u64);
        let part = &mut out[done..];
        // A chunk begins at an even index; an odd `first` is the second element of the first chunk.
        let skip = (index % 2) as usize;
        let len = part.len().min(CHUNK - skip);
        let unsettled = match part.first_chunk_mut() {
            Some(whole) if skip == 0 => kernel.draw(index / 2, whole),
            _ => {
                let mut chunk = [MaybeUninit::uninit(); CHUNK];
                let unsettled = kernel.draw(index / 2, &mut chunk);
                part[..len].copy_from_slice(&chunk[skip..][..len]);
                unsettled >> skip & u64::MAX >> (CHUNK - len)
            }
        };
        for bit in ones(unsettled) {
            queue.push(index.wrapping_add(bit), 0);
        }
        while queue.fills_a_batch() {
            attempt(&mut queue, kernel, out, first);
        }
        done += len;
    }
    while !queue.is_empty() {
        attempt(&mut queue, kernel, out, first);
    }
}

fn attempt(queue: &mut Queue, kernel: &impl Kernel, out: &mut [MaybeUninit<f64>], first: u64) {
    queue.attempt(kernel, |index, x| {
        out[index.wrapping_sub(first) as usize].write(x);
    });
}

/// The numbers of the bits that are set, from the lowest up.
fn ones(mut bits: u64) -> impl Iterator<Item = u64> {
    std::iter::from_fn(move || {
        let lowest = (bits != 0).then(|| u64::from(bits.trailing_zeros()))?;
        bits &= bits - 1;
        Some(lowest)
    })
}
