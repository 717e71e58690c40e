//! The operations with a sample and its place: write it, write mean + scale * x, or add scale * x to what is there. Each is
//! written once, for a single value. Inside the kernels the compiler vectorises them.

use std::marker::PhantomData;
use std::mem::MaybeUninit;

use super::draw::Draw;
use super::{Kind, Sample};
use crate::Error;

/// An operation is done once with each value. Before that it may be done with `UNSETTLED` (see the map). Then an operation that
/// reads the place must leave it as it was. One that only writes may write anything, because the value overwrites it.
pub trait Operation: Copy + Send + Sync + Sized {
    /// Where a value goes.
    type Place;

    /// Whether the only floating-point exception that it can raise is inexact, as drawing does.
    const ONLY_INEXACT: bool;

    /// Draws, and does the operation with every value.
    fn draw(kind: Kind, draw: &mut Draw<Self>);

    /// Does the operation with a value and its place.
    fn apply(self, place: &mut Self::Place, x: f64);

    /// The same for consecutive values.
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
    /// Returns [`Error::InvalidScale`] if one of them is not finite.
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
    /// A zero with the sign that `scale` does not have. It is added to each x. That changes no value, and turns `UNSETTLED` into
    /// this zero, whose product with `scale` is -0.0. Adding -0.0 to a place changes nothing.
    zero: f64,
    sample: PhantomData<T>,
}

impl<T> Add<T> {
    /// Returns [`Error::InvalidScale`] if `scale` is not finite.
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

/// Looks at the bits, because comparing a signaling NaN would raise an exception.
fn check_finite(x: f64) -> Result<(), Error> {
    let finite = x.to_bits() & f64::INFINITY.to_bits() != f64::INFINITY.to_bits();
    if finite { Ok(()) } else { Err(Error::InvalidScale) }
}

/// A scale of -0.0 counts as 0.0: `docs/value-spec.md`. It compares bits: the sign of scale + 0.0 would depend on the caller's
/// rounding mode.
fn not_minus_zero(scale: f64) -> f64 {
    if scale.to_bits() == (-0.0f64).to_bits() { 0.0 } else { scale }
}

// A derived Clone and Copy would require T: Copy.
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
