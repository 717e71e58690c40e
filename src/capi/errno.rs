//! `errno`. Its address is asked for once in each call, because that takes a sixth of the time to make a small buffer.

use std::ffi::c_int;

#[cfg(any(unix, windows))]
unsafe extern "C" {
    /// Where this thread's `errno` is. Each C library has its own name for this.
    #[cfg_attr(any(target_os = "macos", target_os = "ios", target_os = "freebsd"), link_name = "__error")]
    #[cfg_attr(any(target_os = "android", target_os = "netbsd", target_os = "openbsd"), link_name = "__errno")]
    #[cfg_attr(any(target_os = "linux", target_os = "dragonfly"), link_name = "__errno_location")]
    #[cfg_attr(windows, link_name = "_errno")]
    safe fn errno_location() -> *mut c_int;
}

/// Runs `work`. Then sets `errno` to the code that `work` returns, or without one restores it.
#[cfg(any(unix, windows))]
#[inline]
pub fn keep_errno_or_set<R>(work: impl FnOnce() -> (R, Option<c_int>)) -> R {
    let errno = errno_location();
    // SAFETY: the address of this thread's `errno` is valid as long as the thread runs.
    let before = unsafe { errno.read() };
    let (result, code) = work();
    // SAFETY: as above.
    unsafe { errno.write(code.unwrap_or(before)) };
    // The `errno` of other C runtimes has not been changed, so it needs no restoring.
    #[cfg(windows)]
    code.inspect(|&code| super::windows::set_errno(code));
    result
}

/// On other systems nothing is promised about `errno`.
#[cfg(not(any(unix, windows)))]
pub fn keep_errno_or_set<R>(work: impl FnOnce() -> (R, Option<c_int>)) -> R {
    work().0
}

/// Runs `work` and restores `errno`.
#[inline]
pub fn keep_errno<R>(work: impl FnOnce() -> R) -> R {
    keep_errno_or_set(|| (work(), None))
}
