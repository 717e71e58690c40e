//! A range has the same values for any number of threads.
#![allow(unsafe_code, clippy::undocumented_unsafe_blocks, reason = "the C functions are what is tested")]

use somemem_c::capi::SomeMemStatus::*;
use somemem_c::capi::*;

/// Ranges are split from this number of doubles on.
const SPLIT: usize = 1 << 18;

/// It is a single test, because the number of threads holds for the whole process.
#[test]
fn any_number_of_threads_gives_the_same_values() {
    let ranges = [
        (3 * SPLIT + 12345, 7),
        (SPLIT - 1, 0),
        (SPLIT, 1),
        (SPLIT + 1, 0),
        (8 * SPLIT, u64::MAX - 8 * SPLIT as u64 + 1),
    ];
    // On an emulated CPU (tests/systems/cross.sh) each fill takes a hundred times as long.
    let tried = if std::env::var_os("SOMEMEM_EMULATED").is_some() { 1 } else { ranges.len() };
    for &(number, first) in &ranges[..tried] {
        let mut expected = vec![0.0; number];
        let mut expected_sum = vec![0.5; number];
        somemem_set_threads(1);
        unsafe {
            assert_eq!(random_noise_fill(expected.as_mut_ptr(), number, 1, 2, first), SOMEMEM_OK);
            assert_eq!(random_noise_add(expected_sum.as_mut_ptr(), number, 0.1, 1, 2, first), SOMEMEM_OK);
        }
        for threads in [2, 3, 7, 256, 1000, 0] {
            somemem_set_threads(threads);
            let mut drawn = vec![0.0; number];
            let mut sum = vec![0.5; number];
            unsafe {
                assert_eq!(random_noise_fill(drawn.as_mut_ptr(), number, 1, 2, first), SOMEMEM_OK);
                assert_eq!(random_noise_add(sum.as_mut_ptr(), number, 0.1, 1, 2, first), SOMEMEM_OK);
            }
            assert!(drawn == expected, "{threads} threads, {number} from {first}");
            assert!(sum == expected_sum, "{threads} threads adding, {number} from {first}");
        }
        let handle = random_noise_seeded(number, 1);
        let buffer = unsafe { std::slice::from_raw_parts(somemem_data(handle), number) };
        let mut expected = vec![0.0; number];
        somemem_set_threads(1);
        assert_eq!(unsafe { random_noise_fill(expected.as_mut_ptr(), number, 1, 0, 0) }, SOMEMEM_OK);
        assert!(buffer == expected);
        assert_eq!(unsafe { somemem_free(handle) }, SOMEMEM_OK);
    }
    for (asked, given) in [(1, 1), (2, 2), (256, 256), (257, 256), (usize::MAX, 256)] {
        somemem_set_threads(asked);
        assert_eq!(somemem_threads(), given);
    }
    somemem_set_threads(0);
    assert!((1..=256).contains(&somemem_threads()));
}
