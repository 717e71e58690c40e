use std::ffi::{CStr, c_char};

use somemem::Error;
use somemem::internals::NoMemory;

/// The result of a call. Every value except SOMEMEM_OK is an error, and a call that returns an error has changed nothing. Later versions may
/// add values. No value is ever renumbered.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(non_camel_case_types)]
pub enum SomeMemStatus {
    /// Success.
    SOMEMEM_OK = 0,
    /// The memory cannot be allocated, or the number of doubles is above PTRDIFF_MAX / 8.
    SOMEMEM_NO_MEMORY = 1,
    /// The handle is NULL where a buffer is needed, or was freed, or never was a handle.
    SOMEMEM_INVALID_HANDLE = 2,
    /// There are elements to write, and the data pointer is NULL or not aligned for its type.
    SOMEMEM_INVALID_POINTER = 3,
    /// A stream or an index would be above 2^64 - 1, or the elements are more than memory can hold, or rows overlap.
    SOMEMEM_INVALID_RANGE = 4,
    /// The mean or the scale is NaN or infinite.
    SOMEMEM_INVALID_SCALE = 5,
    /// The operating system gave no random key. Only random_noise() needs one, and reports this as `errno` EIO.
    SOMEMEM_NO_ENTROPY = 6,
}

impl From<NoMemory> for SomeMemStatus {
    fn from(_: NoMemory) -> SomeMemStatus {
        SomeMemStatus::SOMEMEM_NO_MEMORY
    }
}

impl From<Error> for SomeMemStatus {
    fn from(error: Error) -> SomeMemStatus {
        match error {
            Error::NoMemory => SomeMemStatus::SOMEMEM_NO_MEMORY,
            Error::NoEntropy => SomeMemStatus::SOMEMEM_NO_ENTROPY,
            Error::InvalidScale => SomeMemStatus::SOMEMEM_INVALID_SCALE,
            // Error::InvalidRange. The compiler asks for a default, because the enum is non-exhaustive outside its crate.
            _ => SomeMemStatus::SOMEMEM_INVALID_RANGE,
        }
    }
}

/// Describes a status in English.
///
/// `status` may be any number. The string is static: it is never NULL, and must not be freed.
///
/// Threads: from any thread at any time.
#[unsafe(no_mangle)]
pub extern "C" fn somemem_strerror(status: i32) -> *const c_char {
    use SomeMemStatus::*;
    const OK: i32 = SOMEMEM_OK as i32;
    const NO_MEMORY: i32 = SOMEMEM_NO_MEMORY as i32;
    const INVALID_HANDLE: i32 = SOMEMEM_INVALID_HANDLE as i32;
    const INVALID_POINTER: i32 = SOMEMEM_INVALID_POINTER as i32;
    const INVALID_RANGE: i32 = SOMEMEM_INVALID_RANGE as i32;
    const INVALID_SCALE: i32 = SOMEMEM_INVALID_SCALE as i32;
    const NO_ENTROPY: i32 = SOMEMEM_NO_ENTROPY as i32;
    let sentence: &'static CStr = match status {
        OK => c"success",
        NO_MEMORY => c"the memory cannot be allocated",
        INVALID_HANDLE => c"not the handle of a live buffer",
        INVALID_POINTER => c"the data is NULL or not aligned for its type",
        INVALID_RANGE => {
            c"an index or a stream would be above 2^64 - 1, or the elements do not fit in memory, or rows overlap"
        }
        INVALID_SCALE => c"the mean or the scale is not finite",
        NO_ENTROPY => c"the operating system gave no random key",
        _ => c"not a status of this version of somemem",
    };
    sentence.as_ptr()
}
