//! The pages of one buffer on Windows, which cannot move pages without a copy. So addresses behind them are reserved from the
//! start, of which a 64-bit process has 128 TiB. Pages are committed there as the buffer grows.

use std::ffi::c_void;
use std::ops::Range;
use std::ptr::{self, NonNull};

use super::NoMemory;

/// Ranges of addresses begin at multiples of this. It is a multiple of every page size on Windows.
const UNIT: usize = 1 << 16;

/// A buffer reserves this many times the addresses that it needs at first. Growing beyond them copies it to a new range, which is
/// again this much larger.
const ROOM: usize = if usize::BITS < 64 { 1 } else { 16 };

/// `range` bytes of addresses from `start` on, the first `usable` of them with memory. Both are multiples of the unit.
pub struct Pages {
    start: NonNull<u8>,
    usable: usize,
    range: usize,
}

impl Pages {
    /// Pages of at least this many bytes. Their content is unspecified.
    pub fn new(bytes: usize) -> Result<Pages, NoMemory> {
        let usable = whole_units(bytes)?;
        let with_room = usable.checked_mul(ROOM).ok_or(NoMemory).and_then(Pages::without_memory);
        let mut pages = with_room.or_else(|_| Pages::without_memory(usable))?;
        pages.commit(usable)?;
        Ok(pages)
    }

    pub fn start(&self) -> NonNull<u8> {
        self.start
    }

    pub fn usable(&self) -> usize {
        self.usable
    }

    /// The number of bytes that these can grow to where they are.
    pub fn addresses(&self) -> usize {
        self.range
    }

    /// Makes at least this many bytes usable and keeps the content. After an error nothing has changed.
    pub fn grow(&mut self, bytes: usize) -> Result<(), NoMemory> {
        let usable = whole_units(bytes)?;
        if usable <= self.range { self.commit(usable) } else { self.copy_to(Pages::new(bytes)?) }
    }

    /// Gives back the pages past this many bytes, and keeps their addresses.
    pub fn shrink(&mut self, bytes: usize) {
        let Ok(usable) = whole_units(bytes) else { return };
        if usable < self.usable {
            let (start, length) = self.part(usable..self.usable);
            // SAFETY: pages of our own that nobody uses any more. If the system refuses, nothing changes.
            if unsafe { VirtualFree(start, length, DECOMMIT) } != 0 {
                self.usable = usable;
            }
        }
    }

    /// Reserves addresses for this many bytes. The pages may move now, and then stay where they are until they need more. After
    /// an error nothing has changed.
    pub fn reserve(&mut self, bytes: usize) -> Result<(), NoMemory> {
        let range = whole_units(bytes)?;
        if range <= self.range {
            return Ok(());
        }
        let mut larger = Pages::without_memory(range)?;
        larger.commit(self.usable)?;
        self.copy_to(larger)
    }

    /// Reserved addresses. No byte is usable yet.
    fn without_memory(range: usize) -> Result<Pages, NoMemory> {
        // SAFETY: new addresses, wherever the system likes.
        let start = unsafe { VirtualAlloc(ptr::null_mut(), range, RESERVE, NO_ACCESS) };
        Ok(Pages { start: NonNull::new(start.cast()).ok_or(NoMemory)?, usable: 0, range })
    }

    /// Makes at least the first `usable` bytes of the range usable. `usable` is not more than the range has.
    fn commit(&mut self, usable: usize) -> Result<(), NoMemory> {
        if usable > self.usable {
            let (start, length) = self.part(self.usable..usable);
            // SAFETY: a part of the range.
            if unsafe { VirtualAlloc(start, length, COMMIT, READ_WRITE) }.is_null() {
                return Err(NoMemory);
            }
            self.usable = usable;
        }
        Ok(())
    }

    /// Copies the content to larger pages, which replace these.
    fn copy_to(&mut self, larger: Pages) -> Result<(), NoMemory> {
        // SAFETY: two ranges, and the larger one has room for what the smaller one holds.
        unsafe { self.start.copy_to_nonoverlapping(larger.start, self.usable) };
        *self = larger;
        Ok(())
    }

    fn part(&self, bytes: Range<usize>) -> (*mut c_void, usize) {
        debug_assert!(bytes.end <= self.range);
        // SAFETY: inside the range or at its end.
        (unsafe { self.start.add(bytes.start) }.as_ptr().cast(), bytes.end - bytes.start)
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: the whole range, as it was reserved, which nobody uses any more.
        unsafe { VirtualFree(self.start.as_ptr().cast(), 0, RELEASE) };
    }
}

// SAFETY: pages are owned, and the system does not care which thread calls.
unsafe impl Send for Pages {}

fn whole_units(bytes: usize) -> Result<usize, NoMemory> {
    bytes.max(1).checked_next_multiple_of(UNIT).filter(|&whole| whole <= isize::MAX as usize).ok_or(NoMemory)
}

const COMMIT: u32 = 0x1000;
const RESERVE: u32 = 0x2000;
const DECOMMIT: u32 = 0x4000;
const RELEASE: u32 = 0x8000;
const NO_ACCESS: u32 = 0x01;
const READ_WRITE: u32 = 0x04;

#[link(name = "kernel32")]
unsafe extern "system" {
    fn VirtualAlloc(address: *mut c_void, bytes: usize, kind: u32, access: u32) -> *mut c_void;
    fn VirtualFree(address: *mut c_void, bytes: usize, kind: u32) -> i32;
}
