//! Another copy of the library in the same process. Its handles are valid there and not here. It is the shared library in the
//! folder SOMEMEM_LIBRARY_DIR; if that is not set, there are no such handles.

use std::ffi::CString;
use std::mem::transmute;
use std::ptr::null_mut;
use std::sync::LazyLock;

use somemem_c::capi::SomeMem;
use somemem_c::capi::SomeMemStatus::{self, *};

struct Functions {
    new: extern "C" fn(usize) -> *mut SomeMem,
    resize: extern "C" fn(*mut SomeMem, usize) -> SomeMemStatus,
    free: extern "C" fn(*mut SomeMem) -> SomeMemStatus,
    len: extern "C" fn(*mut SomeMem) -> usize,
}

static FUNCTIONS: LazyLock<Option<Functions>> = LazyLock::new(|| {
    let Some(folder) = std::env::var_os("SOMEMEM_LIBRARY_DIR") else {
        assert!(std::env::var_os("CI").is_none(), "SOMEMEM_LIBRARY_DIR is not set");
        return None;
    };
    let path = std::path::Path::new(&folder).join("libsomemem.so").into_os_string().into_encoded_bytes();
    let path = CString::new(path).unwrap();
    // SAFETY: the header's functions, by their names.
    unsafe {
        let library = libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL);
        assert!(!library.is_null(), "{path:?} cannot be loaded");
        let function = |name: &std::ffi::CStr| {
            let address = libc::dlsym(library, name.as_ptr());
            assert!(!address.is_null());
            address
        };
        Some(Functions {
            new: transmute::<*mut libc::c_void, extern "C" fn(usize) -> *mut SomeMem>(function(c"somemem_new")),
            resize: transmute::<*mut libc::c_void, extern "C" fn(*mut SomeMem, usize) -> SomeMemStatus>(function(
                c"somemem_resize",
            )),
            free: transmute::<*mut libc::c_void, extern "C" fn(*mut SomeMem) -> SomeMemStatus>(function(
                c"somemem_free",
            )),
            len: transmute::<*mut libc::c_void, extern "C" fn(*mut SomeMem) -> usize>(function(c"somemem_len")),
        })
    }
});

/// Handles of the other copy. Each function returns how many calls it made.
pub struct Foreign {
    live: Vec<*mut SomeMem>,
    stale: Vec<*mut SomeMem>,
}

/// The length of each of the other copy's buffers.
const NUMBER: usize = 3;

impl Foreign {
    pub fn new() -> Foreign {
        Foreign { live: Vec::new(), stale: Vec::new() }
    }

    /// Any of them, live or freed.
    pub fn handle(&self, index: usize) -> *mut SomeMem {
        let all: Vec<_> = self.live.iter().chain(&self.stale).copied().collect();
        all.get(index % all.len().max(1)).copied().unwrap_or(null_mut())
    }

    pub fn make(&mut self) -> usize {
        let Some(functions) = FUNCTIONS.as_ref().filter(|_| self.live.len() < 8) else { return 0 };
        let handle = (functions.new)(NUMBER);
        assert!(!handle.is_null() && !self.stale.contains(&handle));
        self.live.push(handle);
        1
    }

    pub fn free(&mut self, index: usize) -> usize {
        let Some(functions) = FUNCTIONS.as_ref().filter(|_| !self.live.is_empty()) else { return 0 };
        let handle = self.live.swap_remove(index % self.live.len());
        assert_eq!((functions.len)(handle), NUMBER, "this copy has changed the other one's buffer");
        assert_eq!((functions.free)(handle), SOMEMEM_OK);
        self.stale.push(handle);
        2
    }

    /// Passes any word to the other copy.
    pub fn refuses(&self, handle: *mut SomeMem) -> usize {
        let Some(functions) = FUNCTIONS.as_ref().filter(|_| !self.live.contains(&handle)) else { return 0 };
        assert_eq!((functions.len)(handle), 0);
        assert_eq!((functions.resize)(handle, 1), SOMEMEM_INVALID_HANDLE);
        assert_eq!((functions.free)(handle), if handle.is_null() { SOMEMEM_OK } else { SOMEMEM_INVALID_HANDLE });
        3
    }

    pub fn finish(&mut self) -> usize {
        let mut calls = 0;
        while !self.live.is_empty() {
            calls += self.free(0);
        }
        calls
    }
}
