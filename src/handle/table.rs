//! The handle table. Its slots are in segments that are never moved or freed, so any thread can look at any slot at any time.
//! There is no lock, so a `fork` cannot leave one locked. The work of a call is bounded.
//!
//! A slot is live, or in a hint, or in the list of free slots, or a thread has just taken it. A hint holds the slot that its
//! thread freed last. A thread that needs a slot looks first at its own hint, so that threads seldom touch the same memory, then
//! at the list, then at the hints of others. Only then does the table grow. A slot that is displaced from a hint goes to the
//! list.
//!
//! tests/loom runs this file with atomics of its own and tiny tables, and tries every order of the steps of a few threads.

use std::ptr;

use super::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// A ticket is a slot's number in the upper half of a word and its state in the lower half.
const HALF: u32 = usize::BITS / 2;
const STATE_MASK: usize = (1 << HALF) - 1;

/// The last bit of a state: the slot is in use. The other bits count how often it has been freed.
const LIVE: usize = 1;

/// The first segment has the slots from this number to below twice this number, the next one those to below four times this
/// number, and so on. No slot has the number 0.
const FIRST: usize = if cfg!(loom) { 2 } else { 64 };

/// Slots that are taken one after the other are a sixteenth of their segment apart, and so not in one cache line, where threads
/// would wait for each other.
const ROWS: usize = if cfg!(loom) { 2 } else { 16 };

/// Several, so that most threads use different ones.
const HINTS: usize = if cfg!(loom) { 1 } else { 32 };

/// A slot that was never used is all zeros.
struct Slot {
    state: AtomicUsize,
    /// The word that the ticket stands for, or 0. An old pointer would hide a leak from leak checkers, if the memory it points to
    /// is used again.
    word: AtomicUsize,
    /// While the slot is in the list: the number of the next slot, or 0.
    next_free: AtomicU32,
}

/// The number of a free slot, which is not in the list, or 0.
#[repr(align(64))]
struct Hint(AtomicUsize);

pub struct Table {
    hints: [Hint; HINTS],
    /// Entry n is the start of the segment whose first slot has the number 2^n, or NULL. Only these pointers lead leak checkers
    /// to the slots.
    segments: [AtomicPtr<Slot>; HALF as usize],
    /// How many numbers have ever been used, including those below FIRST.
    used: AtomicUsize,
    /// The lower half is the first slot in the list of free ones, or 0. The upper half counts all changes, so that a
    /// compare-and-exchange fails if the list has changed meanwhile and has the same first slot again.
    free: AtomicU64,
}

impl Table {
    #[cfg(not(loom))]
    pub const fn new() -> Table {
        Table {
            hints: [const { Hint(AtomicUsize::new(0)) }; HINTS],
            segments: [const { AtomicPtr::new(ptr::null_mut()) }; HALF as usize],
            used: AtomicUsize::new(FIRST),
            free: AtomicU64::new(0),
        }
    }

    /// Stores a word, which is not 0, and returns the ticket for it. `None` if there is no memory for more slots, or no more
    /// numbers.
    #[inline]
    pub fn insert(&self, word: usize) -> Option<usize> {
        let number = self.hint().take().or_else(|| self.take_elsewhere())?;
        let slot = self.slot(number)?;
        // This thread has taken the slot, so no other changes it.
        let state = slot.state.load(Ordering::Relaxed) | LIVE;
        slot.word.store(word, Ordering::Relaxed);
        slot.state.store(state, Ordering::Release);
        Some(number << HALF | state)
    }

    /// The word that a ticket stands for.
    #[inline]
    pub fn word(&self, ticket: usize) -> Option<usize> {
        let word = self.live_slot(ticket)?.word.load(Ordering::Relaxed);
        (word != 0).then_some(word)
    }

    /// Replaces the word that a ticket stands for.
    pub fn replace(&self, ticket: usize, word: usize) {
        if let Some(slot) = self.live_slot(ticket) {
            slot.word.store(word, Ordering::Relaxed);
        }
    }

