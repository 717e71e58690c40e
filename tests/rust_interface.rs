//! Rust refuses the calls that C refuses, and then changes nothing.

use std::mem::MaybeUninit;

use somemem::{Buffer, Error, Noise, Rows};

const NOISE: Noise = Noise { seed: 1, stream: 2 };

#[test]
fn no_index_is_past_the_last_one() {
    for (number, first) in [(2, u64::MAX), (1000, u64::MAX - 998), (usize::MAX / 8, u64::MAX - 5)] {
        let mut memory = vec![1.0; number.min(1000)];
        if memory.len() == number {
            assert_eq!(NOISE.fill(&mut memory, first), Err(Error::InvalidRange));
            assert_eq!(NOISE.add(&mut memory, 1.0, first), Err(Error::InvalidRange));
            assert_eq!(Buffer::<f64>::of(NOISE, number, first).map(drop), Err(Error::InvalidRange));
            let mut unwritten = vec![MaybeUninit::new(1.0); number];
            assert_eq!(NOISE.fill_unwritten(&mut unwritten, first), Err(Error::InvalidRange));
        } else {
            assert!(Buffer::<f64>::of(NOISE, number, first).is_err());
        }
        assert!(memory.iter().all(|&x| x == 1.0), "something was written");
    }
    let mut whole = [0.0; 4];
    NOISE.fill(&mut whole, u64::MAX - 3).unwrap();
    let mut last = [0.0];
    NOISE.fill(&mut last, u64::MAX).unwrap();
    assert_eq!(last[0], whole[3]);
    assert_eq!(Buffer::<f64>::of(NOISE, 4, u64::MAX - 3).unwrap()[..], whole);
}

#[test]
fn an_empty_range_is_valid_everywhere() {
    assert_eq!(NOISE.fill::<f64>(&mut [], u64::MAX), Ok(()));
    assert_eq!(NOISE.add::<f32>(&mut [], 1.0, u64::MAX), Ok(()));
    assert!(Buffer::<f64>::of(NOISE, 0, u64::MAX).unwrap().is_empty());
}

#[test]
fn mean_and_scale_are_finite() {
    let (mut memory, mut floats) = ([1.0; 8], [1.0f32; 8]);
    for wrong in [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(NOISE.add(&mut memory, wrong, 0), Err(Error::InvalidScale));
        assert_eq!(NOISE.add(&mut floats, wrong, 0), Err(Error::InvalidScale));
        assert_eq!(NOISE.add::<f64>(&mut [], wrong, 0), Err(Error::InvalidScale));
        assert_eq!(NOISE.normal(&mut memory, wrong, 1.0, 0), Err(Error::InvalidScale));
        assert_eq!(NOISE.normal(&mut floats, 0.0, wrong, 0), Err(Error::InvalidScale));
        assert_eq!(NOISE.add_rows(&mut memory, ROWS, wrong, 0), Err(Error::InvalidScale));
    }
    assert_eq!(NOISE.add(&mut memory, 0.0, 0), Ok(()));
    assert_eq!(NOISE.add(&mut memory, -0.0, 0), Ok(()));
    assert_eq!((memory, floats), ([1.0; 8], [1.0; 8]));
    assert_eq!(NOISE.add(&mut memory, -f64::from_bits(1), 0), Ok(()));
}

const ROWS: Rows = Rows { rows: 2, columns: 3, stride: 5, stream_step: 1, first_step: 0 };

#[test]
fn rows_equal_rows_drawn_one_by_one() {
    let mut memory = [-1.0; 8];
    NOISE.fill_rows(&mut memory, ROWS, 7).unwrap();
    let mut rows = [[0.0f64; 3]; 2];
    NOISE.fill(&mut rows[0], 7).unwrap();
    Noise { seed: 1, stream: 3 }.fill(&mut rows[1], 7).unwrap();
    assert_eq!(memory, [rows[0][0], rows[0][1], rows[0][2], -1.0, -1.0, rows[1][0], rows[1][1], rows[1][2]]);

    let mut floats = [0.0f32; 8];
    NOISE.add_rows(&mut floats, ROWS, -2.0, 7).unwrap();
    assert_eq!(floats[5], (-2.0 * rows[1][0]) as f32);
    assert_eq!(floats[3], 0.0);
}

