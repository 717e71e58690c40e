//! Filling memory and adding noise to it, against memset of the same bytes: as fast as memory can be written.
//!
//! The memory is hot: the same doubles in every call, so small cases stay in cache and no case meets a page fault.

use std::ffi::c_int;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use somemem::capi::{SomeMemStatus, random_noise_add, random_noise_fill};

use crate::case::{Case, Unit};

const NUMBERS: [usize; 5] = [1, 16, 1 << 10, 64 << 10, LARGEST];
const LARGEST: usize = 16 << 20;

const SEED: u64 = 42;

/// What memset writes. Not 0: where this was written, zeros over zeros are written twice as fast as any other bytes.
/// Eight of these make 0.0005.
const BYTE: c_int = 0x3f;

pub fn cases() -> impl Iterator<Item = Case> {
    let memory = memory();
    NUMBERS.map(|number| fill(memory, number)).into_iter().chain(NUMBERS.map(|number| add(memory, number)))
}

fn fill(memory: *mut f64, number: usize) -> Case {
    // Pointers that the compiler cannot see through, here and below: nothing is inlined, left out or made for one size.
    let fill = black_box(random_noise_fill as unsafe extern "C" fn(_, _, _, _, _) -> _);
    let mut indices = Indices::new();
    against_memset("fill", memory, number).contender("somemem", move || {
        // SAFETY: the memory has room for LARGEST doubles, and only one contender works at a time.
        let status = unsafe { fill(memory, number, SEED, indices.stream, indices.next(number)) };
        assert_eq!(status, SomeMemStatus::SOMEMEM_OK);
    })
}

/// The base overwrites the sums in every round, so they stay small.
fn add(memory: *mut f64, number: usize) -> Case {
    let add = black_box(random_noise_add as unsafe extern "C" fn(_, _, _, _, _, _) -> _);
    let mut indices = Indices::new();
    against_memset("add", memory, number).contender("somemem", move || {
        // SAFETY: as in `fill`, and the base has written to the memory before.
        let status = unsafe { add(memory, number, 1.0, SEED, indices.stream, indices.next(number)) };
        assert_eq!(status, SomeMemStatus::SOMEMEM_OK);
    })
}

fn against_memset(work: &str, memory: *mut f64, number: usize) -> Case {
    let memset = black_box(libc::memset as unsafe extern "C" fn(_, _, _) -> _);
    Case::new(work, number, Unit::Double).contender("memset", move || {
        // SAFETY: the memory has room for LARGEST doubles, and only one contender works at a time.
        unsafe { memset(memory.cast(), BYTE, number * size_of::<f64>()) };
    })
}

/// Room for LARGEST doubles on a 64-byte boundary, for all cases and for good. Not the library's own, whose pages may
/// one day be chosen for speed.
fn memory() -> *mut f64 {
    #[derive(Clone)]
    #[repr(align(64))]
    struct Line {
        _doubles: [f64; 8],
    }
    vec![Line { _doubles: [0.0; 8] }; LARGEST / 8].leak().as_mut_ptr().cast()
}

/// Indices that were never drawn before in this run: drawing the same ones again and again would teach the CPU's branch
/// predictor the rejections.
struct Indices {
    stream: u64,
    next: u64,
}

impl Indices {
    fn new() -> Indices {
        static STREAMS: AtomicU64 = AtomicU64::new(0);
        Indices { stream: STREAMS.fetch_add(1, Ordering::Relaxed), next: 0 }
    }

    /// The first of so many. The steps are odd, so every other call begins at an odd index.
    fn next(&mut self, number: usize) -> u64 {
        let first = self.next;
        self.next += number as u64 | 1;
        first
    }
}
