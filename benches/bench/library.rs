//! libsomemem.so as users have it, loaded as any program does. It chooses its kernel when it runs. No part of it is compiled for
//! this CPU or into this benchmark.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::Path;

use crate::shared::Shared;

pub const OK: c_int = 0;

/// The functions that are measured; include/somemem.h documents them.
#[derive(Clone, Copy)]
pub struct Library {
    pub new: unsafe extern "C" fn(usize) -> *mut c_void,
    pub resize: unsafe extern "C" fn(*mut c_void, usize) -> c_int,
    pub reserve: unsafe extern "C" fn(*mut c_void, usize) -> c_int,
    pub free: unsafe extern "C" fn(*mut c_void) -> c_int,
    pub data: unsafe extern "C" fn(*const c_void) -> *mut f64,
    pub random_noise: unsafe extern "C" fn(usize) -> *mut c_void,
    pub fill: unsafe extern "C" fn(*mut f64, usize, u64, u64, u64) -> c_int,
    pub fill_f32: unsafe extern "C" fn(*mut f32, usize, u64, u64, u64) -> c_int,
    pub add: unsafe extern "C" fn(*mut f64, usize, f64, u64, u64, u64) -> c_int,
    pub add_f32: unsafe extern "C" fn(*mut f32, usize, f64, u64, u64, u64) -> c_int,
    pub normal: unsafe extern "C" fn(*mut f64, usize, f64, f64, u64, u64, u64) -> c_int,
    pub normal_f32: unsafe extern "C" fn(*mut f32, usize, f64, f64, u64, u64, u64) -> c_int,
    pub fill_rows: unsafe extern "C" fn(*mut f64, usize, usize, usize, u64, u64, u64, u64, u64) -> c_int,
    pub set_threads: unsafe extern "C" fn(usize),
    pub version: &'static str,
}

impl Library {
    pub fn load(folder: &Path) -> Result<Library, String> {
        let path = folder.join("libsomemem.so");
        // The loader would search for a name without a slash.
        let shared = std::path::absolute(&path).ok().and_then(Shared::open);
        let shared = shared.ok_or(format!("{} cannot be loaded. `cargo build --release` makes it.", path.display()))?;
        // SAFETY: these are the types in include/somemem.h. A status is an enum, which C passes as an int here; a
        // handle is a pointer. The version is a static C string.
        unsafe {
            let version: unsafe extern "C" fn() -> *const c_char = shared.symbol(c"somemem_version");
            Ok(Library {
                new: shared.symbol(c"somemem_new"),
                resize: shared.symbol(c"somemem_resize"),
                reserve: shared.symbol(c"somemem_reserve"),
                free: shared.symbol(c"somemem_free"),
                data: shared.symbol(c"somemem_data"),
                random_noise: shared.symbol(c"random_noise"),
                fill: shared.symbol(c"random_noise_fill"),
                fill_f32: shared.symbol(c"random_noise_fill_f32"),
                add: shared.symbol(c"random_noise_add"),
                add_f32: shared.symbol(c"random_noise_add_f32"),
                normal: shared.symbol(c"random_noise_normal"),
                normal_f32: shared.symbol(c"random_noise_normal_f32"),
                fill_rows: shared.symbol(c"random_noise_fill_rows"),
                set_threads: shared.symbol(c"somemem_set_threads"),
                version: CStr::from_ptr(version()).to_str().expect("a version is ASCII"),
            })
        }
    }
}

/// Each kernel by itself; benches/kernels.rs has the functions.
#[derive(Clone, Copy)]
pub struct Kernels {
    name: extern "C" fn(usize) -> *const c_char,
    pub fill: unsafe extern "C" fn(usize, *mut f64, usize, u64, u64, u64),
}

impl Kernels {
    /// They are beside the library. Without them their rows are missing.
    pub fn load(folder: &Path) -> Option<Kernels> {
        let shared = std::path::absolute(folder.join("examples/libkernels.so")).ok().and_then(Shared::open)?;
        // SAFETY: these are the types in benches/kernels.rs.
        unsafe { Some(Kernels { name: shared.symbol(c"kernel_name"), fill: shared.symbol(c"kernel_fill") }) }
    }

    /// The number and the name of each that this CPU can run.
    pub fn available(self) -> impl Iterator<Item = (usize, &'static str)> {
        (0..8).filter_map(move |n| {
            let name = (self.name)(n);
            // SAFETY: NULL or a static C string.
            (!name.is_null()).then(|| (n, unsafe { CStr::from_ptr(name) }.to_str().expect("a name is ASCII")))
        })
    }
}
