//! The pages of one buffer. When they grow, the kernel extends or moves them, and copies nothing. Addresses behind them are
//! reserved only if the program asks for that; then the pages grow where they are.

use std::io;
use std::mem::ManuallyDrop;
use std::ops::Range;
use std::ptr::{self, NonNull};

use super::NoMemory;
use super::settings::{HUGE_PAGE, page_size, plain_pages};

/// Sizes of this many bytes or more are rounded up to huge pages, which adds at most an eighth.
const MANY: usize = 8 * HUGE_PAGE;

const ACCESS: i32 = libc::PROT_READ | libc::PROT_WRITE;

/// `usable` bytes from `start` on. If `reserved` is more, the bytes from `usable` to `reserved` belong to it too, but cannot be
/// accessed. Both are whole pages.
pub struct Pages {
    start: NonNull<u8>,
    usable: usize,
    /// 0 if the program did not ask for any.
    reserved: usize,
}

impl Pages {
    /// Pages of at least this many bytes. Their content is unspecified.
    pub fn new(bytes: usize) -> Result<Pages, NoMemory> {
        let usable = whole_pages(bytes).ok_or(NoMemory)?;
        Ok(Pages { start: map(usable, ACCESS)?, usable, reserved: 0 })
    }

    pub fn start(&self) -> NonNull<u8> {
        self.start
    }

    pub fn usable(&self) -> usize {
        self.usable
    }

    /// The number of bytes that these can grow to where they are.
    pub fn addresses(&self) -> usize {
        self.usable.max(self.reserved)
    }

    /// The number of bytes that the program reserved, or 0.
    pub fn reserved(&self) -> usize {
        self.reserved
    }

    /// Makes at least this many bytes usable and keeps the content. After an error nothing has changed.
    pub fn grow(&mut self, bytes: usize) -> Result<(), NoMemory> {
        let usable = whole_pages(bytes).ok_or(NoMemory)?;
        if usable <= self.usable {
            return Ok(());
        }
        if usable <= self.reserved {
            return self.make_usable(usable);
        }
        self.move_to_room_for(usable).or_else(|_| self.copy_to(Pages::new(bytes)?))
    }

    /// Gives back the pages past this many bytes. Reserved addresses are kept.
    pub fn shrink(&mut self, bytes: usize) {
        let Some(usable) = whole_pages(bytes) else { return };
        let end = usable.max(self.reserved);
        // SAFETY: pages of our own that nobody uses any more. If the kernel refuses, nothing changes.
        if end < self.usable && unsafe { unmap(self.part(end..self.usable)) } {
            self.usable = end;
        }
        if usable < self.usable.min(self.reserved) && self.give_back(usable..self.usable) {
            self.usable = usable;
        }
    }

    /// Reserves addresses for this many bytes. The pages may move now, and then stay where they are until they need more. After
    /// an error nothing has changed.
    pub fn reserve(&mut self, bytes: usize) -> Result<(), NoMemory> {
        let reserved = whole_pages(bytes).ok_or(NoMemory)?;
        if reserved <= self.usable {
            self.reserved = self.reserved.max(reserved);
            return Ok(());
        }
        if reserved <= self.reserved {
            return Ok(());
        }
        if self.is_one_mapping() && self.move_into(Pages::without_access(reserved)?) {
            return Ok(());
        }
        let mut larger = Pages::without_access(reserved)?;
        larger.make_usable(self.usable)?;
        self.copy_to(larger)
    }

    /// Gives back the addresses that are reserved behind the pages.
    pub fn end_reserve(&mut self) {
        let spare = self.spare();
        // SAFETY: nobody can use them.
        if unsafe { unmap(spare) } {
            self.reserved = 0;
        }
    }

    /// Lets the kernel take the memory whenever it is short. False if the kernel refuses, as it does for locked pages.
    pub fn offer(&self) -> bool {
        // SAFETY: pages of our own, whose content nobody needs.
        unsafe { libc::madvise(self.start.as_ptr().cast(), self.usable, libc::MADV_FREE) == 0 }
    }

