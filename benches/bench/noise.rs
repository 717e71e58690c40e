//! Filling memory and adding noise to it, against memset of the same bytes, which is as fast as memory can be written.
//!
//! The memory is hot: the same doubles in every call, so small cases stay in cache and no case meets a page fault.

use std::ffi::c_int;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{available_parallelism, scope};

use crate::case::{Case, Unit};
use crate::library::{Kernels, Library, OK};
use crate::peers::Peers;

const NUMBERS: [usize; 5] = [1, 16, 1 << 10, 64 << 10, LARGEST];
pub const LARGEST: usize = 16 << 20;

pub const SEED: u64 = 42;

/// The byte that memset writes. It is not 0, because some machines write zeros over zeros twice as fast as other bytes. Eight of
/// these bytes are the double 0.0005.
pub const BYTE: c_int = 0x3f;

pub fn cases(library: Library, kernels: Option<Kernels>, peers: &Peers) -> impl Iterator<Item = Case> {
    let fills = NUMBERS.into_iter().map(move |number| fill(library, kernels, peers, number));
    fills.chain(NUMBERS.into_iter().map(move |number| add(library, number)))
}

fn fill(library: Library, kernels: Option<Kernels>, peers: &Peers, number: usize) -> Case {
    let mut case = against_memset("fill", number);
    let cpus = cpus();
    if number == LARGEST && cpus > 1 {
        case = case.contender(format!("memset, {cpus} threads"), memset_by(cpus));
    }
    case = case.contender("somemem", fill_by(library, 1));
    if number == LARGEST && cpus > 1 {
        case = case.contender(format!("somemem, {cpus} threads"), fill_by(library, cpus));
    }
    case = case.contender("somemem, floats", floats_by(library));
    for (kernel, name) in kernels.into_iter().flat_map(Kernels::available) {
        let mut indices = Indices::new();
        let fill = kernels.expect("they have names").fill;
        case = case.contender(format!("somemem, {name}"), move |memory| {
            // SAFETY: `memory` has this many doubles to write, and the kernel has a name, so this CPU can run it.
            unsafe {
                fill(kernel, memory.as_mut_ptr(), memory.len(), SEED, indices.stream, indices.next(memory.len()))
            };
        });
    }
    peers.join(case)
}

fn fill_by(library: Library, threads: usize) -> impl FnMut(&mut [f64]) {
    let mut indices = Indices::new();
    move |memory| {
        let (stream, first) = (indices.stream, indices.next(memory.len()));
        // SAFETY: `memory` has this many doubles to write.
        let status = unsafe {
            (library.set_threads)(threads);
            (library.fill)(memory.as_mut_ptr(), memory.len(), SEED, stream, first)
        };
        assert_eq!(status, OK);
    }
}

/// As many floats, in the first half of the same memory.
fn floats_by(library: Library) -> impl FnMut(&mut [f64]) {
    let mut indices = Indices::new();
    move |memory| {
        let (stream, first) = (indices.stream, indices.next(memory.len()));
        // SAFETY: `memory` has room for more than this many floats.
        let status = unsafe {
            (library.set_threads)(1);
            (library.fill_f32)(memory.as_mut_ptr().cast(), memory.len(), SEED, stream, first)
        };
        assert_eq!(status, OK);
    }
}

/// The base overwrites the memory in every round, so the sums stay small.
fn add(library: Library, number: usize) -> Case {
    let mut case = against_memset("add", number);
    case = case.contender("somemem, fill", fill_by(library, 1)).contender("somemem", add_by(library, 1));
    let cpus = cpus();
    if number == LARGEST && cpus > 1 {
        case = case.contender(format!("somemem, {cpus} threads"), add_by(library, cpus));
    }
    case
}

fn add_by(library: Library, threads: usize) -> impl FnMut(&mut [f64]) {
    let mut indices = Indices::new();
    move |memory| {
        let (stream, first) = (indices.stream, indices.next(memory.len()));
        // SAFETY: `memory` has this many doubles to read and write.
        let status = unsafe {
            (library.set_threads)(threads);
            (library.add)(memory.as_mut_ptr(), memory.len(), 1.0, SEED, stream, first)
        };
        assert_eq!(status, OK);
    }
}

fn cpus() -> usize {
    available_parallelism().map_or(1, |number| number.get())
}

fn against_memset(work: &str, number: usize) -> Case {
    Case::new(work, number, Unit::Double).contender("memset", memset())
}

fn memset() -> impl Fn(&mut [f64]) + Sync {
    // The compiler does not know this pointer, so it cannot leave out a call or specialise it for one size.
    let memset = black_box(libc::memset as unsafe extern "C" fn(_, _, _) -> _);
    move |memory| {
        // SAFETY: the memory has this many bytes to write, and any bytes are doubles.
        unsafe { memset(memory.as_mut_ptr().cast(), BYTE, size_of_val(memory)) };
    }
}

/// The threads are started in each call. In the largest case that takes a small part of the time.
fn memset_by(threads: usize) -> impl Fn(&mut [f64]) {
    let memset = memset();
    move |memory| {
        scope(|scope| {
            for part in memory.chunks_mut(memory.len().div_ceil(threads)) {
                scope.spawn(|| memset(part));
            }
        });
    }
}

/// Indices that were not drawn before in this run. If the same ones were drawn again and again, the CPU's branch predictor would
/// learn which elements are rejected.
pub struct Indices {
    pub stream: u64,
    next: u64,
}

impl Indices {
    pub fn new() -> Indices {
        static STREAMS: AtomicU64 = AtomicU64::new(0);
        Indices { stream: STREAMS.fetch_add(1, Ordering::Relaxed), next: 0 }
    }

    /// The first of `number` new indices. The steps are odd, so every second call begins at an odd index.
    pub fn next(&mut self, number: usize) -> u64 {
        let first = self.next;
        self.next += number as u64 | 1;
        first
    }
}
