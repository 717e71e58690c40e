//! Buffers: growable arrays of doubles on 64-byte boundaries. Every failure to allocate is reported to the caller.
//!
//! A [`Memory`] is one word, which points to its header, so a handle table can hold it. A small buffer is one block of the C
//! heap, which begins with the header ([`small`]). A large buffer has its doubles in pages of its own ([`large`], [`pages`]);
//! they may be those of a freed buffer ([`page_cache`]). The doubles of a `Memory` may be uninitialised, as C allows. A
//! [`Buffer`] is for Rust: its samples are always initialised.

mod buffer;
mod environment;
mod header;
#[cfg_attr(not(any(target_os = "linux", windows)), path = "no_pages.rs")]
mod large;
#[cfg(any(target_os = "linux", windows))]
#[cfg_attr(windows, path = "no_page_cache.rs")]
mod page_cache;
#[cfg(any(target_os = "linux", windows))]
#[cfg_attr(windows, path = "pages_windows.rs")]
mod pages;
#[cfg(target_os = "linux")]
mod settings;
mod small;
#[cfg(any(target_os = "linux", windows))]
mod tools;

use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::slice;

pub use buffer::Buffer;
pub use environment::is_set;
use header::{Header, LARGE, Place};

/// The boundary that every buffer's data begins on, in bytes.
pub const ALIGNMENT: usize = 64;

/// The most doubles that a buffer can hold: C cannot subtract pointers that are further apart.
pub const MAX_LEN: usize = isize::MAX as usize / size_of::<f64>();

/// The memory cannot be allocated. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoMemory;

/// A growable array of doubles, any of which may never have been written. Dropping it frees the memory.
pub struct Memory {
    header: NonNull<Header>,
}

impl Memory {
    /// A buffer of `number` doubles of unspecified values.
    pub fn new(number: usize) -> Result<Memory, NoMemory> {
        if number > MAX_LEN {
            return Err(NoMemory);
        }
        let allocate = || if number < LARGE { small::allocate(number) } else { large::allocate(number) };
        Ok(Memory { header: or_without_kept(allocate)? })
    }

    /// Makes the buffer `number` doubles long. The content is kept up to the smaller of the two lengths, and new doubles have
    /// unspecified values. The data may move. After an error nothing has changed.
    #[inline]
    pub fn resize(&mut self, number: usize) -> Result<(), NoMemory> {
        if self.resize_in_place(number) {
            return Ok(());
        }
        if number > MAX_LEN {
            return Err(NoMemory);
        }
        or_without_kept(|| self.make_room(number))?;
        self.header_mut().len = number;
        Ok(())
    }

    /// [`Memory::resize`] if the buffer does not shrink and already has room. Returns whether it did.
    #[inline]
    pub fn resize_in_place(&mut self, number: usize) -> bool {
        let fits = number >= self.len() && number <= self.room();
        if fits {
            self.header_mut().len = number;
        }
        fits
    }

    /// Makes room for `number` doubles and keeps the content. Afterwards the length is as before, or already `number`.
    #[inline(never)]
    fn make_room(&mut self, number: usize) -> Result<(), NoMemory> {
        if let Place::Pages(pages) = &mut self.header_mut().place {
            large::resize(pages, number)?;
        } else if number < LARGE {
            self.header = small::resize(self.header, number)?;
        } else {
            self.move_to(Memory { header: large::allocate(number)? });
        }
        Ok(())
    }

    /// Reserves addresses, but no memory, so that the data does not move while the buffer has up to `number` doubles. This call
    /// may move the data. A `number` that is not above an earlier one changes nothing. Growing beyond `number` ends the reserve.
    /// After an error nothing has changed.
    pub fn reserve(&mut self, number: usize) -> Result<(), NoMemory> {
        if number > MAX_LEN {
            return Err(NoMemory);
        }
        or_without_kept(|| {
            let len = self.len();
            if let Place::Pages(pages) = &mut self.header_mut().place {
                large::reserve(pages, number)?;
            } else if number < LARGE {
                self.header = small::reserve(self.header, number)?;
            } else {
                let mut larger = Memory { header: large::allocate(len)? };
                if let Place::Pages(pages) = &mut larger.header_mut().place {
                    large::reserve(pages, number)?;
                }
                self.move_to(larger);
            }
            Ok(())
        })
    }

