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

/// The first indices of ranges that cross what an implementation might stumble over.
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

#[test]
fn arguments_out_of_range_are_refused_and_nothing_is_written() {
    let mut memory = [1.0; 8];
    let data = memory.as_mut_ptr();
    let odd = data.wrapping_byte_add(4);
    let null = std::ptr::null_mut();
    let most = isize::MAX as usize / 8;
    let refused = [(null, 1, 0), (odd, 1, 0), (data, most + 1, 0), (data, usize::MAX, 0), (data, 2, u64::MAX)];
    for (out, number, first) in refused {
        assert_eq!(unsafe { random_noise_fill(out, number, 1, 0, first) }, SOMEMEM_INVALID_ARGUMENT);
        assert_eq!(unsafe { random_noise_add(out, number, 1.0, 1, 0, first) }, SOMEMEM_INVALID_ARGUMENT);
    }
    for out in [data, odd, null] {
        assert_eq!(unsafe { random_noise_fill(out, 0, 1, 0, u64::MAX) }, SOMEMEM_OK);
        assert_eq!(unsafe { random_noise_add(out, 0, 1.0, 1, 0, u64::MAX) }, SOMEMEM_OK);
    }
    for stddev in [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, -1e-320] {
        for number in [0, 8] {
            assert_eq!(unsafe { random_noise_add(data, number, stddev, 1, 0, 0) }, SOMEMEM_INVALID_ARGUMENT);
        }
    }
    assert_eq!(memory, [1.0; 8]);
    assert_eq!(unsafe { random_noise_fill(data, 1, 1, 0, u64::MAX) }, SOMEMEM_OK);
}
