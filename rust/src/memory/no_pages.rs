//! For systems where buffers have no pages of their own. There all buffers are small ones.

use std::ptr::NonNull;

use super::NoMemory;
use super::header::Header;

pub const LARGE: usize = usize::MAX;

pub enum Pages {}

impl Pages {
    pub fn usable(&self) -> usize {
        match *self {}
    }

    pub fn start(&self) -> NonNull<u8> {
        match *self {}
    }
}

pub fn allocate(_: usize) -> Result<NonNull<Header>, NoMemory> {
    Err(NoMemory)
}

pub fn resize(pages: &mut Pages, _: usize) -> Result<(), NoMemory> {
    match *pages {}
}

pub fn reserve(pages: &mut Pages, _: usize) -> Result<(), NoMemory> {
    match *pages {}
}

pub fn capacity(pages: &Pages) -> usize {
    match *pages {}
}

/// # Safety
/// None is needed: no header has pages.
pub unsafe fn free(_: NonNull<Header>) {}

pub fn release() {}