    /// Copies the doubles that fit to another buffer, and becomes that buffer.
    fn move_to(&mut self, mut other: Memory) {
        for (new, old) in other.as_unwritten().iter_mut().zip(self.as_unwritten()) {
            *new = *old;
        }
        *self = other;
    }

    /// How many doubles there is room for without a call to the system.
    fn room(&self) -> usize {
        match &self.header().place {
            Place::Block { capacity, .. } => *capacity,
            Place::Pages(pages) => pages.usable() / size_of::<f64>(),
        }
    }

    /// The length up to which growing does not move the data. Shrinking may lower it, but not below what was reserved.
    pub fn capacity(&self) -> usize {
        match &self.header().place {
            Place::Block { capacity, .. } => *capacity,
            Place::Pages(pages) => large::capacity(pages),
        }
    }

    /// The address of the doubles, on a 64-byte boundary. It is valid until the next resize, and never NULL, not even for an
    /// empty buffer.
    pub fn data(&self) -> *mut f64 {
        match &self.header().place {
            Place::Block { .. } => small::data_in(self.header),
            Place::Pages(pages) => pages.start().cast(),
        }
        .as_ptr()
    }

    /// The number of doubles.
    pub fn len(&self) -> usize {
        self.header().len
    }

    /// The doubles. Any of them may never have been written.
    pub fn as_unwritten(&mut self) -> &mut [MaybeUninit<f64>] {
        // SAFETY: the header's data is valid for `len` doubles and nobody else has the buffer.
        unsafe { slice::from_raw_parts_mut(self.data().cast(), self.len()) }
    }

    /// Turns the buffer into a word, which then owns it.
    pub fn into_address(self) -> usize {
        let address = self.header.as_ptr().expose_provenance();
        std::mem::forget(self);
        address
    }

    /// The buffer that a word owns, from [`Memory::into_address`].
    ///
    /// # Safety
    /// `address` comes from [`Memory::into_address`]. Several buffers may be made from it, but only one of them is ever dropped
    /// or resized, by one thread at a time. None of them is used after the drop.
    pub unsafe fn from_address(address: usize) -> Option<Memory> {
        NonNull::new(std::ptr::with_exposed_provenance_mut(address)).map(|header| Memory { header })
    }

    fn header(&self) -> &Header {
        // SAFETY: the header lives as long as the buffer.
        unsafe { self.header.as_ref() }
    }

    fn header_mut(&mut self) -> &mut Header {
        // SAFETY: as above, and nobody else has the buffer.
        unsafe { self.header.as_mut() }
    }
}

impl Drop for Memory {
    #[inline]
    fn drop(&mut self) {
        match self.header().place {
            // SAFETY: the header begins a block from `malloc`, and this was its owner.
            Place::Block { .. } => unsafe { libc::free(self.header.as_ptr().cast()) },
            // SAFETY: it has pages, and this was its owner.
            Place::Pages(_) => unsafe { large::free(self.header) },
        }
    }
}

/// Gives the memory that is kept of freed buffers back to the operating system. A buffer that another thread frees meanwhile may
/// still be kept.
pub fn trim() {
    large::release();
}

/// If `work` finds no memory, frees what is kept of freed buffers, which may be enough, and tries once more.
#[inline]
pub fn or_without_kept<T>(mut work: impl FnMut() -> Result<T, NoMemory>) -> Result<T, NoMemory> {
    work().or_else(|_| {
        large::release();
        work()
    })
}

// SAFETY: a buffer owns its memory, and neither `malloc` nor the page table care which thread calls.
unsafe impl Send for Memory {}
// SAFETY: nothing changes through a shared reference.
unsafe impl Sync for Memory {}
