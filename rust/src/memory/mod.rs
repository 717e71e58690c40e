//! Buffers: growable arrays of doubles on 64-byte boundaries, allocated so that every failure is an answer.
//!
//! A [`Memory`] is one word that points to its header, and so can stand in a handle table. A small one is one block of
//! the C heap, header first ([`small`]); a large one has its doubles in pages of its own ([`large`], [`pages`]), which
//! may be a freed one's ([`page_cache`]). What its doubles are is C's affair. A [`Buffer`] is one for Rust, with doubles that can be
//! read.

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

/// The memory cannot be had. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoMemory;

/// A growable array of doubles of which any may never have been written, freed with its owner.
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

    /// Makes the buffer `number` doubles long. The first of them, as many as both lengths have, keep their values; new
    /// ones have unspecified values. The data may move. When it fails nothing has changed.
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

    /// [`Memory::resize`] if the buffer grows and there is room for that already.
    #[inline]
    pub fn resize_in_place(&mut self, number: usize) -> bool {
        let fits = number >= self.len() && number <= self.room();
        if fits {
            self.header_mut().len = number;
        }
        fits
    }

    /// A place for `number` doubles, with those that were there; the length is as before, or already `number`.
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

    /// Keeps the data where it is from now on, whatever its length up to `number` doubles: addresses are kept for so many, and
    /// no memory. It may move now. A smaller number than one that was reserved before changes nothing. Growing beyond it ends it.
    /// When it fails nothing has changed.
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

    /// Moves the doubles to another buffer, as many as both have, and becomes that.
    fn move_to(&mut self, mut other: Memory) {
        for (new, old) in other.as_unwritten().iter_mut().zip(self.as_unwritten()) {
            *new = *old;
        }
        *self = other;
    }

    /// How many doubles there is room for without a word to the system.
    fn room(&self) -> usize {
        match &self.header().place {
            Place::Block { capacity, .. } => *capacity,
            Place::Pages(pages) => pages.usable() / size_of::<f64>(),
        }
    }

    /// The length up to which growing does not move the data, until the buffer shrinks; what is reserved survives that.
    pub fn capacity(&self) -> usize {
        match &self.header().place {
            Place::Block { capacity, .. } => *capacity,
            Place::Pages(pages) => large::capacity(pages),
        }
    }

    /// Where the doubles are: on a 64-byte boundary, until the next resize. Never NULL, not even for an empty buffer.
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

    /// The doubles, of which any may never have been written.
    pub fn as_unwritten(&mut self) -> &mut [MaybeUninit<f64>] {
        // SAFETY: the header's data is valid for `len` doubles and nobody else has the buffer.
        unsafe { slice::from_raw_parts_mut(self.data().cast(), self.len()) }
    }

    /// The buffer as a word, which owns it from now on.
    pub fn into_address(self) -> usize {
        let address = self.header.as_ptr().expose_provenance();
        std::mem::forget(self);
        address
    }

    /// The buffer that a word owns.
    ///
    /// # Safety
    /// `address` comes from [`Memory::into_address`], and of all the buffers made from it only one is ever dropped or
    /// resized, by one thread at a time, and none is used after.
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

/// Gives back all memory that is kept of freed buffers for later ones. What other threads free meanwhile may be kept.
pub fn trim() {
    large::release();
}

/// Tries again without what is kept of freed buffers: whatever memory is wanted for, it may be enough.
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
