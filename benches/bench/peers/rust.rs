//! rand_distr's ziggurat, with the usual fast generator and with the one that `rand` takes by default.

use rand::{Rng, SeedableRng, rngs::ChaCha12Rng};
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::SEED;

/// The generator works on a local copy, which stays in registers as a program's local variable would. Otherwise the compiler
/// would write it back after each sample, which takes a fifth longer.
pub fn xoshiro() -> impl FnMut(&mut [f64]) {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(SEED.into());
    move |memory| {
        let mut local = generator.clone();
        fill(&mut local, memory);
        generator = local;
    }
}

pub fn chacha() -> impl FnMut(&mut [f64]) {
    let mut generator = ChaCha12Rng::seed_from_u64(SEED.into());
    move |memory| fill(&mut generator, memory)
}

fn fill(generator: &mut impl Rng, memory: &mut [f64]) {
    for x in memory {
        *x = StandardNormal.sample(generator);
    }
}
