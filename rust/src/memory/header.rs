//! A buffer's header. It stands before the doubles of a small buffer, and in a block of its own for a large one.

#[cfg(not(any(target_os = "linux", windows)))]
pub use super::large::{LARGE, Pages};
#[cfg(any(target_os = "linux", windows))]
use super::pages::Pages;
#[cfg(any(target_os = "linux", windows))]
use std::ptr::NonNull;

/// A buffer of this many doubles or more has pages of its own.
#[cfg(any(target_os = "linux", windows))]
pub const LARGE: usize = (1 << 20) / size_of::<f64>();

/// A [`Memory`](super::Memory) points to its header, which stands at the beginning of a block from `malloc`.
pub struct Header {
    /// In doubles.
    pub len: usize,
    pub place: Place,
}

/// Where the doubles are.
pub enum Place {
    /// After the header in its block, which has room for `capacity` doubles. If `reserved` is not 0, the block does not shrink.
    Block { capacity: usize, reserved: usize },
    #[cfg_attr(not(any(target_os = "linux", windows)), expect(dead_code, reason = "no buffer has any"))]
    Pages(Pages),
}

/// A buffer's pages, if it has any.
///
/// # Safety
/// The header is a live one, and nobody else uses it meanwhile.
#[cfg(target_os = "linux")]
pub unsafe fn pages_mut<'a>(mut header: NonNull<Header>) -> Option<&'a mut Pages> {
    // SAFETY: the caller's promise.
    match unsafe { &mut header.as_mut().place } {
        Place::Pages(pages) => Some(pages),
        Place::Block { .. } => None,
    }
}

/// Frees the header and returns the buffer's pages, if it has any. The next buffer with these pages gets a new header, so that
/// leak checkers can tell the two buffers apart.
///
/// # Safety
/// Nobody uses it any more.
#[cfg(any(target_os = "linux", windows))]
pub unsafe fn into_pages(header: NonNull<Header>) -> Option<Pages> {
    // SAFETY: the caller's promise. The header begins a block from `malloc`.
    let place = unsafe {
        let place = header.read().place;
        libc::free(header.as_ptr().cast());
        place
    };
    match place {
        Place::Pages(pages) => Some(pages),
        Place::Block { .. } => None,
    }
}
