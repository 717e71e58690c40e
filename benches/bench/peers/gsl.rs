//! The GNU Scientific Library's ziggurat, one call a sample: it has no function that fills memory.

use std::ffi::{CStr, c_ulong, c_void};

use super::SEED;
use crate::shared::Shared;

pub struct Gsl {
    library: Shared,
    ziggurat: unsafe extern "C" fn(*const c_void, f64) -> f64,
    new: unsafe extern "C" fn(*const c_void) -> *mut c_void,
    set: unsafe extern "C" fn(*mut c_void, c_ulong),
}

impl Gsl {
    pub fn load() -> Option<Gsl> {
        let library = ["libgsl.so.28", "libgsl.so.27", "libgsl.so"].into_iter().find_map(Shared::open)?;
        // SAFETY: the types in gsl_randist.h and gsl_rng.h.
        let (ziggurat, new, set) = unsafe {
            let ziggurat = library.symbol(c"gsl_ran_gaussian_ziggurat");
            (ziggurat, library.symbol(c"gsl_rng_alloc"), library.symbol(c"gsl_rng_set"))
        };
        Some(Gsl { library, ziggurat, new, set })
    }

    /// With a generator, by the name of the variable that points to its type. It is never freed.
    pub fn ziggurat(&self, generator: &CStr) -> impl FnMut(&mut [f64]) + use<> {
        let ziggurat = self.ziggurat;
        // SAFETY: gsl_rng.h declares each as `const gsl_rng_type *`, which is set when the library is loaded. A generator is made
        // from such a type, and seeded.
        let generator = unsafe {
            let kind: *const *const c_void = self.library.symbol(generator);
            let generator = (self.new)(*kind);
            assert!(!generator.is_null());
            (self.set)(generator, SEED.into());
            generator
        };
        move |memory| {
            memory.fill_with(|| {
                // SAFETY: nobody else has the generator.
                unsafe { ziggurat(generator, 1.0) }
            });
        }
    }
}
