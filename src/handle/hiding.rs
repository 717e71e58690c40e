//! Whether leak checkers find buffers through the table. By default they do, because a buffer in use is not a leak. To find
//! handles that were never freed, a user sets SOMEMEM_FIND_LEAKS. Then a leak checker reports every buffer that is not freed,
//! also one in use.

use std::sync::atomic::{AtomicUsize, Ordering};

use somemem::internals::is_set;

/// Not a mask: the environment has not been read yet.
const UNREAD: usize = 1;

static MASK: AtomicUsize = AtomicUsize::new(UNREAD);

/// The mask that addresses in the table are combined with by exclusive or. It is 0, or it has all bits, so that the addresses do
/// not look like pointers. The environment is read once.
#[inline]
pub fn mask() -> usize {
    let known = MASK.load(Ordering::Relaxed);
    if known != UNREAD { known } else { read() }
}

#[cold]
fn read() -> usize {
    let fresh = if is_set(c"SOMEMEM_FIND_LEAKS") { usize::MAX } else { 0 };
    // Another thread may have been first.
    MASK.compare_exchange(UNREAD, fresh, Ordering::Relaxed, Ordering::Relaxed).err().unwrap_or(fresh)
}
