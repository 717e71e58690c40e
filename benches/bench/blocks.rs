//! Blocks of doubles from the library or from a C heap, so that the work of a case is written once for all of them.

use std::ffi::c_void;

use crate::library::{Library, OK};
use crate::peers::Heap;

/// The alignment of somemem_new()'s data. malloc() does not promise it.
pub const ALIGNMENT: usize = 64;

/// A source of blocks. A failure ends the benchmark.
pub trait Source: Copy + Send + Sync + 'static {
    /// Makes a block and returns its address or handle.
    fn make(self, number: usize) -> *mut c_void;

    /// Makes it `number` doubles long and returns its address or handle.
    ///
    /// # Safety
    /// The block comes from this source and is live; here and below.
    unsafe fn resize(self, block: *mut c_void, number: usize) -> *mut c_void;
    unsafe fn data(self, block: *mut c_void) -> *mut f64;
    unsafe fn free(self, block: *mut c_void);
}

/// A block, freed with its owner.
pub struct Block<S: Source> {
    source: S,
    block: *mut c_void,
}

impl<S: Source> Block<S> {
    pub fn new(source: S, number: usize) -> Block<S> {
        Block { source, block: source.make(number) }
    }

    pub fn resize(&mut self, number: usize) {
        // SAFETY: the block comes from this source and is live, as in the next two.
        self.block = unsafe { self.source.resize(self.block, number) };
    }

    pub fn data(&self) -> *mut f64 {
        // SAFETY: as above.
        unsafe { self.source.data(self.block) }
    }
}

// SAFETY: heaps and the library take a block from any thread.
unsafe impl<S: Source> Send for Block<S> {}

impl<S: Source> Drop for Block<S> {
    fn drop(&mut self) {
        // SAFETY: as above, and this was its owner.
        unsafe { self.source.free(self.block) }
    }
}

impl Source for &'static Library {
    fn make(self, number: usize) -> *mut c_void {
        // SAFETY: any number will do.
        present(unsafe { (self.new)(number) })
    }

    unsafe fn resize(self, block: *mut c_void, number: usize) -> *mut c_void {
        // SAFETY: any handle and number will do; nobody else uses the block.
        assert_eq!(unsafe { (self.resize)(block, number) }, OK);
        block
    }

    unsafe fn data(self, block: *mut c_void) -> *mut f64 {
        // SAFETY: any handle will do.
        unsafe { (self.data)(block) }
    }

    unsafe fn free(self, block: *mut c_void) {
        // SAFETY: any handle will do, and nobody else has it.
        assert_eq!(unsafe { (self.free)(block) }, OK);
    }
}

impl Source for &'static Heap {
    fn make(self, number: usize) -> *mut c_void {
        // SAFETY: `malloc` takes any size.
        present(unsafe { (self.malloc)(number * size_of::<f64>()) })
    }

    unsafe fn resize(self, block: *mut c_void, number: usize) -> *mut c_void {
        // SAFETY: a live block of this heap.
        present(unsafe { (self.realloc)(block, number * size_of::<f64>()) })
    }

    unsafe fn data(self, block: *mut c_void) -> *mut f64 {
        block.cast()
    }

    unsafe fn free(self, block: *mut c_void) {
        // SAFETY: a live block of this heap.
        unsafe { (self.free)(block) }
    }
}

/// The library's blocks, each with a reserve of this length from the start.
#[derive(Clone, Copy)]
pub struct Reserved(pub &'static Library, pub usize);

impl Source for Reserved {
    fn make(self, number: usize) -> *mut c_void {
        let block = self.0.make(number);
        // SAFETY: any handle and number will do; nobody else uses the block.
        assert_eq!(unsafe { (self.0.reserve)(block, self.1) }, OK);
        block
    }

    unsafe fn resize(self, block: *mut c_void, number: usize) -> *mut c_void {
        // SAFETY: the caller's promise, as in the next two.
        unsafe { self.0.resize(block, number) }
    }

    unsafe fn data(self, block: *mut c_void) -> *mut f64 {
        // SAFETY: as above.
        unsafe { self.0.data(block) }
    }

    unsafe fn free(self, block: *mut c_void) {
        // SAFETY: as above.
        unsafe { self.0.free(block) }
    }
}

/// A heap's blocks with the alignment of the library's data.
#[derive(Clone, Copy)]
pub struct Aligned(pub &'static Heap);

impl Source for Aligned {
    fn make(self, number: usize) -> *mut c_void {
        let bytes = (number * size_of::<f64>()).next_multiple_of(ALIGNMENT);
        // SAFETY: a power of two and a multiple of it.
        present(unsafe { (self.0.aligned_alloc)(ALIGNMENT, bytes) })
    }

    unsafe fn resize(self, _: *mut c_void, _: usize) -> *mut c_void {
        unreachable!("C has no realloc() that keeps a block on its boundary")
    }

    unsafe fn data(self, block: *mut c_void) -> *mut f64 {
        block.cast()
    }

    unsafe fn free(self, block: *mut c_void) {
        // SAFETY: a live block of this heap.
        unsafe { (self.0.free)(block) }
    }
}

fn present(block: *mut c_void) -> *mut c_void {
    assert!(!block.is_null(), "out of memory");
    block
}