    /// Reserved addresses. No byte is usable yet.
    fn without_access(reserved: usize) -> Result<Pages, NoMemory> {
        Ok(Pages { start: map(reserved, libc::PROT_NONE)?, usable: 0, reserved })
    }

    /// Makes the first `bytes` of the range usable. `bytes` is not more than the range has.
    fn make_usable(&mut self, bytes: usize) -> Result<(), NoMemory> {
        let (start, length) = self.part(self.usable..bytes);
        // SAFETY: a part of the range.
        if unsafe { libc::mprotect(start.as_ptr().cast(), length, ACCESS) } != 0 {
            return Err(NoMemory);
        }
        self.usable = bytes;
        Ok(())
    }

    /// Gives back the memory of a part of the range and keeps its addresses, which then cannot be accessed. Returns whether it
    /// could.
    fn give_back(&mut self, part: Range<usize>) -> bool {
        let (start, length) = self.part(part);
        let flags = PRIVATE | libc::MAP_FIXED;
        // SAFETY: replaces pages of our own that nobody uses any more. It is one step, so no other thread can map anything there.
        let replaced = unsafe { libc::mmap(start.as_ptr().cast(), length, libc::PROT_NONE, flags, -1, 0) };
        advise_huge_pages(self.part(0..self.reserved));
        replaced != libc::MAP_FAILED
    }

    /// Moves the pages without a copy to where they have room for `bytes`, and ends the reserve. The kernel refuses if it has
    /// several mappings for the pages: when the program has changed some of them, or a forked child has grown into its reserve.
    fn move_to_room_for(&mut self, bytes: usize) -> Result<(), NoMemory> {
        let spare = self.spare();
        // SAFETY: the usable pages, which stay as they are on failure.
        let moved = unsafe { libc::mremap(self.start.as_ptr().cast(), self.usable, bytes, libc::MREMAP_MAYMOVE) };
        self.start = mapped(moved)?;
        // SAFETY: the rest of the reserve. The pages could not grow into it, so they have moved away from it.
        unsafe { unmap(spare) };
        (self.usable, self.reserved) = (bytes, 0);
        advise_huge_pages(self.part(0..bytes));
        Ok(())
    }

    /// Whether the kernel has one mapping for the pages, and so can move them in one step. There is no call that tells this. But
    /// the kernel refuses to extend several mappings, with EFAULT.
    fn is_one_mapping(&mut self) -> bool {
        let longer = self.usable + page_size();
        // SAFETY: the usable pages, which do not move.
        let extended = unsafe { libc::mremap(self.start.as_ptr().cast(), self.usable, longer, 0) };
        if extended == libc::MAP_FAILED {
            return io::Error::last_os_error().raw_os_error() != Some(libc::EFAULT);
        }
        let usable = std::mem::replace(&mut self.usable, longer);
        // SAFETY: the page that was just added.
        if unsafe { unmap(self.part(usable..longer)) } {
            self.usable = usable;
        }
        true
    }

    /// Moves the pages to the beginning of a range that has room for them. Returns whether it could.
    fn move_into(&mut self, range: Pages) -> bool {
        let (range, spare) = (ManuallyDrop::new(range), self.spare());
        let (from, to) = (self.start.as_ptr().cast(), range.start.as_ptr());
        let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
        // SAFETY: two ranges of our own. Nobody can access the second.
        if unsafe { libc::mremap(from, self.usable, self.usable, flags, to) } == libc::MAP_FAILED {
            // Linux before 6.17 may have unmapped this part of the range before it failed, and another thread may have mapped
            // something there since. Only the rest is certainly still ours.
            // SAFETY: the rest, which nobody can use.
            unsafe { unmap(range.part(self.usable..range.reserved)) };
            return false;
        }
        // SAFETY: the rest of the old reserve. The pages are no longer before it.
        unsafe { unmap(spare) };
        (self.start, self.reserved) = (range.start, range.reserved);
        true
    }

