//! Freed buffers whose pages are kept for later buffers. A program that makes and frees buffers in a loop would otherwise pay for
//! page faults each time, which takes longer than filling the pages with noise. The kernel may take this memory whenever it is
//! short. There is no lock, so a `fork` cannot leave one locked.

use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use super::header::{Header, LARGE, into_pages, pages_mut};
use super::pages::Pages;
use super::settings::{LARGEST_KEPT, most_kept};
use super::tools;

/// How many are kept.
const PLACES: usize = 4;

/// Each is NULL or a header. Headers are not stored in the pages: a program that writes to a freed buffer would overwrite them.
static KEPT: [AtomicPtr<Header>; PLACES] = [const { AtomicPtr::new(ptr::null_mut()) }; PLACES];

/// The bytes of all buffers that are kept or about to be kept.
static BYTES: AtomicUsize = AtomicUsize::new(0);

/// Its remainder by PLACES is the place that makes room next.
static TURN: AtomicUsize = AtomicUsize::new(0);

/// Keeps a freed buffer if it is worth it, or else destroys it.
///
/// # Safety
/// It has pages of its own, and nobody uses it any more.
#[inline(never)]
pub unsafe fn keep(header: NonNull<Header>) {
    let most = most_kept();
    make_room(most);
    // SAFETY: the caller's promise.
    let Some(pages) = (unsafe { pages_mut(header) }) else { return };
    pages.end_reserve();
    let bytes = pages.usable();
    // Every buffer with pages of its own asks for at least LARGE doubles. Fewer pages, of a buffer that has shrunk, would never
    // be taken.
    let worth_it = bytes >= LARGE * size_of::<f64>() && bytes <= LARGEST_KEPT.min(most) && pages.reserved() == 0;
    if !worth_it || !pages.offer() {
        // SAFETY: the caller's promise.
        return drop(unsafe { into_pages(header) });
    }
    tools::no_access(pages.start(), bytes);
    BYTES.fetch_add(bytes, Ordering::Relaxed);
    make_room(most);
    if !KEPT.iter().any(|place| put(place, header)) {
        destroy_kept(next_place().swap(header.as_ptr(), Ordering::AcqRel));
    }
}

/// Kept pages of at least `bytes` and at most about twice as many, if there are any.
pub fn take(bytes: usize) -> Option<Pages> {
    KEPT.iter().find_map(|place| {
        let header = NonNull::new(place.swap(ptr::null_mut(), Ordering::AcqRel))?;
        // SAFETY: it was kept, and this thread alone took it out of its place.
        let usable = unsafe { pages_mut(header) }?.usable();
        if usable >= bytes && usable / 2 <= bytes {
            BYTES.fetch_sub(usable, Ordering::Relaxed);
            // SAFETY: as above.
            return unsafe { into_pages(header) };
        }
        // These pages do not fit. They go back to their place, or are destroyed if it has been filled meanwhile.
        if !put(place, header) {
            destroy_kept(header.as_ptr());
        }
        None
    })
}

/// Gives all of them back to the kernel.
#[cold]
pub fn release() {
    for place in &KEPT {
        destroy_kept(place.swap(ptr::null_mut(), Ordering::AcqRel));
    }
}

/// Gives kept buffers back to the kernel until at most `most` bytes are kept.
fn make_room(most: usize) {
    for _ in 0..PLACES {
        if BYTES.load(Ordering::Relaxed) > most {
            destroy_kept(next_place().swap(ptr::null_mut(), Ordering::AcqRel));
        }
    }
}

#[expect(clippy::indexing_slicing, reason = "a remainder is below what it is divided by")]
fn next_place() -> &'static AtomicPtr<Header> {
    &KEPT[TURN.fetch_add(1, Ordering::Relaxed) % PLACES]
}

/// Fills a place, if it is empty.
fn put(place: &AtomicPtr<Header>, header: NonNull<Header>) -> bool {
    place.compare_exchange(ptr::null_mut(), header.as_ptr(), Ordering::AcqRel, Ordering::Relaxed).is_ok()
}

/// Destroys a header that was taken out of a place, unless it is NULL.
fn destroy_kept(header: *mut Header) {
    if let Some(header) = NonNull::new(header) {
        // SAFETY: only what `keep` was given is ever in a place, and this thread alone took it out.
        if let Some(pages) = unsafe { into_pages(header) } {
            BYTES.fetch_sub(pages.usable(), Ordering::Relaxed);
        }
    }
}
