//! Freed buffers with pages of their own, kept for the pages' sake: a program that makes and frees buffers in a loop would
//! otherwise pay for every page each time, which takes longer than filling it with noise. Without a lock, so that a `fork`
//! cannot leave one held.

use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use super::large::{LARGE, into_pages, pages_of};
use super::pages::Pages;
use super::settings::most_kept;
use super::{Header, tools};

/// How many are kept.
const PLACES: usize = 4;

/// Each is NULL or a header. Nothing of them is in the pages, where a program that writes to a buffer after it was freed
/// would change it.
static KEPT: [AtomicPtr<Header>; PLACES] = [const { AtomicPtr::new(ptr::null_mut()) }; PLACES];

/// Whose turn it is to make room.
static TURN: AtomicUsize = AtomicUsize::new(0);

/// Keeps a buffer, if it is worth it, or else destroys it.
///
/// # Safety
/// It has pages of its own, and nobody uses it any more.
#[inline(never)]
#[expect(clippy::indexing_slicing, reason = "a remainder is below what it is divided by")]
pub unsafe fn keep(header: NonNull<Header>) {
    // SAFETY: the caller's promise.
    let (start, usable) = unsafe { pages_of(header) };
    // No buffer with pages of its own asks for less than these have, so a shrunk one would only take the place of others.
    if usable < LARGE * size_of::<f64>() || usable > most_kept() {
        // SAFETY: as above.
        return drop(unsafe { into_pages(header) });
    }
    tools::no_access(start, usable);
    if !KEPT.iter().any(|place| put(place, header)) {
        let turn = TURN.fetch_add(1, Ordering::Relaxed) % PLACES;
        destroy_kept(KEPT[turn].swap(header.as_ptr(), Ordering::AcqRel));
    }
}

/// Pages of at least so many bytes, and no more than twice as many, if such are kept.
pub fn take(bytes: usize) -> Option<Pages> {
    KEPT.iter().find_map(|place| {
        let header = NonNull::new(place.swap(ptr::null_mut(), Ordering::AcqRel))?;
        // SAFETY: one that was kept, and was taken out of its place by this thread alone.
        let (_, usable) = unsafe { pages_of(header) };
        if usable >= bytes && usable / 2 <= bytes {
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

/// Fills a place, if it is empty.
fn put(place: &AtomicPtr<Header>, header: NonNull<Header>) -> bool {
    place.compare_exchange(ptr::null_mut(), header.as_ptr(), Ordering::AcqRel, Ordering::Relaxed).is_ok()
}

/// What was in a place, if anything.
fn destroy_kept(header: *mut Header) {
    if let Some(header) = NonNull::new(header) {
        // SAFETY: only what `keep` was given is ever in a place, and this thread alone took it out.
        drop(unsafe { into_pages(header) });
    }
}
