//! The handle table: slots in segments that are never moved or freed, so that any thread can look at any slot at any
//! time, and without a lock, so that a `fork` cannot leave one held.
//!
//! A thread that frees a slot leaves a hint where it looks first for its next one, so that threads seldom touch the same
//! memory, and making and freeing a handle takes two atomic exchanges. Hints prove nothing and may be lost: who owns a
//! slot is decided by its state alone. What a hint displaces goes to a list of free slots. What was lost is found again
//! before the table grows.
//!
//! tests/loom tries this file with every order in which a few threads can meet, with its own atomics and tiny tables.

use std::ptr;

use super::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// A ticket is a slot's number in the upper half of a word and its state in the lower half.
const HALF: u32 = usize::BITS / 2;
const STATE_MASK: usize = (1 << HALF) - 1;

/// The last bit of a state: in use. The others count how often the slot has been freed.
const LIVE: usize = 1;

/// A free slot that belongs to the list, or to a thread that has claimed it. Not a part of tickets.
const CLAIMED: usize = 1 << HALF;

/// The first segment has the slots with the numbers from this one up to twice as many, the next one those up to four
/// times as many, and so on. 0 is no slot's number.
const FIRST: usize = if cfg!(loom) { 2 } else { 64 };

/// Slots that are claimed one after the other lie a sixteenth of their segment apart: not in the same cache line, where
/// their threads would wait for each other.
const ROWS: usize = if cfg!(loom) { 2 } else { 16 };

/// For threads that look at different ones.
const HINTS: usize = if cfg!(loom) { 1 } else { 32 };

/// All zeros is a slot that was never used.
struct Slot {
    state: AtomicUsize,
    /// The bitwise complement of the buffer's address: to a leak checker it is not a pointer, so a buffer whose handle
    /// was never freed counts as lost.
    masked_address: AtomicUsize,
    /// Its own, once it has been claimed.
    number: AtomicU32,
    /// While the slot is in the list: the next one's number, or 0.
    next_free: AtomicU32,
}

/// A slot that was freed lately, or NULL.
#[repr(align(64))]
struct Hint(AtomicPtr<Slot>);

pub struct Table {
    hints: [Hint; HINTS],
    /// By the logarithm of its first slot's number: its start, or NULL. Nothing else points there for leak checkers.
    segments: [AtomicPtr<Slot>; HALF as usize],
    /// How many numbers have ever been claimed, with those below the first.
    used: AtomicUsize,
    /// The first slot in the list of free ones, or 0, in the lower half; in the upper half a count of all changes, which
    /// tells apart two moments that have the same first slot.
    free: AtomicU64,
}

impl Table {
    #[cfg(not(loom))]
    pub const fn new() -> Table {
        Table {
            hints: [const { Hint(AtomicPtr::new(ptr::null_mut())) }; HINTS],
            segments: [const { AtomicPtr::new(ptr::null_mut()) }; HALF as usize],
            used: AtomicUsize::new(FIRST),
            free: AtomicU64::new(0),
        }
    }

    /// Stores an address and gives out the ticket for it. `None` without memory for more slots, or when there are too
    /// many.
    #[inline]
    pub fn insert(&self, address: usize) -> Option<usize> {
        let slot = self.claim_hinted().or_else(|| self.claim_listed())?;
        // Nobody else changes it now.
        let state = slot.state.load(Ordering::Relaxed) & !CLAIMED | LIVE;
        slot.masked_address.store(!address, Ordering::Relaxed);
        slot.state.store(state, Ordering::Release);
        Some((slot.number.load(Ordering::Relaxed) as usize) << HALF | state)
    }

    /// The address that a ticket stands for.
    #[inline]
    pub fn address(&self, ticket: usize) -> Option<usize> {
        let slot = self.live_slot(ticket)?;
        Some(!slot.masked_address.load(Ordering::Relaxed))
    }

