//! **Not a part of the public interface.** These items are for the C library, its tests and the benchmarks. They may change or go
//! in any version.
#![doc(hidden)]

pub use crate::memory::{MAX_LEN, Memory, NoMemory, is_set, or_without_kept};
pub use crate::noise::{Add, Fill, Kind, Normal, Operation, Places, Secret, entropy, workers};
