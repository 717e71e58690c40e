//! Shared libraries, which are loaded at run time because any of them may be missing.

use std::ffi::{CStr, CString, OsStr, c_void};
use std::os::unix::ffi::OsStrExt;

/// A shared library, which is never closed.
pub struct Shared(*mut c_void);

impl Shared {
    /// Opens a library by its path, or by a name that the loader searches for. Its constructors run.
    pub fn open(name: impl AsRef<OsStr>) -> Option<Shared> {
        let name = CString::new(name.as_ref().as_bytes()).ok()?;
        // SAFETY: the name is a C string. The constructors of the libraries that are named here are sound.
        let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_LAZY | libc::RTLD_LOCAL) };
        (!handle.is_null()).then_some(Shared(handle))
    }

    /// The function of this name, or the address of a variable, as a `T`. Panics if the library lacks it.
    ///
    /// # Safety
    /// `T` must be a function pointer of the function's C type, or a pointer to the variable.
    pub unsafe fn symbol<T: Copy>(&self, name: &CStr) -> T {
        const { assert!(size_of::<T>() == size_of::<*mut c_void>()) };
        // SAFETY: the library is open, and the name is a C string.
        let address = unsafe { libc::dlsym(self.0, name.as_ptr()) };
        assert!(!address.is_null(), "no {name:?} in a library that should have it");
        // SAFETY: the sizes are equal, the address is not NULL, and the caller promises the type.
        unsafe { std::mem::transmute_copy(&address) }
    }
}