    /// Replaces the address that a ticket stands for.
    pub fn move_to(&self, ticket: usize, address: usize) {
        if let Some(slot) = self.live_slot(ticket) {
            slot.masked_address.store(!address, Ordering::Relaxed);
        }
    }

    /// Ends a ticket. Of several threads that try, one gets the address.
    #[inline]
    pub fn remove(&self, ticket: usize) -> Option<usize> {
        let slot = self.live_slot(ticket)?;
        let state = ticket & STATE_MASK;
        // Before another thread can claim the slot.
        let address = !slot.masked_address.load(Ordering::Relaxed);
        // Carries from the last bit into the generation, which may wrap around.
        let ended = (state + LIVE) & STATE_MASK;
        slot.state.compare_exchange(state, ended, Ordering::AcqRel, Ordering::Relaxed).ok()?;
        let hint = self.hint();
        let displaced = hint.load(Ordering::Acquire);
        hint.store(ptr::from_ref(slot).cast_mut(), Ordering::Release);
        // SAFETY: hints are NULL or slots, which stay for good.
        if let Some(slot) = unsafe { displaced.as_ref() }.filter(|slot| claim(slot)) {
            self.push_free(slot);
        }
        Some(address)
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
        // SAFETY: a segment that is not NULL has all the slots whose numbers have this logarithm, and stays for good.
        (!segment.is_null()).then(|| unsafe { &*segment.add(number ^ 1 << logarithm) })
    }

    /// This thread's, told by where its stack is. If another thread looks at the same one, both are only slower.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "a remainder is below what it is divided by")]
    fn hint(&self) -> &AtomicPtr<Slot> {
        /// Stacks begin at multiples of a page, and a thread's calls seldom go further than this apart.
        const STACK: u32 = 16;
        /// The golden ratio's fraction: the upper bits of a multiple look random.
        const FACTOR: usize = 0x9e37_79b9_7f4a_7c15_u64 as usize;
        let here = 0u8;
        let stack = (&raw const here).addr() >> STACK;
        &self.hints[stack.wrapping_mul(FACTOR).rotate_left(HINTS.ilog2()) % HINTS].0
    }

    /// The slot that this thread freed last.
    #[inline]
    fn claim_hinted(&self) -> Option<&Slot> {
        let hint = self.hint();
        let slot = hint.load(Ordering::Acquire);
        hint.store(ptr::null_mut(), Ordering::Relaxed);
        // SAFETY: hints are NULL or slots, which stay for good.
        unsafe { slot.as_ref() }.filter(|slot| claim(slot))
    }

    #[inline(never)]
    fn claim_listed(&self) -> Option<&Slot> {
        self.pop_free().or_else(|| self.claim_new())
    }

    /// A slot that was never used; or one that was lost, before the table grows.
    fn claim_new(&self) -> Option<&Slot> {
        let mut used = self.used.load(Ordering::Relaxed);
        loop {
            if used.is_power_of_two()
                && let Some(lost) = (FIRST..used).find_map(|number| self.slot(number).filter(|slot| claim(slot)))
            {
                return Some(lost);
            }
            self.make_segment(used.checked_ilog2()? as usize)?;
            match self.used.compare_exchange_weak(used, used + 1, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => {
                    let number = scattered(used);
                    let slot = self.slot(number)?;
                    // Who searches for lost slots may have claimed it since; then another will do.
                    if claim(slot) {
                        return Some(slot);
                    }
                    used += 1;
                }
                Err(now) => used = now,
            }
        }
    }

