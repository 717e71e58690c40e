//! What is done with a value in its place: it is written, or scaled and moved and then written, or added to what is there. Each
//! is written once, for single values; in the kernels the compiler makes vectors of them.

use std::marker::PhantomData;
use std::mem::MaybeUninit;

use super::draw::Draw;
use super::{Kind, Sample};
use crate::Error;

/// Done with each value once. Before that it may be done with what stands for a value that is not settled yet (`UNSETTLED` in the
/// map). What reads a place must then leave it as it was; what only writes is done again with the value.
pub trait Operation: Copy + Send + Sync + Sized {
    /// Where a value goes.
    type Place;

    /// Whether it raises at most the one floating-point exception that drawing raises, inexact.
    const ONLY_INEXACT: bool;

    /// Draws, and does it with every value.
    fn draw(kind: Kind, draw: &mut Draw<Self>);

    /// Does it with a value and its place.
    fn apply(self, place: &mut Self::Place, x: f64);

    /// The same for several in a row.
    #[inline(always)]
    fn apply_all<const N: usize>(self, places: &mut [Self::Place; N], values: [f64; N]) {
        for (place, x) in places.iter_mut().zip(values) {
            self.apply(place, x);
        }
    }
}

/// Writes the value.
pub struct Fill<T>(PhantomData<T>);

impl<T> Default for Fill<T> {
    fn default() -> Fill<T> {
        Fill(PhantomData)
    }
}

impl<T: Sample> Operation for Fill<T> {
    type Place = MaybeUninit<T>;

    const ONLY_INEXACT: bool = true;

    fn draw(kind: Kind, draw: &mut Draw<Self>) {
        T::fill(kind, draw);
    }

    #[inline(always)]
    fn apply(self, place: &mut MaybeUninit<T>, x: f64) {
        place.write(T::rounded(x));
    }
}

/// Writes `mean + (scale * x)`.
pub struct Normal<T> {
    mean: f64,
    scale: f64,
    sample: PhantomData<T>,
}

impl<T> Normal<T> {
    /// Refused with [`Error::InvalidScale`] if one of them is not finite.
    pub fn new(mean: f64, scale: f64) -> Result<Normal<T>, Error> {
        check_finite(mean)?;
        check_finite(scale)?;
        Ok(Normal { mean, scale: not_minus_zero(scale), sample: PhantomData })
    }
}

impl<T: Sample> Operation for Normal<T> {
    type Place = MaybeUninit<T>;

    const ONLY_INEXACT: bool = false;

    fn draw(kind: Kind, draw: &mut Draw<Self>) {
        T::normal(kind, draw);
    }

    #[inline(always)]
    fn apply(self, place: &mut MaybeUninit<T>, x: f64) {
        place.write(T::rounded(self.mean + self.scale * x));
    }
}

/// Adds `scale * x`.
pub struct Add<T> {
    scale: f64,
    /// A zero of the sign that `scale` does not have: added to a value it changes nothing, and what is not settled becomes
    /// this zero. Times `scale` that is -0.0, which changes no sum.
    zero: f64,
    sample: PhantomData<T>,
}

impl<T> Add<T> {
    /// Refused with [`Error::InvalidScale`] if `scale` is not finite.
    pub fn new(scale: f64) -> Result<Add<T>, Error> {
        check_finite(scale)?;
        let scale = not_minus_zero(scale);
        Ok(Add { scale, zero: 0.0f64.copysign(-scale), sample: PhantomData })
    }
}

impl<T: Sample> Operation for Add<T> {
    type Place = T;

    const ONLY_INEXACT: bool = false;

    fn draw(kind: Kind, draw: &mut Draw<Self>) {
        T::add(kind, draw);
    }

    #[inline(always)]
    fn apply(self, place: &mut T, x: f64) {
        *place = T::rounded(place.widened() + self.scale * (x + self.zero));
    }
}

/// Told by the bits: to compare a signaling NaN would raise an exception.
fn check_finite(x: f64) -> Result<(), Error> {
    let finite = x.to_bits() & f64::INFINITY.to_bits() != f64::INFINITY.to_bits();
    if finite { Ok(()) } else { Err(Error::InvalidScale) }
}

/// A scale of -0.0 counts as 0.0: `docs/value-spec.md`. By its bits, because the caller's rounding mode would decide about a sum.
fn not_minus_zero(scale: f64) -> f64 {
    if scale.to_bits() == (-0.0f64).to_bits() { 0.0 } else { scale }
}

// Derived, they would ask that T is Copy.
macro_rules! copy {
    ($($operation:ident)*) => {
        $(
            impl<T> Clone for $operation<T> {
                fn clone(&self) -> Self {
                    *self
                }
            }
            impl<T> Copy for $operation<T> {}
        )*
    };
}
copy!(Fill Normal Add);
