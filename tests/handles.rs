//! A program can pass any value as a handle and make calls in any order: it gets a status, never a crash.
#![allow(unsafe_code, clippy::undocumented_unsafe_blocks, reason = "the C functions are what is tested")]

use std::collections::HashSet;
use std::ptr::{null_mut, without_provenance_mut};

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use somemem_c::capi::SomeMemStatus::*;
use somemem_c::capi::*;

fn assert_refused(handle: *mut SomeMem) {
    unsafe {
        assert_eq!(somemem_resize(handle, 1), SOMEMEM_INVALID_HANDLE);
        assert!(somemem_data(handle).is_null());
        assert_eq!(somemem_len(handle), 0);
        if !handle.is_null() {
            assert_eq!(somemem_free(handle), SOMEMEM_INVALID_HANDLE);
        }
    }
}

#[test]
fn null_is_refused_but_may_be_freed() {
    assert_refused(null_mut());
    assert_eq!(unsafe { somemem_free(null_mut()) }, SOMEMEM_OK);
}

/// Random words that are the same in every run, from the library's own noise.
fn words(number: usize) -> Vec<usize> {
    let mut noise = vec![0.0; number];
    somemem::Noise { seed: 7, stream: 7 }.fill(&mut noise, 0).unwrap();
    noise.into_iter().map(|x: f64| (x.to_bits() as usize).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as usize)).collect()
}

#[test]
fn a_million_invented_handles_are_refused() {
    let live: Vec<*mut SomeMem> = (0..1000usize).map(|number| somemem_new(number)).collect();
    for word in words(1_000_000) {
        assert_refused(without_provenance_mut(word));
    }
    // What programs pass by mistake: small numbers, addresses, and live handles that are a little off.
    let on_the_stack = 0.0f64;
    let mistakes =
        (0..4096).chain([(&raw const on_the_stack).addr(), assert_refused as *const () as usize, usize::MAX]);
    let near = live.iter().flat_map(|handle| {
        let word = handle.addr();
        (0..usize::BITS).map(move |bit| word ^ 1 << bit).chain([word.wrapping_add(1), word.wrapping_sub(1), !word])
    });
    let handles: HashSet<usize> = live.iter().map(|handle| handle.addr()).collect();
    for word in mistakes.chain(near).filter(|word| !handles.contains(word)) {
        assert_refused(without_provenance_mut(word));
    }
    for (number, handle) in live.into_iter().enumerate() {
        assert_eq!(unsafe { somemem_len(handle) }, number, "a live handle was harmed");
        assert_eq!(unsafe { somemem_free(handle) }, SOMEMEM_OK);
        assert_refused(handle);
    }
}

#[test]
fn a_freed_handle_stays_refused_while_its_slot_is_used_again() {
    let mut stale = HashSet::new();
    for _ in 0..10_000 {
        let handle = somemem_new(3);
        assert!(stale.insert(handle), "a handle came back");
        assert_eq!(unsafe { somemem_free(handle) }, SOMEMEM_OK);
    }
    let live = somemem_new(3);
    stale.into_iter().for_each(assert_refused);
    assert_eq!(unsafe { (somemem_len(live), somemem_free(live)) }, (3, SOMEMEM_OK));
}

#[test]
fn only_one_of_several_threads_frees_a_handle() {
    for _ in 0..200 {
        let word = somemem_new(1).addr();
        let freed = std::thread::scope(|scope| {
            let free = || unsafe { somemem_free(without_provenance_mut(word)) };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(free)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        assert_eq!(freed.iter().filter(|&&status| status == SOMEMEM_OK).count(), 1, "{freed:?}");
    }
}

#[test]
fn threads_own_different_handles_at_once() {
    std::thread::scope(|scope| {
        for thread in 0..4u64 {
            scope.spawn(move || {
                let mut live = Vec::new();
                for step in 0..20_000u64 {
                    let handle = somemem_new(2);
                    unsafe { somemem_data(handle).cast::<u64>().write(thread << 32 | step) };
                    live.push((handle, step));
                    if step % 3 == 2 {
                        let (handle, written) = live.swap_remove(step as usize * 7 % live.len());
                        let read = unsafe { somemem_data(handle).cast::<u64>().read() };
                        assert_eq!(read, thread << 32 | written, "two threads were given one buffer");
                        assert_eq!(unsafe { somemem_free(handle) }, SOMEMEM_OK);
                    }
                }
                live.into_iter().for_each(|(handle, _)| assert_eq!(unsafe { somemem_free(handle) }, SOMEMEM_OK));
            });
        }
    });
}

#[derive(Clone, Debug)]
enum Step {
    New(usize),
    Resize(usize, usize),
    Free(usize),
    Look(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let length =
        prop_oneof![4 => 0usize..200, 1 => (1usize << 17) - 2..(1 << 17) + 2, 1 => usize::MAX - 2..=usize::MAX];
    prop_oneof![
        length.clone().prop_map(Step::New),
        (any::<usize>(), length).prop_map(|(which, length)| Step::Resize(which, length)),
        any::<usize>().prop_map(Step::Free),
        any::<usize>().prop_map(Step::Look),
    ]
}

/// The number of cases. An emulated CPU or system (tests/systems/cross.sh) tries an eighth, because a difference there would show in any case.
fn cases(number: u32) -> u32 {
    if std::env::var_os("SOMEMEM_EMULATED").is_some() { number / 8 } else { number }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(2000), rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..Default::default() })]

    /// Every order of calls, on live and on stale handles, has the results that a plain list of lengths predicts.
    #[test]
    fn every_order_of_calls_ends_in_the_documented_status(steps in prop::collection::vec(step(), 1..500)) {
        // Every handle ever made, and its length while it lives.
        let mut all: Vec<(*mut SomeMem, Option<usize>)> = Vec::new();
        for step in steps {
            if let Step::New(length) = step {
                let handle = somemem_new(length);
                prop_assert_eq!(handle.is_null(), length > usize::MAX / 16);
                if !handle.is_null() {
                    all.push((handle, Some(length)));
                }
                continue;
            }
            if all.is_empty() {
                continue;
            }
            let count = all.len();
            match step {
                Step::New(_) => unreachable!(),
                Step::Resize(which, length) => {
                    let (handle, live) = &mut all[which % count];
                    let expected = match live {
                        None => SOMEMEM_INVALID_HANDLE,
                        Some(_) if length > usize::MAX / 16 => SOMEMEM_NO_MEMORY,
                        Some(now) => {
                            *now = length;
                            SOMEMEM_OK
                        }
                    };
                    prop_assert_eq!(unsafe { somemem_resize(*handle, length) }, expected);
                }
                Step::Free(which) => {
                    let (handle, live) = &mut all[which % count];
                    let expected = if live.take().is_some() { SOMEMEM_OK } else { SOMEMEM_INVALID_HANDLE };
                    prop_assert_eq!(unsafe { somemem_free(*handle) }, expected);
                }
                Step::Look(which) => {
                    let (handle, live) = all[which % count];
                    prop_assert_eq!(unsafe { somemem_len(handle) }, live.unwrap_or(0));
                    let data = unsafe { somemem_data(handle) };
                    prop_assert_eq!(data.is_null(), live.is_none());
                    prop_assert_eq!(data.addr() % 64, 0);
                }
            }
        }
        for (handle, live) in all {
            prop_assert_eq!(unsafe { somemem_free(handle) } == SOMEMEM_OK, live.is_some());
        }
    }
}
