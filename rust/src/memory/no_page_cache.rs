//! For Windows, where freed buffers are not kept. The system could not take their memory when it is short: committed memory
//! counts as used, even if its content is declared unneeded.

use std::ptr::NonNull;

use super::header::{Header, into_pages};
use super::pages::Pages;

/// Destroys a buffer.
///
/// # Safety
/// It has pages of its own, and nobody uses it any more.
pub unsafe fn keep(header: NonNull<Header>) {
    // SAFETY: the caller's promise.
    drop(unsafe { into_pages(header) });
}

pub fn take(_bytes: usize) -> Option<Pages> {
    None
}

pub fn release() {}
