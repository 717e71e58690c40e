//! The C functions: each checks what C passed, calls, and translates the answer. Their documentation is written for the
//! reader of the header.

mod memory;
mod noise;
mod status;
mod threads;
mod version;

pub use memory::*;
pub use noise::*;
pub use status::*;
pub use threads::*;
pub use version::*;

use errno::{Errno, errno, set_errno};

use crate::handle;
use crate::memory::Buffer;

/// Hands a buffer to C: a handle, or NULL and `errno`. What `work` does to `errno` does not show.
fn hand_over(work: impl FnOnce() -> Result<Buffer, SomeMemStatus>) -> *mut SomeMem {
    match keep_errno(|| Ok::<_, SomeMemStatus>(handle::insert(work()?)?)) {
        Ok(handle) => std::ptr::without_provenance_mut(handle),
        Err(status) => {
            let code = if status == SomeMemStatus::SOMEMEM_NO_ENTROPY { libc::EIO } else { libc::ENOMEM };
            set_errno(Errno(code));
            std::ptr::null_mut()
        }
    }
}

/// Runs `work` and leaves `errno` as it was.
fn keep_errno<R>(work: impl FnOnce() -> R) -> R {
    let before = errno();
    let result = work();
    set_errno(before);
    result
}
