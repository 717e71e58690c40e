//! What stands before a small buffer's doubles, and beside a large one's.

#[cfg(not(any(target_os = "linux", windows)))]
pub use super::large::{LARGE, Pages};
#[cfg(any(target_os = "linux", windows))]
use super::pages::Pages;
#[cfg(any(target_os = "linux", windows))]
use std::ptr::NonNull;

/// From so many doubles on a buffer has pages of its own.
#[cfg(any(target_os = "linux", windows))]
pub const LARGE: usize = (1 << 20) / size_of::<f64>();

/// What a buffer's word points to. It begins a block from `malloc`.
pub struct Header {
    /// In doubles.
    pub len: usize,
    pub place: Place,
}

/// Where the doubles are.
pub enum Place {
    /// Behind the header in its block, with room for `capacity` of them. Where any are `reserved` it does not shrink.
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

/// A buffer's pages, if it has any, without its header: the next buffer gets a new one, so that leak checkers tell them apart.
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
