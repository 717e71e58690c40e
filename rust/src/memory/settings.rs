//! How generous to be with pages: what the system and the user say.

use std::sync::atomic::{AtomicU8, Ordering};

use super::environment::is_set;

/// The size of a huge page on most systems.
pub const HUGE_PAGE: usize = 1 << 21;

/// The most bytes of freed buffers to keep for later ones, and the largest of them. The C library's heap keeps as much.
const MOST_KEPT: usize = 64 << 20;
pub const LARGEST_KEPT: usize = 32 << 20;

/// What is kept is at most this part of what the process may have.
const KEPT_PART: libc::rlim_t = 16;

pub fn page_size() -> usize {
    // SAFETY: a query without side effects.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
}

/// Whether the user wants no huge pages and nothing kept: SOMEMEM_PLAIN_PAGES is set. It is read once.
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

/// How many bytes of freed buffers to keep, by the limits that the process has now. Memory that is short needs no limit
/// here: the kernel takes what is kept.
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
