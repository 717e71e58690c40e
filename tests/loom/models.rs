//! All that a few threads can do with a tiny table: two slots in the first segment, and one hint for all threads.

use std::collections::HashSet;
use std::sync::Arc;

use loom::thread::{self, JoinHandle};

use super::*;

impl Table {
    fn new() -> Table {
        Table {
            hints: std::array::from_fn(|_| Hint(AtomicUsize::new(0))),
            segments: std::array::from_fn(|_| AtomicPtr::new(ptr::null_mut())),
            used: AtomicUsize::new(FIRST),
            free: AtomicU64::new(0),
        }
    }

    /// To be called when no other thread runs. Each slot that was ever used must be live, in a hint, or in the list, and in only
    /// one of these. No free slot holds a word. The table has at most `most` slots.
    fn check(&self, most: usize) {
        let used = self.used.load(Ordering::Relaxed);
        assert!(used - FIRST <= most, "{} slots for {most}", used - FIRST);
        let hinted = self.hints.iter().map(|hint| hint.0.load(Ordering::Relaxed)).filter(|&number| number != 0);
        let mut free: Vec<usize> = hinted.collect();
        let mut number = self.free.load(Ordering::Relaxed) as u32 as usize;
        while number != 0 {
            assert!(!free.contains(&number), "slot {number} is free twice");
            free.push(number);
            number = self.slot(number).unwrap().next_free.load(Ordering::Relaxed) as usize;
        }
        for number in (FIRST..used).map(scattered) {
            let slot = self.slot(number).unwrap();
            let live = slot.state.load(Ordering::Relaxed) & LIVE == LIVE;
            assert_eq!(free.contains(&number), !live, "slot {number}");
            assert_eq!(slot.word.load(Ordering::Relaxed) != 0, live, "slot {number}");
        }
    }
}

/// Slots are made one by one, so that loom sees when each is published. A model's memory is not given back.
pub fn allocate(number: usize) -> *mut Slot {
    let slot = || Slot { state: AtomicUsize::new(0), word: AtomicUsize::new(0), next_free: AtomicU32::new(0) };
    Box::leak((0..number).map(|_| slot()).collect::<Box<[Slot]>>()).as_mut_ptr()
}

pub unsafe fn free(_: *mut Slot) {}

/// Tries all orders in which a running thread is interrupted at most so many times, or as many orders as there is time for.
fn model(preemptions: usize, work: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 10_000;
    builder.max_duration = Some(std::time::Duration::from_secs(20));
    let tried = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = tried.clone();
    builder.check(move || {
        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        work();
    });
    let name = std::thread::current().name().unwrap_or("").to_string();
    println!("{name}: {tried:?} orders");
}

fn start<R: 'static>(table: &Arc<Table>, work: impl FnOnce(&Table) -> R + 'static) -> JoinHandle<R> {
    let table = table.clone();
    thread::spawn(move || work(&table))
}

/// Checks that the tickets are live, have different slots, and give the words that they were made for. Ends them.
fn end_all(table: &Table, live: &[(usize, usize)]) {
    let slots: HashSet<_> = live.iter().map(|(ticket, _)| ticket >> HALF).collect();
    assert_eq!(slots.len(), live.len(), "one slot was given out twice");
    for &(ticket, address) in live {
        assert_eq!(table.word(ticket), Some(address));
        assert_eq!(table.remove(ticket), Some(address));
        assert_eq!(table.remove(ticket), None);
    }
}

#[test]
fn inserts_at_once_get_slots_of_their_own() {
    model(2, || {
        let table = Arc::new(Table::new());
        let others = [8, 16].map(|address| start(&table, move |table| (table.insert(address).unwrap(), address)));
        let mut live = vec![(table.insert(24).unwrap(), 24)];
        live.extend(others.map(|other| other.join().unwrap()));
        end_all(&table, &live);
        table.check(3);
    });
}

#[test]
fn one_of_several_removals_gets_the_address() {
    model(3, || {
        let table = Arc::new(Table::new());
        let ticket = table.insert(8).unwrap();
        let others = [0, 1].map(|_| start(&table, move |table| table.remove(ticket)));
        let mine = table.remove(ticket);
        let all = [mine].into_iter().chain(others.map(|other| other.join().unwrap()));
        assert_eq!(all.flatten().collect::<Vec<_>>(), [8]);
        assert_eq!(table.word(ticket), None);
        table.check(1);
    });
}

