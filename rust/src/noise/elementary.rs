//! exp and log for the residual. Their results are part of the value specification. So they use IEEE-754 operations only, in the
//! order written, and no fused multiply-add.

use std::ops::{Add, Mul, Neg, Sub};

/// A double, or several in a vector register, so that a formula is written once for both.
pub trait Real: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Neg<Output = Self> {
    /// The same number in every lane.
    fn of(constant: f64) -> Self;

    /// Adds the low bits of `power` to the exponent.
    fn times_power_of_two(self, power: Self) -> Self;
}

impl Real for f64 {
    #[inline(always)]
    fn of(constant: f64) -> f64 {
        constant
    }

    #[inline(always)]
    fn times_power_of_two(self, power: f64) -> f64 {
        f64::from_bits(self.to_bits().wrapping_add(power.to_bits() << 52))
    }
}

/// log2(e), and ln(2) in two parts; the first part has 42 significant bits, so its product with a small integer is exact.
const LOG2_E: f64 = f64::from_bits(0x3ff7_1547_652b_82fe);
const LN_2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fefa_3800);
const LN_2_LOW: f64 = f64::from_bits(0x3d2e_f357_93c7_6730);

/// 1.5 * 2^52: adding it rounds to an integer and leaves that integer in the low bits.
const ROUND: f64 = f64::from_bits(0x4338_0000_0000_0000);

/// 1/2!, 1/3!, ... 1/13!: the Taylor series of exp. For |r| <= ln(2)/2 the omitted terms are below 2^-57.
const EXP: [f64; 12] = [
    f64::from_bits(0x3fe0_0000_0000_0000),
    f64::from_bits(0x3fc5_5555_5555_5555),
    f64::from_bits(0x3fa5_5555_5555_5555),
    f64::from_bits(0x3f81_1111_1111_1111),
    f64::from_bits(0x3f56_c16c_16c1_6c17),
    f64::from_bits(0x3f2a_01a0_1a01_a01a),
    f64::from_bits(0x3efa_01a0_1a01_a01a),
    f64::from_bits(0x3ec7_1de3_a556_c734),
    f64::from_bits(0x3e92_7e4f_b778_9f5c),
    f64::from_bits(0x3e5a_e645_67f5_44e4),
    f64::from_bits(0x3e21_eed8_eff8_d898),
    f64::from_bits(0x3de6_1246_13a8_6d09),
];

/// exp(-y) for y in [0, 640]. At most 2 ulp off.
#[inline(always)]
pub fn exp_minus<R: Real>(y: R) -> R {
    let round = R::of(ROUND);
    let shifted = y * R::of(-LOG2_E) + round;
    let power = shifted - round;
    let r = (-y - power * R::of(LN_2_HIGH)) - power * R::of(LN_2_LOW);
    // Estrin's order, not Horner's: most operations do not wait for others.
    let r2 = r * r;
    let r4 = r2 * r2;
    let low = pair(0, r) + pair(2, r) * r2;
    let middle = pair(4, r) + pair(6, r) * r2;
    let high = pair(8, r) + pair(10, r) * r2;
    let tail = low + (middle + high * r4) * r4;
    let mantissa = (tail * r2 + r) + R::of(1.0);
    mantissa.times_power_of_two(shifted)
}

/// Not a closure: the compiler would compile a closure as a function of its own, for the oldest CPU.
#[inline(always)]
fn pair<R: Real>(n: usize, r: R) -> R {
    R::of(EXP[n]) + R::of(EXP[n + 1]) * r
}

/// 2/21, 2/19, ... 2/3: the series of 2 artanh(s) - 2 s. For |s| <= 0.1716 the omitted terms are below 2^-57 of the sum.
const LOG: [f64; 10] = [
    f64::from_bits(0x3fb8_6186_1861_8618),
    f64::from_bits(0x3fba_f286_bca1_af28),
    f64::from_bits(0x3fbe_1e1e_1e1e_1e1e),
    f64::from_bits(0x3fc1_1111_1111_1111),
    f64::from_bits(0x3fc3_b13b_13b1_3b14),
    f64::from_bits(0x3fc7_45d1_745d_1746),
    f64::from_bits(0x3fcc_71c7_1c71_c71c),
    f64::from_bits(0x3fd2_4924_9249_2492),
    f64::from_bits(0x3fd9_9999_9999_999a),
    f64::from_bits(0x3fe5_5555_5555_5555),
];

/// The bits of sqrt(1/2), the smallest mantissa.
const SQRT_HALF_BITS: u64 = 0x3fe6_a09e_667f_3bcd;

/// -ln(u) for normal u in (0, 1). At most 2 ulp off.
#[inline(always)]
pub fn minus_log(u: f64) -> f64 {
    let power = (u.to_bits().wrapping_sub(SQRT_HALF_BITS) as i64) >> 52;
    let mantissa = f64::from_bits(u.to_bits().wrapping_sub((power << 52) as u64));
    let f = mantissa - 1.0;
    let s = f / (f + 2.0);
    let z = s * s;
    let mut series = LOG[0];
    for coefficient in &LOG[1..] {
        series = series * z + coefficient;
    }
    // ln(1 + f) = 2 artanh(s) = f - s (f - z series): f is exact, and the rest is small beside it.
    let power = power as f64;
    let correction = s * (f - series * z) - power * LN_2_LOW;
    (correction - f) - power * LN_2_HIGH
}
