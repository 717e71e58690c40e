//! What can go wrong for a Rust program.

use std::fmt;

use crate::memory::NoMemory;

/// Why a call failed. A call that failed has changed nothing. Later versions may add reasons.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The memory cannot be allocated.
    NoMemory,
    /// The last index or stream would be above 2^64 - 1, or rows overlap or do not fit in the memory that is there for them.
    InvalidRange,
    /// The mean or the scale is NaN or infinite.
    InvalidScale,
    /// The operating system gave no random key.
    NoEntropy,
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Error::NoMemory => "the memory cannot be allocated",
            Error::InvalidRange => "an index or a stream would be above 2^64 - 1, or the rows overlap or do not fit",
            Error::InvalidScale => "the mean or the scale is not finite",
            Error::NoEntropy => "the operating system gave no random key",
        })
    }
}

impl std::error::Error for Error {}

impl From<NoMemory> for Error {
    fn from(_: NoMemory) -> Error {
        Error::NoMemory
    }
}
