//! What a C library needs on Windows. It sets `errno` in the C runtime that the program uses, which need not be the one that this
//! library was linked with. And it keeps the DLL loaded.

use std::ffi::{CStr, c_int, c_void};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, Ordering};

use super::somemem_free;

type Module = NonNull<c_void>;

/// The shared C runtimes: the old one, and the two that Visual Studio, CPython and most programs use today.
const RUNTIMES: [&CStr; 3] = [c"msvcrt.dll", c"ucrtbase.dll", c"ucrtbased.dll"];

/// Sets this thread's `errno` in each of these runtimes that the process has loaded.
#[cold]
pub fn set_errno(code: c_int) {
    for runtime in RUNTIMES {
        let Some(module) = find(|found| {
            // SAFETY: the name ends with 0. The call writes the module, and keeps it loaded.
            unsafe { GetModuleHandleExA(0, runtime.as_ptr().cast(), found) }
        }) else {
            continue;
        };
        // SAFETY: the module stays loaded meanwhile, and this is the type of its function, which returns the address of this
        // thread's `errno`.
        unsafe {
            if let Some(place) = GetProcAddress(module, c"_errno".as_ptr().cast()) {
                let errno: extern "C" fn() -> *mut c_int = std::mem::transmute(place);
                errno().write(code);
            }
            FreeLibrary(module);
        }
    }
}

/// Keeps the DLL loaded until the process ends, because handles may still be in use when the program unloads it. It does nothing
/// in a program or DLL that contains the static library and does not export it.
pub fn stay_loaded() {
    static DONE: AtomicBool = AtomicBool::new(false);
    if !DONE.load(Ordering::Relaxed) && !DONE.swap(true, Ordering::Relaxed) {
        let here = somemem_free as *const c_void;
        let this = |flags| {
            // SAFETY: an address in this module; writes the module.
            move |found: &mut _| unsafe { GetModuleHandleExA(FROM_ADDRESS | flags, here.cast(), found) }
        };
        // SAFETY: this module is loaded while its code runs.
        let exported =
            find(this(UNCHANGED)).and_then(|module| unsafe { GetProcAddress(module, c"somemem_free".as_ptr().cast()) });
        if exported.is_some_and(|exported| ptr::eq(exported.as_ptr(), here)) {
            find(this(PIN));
        }
    }
}

fn find(look: impl FnOnce(&mut Option<Module>) -> c_int) -> Option<Module> {
    let mut found = None;
    if look(&mut found) != 0 { found } else { None }
}

const PIN: u32 = 1;
const UNCHANGED: u32 = 2;
const FROM_ADDRESS: u32 = 4;

#[link(name = "kernel32")]
unsafe extern "system" {
    fn GetModuleHandleExA(flags: u32, which: *const u8, found: *mut Option<Module>) -> c_int;
    fn GetProcAddress(module: Module, name: *const u8) -> Option<NonNull<c_void>>;
    fn FreeLibrary(module: Module) -> c_int;
}
