//! Noise that cannot be drawn again. Its key is wiped from memory after use, as far as possible. The compiler decides where a
//! kernel keeps its round keys, so all of the stack that drawing used is wiped. Noise of a known seed does not need this, and
//! does not pay for it.

use std::mem::MaybeUninit;

use zeroize::{Zeroize, zeroize_stack};

use super::{Fill, Kind, Noise, Places, Rows, in_pieces};
use crate::Error;

/// Drawing uses at most this much stack: see tests/c/secret.c.
const STACK: usize = 8 * 1024;

/// Not `Copy`, so that there is one copy to wipe.
pub struct Secret(Noise);

impl Secret {
    /// A key from the operating system.
    pub fn from_entropy() -> Result<Secret, Error> {
        Noise::from_entropy().map(Secret)
    }

    /// [`Noise::fill_unwritten`] from index 0 on.
    pub fn fill_unwritten(&self, out: &mut [MaybeUninit<f64>]) {
        let (kind, rows) = (Kind::best(), Rows::one(out.len()));
        in_pieces(Places::of(out), rows, |places, from, number| {
            fill(&self.0, kind, places, rows, from, number);
            // The stack of this thread. Every thread that draws wipes its own.
            zeroize_stack::<STACK>();
        });
    }
}

/// Not inlined, so that all the stack that it uses is below the caller's frame.
#[inline(never)]
fn fill(noise: &Noise, kind: Kind, places: Places<MaybeUninit<f64>>, rows: Rows, from: usize, number: usize) {
    noise.draw_piece(kind, Fill::default(), places, rows, 0, from, number);
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.seed.zeroize();
        self.0.stream.zeroize();
    }
}
