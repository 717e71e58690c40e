//! Rust refuses what C refuses, and changes nothing then.

use std::mem::MaybeUninit;

use somemem::{Buffer, Error, Noise};

const NOISE: Noise = Noise { seed: 1, stream: 2 };

#[test]
fn no_index_is_past_the_last_one() {
    for (number, first) in [(2, u64::MAX), (1000, u64::MAX - 998), (usize::MAX / 8, u64::MAX - 5)] {
        let mut memory = vec![1.0; number.min(1000)];
        if memory.len() == number {
            assert_eq!(NOISE.fill(&mut memory, first), Err(Error::InvalidRange));
            assert_eq!(NOISE.add(&mut memory, 1.0, first), Err(Error::InvalidRange));
            assert_eq!(Buffer::of(NOISE, number, first).map(drop), Err(Error::InvalidRange));
            let mut unwritten = vec![MaybeUninit::new(1.0); number];
            assert_eq!(NOISE.fill_unwritten(&mut unwritten, first), Err(Error::InvalidRange));
        } else {
            assert!(Buffer::of(NOISE, number, first).is_err());
        }
        assert!(memory.iter().all(|&x| x == 1.0), "something was written");
    }
    let mut whole = [0.0; 4];
    NOISE.fill(&mut whole, u64::MAX - 3).unwrap();
    let mut last = [0.0];
    NOISE.fill(&mut last, u64::MAX).unwrap();
    assert_eq!(last[0], whole[3]);
    assert_eq!(Buffer::of(NOISE, 4, u64::MAX - 3).unwrap()[..], whole);
}

#[test]
fn nothing_to_draw_fits_everywhere() {
    assert_eq!(NOISE.fill(&mut [], u64::MAX), Ok(()));
    assert_eq!(NOISE.add(&mut [], 1.0, u64::MAX), Ok(()));
    assert!(Buffer::of(NOISE, 0, u64::MAX).unwrap().is_empty());
}

#[test]
fn a_deviation_is_finite_and_not_negative() {
    let mut memory = [1.0; 8];
    for stddev in [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, -f64::from_bits(1)] {
        assert_eq!(NOISE.add(&mut memory, stddev, 0), Err(Error::InvalidScale));
        assert_eq!(NOISE.add(&mut [], stddev, 0), Err(Error::InvalidScale));
    }
    assert_eq!(NOISE.add(&mut memory, 0.0, 0), Ok(()));
    assert_eq!(NOISE.add(&mut memory, -0.0, 0), Ok(()));
    assert_eq!(memory, [1.0; 8]);
    assert_eq!(NOISE.add(&mut memory, f64::from_bits(1), 0), Ok(()));
}

#[test]
fn sizes_that_there_are_not() {
    assert_eq!(Buffer::new(usize::MAX).map(drop), Err(Error::NoMemory));
    let mut buffer = Buffer::of(NOISE, 10, 0).unwrap();
    let before = buffer.to_vec();
    assert_eq!(buffer.resize(usize::MAX / 8), Err(Error::NoMemory));
    assert_eq!(buffer[..], before);
}

#[test]
fn every_error_says_what_it_is() {
    let errors = [Error::NoMemory, Error::InvalidRange, Error::InvalidScale, Error::NoEntropy];
    let said: std::collections::HashSet<String> = errors.iter().map(|error| error.to_string()).collect();
    assert_eq!(said.len(), errors.len());
}
