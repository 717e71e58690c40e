//! The C interface of somemem: growable buffers of doubles behind opaque handles, and N(0,1) samples that are a pure function
//! of (seed, stream, index). `include/somemem.h` is its manual.
//!
//! # Map
//! Data flows one way: a C call ([`capi`]) finds a buffer by its handle (`handle`), and a kernel for the CPU's instruction set
//! draws noise into the buffer. Buffers and kernels are in the package `somemem` (in `rust/`).
//!
//! # Safety of the C functions
//! A handle may be any value: a wrong one is refused. Each `unsafe` C function asks two things of its caller. A pointer to data,
//! if it is neither NULL nor misaligned and the number of elements is not 0, points to that many elements; the caller may read
//! and write them, and nobody else uses them during the call. And no thread resizes or frees a handle while another thread uses
//! it.

// Code that C can reach neither panics nor prints, and every allocation reports failure.
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
