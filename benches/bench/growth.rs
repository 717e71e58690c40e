//! Blocks that change their length: by doubling, page by page, double by double, to and fro.

use std::hint::black_box;
use std::ops::Range;
use std::time::{Duration, Instant};

use crate::blocks::{Block, Reserved, Source};
use crate::case::{Case, Unit};
use crate::library::Library;
use crate::peers::{Heap, Heaps};

/// Doubles in 8 KiB, where growing by doubling begins.
const FIRST: usize = 1 << 10;

/// Doubles in 4 KiB.
const PAGE: usize = 1 << 9;

/// The final length of a block that is filled one double at a time.
const APPENDED: usize = 1_000_000;

/// A double is pushed and popped at these lengths, which are whole pages, small and huge.
const ABOUT: [usize; 2] = [128 << 10, 1 << 20];

const STEPS: usize = 1000;

/// A heap that copies the block in each step makes only some of these steps.
const ENOUGH: Duration = Duration::from_millis(300);

/// Each of these calls takes a good part of a second.
const FEW: usize = 5;

pub fn cases(library: &'static Library, heaps: &Heaps, largest: usize) -> impl Iterator<Item = Case> {
    let by_doubling = by_doubling(library, heaps, largest);
    let about = ABOUT.map(|number| push_and_pop(library, heaps, number));
    [by_doubling, by_a_page(library, heaps, largest), by_one(library, heaps)].into_iter().chain(about)
}

fn by_doubling(library: &'static Library, heaps: &Heaps, largest: usize) -> Case {
    fn work(source: impl Source, largest: usize) -> impl FnMut(u64, &mut [f64]) -> Duration {
        move |calls, _| {
            let growth = || {
                let start = Instant::now();
                let block = double(source, largest);
                let took = start.elapsed();
                drop(block);
                took
            };
            // A virtual machine's host may have taken back memory that was free for a while. The first growth pays for that, and
            // does not count.
            growth();
            (0..calls).map(|_| growth()).sum()
        }
    }
    let mut case = Case::new("grow from 1 Ki by doubling, touched, to", largest, Unit::Call).few(FEW);
    case = case.timed_peer("realloc", Some(work(heaps.system, largest)));
    for (name, heap) in heaps.others() {
        case = case.timed_peer(name, heap.map(|heap| work(heap, largest)));
    }
    case.timed_peer("somemem", Some(work(library, largest)))
        .timed_peer("somemem, reserved", Some(work(Reserved(library, largest), largest)))
}

/// A block that was grown by doubling and whose pages were all touched.
pub fn double<S: Source>(source: S, largest: usize) -> Block<S> {
    let mut block = touched(source, FIRST);
    let mut number = FIRST;
    while number < largest {
        block.resize(2 * number);
        touch(&block, number..2 * number);
        number *= 2;
    }
    block
}

fn touched<S: Source>(source: S, number: usize) -> Block<S> {
    let block = Block::new(source, number);
    touch(&block, 0..number);
    block
}

/// Writes to each page of a block's part.
fn touch<S: Source>(block: &Block<S>, part: Range<usize>) {
    let data = block.data();
    for index in part.step_by(PAGE) {
        // SAFETY: callers pass only parts of the block.
        unsafe { data.add(index).write(1.0) };
    }
}

/// A call is one step. The time is the median of the steps, because one step that copies the block would dominate a mean.
fn by_a_page(library: &'static Library, heaps: &Heaps, largest: usize) -> Case {
    type Way = fn(usize, usize) -> usize;
    let (growing, shrinking): (Way, Way) = (|number, step| number + step * PAGE, |number, step| number - step * PAGE);
    let to_and_fro: Way = |number, step| number + step % 2 * PAGE;

    fn work(source: impl Source, largest: usize, way: Way) -> impl FnMut(u64, &mut [f64]) -> Duration {
        move |calls, _| {
            let mut block = touched(source, largest);
            let mut number = largest;
            let begin = Instant::now();
            let mut steps = Vec::with_capacity(STEPS);
            while steps.len() < STEPS && begin.elapsed() < ENOUGH {
                let wanted = way(largest, steps.len() + 1);
                let start = Instant::now();
                block.resize(wanted);
                steps.push(start.elapsed());
                touch(&block, number..wanted);
                number = wanted;
            }
            steps.sort();
            steps[steps.len() / 2] * u32::try_from(calls).expect("a case of few calls")
        }
    }
    let mut case = Case::new("resize by 512 doubles, touched, at", largest, Unit::Call).few(FEW);
    case = case
        .timed_peer("realloc, growing", Some(work(heaps.system, largest, growing)))
        .timed_peer("realloc, shrinking", Some(work(heaps.system, largest, shrinking)))
        .timed_peer("realloc, to and fro", Some(work(heaps.system, largest, to_and_fro)));
    for (name, heap) in heaps.others() {
        case = case.timed_peer(format!("{name}, growing"), heap.map(|heap| work(heap, largest, growing)));
    }
    case.timed_peer("somemem, growing", Some(work(library, largest, growing)))
        .timed_peer("somemem, shrinking", Some(work(library, largest, shrinking)))
        .timed_peer("somemem, to and fro", Some(work(library, largest, to_and_fro)))
}

