//! A sample is a pure function of (seed, stream, index).
#![allow(unsafe_code, clippy::undocumented_unsafe_blocks, reason = "the C functions are what is tested")]

use somemem_c::capi::SomeMemStatus::*;
use somemem_c::capi::*;

fn fill(number: usize, seed: u64, stream: u64, first: u64) -> Vec<f64> {
    let mut out = vec![f64::NAN; number];
    let status = unsafe { random_noise_fill(out.as_mut_ptr(), number, seed, stream, first) };
    assert_eq!(status, SOMEMEM_OK);
    out
}

#[track_caller]
fn assert_same(left: &[f64], right: &[f64]) {
    let bits = |values: &[f64]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert!(bits(left) == bits(right));
}

/// First indices of ranges that cross values where an implementation might be wrong.
const STARTS: [u64; 5] = [0, (1 << 32) - 300, (1 << 33) - 300, (1 << 63) - 300, u64::MAX - 599];

#[test]
fn every_slice_equals_the_whole() {
    for (seed, stream) in [(0, 0), (1, 2), (u64::MAX, u64::MAX)] {
        for start in STARTS {
            let whole = fill(600, seed, stream, start);
            for offset in 0..=65 {
                for number in (0..=300).chain([535 - offset]) {
                    let slice = fill(number, seed, stream, start + offset as u64);
                    assert_same(&slice, &whole[offset..][..number]);
                }
            }
        }
    }
}

#[test]
fn many_calls_equal_one() {
    let whole = fill(1 << 20, 5, 6, 7);
    let mut pieces = vec![0.0; 1 << 20];
    let (mut done, mut number) = (0, 1);
    while done < pieces.len() {
        let piece = &mut pieces[done..];
        let piece = &mut piece[..number.min((1 << 20) - done)];
        assert_eq!(unsafe { random_noise_fill(piece.as_mut_ptr(), piece.len(), 5, 6, 7 + done as u64) }, SOMEMEM_OK);
        done += piece.len();
        number = number * 7 % 5003;
    }
    assert_same(&pieces, &whole);
}

#[test]
fn any_place_in_memory_gets_the_same_values() {
    let whole = fill(200, 1, 0, 3);
    for shift in 0..16 {
        let mut memory = vec![-1.0; 300];
        assert_eq!(unsafe { random_noise_fill(memory[shift..].as_mut_ptr(), 200, 1, 0, 3) }, SOMEMEM_OK);
        assert_same(&memory[shift..][..200], &whole);
        assert!(memory[..shift].iter().chain(&memory[shift + 200..]).all(|&x| x == -1.0), "written outside");
    }
}

#[test]
fn the_handle_makers_draw_the_documented_elements() {
    let handle = random_noise_seeded(1000, 9);
    assert_same(unsafe { std::slice::from_raw_parts(somemem_data(handle), 1000) }, &fill(1000, 9, 0, 0));
    assert_eq!(unsafe { somemem_free(handle) }, SOMEMEM_OK);

    let handles = [random_noise(1000), random_noise(1000)];
    let [left, right] = handles.map(|handle| unsafe { std::slice::from_raw_parts(somemem_data(handle), 1000) });
    assert!(left.iter().zip(right).all(|(left, right)| left != right), "two keys were the same");
    for handle in handles {
        assert_eq!(unsafe { somemem_free(handle) }, SOMEMEM_OK);
    }
}

#[test]
fn add_rounds_product_and_sum_once_each() {
    for (start, number) in STARTS.into_iter().map(|start| (start, 600)).chain([(3, 10_000), (4, 1), (0, 0)]) {
        let signal: Vec<f64> = fill(number, 100, 0, 0).iter().map(|x| x * 1e3).collect();
        for stddev in [0.0, -0.0, 1.0, 0.1, 1e-310, 1e300] {
            let mut sum = signal.clone();
            assert_eq!(unsafe { random_noise_add(sum.as_mut_ptr(), number, stddev, 1, 2, start) }, SOMEMEM_OK);
            let expected: Vec<f64> =
                signal.iter().zip(fill(number, 1, 2, start)).map(|(s, x)| s + (stddev + 0.0) * x).collect();
            assert_same(&sum, &expected);
        }
    }
}

