//! Turns a ticket of the table into a handle and back, by a bijection on words that depends on a secret of the process.

use std::sync::atomic::{AtomicUsize, Ordering};

use somemem::internals::entropy;

/// 0 until the first handle is made, and odd from then on. The last bit only marks it as set: the secret that is used is even.
/// Tickets of live slots are odd, so no handle is 0.
static SECRET: AtomicUsize = AtomicUsize::new(0);

const HALF: u32 = usize::BITS / 2;

/// The fraction of the golden ratio. It is odd, so multiplication by it can be undone.
const FACTOR: usize = 0x9e37_79b9_7f4a_7c15_u64 as usize;
const INVERSE: usize = inverse(FACTOR);

/// Newton's iteration for 1 / `odd` modulo a power of two. It begins with `odd` itself, which has three correct bits, and each
/// step doubles their number.
const fn inverse(odd: usize) -> usize {
    let mut inverse = odd;
    let mut right_bits = 3;
    while right_bits < usize::BITS {
        inverse = inverse.wrapping_mul(2usize.wrapping_sub(odd.wrapping_mul(inverse)));
        right_bits *= 2;
    }
    inverse
}

/// The handle for a live ticket.
#[inline]
pub fn scramble(ticket: usize) -> usize {
    let word = (ticket ^ secret()).wrapping_mul(FACTOR);
    word ^ word >> HALF
}

/// The ticket of a handle. A word that is not a handle becomes a word that is hardly ever a live ticket.
#[inline]
pub fn unscramble(handle: usize) -> usize {
    (handle ^ handle >> HALF).wrapping_mul(INVERSE) ^ (SECRET.load(Ordering::Relaxed) & !1)
}

#[inline]
fn secret() -> usize {
    let known = SECRET.load(Ordering::Relaxed);
    (if known != 0 { known } else { make_secret() }) & !1
}

#[cold]
fn make_secret() -> usize {
    let mut bytes = [0; size_of::<usize>()];
    let random = match entropy::fill(&mut bytes) {
        Ok(()) => usize::from_ne_bytes(bytes),
        // The addresses of this library and this stack: not secret, but they differ between processes.
        Err(_) => ((&raw const SECRET).addr() ^ bytes.as_ptr().addr().rotate_left(HALF)).wrapping_mul(FACTOR),
    };
    let fresh = random | 1;
    // If another thread was first, its secret is used.
    SECRET.compare_exchange(0, fresh, Ordering::Relaxed, Ordering::Relaxed).err().unwrap_or(fresh)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_handle_gives_its_ticket_back(ticket: usize) {
            prop_assert_eq!(unscramble(scramble(ticket | 1)), ticket | 1);
            prop_assert_ne!(scramble(ticket | 1), 0);
        }
    }
}
