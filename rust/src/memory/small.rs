//! Small buffers: header, padding and doubles in one block from `malloc`. That is several times faster than an aligned
//! allocation.

use std::ptr::NonNull;

use super::header::{Header, LARGE, Place};
use super::{ALIGNMENT, NoMemory};

/// Doubles in 64 bytes. Capacities are multiples of this.
const LINE: usize = ALIGNMENT / size_of::<f64>();

/// The bytes of a block for `capacity` doubles, wherever it begins. It cannot overflow: `capacity` is at most 1.5 `MAX_LEN` and
/// one line.
fn block_bytes(capacity: usize) -> usize {
    size_of::<Header>() + (ALIGNMENT - align_of::<Header>()) + capacity * size_of::<f64>()
}

/// The address of the doubles in a block.
pub fn data_in(block: NonNull<Header>) -> NonNull<f64> {
    let after_header = block.as_ptr().wrapping_add(1).cast::<u8>();
    let data = after_header.wrapping_add(after_header.align_offset(ALIGNMENT));
    // SAFETY: the block is longer than this, so the address did not wrap around to zero.
    unsafe { NonNull::new_unchecked(data.cast()) }
}

/// A block with room for `number` doubles, and its header filled in.
pub fn allocate(number: usize) -> Result<NonNull<Header>, NoMemory> {
    let capacity = number.next_multiple_of(LINE);
    // SAFETY: `malloc` takes any size.
    let block = unsafe { libc::malloc(block_bytes(capacity)) };
    let header: NonNull<Header> = NonNull::new(block.cast()).ok_or(NoMemory)?;
    // SAFETY: the block has room for a header and is aligned for anything.
    unsafe { header.write(Header { len: number, place: Place::Block { capacity, reserved: 0 } }) };
    Ok(header)
}

/// Gives a block room for `number` doubles, and returns where it is now.
pub fn resize(header: NonNull<Header>, number: usize) -> Result<NonNull<Header>, NoMemory> {
    // SAFETY: the block is a live one and has no other owner.
    let &Header { len, place: Place::Block { capacity, reserved } } = (unsafe { header.as_ref() }) else {
        return Ok(header);
    };
    let exact = number.next_multiple_of(LINE);
    if number > capacity {
        // Half as much again, so that growing by one element at a time copies each element a few times on average. But at most
        // LARGE: otherwise a large buffer could be in a block, and would need new pages to shrink.
        let generous = (capacity + capacity / 2).min(LARGE).max(number).next_multiple_of(LINE);
        reallocate(header, generous, 0, len).or_else(|_| reallocate(header, exact, 0, len))
    } else if reserved == 0 && exact < capacity / 4 {
        // A reserved block does not shrink, because many heaps move a block when it shrinks. If the heap refuses, the block stays
        // as it is.
        Ok(reallocate(header, exact, 0, number).unwrap_or(header))
    } else {
        Ok(header)
    }
}

/// Gives a block room for `number` doubles, which shrinking does not take away, and returns where it is now.
pub fn reserve(mut header: NonNull<Header>, number: usize) -> Result<NonNull<Header>, NoMemory> {
    // SAFETY: the block is a live one and has no other owner.
    let &mut Header { len, place: Place::Block { capacity, ref mut reserved } } = (unsafe { header.as_mut() }) else {
        return Ok(header);
    };
    let number = number.next_multiple_of(LINE);
    if number > capacity {
        return reallocate(header, number, number, len);
    }
    *reserved = number.max(*reserved);
    Ok(header)
}

/// Gives a block another capacity and keeps its first `kept` doubles. `capacity` is at least `kept`.
fn reallocate(
    header: NonNull<Header>,
    capacity: usize,
    reserved: usize,
    kept: usize,
) -> Result<NonNull<Header>, NoMemory> {
    // SAFETY: the block is a live one from `malloc`.
    let old_offset = unsafe { data_in(header).byte_offset_from(header) };
    // SAFETY: as above. On failure the block stays as it was.
    let block = unsafe { libc::realloc(header.as_ptr().cast(), block_bytes(capacity)) };
    let mut header: NonNull<Header> = NonNull::new(block.cast()).ok_or(NoMemory)?;
    let data = data_in(header);
    // SAFETY: `realloc` kept the bytes at their offset in the block. The block may now begin at another distance from a 64-byte
    // boundary, and then the doubles have to move. Both places are in the block, whose padding allows for either.
    unsafe {
        let old = header.byte_offset(old_offset).cast::<f64>();
        if old != data {
            old.copy_to(data, kept);
        }
        header.as_mut().place = Place::Block { capacity, reserved };
    }
    Ok(header)
}