#[test]
fn add_equals_itself_in_pieces() {
    let mut whole = vec![1.0; 5000];
    assert_eq!(unsafe { random_noise_add(whole.as_mut_ptr(), 5000, 2.0, 1, 2, 1) }, SOMEMEM_OK);
    for cut in [1, 2, 63, 64, 65, 1023, 1024, 1025, 4999] {
        let mut pieces = vec![1.0; 5000];
        let (head, tail) = pieces.split_at_mut(cut);
        unsafe {
            assert_eq!(random_noise_add(head.as_mut_ptr(), cut, 2.0, 1, 2, 1), SOMEMEM_OK);
            assert_eq!(random_noise_add(tail.as_mut_ptr(), 5000 - cut, 2.0, 1, 2, 1 + cut as u64), SOMEMEM_OK);
        }
        assert_same(&pieces, &whole);
    }
}

/// Noise that was added is subtracted again with -scale. Only the roundings of two sums remain.
#[test]
fn a_negative_scale_subtracts_what_was_added() {
    let signal = fill(1000, 3, 3, 3);
    for scale in [0.1, 1e-310, 5e-324, 1e300] {
        let (x, mut sum) = (fill(1000, 1, 2, 7), signal.clone());
        for scale in [scale, -2.0 * scale, scale] {
            let before = sum.clone();
            assert_eq!(unsafe { random_noise_add(sum.as_mut_ptr(), 1000, scale, 1, 2, 7) }, SOMEMEM_OK);
            let expected: Vec<f64> = before.iter().zip(&x).map(|(s, x)| s + scale * x).collect();
            assert_same(&sum, &expected);
        }
        if scale < 1.0 {
            assert!(sum.iter().zip(&signal).all(|(sum, signal)| (sum - signal).abs() <= 1e-15));
        }
    }
}

/// Zeros of either sign, and scales whose products are zero. A wrong marker for unsettled elements would show here.
#[test]
fn nothing_but_the_formula_shows() {
    // Enough elements for some to be unsettled.
    const NUMBER: usize = 1000;
    let x = fill(NUMBER, 1, 2, 1);
    let least = f64::from_bits(1);
    for scale in [0.0, -0.0, least, -least, 1e-310, -1e-310, 1.0, -1.0, f64::MAX, -f64::MAX] {
        for before in [0.0, -0.0, least, -least, -1e-310, f64::MAX, f64::INFINITY] {
            let mut sum = vec![before; NUMBER];
            assert_eq!(unsafe { random_noise_add(sum.as_mut_ptr(), NUMBER, scale, 1, 2, 1) }, SOMEMEM_OK);
            let scale = if scale == 0.0 { 0.0 } else { scale };
            let expected: Vec<f64> = x.iter().map(|x| before + scale * x).collect();
            assert!(sum.iter().zip(&expected).all(|(a, b)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()));

            let before = before as f32;
            let mut sum = vec![before; NUMBER];
            assert_eq!(unsafe { random_noise_add_f32(sum.as_mut_ptr(), NUMBER, scale, 1, 2, 1) }, SOMEMEM_OK);
            let expected: Vec<f32> = x.iter().map(|x| (f64::from(before) + scale * x) as f32).collect();
            assert!(sum.iter().zip(&expected).all(|(a, b)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()));
        }
    }
}