    /// Ends a ticket. If several threads try, one of them gets the word.
    #[inline]
    pub fn remove(&self, ticket: usize) -> Option<usize> {
        let slot = self.live_slot(ticket)?;
        let state = ticket & STATE_MASK;
        // The addition clears the last bit and carries into the generation, which may wrap around.
        let ended = (state + LIVE) & STATE_MASK;
        slot.state.compare_exchange(state, ended, Ordering::AcqRel, Ordering::Relaxed).ok()?;
        // No other thread can get the slot before it is in a hint or in the list.
        let word = slot.word.load(Ordering::Relaxed);
        slot.word.store(0, Ordering::Relaxed);
        if let Some(displaced) = self.hint().put(ticket >> HALF) {
            self.push_free(displaced);
        }
        Some(word)
    }

    #[inline]
    fn live_slot(&self, ticket: usize) -> Option<&Slot> {
        let state = ticket & STATE_MASK;
        let slot = self.slot(ticket >> HALF)?;
        (state & LIVE == LIVE && slot.state.load(Ordering::Acquire) == state).then_some(slot)
    }

    /// The slot of this number, if its segment exists.
    #[inline]
    fn slot(&self, number: usize) -> Option<&Slot> {
        let logarithm = number.checked_ilog2()?;
        let segment = self.segments.get(logarithm as usize)?.load(Ordering::Acquire);
        // SAFETY: a segment that is not NULL has all the slots whose numbers have this logarithm, and is never freed.
        (!segment.is_null()).then(|| unsafe { &*segment.add(number ^ 1 << logarithm) })
    }

    /// This thread's hint, chosen by the address of its stack. If two threads share a hint, they are only slower.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "a remainder is below what it is divided by")]
    fn hint(&self) -> &Hint {
        /// Within one thread, the stack addresses of two calls seldom differ by more than 2^16 bytes.
        const STACK: u32 = 16;
        /// The fraction of the golden ratio. The upper bits of its multiples look random.
        const FACTOR: usize = 0x9e37_79b9_7f4a_7c15_u64 as usize;
        let here = 0u8;
        let stack = (&raw const here).addr() >> STACK;
        &self.hints[stack.wrapping_mul(FACTOR).rotate_left(HINTS.ilog2()) % HINTS]
    }

    /// A free slot that is not in this thread's hint.
    #[inline(never)]
    fn take_elsewhere(&self) -> Option<usize> {
        self.pop_free().or_else(|| self.hints.iter().find_map(Hint::take)).or_else(|| self.take_new())
    }

    /// A slot that was never used.
    fn take_new(&self) -> Option<usize> {
        let mut used = self.used.load(Ordering::Relaxed);
        loop {
            self.make_segment(used.checked_ilog2()? as usize)?;
            match self.used.compare_exchange_weak(used, used + 1, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Some(scattered(used)),
                Err(now) => used = now,
            }
        }
    }

    /// Allocates the segment whose first slot's number has this logarithm, if it does not exist. Unused slots of a large segment
    /// take no memory.
    fn make_segment(&self, logarithm: usize) -> Option<()> {
        let place = self.segments.get(logarithm)?;
        if !place.load(Ordering::Acquire).is_null() {
            return Some(());
        }
        let slots = allocate(1 << logarithm);
        if slots.is_null() {
            return None;
        }
        if place.compare_exchange(ptr::null_mut(), slots, Ordering::AcqRel, Ordering::Acquire).is_err() {
            // SAFETY: another thread was first, and nobody else has seen these slots.
            unsafe { free(slots) };
        }
        Some(())
    }

    fn pop_free(&self) -> Option<usize> {
        let mut head = self.free.load(Ordering::Acquire);
        loop {
            let number = head as u32 as usize;
            let next = self.slot(number)?.next_free.load(Ordering::Relaxed);
            match self.free.compare_exchange_weak(head, changed(head, next), Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some(number),
                Err(now) => head = now,
            }
        }
    }

