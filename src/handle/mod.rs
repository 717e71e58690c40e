//! Handles: words that stand for buffers. A handle is not a pointer, so a wrong one can be refused without reading memory that
//! may not exist.
//!
//! The upper half of the word is the number of a slot in the table. The lower half is the slot's state: a generation, and a last
//! bit that is set while the slot is in use. This word is then scrambled with a secret of the process ([`mod@scramble`]). So a
//! value that this library did not make is taken for one of n live handles with a probability of n / 2^63 on 64-bit systems.

mod hiding;
mod scramble;
mod table;

// The table uses the atomics by this name, so that tests/loom can replace them.
use std::sync::atomic;

use hiding::mask;
use scramble::{scramble, unscramble};
use table::Table;

use somemem::internals::{Memory, NoMemory, or_without_kept};

static TABLE: Table = Table::new();

/// Takes a buffer and returns a handle for it, which is never 0.
#[inline]
pub fn insert(buffer: Memory) -> Result<usize, NoMemory> {
    let address = buffer.into_address();
    or_without_kept(|| TABLE.insert(address ^ mask()).ok_or(NoMemory)).map(scramble).inspect_err(|_| {
        // SAFETY: the address has not been handed over.
        drop(unsafe { Memory::from_address(address) });
    })
}

/// Reads a buffer. `None` if the handle is not that of a live one.
///
/// # Safety
/// No other thread changes or removes the buffer meanwhile.
#[inline]
pub unsafe fn read<R>(handle: usize, work: impl FnOnce(&Memory) -> R) -> Option<R> {
    let address = TABLE.word(unscramble(handle))? ^ mask();
    // SAFETY: the table holds the addresses of live buffers. This one is only read, and never dropped.
    let buffer = std::mem::ManuallyDrop::new(unsafe { Memory::from_address(address) }?);
    Some(work(&buffer))
}

/// Changes a buffer. `None` if the handle is not that of a live one.
///
/// # Safety
/// No other thread uses this handle meanwhile.
#[inline]
pub unsafe fn change<R>(handle: usize, work: impl FnOnce(&mut Memory) -> R) -> Option<R> {
    let ticket = unscramble(handle);
    let address = TABLE.word(ticket)? ^ mask();
    // SAFETY: the table holds the addresses of live buffers, and nobody else uses this one.
    let mut buffer = unsafe { Memory::from_address(address) }?;
    let result = work(&mut buffer);
    let now = buffer.into_address();
    if now != address {
        TABLE.replace(ticket, now ^ mask());
    }
    Some(result)
}

/// Takes a buffer back; its handle is invalid from now on. `None` if the handle is not that of a live one.
///
/// # Safety
/// No other thread reads or changes the buffer meanwhile. If several threads remove it, one of them gets it.
#[inline]
pub unsafe fn remove(handle: usize) -> Option<Memory> {
    let address = TABLE.remove(unscramble(handle))? ^ mask();
    // SAFETY: the table held the address of a live buffer, and gave it to this caller alone.
    unsafe { Memory::from_address(address) }
}
