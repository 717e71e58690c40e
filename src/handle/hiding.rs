//! Whether leak checkers see buffers through the table. They should: a buffer in use is no leak. Who looks for handles that were
//! never freed sets SOMEMEM_FIND_LEAKS: then a buffer whose handle is gone counts as lost, and so does one in use.

use std::sync::atomic::{AtomicUsize, Ordering};

use somemem::internals::is_set;

/// No mask is this.
const UNREAD: usize = 1;

static MASK: AtomicUsize = AtomicUsize::new(UNREAD);

/// What addresses in the table are combined with by exclusive or: nothing, or all bits, and then they are no pointers. The
/// environment is read once.
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
