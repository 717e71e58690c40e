//! The heaps that C programs use: the C library's, and those that people put in its place. All of them are in this
//! process at once, each with memory of its own.

use std::ffi::{CStr, c_void};
use std::hint::black_box;

use crate::shared::Shared;

pub struct Heap {
    pub malloc: unsafe extern "C" fn(usize) -> *mut c_void,
    pub realloc: unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void,
    pub aligned_alloc: unsafe extern "C" fn(usize, usize) -> *mut c_void,
    pub free: unsafe extern "C" fn(*mut c_void),
}

pub struct Heaps {
    /// The C library's.
    pub system: &'static Heap,
    mimalloc: Option<&'static Heap>,
    jemalloc: Option<&'static Heap>,
}

impl Heaps {
    /// Debian's jemalloc has more thread-local variables than the loader keeps room for after a program's start, unless
    /// GLIBC_TUNABLES in the environment asks for more, as `make bench` does.
    pub fn load() -> Heaps {
        // Through pointers that the compiler does not know, because it would leave out a malloc() whose memory is not used.
        let system = black_box(Heap {
            malloc: libc::malloc,
            realloc: libc::realloc,
            aligned_alloc: libc::aligned_alloc,
            free: libc::free,
        });
        Heaps {
            system: Box::leak(Box::new(system)),
            mimalloc: Heap::load(
                &["libmimalloc.so.3", "libmimalloc.so.2", "libmimalloc.so"],
                [c"mi_malloc", c"mi_realloc", c"mi_aligned_alloc", c"mi_free"],
            ),
            jemalloc: Heap::load(
                &["libjemalloc.so.2", "libjemalloc.so"],
                [c"malloc", c"realloc", c"aligned_alloc", c"free"],
            ),
        }
    }

    /// The heaps that replace the C library's.
    pub fn others(&self) -> [(&'static str, Option<&'static Heap>); 2] {
        [("mimalloc", self.mimalloc), ("jemalloc", self.jemalloc)]
    }
}

impl Heap {
    /// The first of these libraries that is installed, with its functions by these names.
    fn load(libraries: &[&str], [malloc, realloc, aligned_alloc, free]: [&CStr; 4]) -> Option<&'static Heap> {
        let library = libraries.iter().find_map(Shared::open)?;
        // SAFETY: the types in stdlib.h, which mimalloc.h repeats.
        let heap = unsafe {
            Heap {
                malloc: library.symbol(malloc),
                realloc: library.symbol(realloc),
                aligned_alloc: library.symbol(aligned_alloc),
                free: library.symbol(free),
            }
        };
        Some(Box::leak(Box::new(heap)))
    }
}
