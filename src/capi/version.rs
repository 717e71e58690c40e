use std::ffi::c_char;

/// The version of this header, by semantic versioning. somemem_version() tells the version of the running library.
pub const SOMEMEM_VERSION_MAJOR: u32 = 0;
/// See SOMEMEM_VERSION_MAJOR.
pub const SOMEMEM_VERSION_MINOR: u32 = 1;
/// See SOMEMEM_VERSION_MAJOR.
pub const SOMEMEM_VERSION_PATCH: u32 = 0;
/// The version as one number, for comparisons: 10000 * major + 100 * minor + patch.
pub const SOMEMEM_VERSION_NUMBER: u32 =
    SOMEMEM_VERSION_MAJOR * 10000 + SOMEMEM_VERSION_MINOR * 100 + SOMEMEM_VERSION_PATCH;

/// The number of the value specification that the samples follow: docs/value-spec.md. A specification never changes. A library with
/// another one has another SONAME.
pub const RANDOM_NOISE_SPEC: u32 = 1;

/// The version of the running library, such as "0.1.0".
///
/// The string is static: it is never NULL, and must not be freed.
///
/// Threads: from any thread at any time.
#[unsafe(no_mangle)]
pub extern "C" fn somemem_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}
