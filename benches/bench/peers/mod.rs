//! The generators and heaps that people use today. Each generator continues a sequence of its own from call to call, on one
//! thread.
//!
//! The Rust generators are compiled into this benchmark, for this CPU if `make bench` builds it. The others are packages, each
//! measured if it is installed.

mod gsl;
mod heaps;
mod mkl;
mod numpy;
mod rust;

use std::path::Path;

use crate::case::Case;
use gsl::Gsl;
pub use heaps::{Heap, Heaps};
use mkl::Mkl;
use numpy::NumPy;

/// Printed if a peer is missing.
pub const INSTALLATION: &str =
    "`make peers` installs NumPy and oneMKL. The system's packages have the others: libgsl27 or libgsl28,
libmimalloc2.0 and libjemalloc2 on Debian. jemalloc also needs the GLIBC_TUNABLES that `make bench` sets.";

const SEED: u32 = 42;

/// With fewer doubles a call of NumPy is mostly overhead.
const LEAST_FOR_NUMPY: usize = 1 << 10;

pub struct Peers {
    gsl: Option<Gsl>,
    mkl: Option<Mkl>,
    pub numpy: Option<NumPy>,
    pub heaps: Heaps,
}

impl Peers {
    /// Looks for the peers in a Python environment and in the system.
    pub fn load(environment: &Path) -> Peers {
        Peers { gsl: Gsl::load(), mkl: Mkl::load(environment), numpy: NumPy::start(environment), heaps: Heaps::load() }
    }

    /// Adds all generators to a case.
    pub fn join(&self, case: Case) -> Case {
        let gsl = |generator| self.gsl.as_ref().map(|gsl| checked(gsl.ziggurat(generator)));
        let number = case.number;
        let mut case = case
            .contender("rand_distr, xoshiro256++", checked(rust::xoshiro()))
            .contender("rand_distr, ChaCha12", checked(rust::chacha()))
            .peer("GSL, taus2", gsl(c"gsl_rng_taus2"))
            .peer("GSL, mt19937", gsl(c"gsl_rng_mt19937"));
        if number >= LEAST_FOR_NUMPY {
            for generator in numpy::GENERATORS {
                let sampler = self.numpy.as_ref().map(|numpy| numpy.standard_normal(generator, number));
                case = case.timed_peer(format!("NumPy, {generator}"), sampler);
            }
            // NumPy's default generator, which most people use.
            let sampler = self.numpy.as_ref().map(|numpy| numpy.standard_normal_floats("PCG64", number));
            case = case.timed_peer("NumPy, PCG64, floats", sampler);
        }
        for (method_name, method) in mkl::METHODS {
            for (generator_name, generator) in mkl::GENERATORS {
                let fill = self.mkl.as_ref().map(|mkl| checked(mkl.gaussian(method, generator)));
                case = case.peer(format!("oneMKL, {generator_name} {method_name}"), fill);
            }
        }
        let (method_name, method) = mkl::METHODS[0];
        for (generator_name, generator) in mkl::GENERATORS {
            let fill = self.mkl.as_ref().map(|mkl| {
                let mut fill = checked(mkl.gaussian_floats(method, generator));
                move |memory: &mut [f64]| fill(as_floats(memory))
            });
            case = case.peer(format!("oneMKL, {generator_name} {method_name}, floats"), fill);
        }
        case
    }
}

/// As many floats, in the first half of the same memory.
fn as_floats(memory: &mut [f64]) -> &mut [f32] {
    // SAFETY: they take half of the bytes, which are aligned for doubles, and any bytes are floats and doubles.
    unsafe { std::slice::from_raw_parts_mut(memory.as_mut_ptr().cast(), memory.len()) }
}

/// Returns the filler, after a check that its samples have mean 0 and variance 1.
fn checked<T: Copy + From<f32> + Into<f64>, F: FnMut(&mut [T])>(mut fill: F) -> F {
    const NUMBER: usize = 1 << 16;
    /// In standard errors.
    const FAR: f64 = 6.0;
    let mut samples = vec![T::from(f32::NAN); NUMBER];
    fill(&mut samples);
    let mean_of = |power| samples.iter().map(|&x| x.into().powi(power)).sum::<f64>() / NUMBER as f64;
    let error = 1.0 / (NUMBER as f64).sqrt();
    let (mean, square) = (mean_of(1), mean_of(2));
    let good = mean.abs() < FAR * error && (square - 1.0).abs() < FAR * 2f64.sqrt() * error;
    assert!(good, "a peer's samples have the mean {mean} and the mean square {square}: these are not N(0,1)");
    fill
}
