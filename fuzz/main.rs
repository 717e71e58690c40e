//! The fuzz target. libFuzzer makes the inputs, guided by the branches of the library that they reach.
#![no_main]

use std::sync::atomic::{AtomicUsize, Ordering};

mod calls;

static CALLS: AtomicUsize = AtomicUsize::new(0);

extern "C" fn say_how_many() {
    eprintln!("{} C calls", CALLS.load(Ordering::Relaxed));
}

libfuzzer_sys::fuzz_target!(
    init: {
        // SAFETY: a function that may be called at any time.
        unsafe { libc::atexit(say_how_many) };
    },
    |bytes: &[u8]| {
        CALLS.fetch_add(calls::run(bytes), Ordering::Relaxed);
    }
);
