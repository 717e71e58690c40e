//! The handle table: slots in segments that are never moved or freed, so that any thread can look at any slot at any
//! time, and without a lock, so that a `fork` cannot leave one held.

use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// A ticket is a slot's number in the upper half of a word and its state in the lower half.
const HALF: u32 = usize::BITS / 2;
const STATE_MASK: usize = (1 << HALF) - 1;

/// The last bit of a state: in use. The others count how often the slot has been freed.
const LIVE: usize = 1;

/// Segment k has this many slots, times 2^k.
const FIRST_SEGMENT: usize = 64;
const SEGMENTS: usize = (HALF - FIRST_SEGMENT.ilog2()) as usize;
const MOST_SLOTS: usize = (FIRST_SEGMENT << SEGMENTS) - FIRST_SEGMENT;

/// All zeros is a slot that was never used.
struct Slot {
    state: AtomicUsize,
    /// The bitwise complement of the buffer's address: to a leak checker it is not a pointer, so a buffer whose handle
    /// was never freed counts as lost.
    masked_address: AtomicUsize,
    /// While the slot is free: the next free one's number plus one, or 0.
    next_free: AtomicU32,
}

pub struct Table {
    segments: [AtomicPtr<Slot>; SEGMENTS],
    /// How many slots have ever been claimed.
    used: AtomicUsize,
    /// The first free slot's number plus one, or 0, in the lower half; in the upper half a count of all changes, which
    /// tells apart two moments that have the same first free slot.
    free: AtomicU64,
}

impl Table {
    pub const fn new() -> Table {
        Table {
            segments: [const { AtomicPtr::new(ptr::null_mut()) }; SEGMENTS],
            used: AtomicUsize::new(0),
            free: AtomicU64::new(0),
        }
    }

    /// Stores an address and gives out the ticket for it. `None` without memory for more slots, or when there are too
    /// many.
    pub fn insert(&self, address: usize) -> Option<usize> {
        let (number, slot) = self.pop_free().or_else(|| self.claim_new())?;
        let state = slot.state.load(Ordering::Relaxed) | LIVE;
        slot.masked_address.store(!address, Ordering::Relaxed);
        slot.state.store(state, Ordering::Release);
        Some(number << HALF | state)
    }

    /// The address that a ticket stands for.
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
    pub fn remove(&self, ticket: usize) -> Option<usize> {
        let slot = self.live_slot(ticket)?;
        let (state, number) = (ticket & STATE_MASK, ticket >> HALF);
        // Carries from the last bit into the generation, which may wrap around.
        let ended = (state + LIVE) & STATE_MASK;
        slot.state.compare_exchange(state, ended, Ordering::AcqRel, Ordering::Relaxed).ok()?;
        let address = !slot.masked_address.load(Ordering::Relaxed);
        self.push_free(slot, number);
        Some(address)
    }

    fn live_slot(&self, ticket: usize) -> Option<&Slot> {
        let state = ticket & STATE_MASK;
        let slot = self.slot(ticket >> HALF)?;
        (state & LIVE == LIVE && slot.state.load(Ordering::Acquire) == state).then_some(slot)
    }

    /// The slot of this number, if its segment exists.
    fn slot(&self, number: usize) -> Option<&Slot> {
        let (segment, place) = locate(number);
        let slots = self.segments.get(segment)?.load(Ordering::Acquire);
        // SAFETY: a segment that is not NULL has more than `place` slots and stays for good.
        (!slots.is_null()).then(|| unsafe { &*slots.add(place) })
    }

    /// A slot that was never used.
    fn claim_new(&self) -> Option<(usize, &Slot)> {
        let mut number = self.used.load(Ordering::Relaxed);
        loop {
            if number == MOST_SLOTS {
                return None;
            }
            self.make_segment(locate(number).0)?;
            match self.used.compare_exchange_weak(number, number + 1, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Some((number, self.slot(number)?)),
                Err(now) => number = now,
            }
        }
    }

    fn make_segment(&self, segment: usize) -> Option<()> {
        let place = self.segments.get(segment)?;
        if !place.load(Ordering::Acquire).is_null() {
            return Some(());
        }
        // SAFETY: `calloc` takes any sizes.
        let fresh = unsafe { libc::calloc(FIRST_SEGMENT << segment, size_of::<Slot>()) };
        if fresh.is_null() {
            return None;
        }
        if place.compare_exchange(ptr::null_mut(), fresh.cast(), Ordering::AcqRel, Ordering::Acquire).is_err() {
            // SAFETY: another thread was first, and nobody has seen this one's segment.
            unsafe { libc::free(fresh) };
        }
        Some(())
    }

    /// The slot that was freed last.
    fn pop_free(&self) -> Option<(usize, &Slot)> {
        let mut head = self.free.load(Ordering::Acquire);
        loop {
            let number = (head as u32).checked_sub(1)? as usize;
            let slot = self.slot(number)?;
            let next = slot.next_free.load(Ordering::Relaxed);
            match self.free.compare_exchange_weak(head, changed(head, next), Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some((number, slot)),
                Err(now) => head = now,
            }
        }
    }

    fn push_free(&self, slot: &Slot, number: usize) {
        let mut head = self.free.load(Ordering::Relaxed);
        loop {
            slot.next_free.store(head as u32, Ordering::Relaxed);
            let pushed = changed(head, number as u32 + 1);
            match self.free.compare_exchange_weak(head, pushed, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }
}

/// The segment of a slot, and its place there.
fn locate(number: usize) -> (usize, usize) {
    let position = number + FIRST_SEGMENT;
    let segment = position.ilog2() - FIRST_SEGMENT.ilog2();
    (segment as usize, position - (FIRST_SEGMENT << segment))
}

/// The free list's word after its head has become `first`.
fn changed(head: u64, first: u32) -> u64 {
    let changes = (head >> 32).wrapping_add(1) << 32;
    changes | u64::from(first)
}

#[cfg(test)]
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
    fn segments_join_without_gap_or_overlap() {
        let mut expected = (0, 0);
        for number in 0..100_000 {
            assert_eq!(locate(number), expected);
            expected.1 += 1;
            if expected.1 == FIRST_SEGMENT << expected.0 {
                expected = (expected.0 + 1, 0);
            }
        }
        assert_eq!(locate(MOST_SLOTS - 1).0, SEGMENTS - 1);
        assert_eq!(locate(MOST_SLOTS), (SEGMENTS, 0));
    }
}
