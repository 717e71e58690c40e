//! The C interface of somemem: growable buffers of doubles behind opaque handles, and N(0,1) samples that are a pure function
//! of (seed, stream, index). `include/somemem.h` is its manual.
//!
//! # Map
//! Data flows one way: a C call ([`capi`]) finds a buffer by its handle (`handle`). The buffer has room for noise, and a kernel
//! for the CPU's instruction set draws it: these are the package `somemem` (in `rust/`).
//!
//! # Safety of the C functions
//! Handles may be any value at all: a wrong one is refused. What the functions ask of their caller is this, and each
//! `unsafe` C function means it: a pointer to data, where it is neither NULL nor misaligned and the number of doubles is
//! not 0, points to that many doubles that the caller may read and write and that nobody else uses during the call; and a
//! handle is not resized or freed while another thread uses it.

// What C can reach neither panics nor prints, and every allocation can fail.
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
