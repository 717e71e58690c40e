//! A shared library for the benchmark, with a function for each kernel. It is compiled like the real library, not for this CPU as
//! the benchmark is.
#![expect(unsafe_code, reason = "functions for another program")]

use std::ffi::c_char;
use std::slice;

use somemem::Noise;
use somemem::internals::{Add, Fill, Kind};

/// The name of the n-th kernel. NULL if there are fewer, or if this CPU cannot run it.
#[unsafe(no_mangle)]
pub extern "C" fn kernel_name(n: usize) -> *const c_char {
    let kind = Kind::ALL.get(n).filter(|kind| kind.is_available());
    kind.map_or(std::ptr::null(), |kind| kind.name().as_ptr())
}

/// `random_noise_fill` with the n-th kernel, by one thread.
///
/// # Safety
/// `out` points to so many doubles, and there is such a kernel.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kernel_fill(n: usize, out: *mut f64, number: usize, seed: u64, stream: u64, first: u64) {
    // SAFETY: the caller's promise.
    let out = unsafe { slice::from_raw_parts_mut(out.cast(), number) };
    Noise { seed, stream }.draw_with(Kind::ALL[n], Fill::<f64>::default(), out, first);
}

/// `random_noise_add` in the same way, with a scale of 0.1.
///
/// # Safety
/// `inout` points to so many doubles, and there is such a kernel.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kernel_add(n: usize, inout: *mut f64, number: usize, seed: u64, stream: u64, first: u64) {
    // SAFETY: the caller's promise.
    let inout = unsafe { slice::from_raw_parts_mut(inout, number) };
    if let Ok(add) = Add::<f64>::new(0.1) {
        Noise { seed, stream }.draw_with(Kind::ALL[n], add, inout, first);
    }
}
