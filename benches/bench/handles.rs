//! A million live blocks, and blocks that one thread makes and another frees. Both test the table of handles.

use std::io::{Read, Write, pipe};
use std::sync::Barrier;
use std::sync::mpsc::sync_channel;
use std::thread::scope;
use std::time::{Duration, Instant};

use crate::allocation::{Any, SMALL, stay_on_cpu};
use crate::blocks::{Block, Source};
use crate::case::{Case, Unit};
use crate::library::Library;
use crate::peers::Heaps;

/// A producer hands over this many blocks at once, so that handing over takes a small part of the time. It is ahead by a few
/// times as many at most.
const BATCH: u64 = 1000;
const AHEAD: usize = 4;

/// With fewer blocks, the figure would be the time to wake the threads.
const ENOUGH: u64 = 100 * BATCH;

/// Growing a table takes a second.
const FEW: usize = 5;

pub fn by_producer_and_consumer(library: &'static Library, heaps: &Heaps) -> Case {
    let mut case = Case::new("untouched new by a thread, free by another, up to", SMALL, Unit::Call);
    case = case.timed_peer("malloc", Some(hand_over(heaps.system)));
    for (name, heap) in heaps.others() {
        case = case.timed_peer(name, heap.map(hand_over));
    }
    case.timed_peer("somemem", Some(hand_over(library)))
}

/// A call is one block. The figure does not include starting the threads.
fn hand_over<S: Source>(source: S) -> impl FnMut(u64, &mut [f64]) -> Duration {
    move |calls, _| {
        let ready = &Barrier::new(2);
        let number = calls.max(ENOUGH);
        let (give, given) = sync_channel::<Vec<Block<S>>>(AHEAD);
        scope(|scope| {
            let producer = scope.spawn(move || {
                let mut numbers = Any::of(1..SMALL + 1);
                stay_on_cpu(0);
                ready.wait();
                let start = Instant::now();
                let mut left = number;
                while left > 0 {
                    let batch = left.min(BATCH);
                    let blocks = (0..batch).map(|_| Block::new(source, numbers.next())).collect();
                    give.send(blocks).expect("the consumer takes all");
                    left -= batch;
                }
                start
            });
            let consumer = scope.spawn(move || {
                stay_on_cpu(1);
                ready.wait();
                given.into_iter().for_each(drop);
                Instant::now()
            });
            let start = producer.join().expect("it does not panic");
            let took = consumer.join().expect("it does not panic") - start;
            took.mul_f64(calls as f64 / number as f64)
        })
    }
}

/// The time of the slowest of many calls, each of which makes a block of one double. It includes page faults, and everything else
/// that the machine does meanwhile, so it means nothing on a busy machine. Run it before other cases: if they leave a heap with a
/// million free blocks, glibc looks at all of them in the first call that needs a large block, which takes tens of milliseconds.
pub fn worst_call(library: &'static Library, heaps: &Heaps, handles: usize) -> Case {
    let mut case = Case::new("the worst call of many, all live,", handles, Unit::Call).few(FEW);
    case = case.timed_peer("malloc", Some(worst_of(heaps.system, handles)));
    for (name, heap) in heaps.others() {
        case = case.timed_peer(name, heap.map(|heap| worst_of(heap, handles)));
    }
    case.timed_peer("somemem", Some(worst_of(library, handles)))
}

/// In a forked process, because a table and a heap that have grown stay large.
fn worst_of(source: impl Source, handles: usize) -> impl FnMut(u64, &mut [f64]) -> Duration {
    move |calls, _| {
        let (mut told, mut tell) = pipe().expect("a process may have a pipe");
        // SAFETY: this process has no other thread, so the child may call every function.
        let child = unsafe { libc::fork() };
        assert!(child >= 0, "a process may fork");
        if child == 0 {
            let mut worst = Duration::ZERO;
            let mut before = Instant::now();
            for _ in 0..handles {
                source.make(1);
                let now = Instant::now();
                worst = worst.max(now - before);
                before = now;
            }
            let nanoseconds = u64::try_from(worst.as_nanos()).unwrap_or(u64::MAX);
            let failed = tell.write_all(&nanoseconds.to_ne_bytes()).is_err();
            // SAFETY: ends the child here, without the exit functions of the parent.
            unsafe { libc::_exit(failed.into()) }
        }
        drop(tell);
        let mut nanoseconds = [0; 8];
        told.read_exact(&mut nanoseconds).expect("the child tells");
        // SAFETY: nobody else waits for this child.
        unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
        Duration::from_nanos(u64::from_ne_bytes(nanoseconds)) * u32::try_from(calls).expect("a case of few calls")
    }
}
