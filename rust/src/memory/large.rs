//! Large buffers. Their doubles are in pages of their own, which grow without a copy. Their header is in a block of the C heap.

use std::ptr::NonNull;

use super::header::{Header, Place};
pub use super::page_cache::{keep as free, release};
use super::pages::Pages;
use super::{MAX_LEN, NoMemory, page_cache, tools};

const DOUBLE: usize = size_of::<f64>();

/// Pages for `number` doubles, and their header.
pub fn allocate(number: usize) -> Result<NonNull<Header>, NoMemory> {
    let bytes = number * DOUBLE;
    let pages = page_cache::take(bytes).map_or_else(|| Pages::new(bytes), Ok)?;
    // SAFETY: `malloc` takes any size.
    let block = unsafe { libc::malloc(size_of::<Header>()) };
    let header: NonNull<Header> = NonNull::new(block.cast()).ok_or(NoMemory)?;
    tools::undefined(pages.start(), pages.usable());
    // SAFETY: the block has room for a header and is aligned for anything.
    unsafe { header.write(Header { len: number, place: Place::Pages(pages) }) };
    Ok(header)
}

/// Resizes the pages to hold `number` doubles. Pages that are no longer needed are given back if they are more than a quarter of
/// all, so a buffer whose length varies little seldom needs a system call.
pub fn resize(pages: &mut Pages, number: usize) -> Result<(), NoMemory> {
    let (bytes, capacity) = (number * DOUBLE, pages.usable());
    if bytes > capacity {
        // An eighth more than before, so that a buffer that grows by one element at a time seldom asks for pages. A page that is
        // never written costs no memory.
        let generous = (capacity + capacity / 8).min(MAX_LEN * DOUBLE).max(bytes);
        let generous = if bytes <= pages.addresses() { generous.min(pages.addresses()) } else { generous };
        pages.grow(generous).or_else(|_| pages.grow(bytes))?;
        // SAFETY: from the old end to the new one.
        tools::undefined(unsafe { pages.start().add(capacity) }, pages.usable() - capacity);
    } else if bytes < capacity - capacity / 4 {
        pages.shrink(bytes);
    }
    Ok(())
}

/// Keeps addresses for `number` doubles.
pub fn reserve(pages: &mut Pages, number: usize) -> Result<(), NoMemory> {
    let capacity = pages.usable();
    pages.reserve(number * DOUBLE)?;
    // SAFETY: from the old end to the new one.
    tools::undefined(unsafe { pages.start().add(capacity) }, pages.usable() - capacity);
    Ok(())
}

/// How many doubles the pages can hold where they are.
pub fn capacity(pages: &Pages) -> usize {
    pages.addresses() / DOUBLE
}
