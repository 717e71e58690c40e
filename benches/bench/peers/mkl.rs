//! Intel's oneMKL on one thread: vdRngGaussian, and for floats vsRngGaussian, with the generators that people choose for speed.

use std::ffi::{c_int, c_uint, c_void};
use std::path::Path;

use super::SEED;
use crate::shared::Shared;

/// VSL_RNG_METHOD_GAUSSIAN_ICDF and _BOXMULLER2 in mkl_vsl_defines.h.
pub const METHODS: [(&str, c_int); 2] = [("ICDF", 2), ("Box-Muller", 1)];

/// VSL_BRNG_MCG59 and so on in mkl_vsl_defines.h, which numbers them in steps of 2^20. ARS5 executes CPUID in every call, which
/// takes microseconds in a virtual machine, so its small sizes tell little about hardware.
pub const GENERATORS: [(&str, c_int); 4] =
    [("MCG59", 4 << 20), ("ARS5", 15 << 20), ("SFMT19937", 13 << 20), ("Philox", 16 << 20)];

pub struct Mkl {
    new: unsafe extern "C" fn(*mut *mut c_void, c_int, c_uint) -> c_int,
    gaussian: unsafe extern "C" fn(c_int, *mut c_void, c_int, *mut f64, f64, f64) -> c_int,
    gaussian_floats: unsafe extern "C" fn(c_int, *mut c_void, c_int, *mut f32, f32, f32) -> c_int,
}

const OK: c_int = 0;

impl Mkl {
    /// From a Python environment, where the package `mkl` installs it, or else from the system.
    pub fn load(environment: &Path) -> Option<Mkl> {
        const NAMES: [&str; 2] = ["libmkl_rt.so.3", "libmkl_rt.so.2"];
        let installed = NAMES.map(|name| environment.join("lib").join(name));
        let library = installed.into_iter().chain(NAMES.map(Into::into)).find_map(Shared::open)?;
        // SAFETY: the types in mkl_service.h and mkl_vsl_functions.h, where an MKL_INT is an int in the interface that
        // is chosen here before anything else is called.
        unsafe {
            /// MKL_INTERFACE_LP64
            const INTEGERS_OF_32_BITS: c_int = 0;
            /// MKL_THREADING_SEQUENTIAL
            const SEQUENTIAL: c_int = 1;
            let interface: unsafe extern "C" fn(c_int) -> c_int = library.symbol(c"MKL_Set_Interface_Layer");
            let threading: unsafe extern "C" fn(c_int) -> c_int = library.symbol(c"MKL_Set_Threading_Layer");
            assert_eq!(interface(INTEGERS_OF_32_BITS), INTEGERS_OF_32_BITS);
            assert_eq!(threading(SEQUENTIAL), SEQUENTIAL);
            Some(Mkl {
                new: library.symbol(c"vslNewStream"),
                gaussian: library.symbol(c"vdRngGaussian"),
                gaussian_floats: library.symbol(c"vsRngGaussian"),
            })
        }
    }

    /// A generator, which is never freed.
    fn stream(&self, generator: c_int) -> *mut c_void {
        let mut stream = std::ptr::null_mut();
        // SAFETY: a place for the stream's pointer, and numbers that are checked by the library.
        assert_eq!(unsafe { (self.new)(&mut stream, generator, SEED) }, OK);
        stream
    }

    pub fn gaussian(&self, method: c_int, generator: c_int) -> impl FnMut(&mut [f64]) + use<> {
        let (gaussian, stream) = (self.gaussian, self.stream(generator));
        move |memory| {
            let number = c_int::try_from(memory.len()).expect("no case is that large");
            // SAFETY: the memory has this many doubles to write, and nobody else has the stream.
            let status = unsafe { gaussian(method, stream, number, memory.as_mut_ptr(), 0.0, 1.0) };
            assert_eq!(status, OK);
        }
    }

    /// As many floats.
    pub fn gaussian_floats(&self, method: c_int, generator: c_int) -> impl FnMut(&mut [f32]) + use<> {
        let (gaussian, stream) = (self.gaussian_floats, self.stream(generator));
        move |memory| {
            let number = c_int::try_from(memory.len()).expect("no case is that large");
            // SAFETY: the memory has this many floats to write, and nobody else has the stream.
            let status = unsafe { gaussian(method, stream, number, memory.as_mut_ptr(), 0.0, 1.0) };
            assert_eq!(status, OK);
        }
    }
}
