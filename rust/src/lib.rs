#![doc = include_str!("../README.md")]
// C can reach nearly all of this, and must not meet a panic, or an allocation that cannot fail. Indices into arrays of constant length
// are all over `noise`, and are allowed there; tests/c/test_panics.py looks at what became of them.
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