/// Appends values one by one to an empty block, and frees it. The compiler cannot see where the values come from, so it cannot
/// use vectors.
fn by_one(library: &'static Library, heaps: &Heaps) -> Case {
    /// Resizes the block for each double, and asks for its address.
    fn each_time(source: impl Source) -> impl FnMut(&mut [f64]) {
        move |_| {
            let mut block = Block::new(source, 0);
            for n in 0..APPENDED {
                block.resize(n + 1);
                // SAFETY: the block has this one.
                unsafe { block.data().add(n).write(black_box(n as f64)) };
            }
        }
    }
    /// Doubles the capacity by hand, as people do because each_time() is slow.
    fn by_hand(heap: &'static Heap) -> impl FnMut(&mut [f64]) {
        move |_| {
            let mut capacity = 1;
            let mut block = Block::new(heap, capacity);
            for n in 0..APPENDED {
                if n == capacity {
                    capacity *= 2;
                    block.resize(capacity);
                }
                // SAFETY: below the capacity.
                unsafe { block.data().add(n).write(black_box(n as f64)) };
            }
        }
    }
    /// In memory that the heap has yet to ask the system for, as in a program that does this once. The library's memory is always
    /// new here: what it keeps from the round before is too large for a buffer that begins small.
    fn fresh(mut work: impl FnMut(&mut [f64])) -> impl FnMut(u64, &mut [f64]) -> Duration {
        move |calls, memory| {
            let mut call = || {
                // SAFETY: only gives unused memory of the C library's heap back.
                unsafe { libc::malloc_trim(0) };
                let start = Instant::now();
                work(memory);
                start.elapsed()
            };
            (0..calls).map(|_| call()).sum()
        }
    }
    let mut case = Case::new("append one by one", APPENDED, Unit::Double);
    case = case.contender("realloc, doubled by hand", by_hand(heaps.system));
    case = case.timed_peer("the same, fresh memory", Some(fresh(by_hand(heaps.system))));
    for (name, heap) in heaps.others() {
        case = case.peer(format!("{name}, doubled by hand"), heap.map(by_hand));
    }
    case.contender("realloc each time", each_time(heaps.system))
        .contender("somemem", each_time(library))
        // Only the resizing.
        .contender("somemem, nothing written", move |_| {
            let mut block = Block::new(library, 0);
            (0..APPENDED).for_each(|n| block.resize(n + 1));
        })
}

/// A stack whose last double is pushed and popped. At the beginning of a page this may need memory; elsewhere nothing has to be
/// done.
fn push_and_pop(library: &'static Library, heaps: &Heaps, number: usize) -> Case {
    fn work<S: Source>(source: S, number: usize) -> impl FnMut(&mut [f64]) {
        let mut begun = None;
        move |_| {
            let block = begun.get_or_insert_with(|| touched(source, number));
            block.resize(number + 1);
            // SAFETY: the block has this one.
            unsafe { block.data().add(number).write(black_box(1.0)) };
            block.resize(number);
        }
    }
    let mut case = Case::new("push and pop at", number, Unit::Call);
    case = case.contender("realloc", work(heaps.system, number));
    for (name, heap) in heaps.others() {
        case = case.peer(name, heap.map(|heap| work(heap, number)));
    }
    case.contender("somemem, elsewhere", work(library, number + PAGE / 2)).contender("somemem", work(library, number))
}