#[test]
fn floats_are_the_doubles_rounded() {
    for start in [STARTS[1], STARTS[4]] {
        let doubles = fill(600, 1, 2, start);
        for (number, shift) in (0..=130).chain([600]).flat_map(|number| [(number, 0), (number, 1), (number, 3)]) {
            let mut memory = vec![-1.0f32; number + 8];
            let out = memory[shift..].as_mut_ptr();
            assert_eq!(unsafe { random_noise_fill_f32(out, number, 1, 2, start) }, SOMEMEM_OK);
            assert!(memory[shift..][..number].iter().zip(&doubles).all(|(float, x)| *float == *x as f32));
            let around = memory[..shift].iter().chain(&memory[shift + number..]);
            assert!(around.copied().all(|x| x == -1.0), "written outside");
        }
    }
}

#[test]
fn normal_is_mean_and_scale() {
    let x = fill(1000, 1, 2, 3);
    for (mean, scale) in [(0.0, 1.0), (-5.0, 2.5), (1e300, -1e300), (3.0, 0.0), (-0.0, -0.0), (0.0, 1e-310)] {
        let (mut doubles, mut floats) = ([f64::NAN; 1000], [f32::NAN; 1000]);
        unsafe {
            assert_eq!(random_noise_normal(doubles.as_mut_ptr(), 1000, mean, scale, 1, 2, 3), SOMEMEM_OK);
            assert_eq!(random_noise_normal_f32(floats.as_mut_ptr(), 1000, mean, scale, 1, 2, 3), SOMEMEM_OK);
        }
        let expected: Vec<f64> = x.iter().map(|x| mean + (if scale == 0.0 { 0.0 } else { scale }) * x).collect();
        assert_same(&doubles, &expected);
        assert!(floats.iter().zip(expected).all(|(float, x)| float.to_bits() == (x as f32).to_bits()));
    }
}

#[test]
fn arguments_out_of_range_are_refused_and_nothing_is_written() {
    let mut memory = [1.0; 8];
    let data = memory.as_mut_ptr();
    let odd = data.wrapping_byte_add(4);
    let null = std::ptr::null_mut();
    let most = isize::MAX as usize / 8;
    let refused = [
        (null, 1, 0, SOMEMEM_INVALID_POINTER),
        (odd, 1, 0, SOMEMEM_INVALID_POINTER),
        (data, most + 1, 0, SOMEMEM_INVALID_RANGE),
        (data, usize::MAX, 0, SOMEMEM_INVALID_RANGE),
        (data, 2, u64::MAX, SOMEMEM_INVALID_RANGE),
        (null, 2, u64::MAX, SOMEMEM_INVALID_RANGE),
    ];
    for (out, number, first, status) in refused {
        assert_eq!(unsafe { random_noise_fill(out, number, 1, 0, first) }, status);
        assert_eq!(unsafe { random_noise_add(out, number, f64::NAN, 1, 0, first) }, status, "scale is checked last");
        assert_eq!(unsafe { random_noise_normal(out, number, f64::NAN, 1.0, 1, 0, first) }, status);
    }
    for out in [data, odd, null] {
        assert_eq!(unsafe { random_noise_fill(out, 0, 1, 0, u64::MAX) }, SOMEMEM_OK);
        assert_eq!(unsafe { random_noise_add(out, 0, 1.0, 1, 0, u64::MAX) }, SOMEMEM_OK);
    }
    for scale in [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for number in [0, 8] {
            unsafe {
                assert_eq!(random_noise_add(data, number, scale, 1, 0, 0), SOMEMEM_INVALID_SCALE);
                assert_eq!(random_noise_add_f32(data.cast(), number, scale, 1, 0, 0), SOMEMEM_INVALID_SCALE);
                assert_eq!(random_noise_normal(data, number, 0.0, scale, 1, 0, 0), SOMEMEM_INVALID_SCALE);
                assert_eq!(random_noise_normal(data, number, scale, 1.0, 1, 0, 0), SOMEMEM_INVALID_SCALE);
            }
        }
    }
    assert_eq!(memory, [1.0; 8]);
    assert_eq!(unsafe { random_noise_fill(data, 1, 1, 0, u64::MAX) }, SOMEMEM_OK);
}
