//! `errno`, asked for once a call: that is a sixth of what it takes to make a small buffer.

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

/// Runs `work` and leaves `errno` as it was; or sets it to what `work` says.
#[cfg(any(unix, windows))]
#[inline]
pub fn keep_errno_or_set<R>(work: impl FnOnce() -> (R, Option<c_int>)) -> R {
    let errno = errno_location();
    // SAFETY: this thread's own, as long as it runs.
    let before = unsafe { errno.read() };
    let (result, code) = work();
    // SAFETY: as above.
    unsafe { errno.write(code.unwrap_or(before)) };
    // Nothing here has changed that of another runtime than ours.
    #[cfg(windows)]
    code.inspect(|&code| super::windows::set_errno(code));
    result
}

/// Elsewhere it is not promised.
#[cfg(not(any(unix, windows)))]
pub fn keep_errno_or_set<R>(work: impl FnOnce() -> (R, Option<c_int>)) -> R {
    work().0
}

/// Runs `work` and leaves `errno` as it was.
#[inline]
pub fn keep_errno<R>(work: impl FnOnce() -> R) -> R {
    keep_errno_or_set(|| (work(), None))
}