#[test]
fn rows_that_do_not_fit_are_refused() {
    let mut memory = [1.0; 8];
    let wrong = [
        (Rows { rows: 3, ..ROWS }, 0),
        (Rows { columns: 4, ..ROWS }, 0),
        (Rows { stride: 2, ..ROWS }, 0),
        (Rows { stride: usize::MAX, ..ROWS }, 0),
        (Rows { stream_step: u64::MAX, ..ROWS }, 0),
        (Rows { stream_step: 0, first_step: u64::MAX, ..ROWS }, 0),
        (ROWS, u64::MAX - 1),
    ];
    for (rows, first) in wrong {
        assert_eq!(NOISE.fill_rows(&mut memory, rows, first), Err(Error::InvalidRange), "{rows:?}");
        assert_eq!(NOISE.add_rows(&mut memory, rows, 1.0, first), Err(Error::InvalidRange), "{rows:?}");
    }
    for empty in [Rows { rows: 0, ..ROWS }, Rows { columns: 0, stride: 0, ..ROWS }] {
        assert_eq!(NOISE.fill_rows(&mut memory, empty, u64::MAX), Ok(()));
        assert_eq!(NOISE.fill_rows::<f64>(&mut [], empty, u64::MAX), Ok(()));
    }
    assert_eq!(memory, [1.0; 8]);
}

#[test]
fn impossible_sizes() {
    assert_eq!(Buffer::<f64>::new(usize::MAX).map(drop), Err(Error::NoMemory));
    let mut buffer = Buffer::<f64>::of(NOISE, 10, 0).unwrap();
    let before = buffer.to_vec();
    assert_eq!(buffer.resize(usize::MAX / 8), Err(Error::NoMemory));
    assert_eq!(buffer[..], before);
}

#[test]
fn buffers_of_floats() {
    let doubles = Buffer::<f64>::of(NOISE, 1001, 5).unwrap();
    let mut floats = Buffer::<f32>::of(NOISE, 1001, 5).unwrap();
    let rounded: Vec<f32> = doubles.iter().map(|x| *x as f32).collect();
    assert_eq!(floats[..], rounded);
    assert!(floats.as_ptr().addr().is_multiple_of(64) && floats.capacity() >= 1001);
    // Lengths of whole and of half doubles, up and down, small and large.
    floats.reserve(700_001).unwrap();
    let place = floats.as_ptr();
    for number in [1002, 1003, 700_001, 999, 3, 1000, 0, 1] {
        let before = floats.to_vec();
        floats.resize(number).unwrap();
        let kept = before.len().min(number);
        assert!(floats.len() == number && floats.capacity() >= 700_001 && floats.as_ptr() == place);
        assert_eq!(floats[..kept], before[..kept]);
        assert!(floats[kept..].iter().all(|&x| x == 0.0));
    }
    for number in [usize::MAX, usize::MAX / 2, usize::MAX / 4, isize::MAX as usize / 4 + 1] {
        assert_eq!(floats.resize(number), Err(Error::NoMemory));
        assert_eq!(floats.reserve(number), Err(Error::NoMemory));
        assert_eq!(Buffer::<f32>::new(number).map(drop), Err(Error::NoMemory));
    }
    assert_eq!(floats.len(), 1);
}

#[test]
fn every_error_says_what_it_is() {
    let errors = [Error::NoMemory, Error::InvalidRange, Error::InvalidScale, Error::NoEntropy];
    let said: std::collections::HashSet<String> = errors.iter().map(|error| error.to_string()).collect();
    assert_eq!(said.len(), errors.len());
}
