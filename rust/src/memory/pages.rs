//! Pages of a buffer's own, and address space behind them that it can grow into.
//!
//! A range is reserved without access, and its first part made usable. Growing makes more of it usable, so that nothing
//! moves or is copied; past its end the kernel moves the pages without copying them.

use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::NoMemory;
use super::settings::{HUGE_PAGE, page_size, plain_pages, reservation};

/// From this many bytes on all pages are huge ones, so that at most an eighth more is used than was asked for.
const MANY: usize = 8 * HUGE_PAGE;

/// What the reserved parts of all ranges that are not usable come to.
static SPARE: AtomicUsize = AtomicUsize::new(0);

/// `usable` bytes from `start` on, in a range of `reserved` bytes that nobody else gets. Both are whole pages.
pub struct Pages {
    start: NonNull<u8>,
    usable: usize,
    reserved: usize,
}

impl Pages {
    /// Pages of at least so many bytes, with anything in them.
    pub fn new(bytes: usize) -> Result<Pages, NoMemory> {
        let usable = whole_pages(bytes).ok_or(NoMemory)?;
        let mut pages =
            Pages::reserve(reservation(usable, SPARE.load(Ordering::Relaxed))).or_else(|_| Pages::reserve(usable))?;
        pages.make_usable(usable)?;
        Ok(pages)
    }

    pub fn start(&self) -> NonNull<u8> {
        self.start
    }

    pub fn usable(&self) -> usize {
        self.usable
    }

    /// How large this can grow where it is.
    pub fn reserved(&self) -> usize {
        self.reserved
    }

    /// Makes at least so many bytes usable. What the pages hold is kept, and nothing changed on failure.
    pub fn grow(&mut self, bytes: usize) -> Result<(), NoMemory> {
        let usable = whole_pages(bytes).ok_or(NoMemory)?;
        if usable <= self.usable {
            return Ok(());
        }
        if usable <= self.reserved {
            return self.make_usable(usable);
        }
        if self.move_to_room_for(usable).is_err() {
            let larger = Pages::new(bytes)?;
            // SAFETY: two ranges, and the larger one has room for what the smaller one holds.
            unsafe { self.start.copy_to_nonoverlapping(larger.start, self.usable) };
            *self = larger;
        }
        Ok(())
    }

    /// Gives back the pages past so many bytes, and tries to keep their place reserved.
    pub fn shrink(&mut self, bytes: usize) {
        let Some(usable) = whole_pages(bytes).filter(|&usable| usable < self.usable) else { return };
        let (place, length) = (self.end_of(usable), self.usable - usable);
        // SAFETY: pages of our own that nobody uses any more. If their place cannot be given back, all stays as it was.
        if !unsafe { unmap(place, length) } {
            return;
        }
        let spare = self.reserved - self.usable;
        // Meanwhile another thread may have got that place. Then the range ends before it.
        if spare > 0 && map_at(place, length).is_ok() {
            advise_huge_pages(self.start, self.reserved);
            return self.set(usable, self.reserved);
        }
        // SAFETY: what was reserved behind the pages that were given back.
        unsafe { unmap(self.end_of(self.usable), spare) };
        self.set(usable, usable);
    }

    /// A range of which nothing is usable yet; large ones begin where a huge page can.
    fn reserve(bytes: usize) -> Result<Pages, NoMemory> {
        let mut start = map(bytes)?;
        if bytes >= HUGE_PAGE && !plain_pages() {
            // SAFETY: what was just mapped.
            if start.align_offset(HUGE_PAGE) > 0 && unsafe { unmap(start, bytes) } {
                // Where there is no room for the detour, anywhere will do.
                start = map_aligned(bytes).or_else(|_| map(bytes))?;
            }
        }
        advise_huge_pages(start, bytes);
        SPARE.fetch_add(bytes, Ordering::Relaxed);
        Ok(Pages { start, usable: 0, reserved: bytes })
    }

    /// Makes the range usable as far as `bytes`, which is inside it.
    fn make_usable(&mut self, bytes: usize) -> Result<(), NoMemory> {
        let (place, length) = (self.end_of(self.usable), bytes - self.usable);
        // SAFETY: a part of the range.
        if unsafe { libc::mprotect(place.as_ptr().cast(), length, libc::PROT_READ | libc::PROT_WRITE) } != 0 {
            return Err(NoMemory);
        }
        self.set(bytes, self.reserved);
        Ok(())
    }

