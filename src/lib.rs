//! Memory full of Gaussian noise: growable buffers of doubles behind opaque handles, and N(0,1) samples that are a pure
//! function of (seed, stream, index).
//!
//! The C interface is in [`capi`], and `include/somemem.h` is its manual. From Rust, [`Noise`] draws and [`Buffer`] holds.
//!
//! ```
//! use somemem::Noise;
//!
//! let noise = Noise { seed: 42, stream: 0 };
//! let mut whole = [0.0; 1000];
//! noise.fill(&mut whole, 0);
//! let mut slice = [0.0; 10];
//! noise.fill(&mut slice, 500);
//! assert_eq!(slice, whole[500..510]);
//! ```
//!
//! # Map
//! Data flows one way: a C call ([`capi`]) finds a buffer by its handle (`handle`), the buffer (`memory`) has room for
//! noise (`noise`), and a kernel for the CPU's instruction set (`noise/kernel`) draws it.
//!
//! # Safety of the C functions
//! Handles may be any value at all: a wrong one is refused. What the functions ask of their caller is this, and each
//! `unsafe` C function means it: a pointer to data, where it is neither NULL nor misaligned and the number of doubles is
//! not 0, points to that many doubles that the caller may read and write and that nobody else uses during the call; and a
//! handle is not resized or freed while another thread uses it.

// What C can reach neither panics nor prints, and every allocation can fail. Indices into arrays of constant length are all over
// `noise`, and are allowed there; tests/test_panics.py looks at what became of them.
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

#[expect(unsafe_code)]
pub mod capi;
#[expect(unsafe_code)]
mod handle;
#[expect(unsafe_code)]
mod memory;
#[allow(clippy::indexing_slicing)]
mod noise;

pub use memory::{Buffer, NoMemory, trim};
#[doc(hidden)]
pub use noise::Kind;
pub use noise::workers::{set_threads, threads};
pub use noise::{NoEntropy, Noise};

/// The Rust snippets of README are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// So are those of the pairs with other libraries.
#[cfg(doctest)]
#[doc = include_str!("../docs/coming-from.md")]
struct ComingFrom;
