//! Pages of freed buffers, kept for the next ones: a program that makes and frees buffers in a loop would otherwise pay
//! for every page each time, which takes longer than filling it with noise. Without a lock, so that a `fork` cannot leave one
//! held.

use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use super::pages::Pages;
use super::settings::most_kept;

/// How many ranges are kept.
const PLACES: usize = 4;

/// Each is NULL or the start of a range's pages, at which the range itself is written down.
static KEPT: [AtomicPtr<Pages>; PLACES] = [const { AtomicPtr::new(ptr::null_mut()) }; PLACES];

/// Whose turn it is to make room.
static TURN: AtomicUsize = AtomicUsize::new(0);

/// Keeps the pages, if they are worth it.
#[inline(never)]
#[expect(clippy::indexing_slicing, reason = "a remainder is below what it is divided by")]
pub fn keep(pages: Pages) {
    if pages.usable() > most_kept() {
        return;
    }
    let place: NonNull<Pages> = pages.start().cast();
    // SAFETY: a page is aligned and large enough, and nobody else has it.
    unsafe { place.write(pages) };
    let free = |place_for: &AtomicPtr<Pages>| {
        place_for.compare_exchange(ptr::null_mut(), place.as_ptr(), Ordering::AcqRel, Ordering::Relaxed).is_ok()
    };
    if !KEPT.iter().any(free) {
        let turn = TURN.fetch_add(1, Ordering::Relaxed) % PLACES;
        drop(read(KEPT[turn].swap(place.as_ptr(), Ordering::AcqRel)));
    }
}

/// Pages of at least so many bytes, and no more than twice as many, if such are kept.
pub fn take(bytes: usize) -> Option<Pages> {
    KEPT.iter().find_map(|place| {
        let address = place.swap(ptr::null_mut(), Ordering::AcqRel);
        let pages = read(address)?;
        if pages.usable() >= bytes && pages.usable() / 2 <= bytes {
            return Some(pages);
        }
        keep_again(place, address, pages);
        None
    })
}

/// Puts back what was only looked at, unless the place has been filled meanwhile.
fn keep_again(place: &AtomicPtr<Pages>, address: *mut Pages, pages: Pages) {
    if place.compare_exchange(ptr::null_mut(), address, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
        std::mem::forget(pages);
    }
}

/// Gives all of them back to the kernel.
pub fn release() {
    for place in &KEPT {
        drop(read(place.swap(ptr::null_mut(), Ordering::AcqRel)));
    }
}

/// The range that is written down there. The address was taken out of its place by this thread alone.
fn read(address: *mut Pages) -> Option<Pages> {
    // SAFETY: what `keep` wrote, and `swap` gave to nobody else.
    NonNull::new(address).map(|place| unsafe { place.read() })
}
