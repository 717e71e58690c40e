//! Page sizes and limits on what is kept, by the system and by the user.

use std::sync::atomic::{AtomicU8, Ordering};

use super::environment::is_set;

/// The size of a huge page on most systems.
pub const HUGE_PAGE: usize = 1 << 21;

/// The most bytes of freed buffers to keep in all, and of one buffer. The C library's heap keeps about as much.
const MOST_KEPT: usize = 64 << 20;
pub const LARGEST_KEPT: usize = 32 << 20;

/// At most one part in so many of the process's limit is kept.
const KEPT_PART: libc::rlim_t = 16;

pub fn page_size() -> usize {
    // SAFETY: a query without side effects.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
}

/// Whether SOMEMEM_PLAIN_PAGES is set: no huge pages, and nothing is kept. It is read once.
pub fn plain_pages() -> bool {
    const UNREAD: u8 = 2;
    static PLAIN: AtomicU8 = AtomicU8::new(UNREAD);
    let mut plain = PLAIN.load(Ordering::Relaxed);
    if plain == UNREAD {
        plain = u8::from(is_set(c"SOMEMEM_PLAIN_PAGES"));
        PLAIN.store(plain, Ordering::Relaxed);
    }
    plain == 1
}

/// The most bytes of freed buffers to keep, by the limits that the process has now. Physical memory needs no limit here, because
/// the kernel takes what is kept when it is short.
pub fn most_kept() -> usize {
    if plain_pages() {
        return 0;
    }
    let limits = [libc::RLIMIT_AS, libc::RLIMIT_DATA].map(|resource| {
        let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
        // SAFETY: fills in a local. If it cannot, there is no limit.
        unsafe { libc::getrlimit(resource, &mut limit) };
        usize::try_from(limit.rlim_cur / KEPT_PART).unwrap_or(usize::MAX)
    });
    limits.into_iter().fold(MOST_KEPT, usize::min)
}
