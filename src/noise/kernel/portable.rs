//! The kernel for any CPU. The `aes` crate finds and uses the CPU's AES instructions; AES is a standard, so its bits
//! are the same with and without them.

use std::mem::MaybeUninit;

use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Block};

use super::super::map::first_word;
use super::super::residual::BATCH;
use super::{CHUNK, Kernel};

pub struct Portable {
    cipher: Aes128,
}

fn block(counter: [u64; 2]) -> Block {
    let [low, high] = counter.map(u64::to_le_bytes);
    let mut bytes = Block::default();
    bytes[..8].copy_from_slice(&low);
    bytes[8..].copy_from_slice(&high);
    bytes
}

fn words(block: Block) -> [u64; 2] {
    let both = u128::from_le_bytes(block.into());
    [both as u64, (both >> 64) as u64]
}

impl Portable {
    pub fn new(key: [u8; 16]) -> Portable {
        Portable { cipher: Aes128::new(&key.into()) }
    }
}

impl Kernel for Portable {
    fn encrypt(&self, counters: [[u64; 2]; BATCH]) -> [[u64; 2]; BATCH] {
        let mut blocks = counters.map(block);
        self.cipher.encrypt_blocks(&mut blocks);
        blocks.map(words)
    }

    fn draw(&self, first: u64, out: &mut [MaybeUninit<f64>; CHUNK]) -> u64 {
        let mut blocks: [Block; CHUNK / 2] = std::array::from_fn(|n| block([first.wrapping_add(n as u64), 0]));
        self.cipher.encrypt_blocks(&mut blocks);
        let mut unsettled = 0;
        for (n, (place, word)) in out.iter_mut().zip(blocks.into_iter().flat_map(words)).enumerate() {
            let (x, missed) = first_word(word);
            place.write(x);
            unsettled |= u64::from(missed) << n;
        }
        unsettled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 197, appendix C.1.
    #[test]
    fn blocks_are_aes_128() {
        let key = std::array::from_fn(|n| n as u8);
        let plain = 0x00112233445566778899aabbccddeeff_u128.to_be_bytes();
        let cipher = 0x69c4e0d86a7b0430d8cdb78070b4c55a_u128.to_be_bytes();
        let encrypted = Portable::new(key).encrypt([words(plain.into()); BATCH]);
        assert!(encrypted.iter().all(|&lane| lane == words(cipher.into())));
    }
}
