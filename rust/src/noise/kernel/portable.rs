//! The kernel for any CPU. The `aes` crate uses the CPU's AES instructions if there are any. AES is a standard, so the bits are
//! the same with and without them.

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};

use super::super::map::first_word;
use super::super::operation::Operation;
use super::{Block, CHUNK, Counter, Few, Kernel, Work, counters_from};

struct Portable {
    cipher: Aes128,
}

/// Does the work. Not inlined, so that the other kernels do not need its stack.
#[inline(never)]
pub fn run(work: impl Work) {
    work.run::<Portable>();
}

impl Portable {
    fn new(key: [u8; 16]) -> Portable {
        Portable { cipher: Aes128::new(&key.into()) }
    }
}

fn join(low: u64, high: u64) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

impl Kernel for Portable {
    fn start<const N: usize>(key: [u8; 16], first: u64, wanted: usize) -> (Portable, Few<N>) {
        let kernel = Portable::new(key);
        let few = Few::of(&kernel.encrypt(counters_from::<N>(first / 2)), (first % 2) as usize, wanted);
        (kernel, few)
    }

    fn encrypt<const N: usize>(&self, counters: [Counter; N]) -> [Block; N] {
        let mut blocks = counters.map(|[low, high]| aes::Block::from(join(low, high).to_le_bytes()));
        self.cipher.encrypt_blocks(&mut blocks);
        blocks.map(|block| {
            let both = u128::from_le_bytes(block.into());
            [both as u64, (both >> 64) as u64]
        })
    }

    fn draw<O: Operation>(
        &self,
        operation: O,
        mut block: u64,
        chunks: &mut [[O::Place; CHUNK]],
        unsettled: &mut [u64],
        _ahead: usize,
    ) {
        for (chunk, unsettled) in chunks.iter_mut().zip(unsettled) {
            let words: [Block; CHUNK / 2] = self.encrypt(std::array::from_fn(|n| [block.wrapping_add(n as u64), 0]));
            *unsettled = 0;
            for (n, (place, word)) in chunk.iter_mut().zip(words.into_iter().flatten()).enumerate() {
                let (x, missed) = first_word(word);
                operation.apply(place, x);
                *unsettled |= u64::from(missed) << n;
            }
            block = block.wrapping_add(CHUNK as u64 / 2);
        }
    }
}