/// A ticket is ended twice. Between that its slot is used again, by the thread that ended it first and by another thread.
#[test]
fn a_slot_that_is_used_again_is_not_its_old_tickets() {
    model(3, || {
        let table = Arc::new(Table::new());
        let stale = table.insert(8).unwrap();
        let first = start(&table, move |table| {
            let removed = table.remove(stale);
            let ticket = table.insert(16).unwrap();
            assert_eq!(table.word(ticket), Some(16));
            (removed, ticket)
        });
        let second = start(&table, move |table| (table.remove(stale), table.insert(24).unwrap()));
        let ((first, sixteen), (second, twenty_four)) = (first.join().unwrap(), second.join().unwrap());
        assert!(matches!((first, second), (Some(8), None) | (None, Some(8))), "{first:?} {second:?}");
        assert_eq!(table.word(stale), None);
        end_all(&table, &[(sixteen, 16), (twenty_four, 24)]);
        table.check(3);
    });
}

/// Removals displace each other's hints. Inserts take slots from the hint and from the list.
#[test]
fn hints_and_the_list_give_each_slot_to_one() {
    model(2, || {
        let table = Arc::new(Table::new());
        let [one, two, three] = [8, 16, 24].map(|address| table.insert(address).unwrap());
        let removing = start(&table, move |table| {
            assert_eq!(table.remove(one), Some(8));
            assert_eq!(table.remove(two), Some(16));
        });
        let inserting = start(&table, |table| [32, 40].map(|address| (table.insert(address).unwrap(), address)));
        assert_eq!(table.remove(three), Some(24));
        let mine = (table.insert(48).unwrap(), 48);
        removing.join().unwrap();
        let mut live = Vec::from(inserting.join().unwrap());
        live.push(mine);
        end_all(&table, &live);
        table.check(6);
    });
}

/// Two threads that share a hint take each other's slots, and no slot is lost. The table has as many slots as were ever in use
/// at once. A thread that frees one slot and displaces another has two in use.
#[test]
fn hints_lose_no_slot() {
    model(3, || {
        let table = Arc::new(Table::new());
        let work = |table: &Table| {
            for word in [8, 16, 24] {
                let ticket = table.insert(word).unwrap();
                assert_eq!(table.remove(ticket), Some(word));
            }
        };
        let other = start(&table, work);
        work(&table);
        other.join().unwrap();
        table.check(4);
    });
}

/// The list alone. A thread may be interrupted while it takes the first slot. It must notice if that slot was taken and put back.
#[test]
fn pops_and_pushes_give_each_slot_to_one() {
    model(4, || {
        let table = Arc::new(Table::new());
        let tickets = [8, 16, 24].map(|address| table.insert(address).unwrap());
        for ticket in tickets {
            table.remove(ticket);
        }
        let other = start(&table, move |table| {
            let (first, second) = (table.pop_free(), table.pop_free());
            if let Some(first) = first {
                table.push_free(first);
            }
            second
        });
        let mine = table.pop_free();
        let theirs = other.join().unwrap();
        assert!(mine.is_none() || mine != theirs, "both have slot {mine:?}");
        for number in [mine, theirs].into_iter().flatten() {
            table.push_free(number);
        }
        table.check(3);
    });
}

/// However a ticket reaches another thread, that thread sees the right word or none. With the word it also sees what was written
/// before the word was stored, such as a buffer's header.
#[test]
fn a_ticket_brings_its_word_and_what_that_points_to() {
    model(3, || {
        let table = Arc::new(Table::new());
        let ended = table.insert(8).unwrap();
        assert_eq!(table.remove(ended), Some(8));
        let (ticket, header, given) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), 16);
        let seen = (ticket.clone(), header.clone());
        let other = start(&table, move |table| match seen.0.load(Ordering::Relaxed) {
            0 => None,
            ticket => table.word(ticket).map(|word| (word, seen.1.load(Ordering::Relaxed))),
        });
        header.store(1, Ordering::Relaxed);
        ticket.store(table.insert(given).unwrap(), Ordering::Relaxed);
        assert!(other.join().unwrap().is_none_or(|found| found == (given, 1)));
    });
}
