//! Freed buffers with pages of their own, kept for the pages' sake: a program that makes and frees buffers in a loop would
//! otherwise pay for every page each time, which takes longer than filling it with noise. Their memory is the kernel's to
//! take while nobody uses it. Without a lock, so that a `fork` cannot leave one held.

use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use super::header::{Header, LARGE, into_pages, pages_mut};
use super::pages::Pages;
use super::settings::{LARGEST_KEPT, most_kept};
use super::tools;

/// How many are kept.
const PLACES: usize = 4;

/// Each is NULL or a header. Nothing of them is in the pages, where a program that writes to a buffer after it was freed
/// would change it.
static KEPT: [AtomicPtr<Header>; PLACES] = [const { AtomicPtr::new(ptr::null_mut()) }; PLACES];

/// The bytes of all that are kept, or are about to be.
static BYTES: AtomicUsize = AtomicUsize::new(0);

/// Whose turn it is to make room.
static TURN: AtomicUsize = AtomicUsize::new(0);

/// Keeps a buffer, if it is worth it, or else destroys it.
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
    // No buffer with pages of its own asks for less than these have, so a shrunk one would only take the place of others.
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

/// Pages of at least so many bytes, and no more than twice as many, if such are kept.
pub fn take(bytes: usize) -> Option<Pages> {
    KEPT.iter().find_map(|place| {
        let header = NonNull::new(place.swap(ptr::null_mut(), Ordering::AcqRel))?;
        // SAFETY: one that was kept, and was taken out of its place by this thread alone.
        let usable = unsafe { pages_mut(header) }?.usable();
        if usable >= bytes && usable / 2 <= bytes {
            BYTES.fetch_sub(usable, Ordering::Relaxed);
            // SAFETY: as above.
            return unsafe { into_pages(header) };
        }
        // It was only looked at. If the place has been filled meanwhile it has to go.
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

/// Gives some of them back to the kernel, until there are no more bytes than `most`.
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

/// What was in a place, if anything.
fn destroy_kept(header: *mut Header) {
    if let Some(header) = NonNull::new(header) {
        // SAFETY: only what `keep` was given is ever in a place, and this thread alone took it out.
        if let Some(pages) = unsafe { into_pages(header) } {
            BYTES.fetch_sub(pages.usable(), Ordering::Relaxed);
        }
    }
}
