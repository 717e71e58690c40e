//! The types that noise is written in.

use std::fmt::Debug;

use super::Kind;
use super::draw::Draw;
use super::operation::{Add, Fill, Normal};

/// `f64` or `f32`: what a sample can be. An `f32` sample is the `f64` one of the same index, rounded to nearest.
pub trait Sample: Copy + Debug + Default + PartialEq + Send + Sync + sealed::Sealed + 'static {
    /// The number nearest to `x`.
    #[doc(hidden)]
    fn rounded(x: f64) -> Self;

    /// The same number as a double.
    #[doc(hidden)]
    fn widened(self) -> f64;

    /// Draws with a kernel. These functions are not generic, so that they are compiled once, with this crate.
    #[doc(hidden)]
    fn fill(kind: Kind, draw: &mut Draw<Fill<Self>>);
    #[doc(hidden)]
    fn normal(kind: Kind, draw: &mut Draw<Normal<Self>>);
    #[doc(hidden)]
    fn add(kind: Kind, draw: &mut Draw<Add<Self>>);
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! sample {
    ($type:ty) => {
        impl sealed::Sealed for $type {}

        impl Sample for $type {
            #[inline(always)]
            fn rounded(x: f64) -> $type {
                x as $type
            }

            #[inline(always)]
            fn widened(self) -> f64 {
                self.into()
            }

            fn fill(kind: Kind, draw: &mut Draw<Fill<$type>>) {
                kind.run(draw);
            }

            fn normal(kind: Kind, draw: &mut Draw<Normal<$type>>) {
                kind.run(draw);
            }

            fn add(kind: Kind, draw: &mut Draw<Add<$type>>) {
                kind.run(draw);
            }
        }
    };
}

sample!(f64);
sample!(f32);