    /// Without a copy, but without a reserve too. Refused where the program has given some of the pages another treatment
    /// than the others.
    fn move_to_room_for(&mut self, bytes: usize) -> Result<(), NoMemory> {
        let (old, old_spare) = (self.end_of(self.usable), self.reserved - self.usable);
        // SAFETY: the usable pages, which stay as they are on failure.
        let moved = unsafe { libc::mremap(self.start.as_ptr().cast(), self.usable, bytes, libc::MREMAP_MAYMOVE) };
        self.start = mapped(moved)?;
        // SAFETY: what was reserved behind the pages. They could not grow into it, and so have moved away from it.
        unsafe { unmap(old, old_spare) };
        self.set(bytes, bytes);
        advise_huge_pages(self.start, bytes);
        Ok(())
    }

    fn end_of(&self, bytes: usize) -> NonNull<u8> {
        debug_assert!(bytes <= self.reserved);
        // SAFETY: inside the range or at its end.
        unsafe { self.start.add(bytes) }
    }

    fn set(&mut self, usable: usize, reserved: usize) {
        SPARE.fetch_add(reserved - usable, Ordering::Relaxed);
        SPARE.fetch_sub(self.reserved - self.usable, Ordering::Relaxed);
        (self.usable, self.reserved) = (usable, reserved);
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        SPARE.fetch_sub(self.reserved - self.usable, Ordering::Relaxed);
        // SAFETY: the whole range, which nobody uses any more.
        unsafe { unmap(self.start, self.reserved) };
    }
}

// SAFETY: pages are owned, and the kernel does not care which thread calls.
unsafe impl Send for Pages {}

/// `None` if there are not so many addresses.
fn whole_pages(bytes: usize) -> Option<usize> {
    let unit = if bytes >= MANY && !plain_pages() { HUGE_PAGE } else { page_size() };
    bytes.max(1).checked_next_multiple_of(unit).filter(|&whole| whole <= isize::MAX as usize)
}

/// Address space without access.
fn map(bytes: usize) -> Result<NonNull<u8>, NoMemory> {
    // SAFETY: a new mapping, wherever the kernel likes.
    mapped(unsafe { libc::mmap(ptr::null_mut(), bytes, libc::PROT_NONE, PRIVATE, -1, 0) })
}

/// The same, from where a huge page can begin.
fn map_aligned(bytes: usize) -> Result<NonNull<u8>, NoMemory> {
    let longer = map(bytes.checked_add(HUGE_PAGE).ok_or(NoMemory)?)?;
    let before = longer.align_offset(HUGE_PAGE);
    // SAFETY: inside what was just mapped; then what lies before and behind the aligned range.
    unsafe {
        let start = longer.add(before);
        unmap(longer, before);
        unmap(start.add(bytes), HUGE_PAGE - before);
        Ok(start)
    }
}

/// The same, at a place where nothing is mapped.
fn map_at(place: NonNull<u8>, bytes: usize) -> Result<(), NoMemory> {
    let flags = PRIVATE | libc::MAP_FIXED_NOREPLACE;
    // SAFETY: a new mapping that replaces none.
    let start = mapped(unsafe { libc::mmap(place.as_ptr().cast(), bytes, libc::PROT_NONE, flags, -1, 0) })?;
    if start == place {
        return Ok(());
    }
    // SAFETY: what an old kernel, which takes the place for a wish, has just mapped elsewhere.
    unsafe { unmap(start, bytes) };
    Err(NoMemory)
}

const PRIVATE: i32 = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;

fn mapped(address: *mut libc::c_void) -> Result<NonNull<u8>, NoMemory> {
    if address == libc::MAP_FAILED { Err(NoMemory) } else { NonNull::new(address.cast()).ok_or(NoMemory) }
}

/// Unmaps whole pages, or, where the kernel cannot split a mapping, at least gives back their memory. Says which.
///
/// # Safety
/// They are mapped, and nobody uses them any more.
unsafe fn unmap(start: NonNull<u8>, bytes: usize) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let unmapped = bytes == 0 || libc::munmap(start.as_ptr().cast(), bytes) == 0;
        if !unmapped {
            libc::madvise(start.as_ptr().cast(), bytes, libc::MADV_DONTNEED);
        }
        unmapped
    }
}

fn advise_huge_pages(start: NonNull<u8>, bytes: usize) {
    if bytes >= HUGE_PAGE && !plain_pages() {
        // SAFETY: pages of our own. The advice may be refused.
        unsafe { libc::madvise(start.as_ptr().cast(), bytes, libc::MADV_HUGEPAGE) };
    }
}
