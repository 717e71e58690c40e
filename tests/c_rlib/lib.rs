//! The modules of the C library as a crate that tests and the fuzzer can link. They cannot link a C library as a crate.

#[expect(unsafe_code)]
#[path = "../../src/capi/mod.rs"]
pub mod capi;
#[expect(unsafe_code)]
#[path = "../../src/handle/mod.rs"]
mod handle;

/// The Rust snippets of README are doctests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// So are those of docs/coming-from.md.
#[cfg(doctest)]
#[doc = include_str!("../../docs/coming-from.md")]
struct ComingFrom;
