//! Switches that the user sets before the program starts.

use std::ffi::CStr;

/// Whether an environment variable is set, and neither empty nor 0.
pub fn is_set(name: &CStr) -> bool {
    // SAFETY: the name and the variable's value end with 0. As with every call that reads the environment, no other thread may
    // change it meanwhile.
    let first = unsafe { libc::getenv(name.as_ptr()).as_ref() };
    first.is_some_and(|&first| first as u8 != 0 && first as u8 != b'0')
}
