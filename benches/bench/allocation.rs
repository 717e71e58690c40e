//! Making a buffer and freeing it at once, against the C library's allocator. Nobody touches the memory: what its first
//! page faults cost is not in the figures.

use std::ffi::c_void;
use std::hint::black_box;

use crate::case::{Case, Unit};
use crate::library::{Library, OK};

const NUMBERS: [usize; 5] = [1, 16, 512, 64 << 10, 1 << 20];

/// What somemem_new() promises for its data, and malloc() does not.
const ALIGNMENT: usize = 64;

pub fn cases(library: Library) -> impl Iterator<Item = Case> {
    NUMBERS.into_iter().map(move |number| new_and_free(library, number))
}

fn new_and_free(library: Library, number: usize) -> Case {
    let bytes = number * size_of::<f64>();
    // Through pointers that the compiler cannot see through: it leaves out a malloc() whose memory nobody uses.
    let malloc = black_box(libc::malloc as unsafe extern "C" fn(_) -> *mut c_void);
    let aligned_alloc = black_box(libc::aligned_alloc as unsafe extern "C" fn(_, _) -> *mut c_void);
    let free = black_box(libc::free as unsafe extern "C" fn(_));

    Case::new("untouched new+free", number, Unit::Call)
        .contender("malloc", move |_| {
            // SAFETY: `malloc` takes any size, and `free` what it gave.
            unsafe {
                let block = malloc(bytes);
                assert!(!block.is_null());
                free(block);
            }
        })
        .contender("aligned_alloc(64)", move |_| {
            // SAFETY: a power of two and a multiple of it; and as above.
            unsafe {
                let block = aligned_alloc(ALIGNMENT, bytes.next_multiple_of(ALIGNMENT));
                assert!(!block.is_null());
                free(block);
            }
        })
        .contender("somemem", move |_| {
            // SAFETY: any number will do, and nobody else has the handle.
            unsafe {
                let buffer = (library.new)(number);
                assert!(!buffer.is_null());
                assert_eq!((library.free)(buffer), OK);
            }
        })
}
