//! Noise that nobody can draw again: of a key that is wiped after use, as far as that can be done. Kernels keep round keys
//! where the compiler likes, so what is wiped is all of the stack that drawing used. Noise of a known seed need not pay.

use std::mem::MaybeUninit;

use zeroize::{Zeroize, zeroize_stack};

use super::{Fill, Kind, Noise, Places, Rows, in_pieces};
use crate::Error;

/// At least what drawing needs of the stack: see tests/c/secret.c.
const STACK: usize = 8 * 1024;

/// Not `Copy`, so that there is one place to wipe.
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
            // Of each thread that drew.
            zeroize_stack::<STACK>();
        });
    }
}

/// Not inlined, so that all it uses lies below its caller's part of the stack.
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
