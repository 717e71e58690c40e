//! exp and log as in the value specification. An error in their last bits would hardly show in the samples.

#[path = "../rust/src/noise/elementary.rs"]
mod elementary;

use elementary::{exp_minus, minus_log};

/// Sums of all bits over 100,000 arguments. tests/evidence/test_twin.py has the same sums for the second implementation, tests/evidence/twin.py.
/// How exact its functions are is tested in tests/evidence/test_proof.py.
#[test]
fn exp_and_log_are_those_of_the_specification() {
    // (2 k + 1) / 2^53, exact in every step.
    let uniform = |k: u64| (2 * k + 1) as f64 / (1u64 << 53) as f64;
    let arguments = (1..=100_000u64).map(|n| uniform(n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 12));
    let sum = |values: &mut dyn Iterator<Item = f64>| values.fold(0u64, |sum, x| sum.wrapping_add(x.to_bits()));
    assert_eq!(sum(&mut arguments.clone().map(minus_log)), 0xdb17_e4a9_b820_c6ed);
    assert_eq!(sum(&mut arguments.map(|u| exp_minus(64.0 * u))), 0x1275_01f0_3832_b642);
}
