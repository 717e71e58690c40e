//! The content of a buffer after every sequence of resizes.
#![allow(unsafe_code, clippy::undocumented_unsafe_blocks, reason = "the C functions are what is tested")]

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use somemem::{Buffer, Noise};
use somemem_c::capi::SomeMemStatus::*;
use somemem_c::capi::*;

/// The most doubles that a buffer may have.
const MOST: usize = isize::MAX as usize / 8;

/// From this number of doubles on a buffer has pages of its own.
const LARGE: usize = 1 << 17;

fn bits(handle: *mut SomeMem) -> &'static mut [u64] {
    unsafe { std::slice::from_raw_parts_mut(somemem_data(handle).cast(), somemem_len(handle)) }
}

/// Sizes near every boundary that could matter: lines, pages, the smallest buffer with pages of its own, and sizes that no machine has.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![
        6 => 0usize..100,
        3 => 500usize..530,
        2 => 0usize..10_000,
        3 => LARGE - 20..LARGE + 20,
        2 => LARGE..4 * LARGE,
        1 => MOST - 1..MOST + 2,
        1 => Just(usize::MAX),
    ]
}

/// The number of cases. An emulated CPU (tests/systems/cross.sh) tries an eighth, because a difference there would show in any case.
fn cases(number: u32) -> u32 {
    if std::env::var_os("SOMEMEM_EMULATED").is_some() { number / 8 } else { number }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(300), rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..Default::default() })]

    /// Compared with a plain vector: kept elements keep their bits, and a refused size changes nothing.
    #[test]
    fn content_survives_every_resize(first in 0usize..300, sizes in prop::collection::vec(size(), 1..40)) {
        let handle = somemem_new(first);
        let mut model: Vec<u64> = Vec::new();
        let mut next = 0u64;
        let mut refill = |model: &mut Vec<u64>, length: usize| {
            while model.len() < length {
                next = next.wrapping_add(0x9e37_79b9_7f4a_7c15);
                bits(handle)[model.len()] = next;
                model.push(next);
            }
        };
        refill(&mut model, first);
        for size in sizes {
            let before = unsafe { somemem_data(handle) };
            let status = unsafe { somemem_resize(handle, size) };
            if size >= MOST - 1 {
                prop_assert_eq!(status, SOMEMEM_NO_MEMORY);
                prop_assert_eq!(unsafe { somemem_data(handle) }, before);
            } else {
                prop_assert_eq!(status, SOMEMEM_OK);
                model.truncate(size);
                prop_assert_eq!(&bits(handle)[..model.len()], &model[..]);
                prop_assert_eq!(unsafe { somemem_data(handle) }.addr() % 64, 0);
                refill(&mut model, size);
            }
            prop_assert_eq!(&*bits(handle), &model[..]);
        }
        prop_assert_eq!(unsafe { somemem_free(handle) }, SOMEMEM_OK);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(100), rng_seed: RngSeed::Fixed(2), failure_persistence: None, ..Default::default() })]

    /// Rust's buffers act like a vector that is resized with zeros, even if they get memory that was freed before.
    #[test]
    fn rust_reads_what_it_wrote_and_zeros(first in 0usize..2 * LARGE, sizes in prop::collection::vec(size(), 1..20)) {
        drop(Buffer::<f64>::of(Noise { seed: 1, stream: 2 }, 4 * LARGE, 0));
        let mut buffer = Buffer::<f64>::new(first).unwrap();
        let mut model = vec![0.0; first];
        for (seed, size) in (0..).zip(sizes) {
            prop_assert_eq!(buffer.resize(size).is_err(), size >= MOST - 1);
            if size < MOST - 1 {
                model.resize(size, 0.0);
            }
            prop_assert_eq!(&buffer[..], &model[..]);
            let noise = Noise { seed, stream: 0 };
            noise.add(&mut buffer, 2.0, 0).unwrap();
            noise.add(&mut model, 2.0, 0).unwrap();
        }
    }
}

#[test]
fn sizes_that_cannot_be_had_are_refused() {
    for number in [MOST - 1, MOST, MOST + 1, usize::MAX / 8, usize::MAX / 2, usize::MAX - 1, usize::MAX] {
        assert!(somemem_new(number).is_null(), "{number}");
        assert!(random_noise(number).is_null(), "{number}");
        assert!(random_noise_seeded(number, 1).is_null(), "{number}");
    }
}

#[test]
fn empty_buffers_are_valid() {
    for handle in [somemem_new(0), random_noise(0), random_noise_seeded(0, 1)] {
        assert!(unsafe { !handle.is_null() && !somemem_data(handle).is_null() });
        for number in [0, 5, 0, LARGE, 0] {
            assert_eq!(unsafe { somemem_resize(handle, number) }, SOMEMEM_OK);
            assert_eq!(unsafe { somemem_len(handle) }, number);
            assert!(unsafe { !somemem_data(handle).is_null() });
            bits(handle).fill(1);
        }
        assert_eq!(unsafe { somemem_free(handle) }, SOMEMEM_OK);
    }
}

#[test]
fn growing_by_one_copies_little() {
    let handle = somemem_new(0);
    let mut moves = 0;
    for number in 1..=LARGE * 2 {
        let before = unsafe { somemem_data(handle) };
        assert_eq!(unsafe { somemem_resize(handle, number) }, SOMEMEM_OK);
        moves += usize::from(before != unsafe { somemem_data(handle) });
        bits(handle)[number - 1] = number as u64;
    }
    assert!(bits(handle).iter().zip(1..).all(|(&value, number)| value == number));
    assert!(moves < 200, "the data moved {moves} times");
    assert_eq!(unsafe { somemem_free(handle) }, SOMEMEM_OK);
}