    /// Copies the content to larger pages, which replace these.
    fn copy_to(&mut self, larger: Pages) -> Result<(), NoMemory> {
        // SAFETY: two ranges, and the larger one has room for what the smaller one holds.
        unsafe { self.start.copy_to_nonoverlapping(larger.start, self.usable) };
        *self = larger;
        Ok(())
    }

    /// The addresses that are reserved and not usable.
    fn spare(&self) -> (NonNull<u8>, usize) {
        self.part(self.usable..self.addresses())
    }

    fn part(&self, bytes: Range<usize>) -> (NonNull<u8>, usize) {
        debug_assert!(bytes.end <= self.addresses());
        // SAFETY: inside the range or at its end.
        (unsafe { self.start.add(bytes.start) }, bytes.end - bytes.start)
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: the whole range, which nobody uses any more.
        unsafe { unmap(self.part(0..self.addresses())) };
    }
}

// SAFETY: pages are owned, and the kernel does not care which thread calls.
unsafe impl Send for Pages {}

/// The bytes rounded up to whole pages. `None` if there are not so many addresses.
fn whole_pages(bytes: usize) -> Option<usize> {
    let unit = if bytes >= MANY && !plain_pages() { HUGE_PAGE } else { page_size() };
    bytes.max(1).checked_next_multiple_of(unit).filter(|&whole| whole <= isize::MAX as usize)
}

const PRIVATE: i32 = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;

/// New pages. A range that is large enough begins where a huge page can begin.
fn map(bytes: usize, access: i32) -> Result<NonNull<u8>, NoMemory> {
    let mut start = map_anywhere(bytes, access)?;
    if bytes >= HUGE_PAGE && !plain_pages() {
        // SAFETY: what was just mapped.
        if start.align_offset(HUGE_PAGE) > 0 && unsafe { unmap((start, bytes)) } {
            // Aligning takes more addresses for a moment. If there are none, the pages may begin anywhere.
            start = map_aligned(bytes, access).or_else(|_| map_anywhere(bytes, access))?;
        }
    }
    advise_huge_pages((start, bytes));
    Ok(start)
}

fn map_anywhere(bytes: usize, access: i32) -> Result<NonNull<u8>, NoMemory> {
    // SAFETY: a new mapping, wherever the kernel likes.
    mapped(unsafe { libc::mmap(ptr::null_mut(), bytes, access, PRIVATE, -1, 0) })
}

fn map_aligned(bytes: usize, access: i32) -> Result<NonNull<u8>, NoMemory> {
    let longer = map_anywhere(bytes.checked_add(HUGE_PAGE).ok_or(NoMemory)?, access)?;
    let before = longer.align_offset(HUGE_PAGE);
    // SAFETY: all of it lies inside what was just mapped. What is unmapped lies before and after the aligned range.
    unsafe {
        let start = longer.add(before);
        unmap((longer, before));
        unmap((start.add(bytes), HUGE_PAGE - before));
        Ok(start)
    }
}

fn mapped(address: *mut libc::c_void) -> Result<NonNull<u8>, NoMemory> {
    if address == libc::MAP_FAILED { Err(NoMemory) } else { NonNull::new(address.cast()).ok_or(NoMemory) }
}

/// Unmaps whole pages and returns true. If the kernel cannot split a mapping, it only gives back their memory and returns false.
///
/// # Safety
/// They are mapped, and nobody uses them any more.
unsafe fn unmap((start, bytes): (NonNull<u8>, usize)) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let unmapped = bytes == 0 || libc::munmap(start.as_ptr().cast(), bytes) == 0;
        if !unmapped {
            libc::madvise(start.as_ptr().cast(), bytes, libc::MADV_DONTNEED);
        }
        unmapped
    }
}

fn advise_huge_pages((start, bytes): (NonNull<u8>, usize)) {
    if bytes >= HUGE_PAGE && !plain_pages() {
        // SAFETY: pages of our own. The advice may be refused.
        unsafe { libc::madvise(start.as_ptr().cast(), bytes, libc::MADV_HUGEPAGE) };
    }
}
