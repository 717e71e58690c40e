//! A strip of the residual, which the tables list.

/// An upright rectangle that covers a part of the residual and does not overlap a box.
#[derive(Clone, Copy)]
#[repr(C, align(32))]
pub struct Strip {
    pub left: f64,
    pub width: f64,
    pub base: f64,
    pub height: f64,
}

impl Strip {
    pub const fn new(left: f64, width: f64, base: f64, height: f64) -> Strip {
        Strip { left, width, base, height }
    }
}
