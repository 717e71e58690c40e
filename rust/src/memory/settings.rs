//! How generous to be with pages: what the system and the user say.

use std::sync::atomic::{AtomicU8, Ordering};

/// The size of a huge page on most systems.
pub const HUGE_PAGE: usize = 1 << 21;

/// The most address space to reserve for one buffer: 16 GiB, or on 32-bit systems none.
const MOST_FOR_ONE: usize = (1u64 << 34) as usize;

/// How many times its size to reserve for a buffer at most. Emulators and valgrind take time and memory for each page that is
/// reserved: qemu 12 ms and 12 MB for a GiB.
const TIMES: usize = 1024;

/// The most address space to reserve for all buffers: a sixteenth of what user programs have, and no more than so many times
/// the machine's memory, of which qemu then takes a tenth.
const MOST_FOR_ALL: usize = (1u64 << 43) as usize;
const TIMES_MEMORY: usize = 8;

/// The largest mapping to keep for the next buffer, and the part of the machine's memory that one may be.
const MOST_KEPT: usize = 32 << 20;
const KEPT_PART: usize = 256;

pub fn page_size() -> usize {
    // SAFETY: a query without side effects.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
}

/// The machine's memory in bytes.
fn memory() -> usize {
    // SAFETY: a query without side effects.
    let pages = unsafe { libc::sysconf(libc::_SC_PHYS_PAGES) };
    usize::try_from(pages).unwrap_or(0).saturating_mul(page_size())
}

/// Whether the user wants no huge pages, no reserved address space and nothing kept: SOMEMEM_PLAIN_PAGES is set, and
/// neither empty nor 0. It is read once.
pub fn plain_pages() -> bool {
    const UNREAD: u8 = 2;
    static PLAIN: AtomicU8 = AtomicU8::new(UNREAD);
    let mut plain = PLAIN.load(Ordering::Relaxed);
    if plain == UNREAD {
        // SAFETY: a terminated name, and what the environment holds is terminated, too. Like any call that reads the
        // environment this must not meet one that changes it.
        let first = unsafe { libc::getenv(c"SOMEMEM_PLAIN_PAGES".as_ptr()).as_ref() };
        plain = u8::from(first.is_some_and(|&first| first as u8 != 0 && first as u8 != b'0'));
        PLAIN.store(plain, Ordering::Relaxed);
    }
    plain == 1
}

/// How much address space to reserve for so many bytes, when so many are reserved for others.
pub fn reservation(bytes: usize, others: usize) -> usize {
    if plain_pages() || address_space_is_limited() {
        return bytes;
    }
    let memory = memory();
    let wanted = bytes.saturating_mul(TIMES).min(memory).min(MOST_FOR_ONE);
    let left = memory.saturating_mul(TIMES_MEMORY).min(MOST_FOR_ALL).saturating_sub(others);
    let whole = |bytes: usize| bytes - bytes % HUGE_PAGE;
    if wanted <= left { bytes.max(whole(wanted)) } else { bytes }
}

fn address_space_is_limited() -> bool {
    let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: fills in a local. If it cannot, there is no limit.
    unsafe { libc::getrlimit(libc::RLIMIT_AS, &mut limit) };
    limit.rlim_cur != libc::RLIM_INFINITY
}

/// The largest mapping that is worth keeping for the next buffer.
pub fn most_kept() -> usize {
    if plain_pages() { 0 } else { MOST_KEPT.min(memory() / KEPT_PART) }
}