    /// Adds a slot that is not in a hint and not in the list.
    #[inline(never)]
    fn push_free(&self, number: usize) {
        let Some(slot) = self.slot(number) else { return };
        let mut head = self.free.load(Ordering::Relaxed);
        loop {
            slot.next_free.store(head as u32, Ordering::Relaxed);
            let pushed = changed(head, number as u32);
            match self.free.compare_exchange_weak(head, pushed, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }
}

impl Hint {
    /// Takes the slot away, if there is one. It reads first and does not write to an empty hint, as most hints of other threads
    /// are.
    #[inline]
    fn take(&self) -> Option<usize> {
        if self.0.load(Ordering::Relaxed) == 0 {
            return None;
        }
        Some(self.0.swap(0, Ordering::Acquire)).filter(|&number| number != 0)
    }

    /// Leaves a slot here, and takes away what was here before.
    #[inline]
    fn put(&self, number: usize) -> Option<usize> {
        Some(self.0.swap(number, Ordering::AcqRel)).filter(|&displaced| displaced != 0)
    }
}

/// Memory for `number` slots that were never used, or NULL.
#[cfg(not(loom))]
fn allocate(number: usize) -> *mut Slot {
    // SAFETY: `calloc` takes any sizes, and all zeros is a slot.
    unsafe { libc::calloc(number, size_of::<Slot>()) }.cast()
}

/// # Safety
/// The slots are from [`allocate`], and nobody uses them.
#[cfg(not(loom))]
unsafe fn free(slots: *mut Slot) {
    // SAFETY: the caller's promise.
    unsafe { libc::free(slots.cast()) }
}

/// The number that is used n-th. It is in the same segment as n; within a segment the numbers are used in another order.
fn scattered(n: usize) -> usize {
    let first = 1 << n.checked_ilog2().unwrap_or(0);
    let place = n - first;
    first + place % ROWS * (first / ROWS) + place / ROWS
}

/// The free list's word after its head has become `first`.
fn changed(head: u64, first: u32) -> u64 {
    let changes = (head >> 32).wrapping_add(1) << 32;
    changes | u64::from(first)
}

#[cfg(loom)]
#[path = "../../tests/loom/models.rs"]
mod models;
#[cfg(loom)]
use models::{allocate, free};

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        /// Compares with a plain map: live tickets give their word, ended and invented ones give nothing.
        #[test]
        fn tickets_live_until_they_are_removed(steps in prop::collection::vec((0u8..4, any::<prop::sample::Index>()), 1..400)) {
            let table = Table::new();
            let mut live: HashMap<usize, usize> = HashMap::new();
            let mut all = vec![0];
            for (step, (kind, choice)) in steps.into_iter().enumerate() {
                let ticket = *choice.get(&all);
                match kind {
                    0 => {
                        let fresh = table.insert(step + 1).unwrap();
                        prop_assert!(live.insert(fresh, step + 1).is_none() && !all.contains(&fresh));
                        all.push(fresh);
                    }
                    1 => prop_assert_eq!(table.remove(ticket), live.remove(&ticket)),
                    2 => {
                        table.replace(ticket, step + 1);
                        live.entry(ticket).and_modify(|word| *word = step + 1);
                    }
                    _ => prop_assert_eq!(table.word(ticket ^ choice.index(usize::MAX)), live.get(&(ticket ^ choice.index(usize::MAX))).copied()),
                }
                prop_assert_eq!(table.word(ticket), live.get(&ticket).copied());
            }
        }
    }

    /// A slot in another thread's hint is used before the table grows. It can be there after a free deep in the stack.
    #[test]
    fn no_slot_is_left_in_a_hint() {
        let table = Table::new();
        let tickets: Vec<usize> = (0..3 * FIRST).map(|n| table.insert(n + 1).unwrap()).collect();
        let used = table.used.load(Ordering::Relaxed);
        for (round, ticket) in tickets.into_iter().enumerate() {
            assert_eq!(table.remove(ticket), Some(round + 1));
            let mine = table.hint().take().unwrap();
            assert!(table.hints[round % HINTS].put(mine).is_none());
            assert!(table.insert(round + 1).is_some());
        }
        assert_eq!(table.used.load(Ordering::Relaxed), used);
    }

    #[test]
    fn every_number_is_used_once() {
        for first in [FIRST, 2 * FIRST, 1024 * FIRST] {
            let mut numbers: Vec<_> = (first..2 * first).map(scattered).collect();
            assert!(numbers.windows(2).all(|pair| pair[0].abs_diff(pair[1]) >= FIRST / ROWS));
            numbers.sort();
            assert!(numbers.into_iter().eq(first..2 * first));
        }
    }
}
