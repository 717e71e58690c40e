#![doc = include_str!("../README.md")]
// C can reach nearly all of this. So nothing here may panic, and every allocation reports failure. `noise` indexes arrays of
// constant length in many places, which is allowed there: tests/c/test_panics.py lists the checks of indices that
// remain in the compiled library.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::todo,
        clippy::unimplemented,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::print_stdout,
        clippy::print_stderr,
        clippy::dbg_macro,
        clippy::exit,
        clippy::disallowed_types,
        clippy::disallowed_macros
    )
)]

mod error;
pub mod internals;
#[expect(unsafe_code, clippy::len_without_is_empty)]
mod memory;
#[allow(clippy::indexing_slicing)]
mod noise;

pub use error::Error;
pub use memory::{Buffer, trim};
pub use noise::workers::{set_threads, threads};
pub use noise::{Noise, Rows, Sample};
