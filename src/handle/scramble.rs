//! How a ticket of the table becomes a handle and back: a bijection on words that depends on a secret of the process.

use std::sync::atomic::{AtomicUsize, Ordering};

use somemem::internals::entropy;

/// 0 until the first handle is made, and odd from then on. The last bit is no part of the secret proper, which is even,
/// while the tickets of live slots are odd, so that no handle is 0.
static SECRET: AtomicUsize = AtomicUsize::new(0);

const HALF: u32 = usize::BITS / 2;

/// Odd, so that multiplying by it can be undone: the golden ratio's fraction.
const FACTOR: usize = 0x9e37_79b9_7f4a_7c15_u64 as usize;
const INVERSE: usize = inverse(FACTOR);

/// Newton's iteration for 1 / `odd` modulo a power of two: each step doubles the number of right bits, of which an odd
/// number is itself three.
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

/// The ticket of a handle. Any other word becomes some other word.
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
        // Good enough to tell one process from another: where the system put this library and this stack.
        Err(_) => ((&raw const SECRET).addr() ^ bytes.as_ptr().addr().rotate_left(HALF)).wrapping_mul(FACTOR),
    };
    let fresh = random | 1;
    // Another thread may have been first; then its secret is the process's.
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
