//! Each kernel by itself, as a shared library for the benchmark: compiled like the real one, and not for this CPU as the
//! benchmark is.
#![expect(unsafe_code, reason = "functions for another program")]

use std::ffi::{CStr, c_char};
use std::slice;

use somemem::Noise;
use somemem::internals::Kind;

/// The name of the n-th kernel, or NULL if there are not so many or this CPU cannot run it.
#[unsafe(no_mangle)]
pub extern "C" fn kernel_name(n: usize) -> *const c_char {
    let name: &CStr = match Kind::ALL.get(n).filter(|kind| kind.is_available()) {
        None => return std::ptr::null(),
        #[cfg(target_arch = "x86_64")]
        Some(Kind::Avx512) => c"AVX-512",
        #[cfg(target_arch = "x86_64")]
        Some(Kind::Avx2Vaes) => c"AVX2, VAES",
        #[cfg(target_arch = "x86_64")]
        Some(Kind::Avx2) => c"AVX2, AES-NI",
        #[cfg(target_arch = "aarch64")]
        Some(Kind::Neon) => c"NEON",
        Some(Kind::Portable) => c"portable",
    };
    name.as_ptr()
}

/// `random_noise_fill` with the n-th kernel, by one thread.
///
/// # Safety
/// `out` points to so many doubles, and there is such a kernel.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kernel_fill(n: usize, out: *mut f64, number: usize, seed: u64, stream: u64, first: u64) {
    // SAFETY: the caller's promise.
    let out = unsafe { slice::from_raw_parts_mut(out.cast(), number) };
    Noise { seed, stream }.fill_with(Kind::ALL[n], out, first);
}

/// `random_noise_add` in the same way, with a standard deviation of 0.1.
///
/// # Safety
/// `inout` points to so many doubles, and there is such a kernel.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kernel_add(n: usize, inout: *mut f64, number: usize, seed: u64, stream: u64, first: u64) {
    // SAFETY: the caller's promise.
    let inout = unsafe { slice::from_raw_parts_mut(inout, number) };
    Noise { seed, stream }.add_with(Kind::ALL[n], inout, 0.1, first);
}
