//! The C functions: each checks what C passed, calls, and translates the answer. Their documentation is written for the
//! reader of the header.

mod errno;
mod memory;
mod noise;
#[cfg(feature = "python")]
mod python;
mod status;
mod threads;
mod version;
#[cfg(windows)]
mod windows;

pub use memory::*;
pub use noise::*;
pub use status::*;
pub use threads::*;
pub use version::*;

use errno::{keep_errno, keep_errno_or_set};

use somemem::internals::Memory;

use crate::handle;

/// Hands a buffer to C: a handle, or NULL and `errno`. What `work` does to `errno` does not show.
#[inline]
fn hand_over(work: impl FnOnce() -> Result<Memory, SomeMemStatus>) -> *mut SomeMem {
    keep_errno_or_set(|| match work().and_then(|buffer| Ok(handle::insert(buffer)?)) {
        Ok(handle) => {
            #[cfg(windows)]
            windows::stay_loaded();
            (std::ptr::without_provenance_mut(handle), None)
        }
        Err(SomeMemStatus::SOMEMEM_NO_ENTROPY) => (std::ptr::null_mut(), Some(libc::EIO)),
        Err(_) => (std::ptr::null_mut(), Some(libc::ENOMEM)),
    })
}