    /// Makes sure of the segment whose first slot's number has this logarithm.
    fn make_segment(&self, logarithm: usize) -> Option<()> {
        let place = self.segments.get(logarithm)?;
        if !place.load(Ordering::Acquire).is_null() {
            return Some(());
        }
        let first = 1 << logarithm;
        let slots = allocate(first);
        if slots.is_null() {
            return None;
        }
        for n in 0..first {
            // SAFETY: the segment has so many slots, and all zeros is one.
            unsafe { &*slots.add(n) }.number.store((first + n) as u32, Ordering::Relaxed);
        }
        if place.compare_exchange(ptr::null_mut(), slots, Ordering::AcqRel, Ordering::Acquire).is_err() {
            // SAFETY: another thread was first, and nobody has seen this one's segment.
            unsafe { free(slots) };
        }
        Some(())
    }

    fn pop_free(&self) -> Option<&Slot> {
        let mut head = self.free.load(Ordering::Acquire);
        loop {
            let slot = self.slot(head as u32 as usize)?;
            let next = slot.next_free.load(Ordering::Relaxed);
            match self.free.compare_exchange_weak(head, changed(head, next), Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some(slot),
                Err(now) => head = now,
            }
        }
    }

    /// Adds a slot that this thread has claimed.
    #[inline(never)]
    fn push_free(&self, slot: &Slot) {
        let mut head = self.free.load(Ordering::Relaxed);
        loop {
            slot.next_free.store(head as u32, Ordering::Relaxed);
            let pushed = changed(head, slot.number.load(Ordering::Relaxed));
            match self.free.compare_exchange_weak(head, pushed, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }
}

/// So many slots that were never used, or NULL.
#[cfg(not(loom))]
fn allocate(number: usize) -> *mut Slot {
    // SAFETY: `calloc` takes any sizes, and all zeros is a slot.
    unsafe { libc::calloc(number, size_of::<Slot>()) }.cast()
}

/// # Safety
/// They are from [`allocate`], and nobody uses them.
#[cfg(not(loom))]
unsafe fn free(slots: *mut Slot) {
    // SAFETY: the caller's promise.
    unsafe { libc::free(slots.cast()) }
}

/// Makes a free slot this thread's own, if nobody else has it.
#[inline]
fn claim(slot: &Slot) -> bool {
    let state = slot.state.load(Ordering::Relaxed);
    state & (LIVE | CLAIMED) == 0
        && slot.state.compare_exchange(state, state | CLAIMED, Ordering::AcqRel, Ordering::Relaxed).is_ok()
}

/// The n-th number to be claimed: of the same segment as n, in another order.
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
        /// Against a plain map: live tickets give their address, ended and invented ones give nothing.
        #[test]
        fn tickets_live_until_they_are_removed(steps in prop::collection::vec((0u8..4, any::<prop::sample::Index>()), 1..400)) {
            let table = Table::new();
            let mut live: HashMap<usize, usize> = HashMap::new();
            let mut all = vec![0];
            for (step, (kind, choice)) in steps.into_iter().enumerate() {
                let ticket = *choice.get(&all);
                match kind {
                    0 => {
                        let fresh = table.insert(step).unwrap();
                        prop_assert!(live.insert(fresh, step).is_none() && !all.contains(&fresh));
                        all.push(fresh);
                    }
                    1 => prop_assert_eq!(table.remove(ticket), live.remove(&ticket)),
                    2 => {
                        table.move_to(ticket, step);
                        live.entry(ticket).and_modify(|address| *address = step);
                    }
                    _ => prop_assert_eq!(table.address(ticket ^ choice.index(usize::MAX)), live.get(&(ticket ^ choice.index(usize::MAX))).copied()),
                }
                prop_assert_eq!(table.address(ticket), live.get(&ticket).copied());
            }
        }
    }

    #[test]
    fn every_number_is_claimed_once() {
        for first in [FIRST, 2 * FIRST, 1024 * FIRST] {
            let mut numbers: Vec<_> = (first..2 * first).map(scattered).collect();
            assert!(numbers.windows(2).all(|pair| pair[0].abs_diff(pair[1]) >= FIRST / ROWS));
            numbers.sort();
            assert!(numbers.into_iter().eq(first..2 * first));
        }
    }
}
