//! The C functions. Each checks its arguments, calls the library, and translates the result. Their documentation is written for
//! the reader of the header.

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

/// Hands a buffer to C, as a handle. On failure returns NULL and sets `errno`; otherwise `errno` does not change.
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
