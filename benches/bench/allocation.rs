//! Making a block and freeing it, against C heaps. The memory is not touched, so the figures are without page faults.

use std::sync::Barrier;
use std::thread::{available_parallelism, scope};
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng, rngs::ChaCha12Rng};

use crate::blocks::{ALIGNMENT, Aligned, Block, Source};
use crate::case::{Case, Unit};
use crate::library::Library;
use crate::peers::Heaps;

const NUMBERS: [usize; 5] = [1, 16, SMALL, 64 << 10, 1 << 20];

/// A heap is fast at blocks of up to this many doubles.
pub const SMALL: usize = 512;

/// How many blocks live at once in `among_others`. A single live block is always the first in its heap's list, and in the cache,
/// which is not so in a program.
const LIVE: usize = 64;

/// So many live blocks that they and a table of them do not fit in the cache; and the most doubles of each.
const MANY: usize = 1_000_000;
const TINY: usize = 8;

pub fn cases(library: &'static Library, heaps: &Heaps) -> impl Iterator<Item = Case> {
    let alone = NUMBERS.map(|number| new_and_free(library, heaps, number));
    let among_others = [(LIVE, SMALL), (MANY, TINY)].map(|(live, most)| among_others(library, heaps, live, most));
    alone.into_iter().chain(among_others).chain([by_threads(library, heaps)])
}

fn new_and_free(library: &'static Library, heaps: &Heaps, number: usize) -> Case {
    fn work(source: impl Source, number: usize) -> impl FnMut(&mut [f64]) {
        move |_| drop(Block::new(source, number))
    }
    let mut case = Case::new("untouched new+free", number, Unit::Call)
        .contender("malloc", work(heaps.system, number))
        .contender(format!("aligned_alloc({ALIGNMENT})"), work(Aligned(heaps.system), number));
    for (name, heap) in heaps.others() {
        case = case.peer(name, heap.map(|heap| work(heap, number)));
        case = case.peer(format!("{name}, aligned"), heap.map(|heap| work(Aligned(heap), number)));
    }
    case.contender("somemem", work(library, number))
}

/// A call frees a random block of the live ones and makes another, of a random length up to `most`.
fn among_others(library: &'static Library, heaps: &Heaps, live: usize, most: usize) -> Case {
    fn work<S: Source>(source: S, live: usize, most: usize) -> impl FnMut(&mut [f64]) {
        let begin = move || {
            let (places, mut numbers) = (Any::of(0..live), Any::of(1..most + 1));
            let blocks: Vec<_> = (0..live).map(|_| Some(Block::new(source, numbers.next()))).collect();
            (blocks, places, numbers)
        };
        let mut state = None;
        move |_| {
            // In the first call, which does not count. Not earlier, because most cases are never run.
            let (blocks, places, numbers) = state.get_or_insert_with(begin);
            let block = &mut blocks[places.next()];
            *block = None;
            *block = Some(Block::new(source, numbers.next()));
        }
    }
    let mut case = Case::new(&format!("untouched new+free, {live} live, up to"), most, Unit::Call)
        .contender("malloc", work(heaps.system, live, most))
        .contender(format!("aligned_alloc({ALIGNMENT})"), work(Aligned(heaps.system), live, most));
    for (name, heap) in heaps.others() {
        case = case.peer(name, heap.map(|heap| work(heap, live, most)));
        case = case.peer(format!("{name}, aligned"), heap.map(|heap| work(Aligned(heap), live, most)));
    }
    case.contender("somemem", work(library, live, most))
}

/// Small blocks of random lengths, by one thread and by two. If two do not hinder each other, a call takes half the time.
fn by_threads(library: &'static Library, heaps: &Heaps) -> Case {
    fn join<S: Source>(mut case: Case, name: &str, source: Option<S>) -> Case {
        case = case.timed_peer(format!("{name}, 1 thread"), source.map(|it| new_and_free_by(1, it)));
        if available_parallelism().is_ok_and(|cpus| cpus.get() > 1) {
            case = case.timed_peer(format!("{name}, 2 threads"), source.map(|it| new_and_free_by(2, it)));
        }
        case
    }
    let mut case = Case::new("untouched new+free by threads, up to", SMALL, Unit::Call);
    case = join(case, "malloc", Some(heaps.system));
    for (name, heap) in heaps.others() {
        case = join(case, name, heap);
    }
    join(case, "somemem", Some(library))
}

/// Divides the calls among several threads. The figure does not include starting them.
fn new_and_free_by(threads: usize, source: impl Source) -> impl FnMut(u64, &mut [f64]) -> Duration {
    move |calls, _| {
        let ready = &Barrier::new(threads);
        let work = |thread| {
            let mut numbers = Any::of(1..SMALL + 1);
            stay_on_cpu(thread);
            ready.wait();
            let start = Instant::now();
            for _ in 0..calls.div_ceil(threads as u64) {
                drop(Block::new(source, numbers.next()));
            }
            (start, Instant::now())
        };
        let spans: Vec<(Instant, Instant)> = scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|thread| scope.spawn(move || work(thread))).collect();
            workers.into_iter().map(|worker| worker.join().expect("it does not panic")).collect()
        });
        let start = spans.iter().map(|&(start, _)| start).min().expect("at least one");
        let end = spans.iter().map(|&(_, end)| end).max().expect("at least one");
        end - start
    }
}

/// Keeps the calling thread on one of the process's CPUs. If both threads began on the same CPU, the system would take longer
/// than a sample to move one of them.
#[cfg(target_os = "linux")]
pub fn stay_on_cpu(number: usize) {
    // SAFETY: all zeros are an empty set of CPUs, and the calls get the size of one.
    unsafe {
        let mut all: libc::cpu_set_t = std::mem::zeroed();
        let mut one = all;
        libc::sched_getaffinity(0, size_of_val(&all), &mut all);
        let mut allowed = (0..libc::CPU_SETSIZE as usize).filter(|&cpu| libc::CPU_ISSET(cpu, &all));
        if let Some(cpu) = allowed.nth(number) {
            libc::CPU_SET(cpu, &mut one);
            libc::sched_setaffinity(0, size_of_val(&one), &one);
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub fn stay_on_cpu(_: usize) {}

/// Random numbers of a range, the same in each run. They are drawn beforehand, because drawing them takes as long as the calls.
pub struct Any {
    numbers: Box<[usize]>,
    next: usize,
}

impl Any {
    /// More than a branch predictor can learn, and a small part of the cache.
    const COUNT: usize = 1 << 12;

    pub fn of(range: std::ops::Range<usize>) -> Any {
        let mut generator = ChaCha12Rng::seed_from_u64(range.end as u64);
        let numbers = (0..range.len().max(Any::COUNT)).map(|_| generator.random_range(range.clone())).collect();
        Any { numbers, next: 0 }
    }

    pub fn next(&mut self) -> usize {
        self.next = (self.next + 1) % self.numbers.len();
        self.numbers[self.next]
    }
}
