//! Noise that nobody can draw again: of a key that is wiped after use, as far as that can be done. Kernels keep round keys
//! where the compiler likes, so what is wiped is all of the stack that drawing used. Noise of a known seed need not pay.

use std::mem::MaybeUninit;

use zeroize::{Zeroize, zeroize_stack};

use super::{Kind, Noise, in_parts};
use crate::Error;

/// At least what `fill_with` needs of the stack: see tests/c/secret.c.
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
        let kind = Kind::best();
        in_parts(out, 0, |part, first| {
            fill(&self.0, kind, part, first);
            // Of each thread that drew.
            zeroize_stack::<STACK>();
        });
    }
}

/// Not inlined, so that all it uses lies below its caller's part of the stack.
#[inline(never)]
fn fill(noise: &Noise, kind: Kind, part: &mut [MaybeUninit<f64>], first: u64) {
    noise.fill_with(kind, part, first);
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.seed.zeroize();
        self.0.stream.zeroize();
    }
}
