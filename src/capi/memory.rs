use std::ptr;

use somemem::internals::{Memory, NoMemory};

use super::{SomeMemStatus, hand_over, keep_errno};
use crate::handle;

/// A growable buffer of doubles, seen only through its handle.
///
/// A `SomeMem *` is a handle and not an address: never to be dereferenced, only passed to the functions here. NULL, a
/// handle that was freed and a value that was never a handle are all refused with SOMEMEM_INVALID_HANDLE, from any thread,
/// and nothing is touched. (On 64-bit systems an invented value is taken for one of n live handles with a probability of
/// n / 2^63; a freed handle becomes valid again only when its place has been reused 2^31 times.)
///
/// Lifetime: from the call that makes it to somemem_free(). Leak checkers see buffers through the table of handles, so none is
/// reported. To find handles that were never freed, set SOMEMEM_FIND_LEAKS=1 in the environment (set, and neither empty nor
/// 0; it is read once, when the first handle is made). A buffer is then reported as lost, by the call that made it, if it is not
/// freed before the check; also one that is still in use.
///
/// Threads: different handles may be used by different threads at once. One handle must not be resized or freed while
/// another thread uses it.
pub struct SomeMem {
    _private: [u8; 0],
}

/// Makes a buffer of `number` doubles of unspecified values.
///
/// `number` may be 0: the buffer is valid and empty.
///
/// Returns a handle to be freed with somemem_free(); or NULL with `errno` set to ENOMEM, if the memory cannot be
/// allocated or `number` is above PTRDIFF_MAX / 8.
///
/// Cost: little more than malloc()'s. From 1 MiB on the memory is mapped from the operating system, in huge pages where it
/// has them, and costs a page fault a page when it is first written. No more addresses are taken than that; but on Windows, which
/// cannot move pages and limits no addresses, those for 16 times as much. docs/platforms.md has what else differs between systems.
///
/// On Linux up to 64 MiB of freed buffers, each of 1 to 32 MiB and four at most, are kept for later buffers of about that size,
/// which then cost no page faults; no more than a sixteenth of RLIMIT_AS and RLIMIT_DATA. The kernel takes this memory when
/// it is short, also in a container. somemem_trim() gives it back.
///
/// If the environment variable SOMEMEM_PLAIN_PAGES is set, and neither empty nor 0, there are no huge pages and nothing is
/// kept; it is read once.
#[unsafe(no_mangle)]
pub extern "C" fn somemem_new(number: usize) -> *mut SomeMem {
    hand_over(|| Ok(Memory::new(number)?))
}

/// Makes a buffer `new_number` doubles long.
///
/// The first doubles, as many as both lengths have, keep their bits. New ones have unspecified values. Growing beyond
/// somemem_capacity() moves the data, if it must; ask somemem_data() again, because the old pointer is invalid then. Up to a length
/// that was reserved with somemem_reserve() it does not move.
///
/// `new_number` may be 0: the buffer is then valid and empty.
///
/// Returns SOMEMEM_OK; SOMEMEM_INVALID_HANDLE; or SOMEMEM_NO_MEMORY, if the memory cannot be allocated or `new_number` is
/// above PTRDIFF_MAX / 8. After an error nothing has changed: length, content and data pointer are what they were.
///
/// Cost: a buffer that grows by one element at a time copies each element a constant number of times on average. On Linux
/// buffers of 1 MiB and more grow without a copy: their pages are moved; on Windows they do up to somemem_capacity(). (They are copied where the program has treated some
/// of them otherwise, by mprotect() or madvise(), and where a forked child grows beyond what was reserved.) Memory is given back
/// when a buffer of less than 1 MiB, of which nothing is reserved, needs less than a quarter of its room, and a larger one less
/// than three quarters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn somemem_resize(memory: *mut SomeMem, new_number: usize) -> SomeMemStatus {
    // SAFETY: the caller's promise, stated in the crate's documentation.
    unsafe { change(memory, |buffer| resize(buffer, new_number)) }
}

/// Most steps of a buffer that grows bit by bit find room, and cannot change `errno`.
#[inline]
fn resize(buffer: &mut Memory, new_number: usize) -> Result<(), NoMemory> {
    if buffer.resize_in_place(new_number) { Ok(()) } else { keep_errno(|| buffer.resize(new_number)) }
}

/// Keeps a buffer's data where it is from now on, whatever its length up to `number` doubles.
///
/// The data may move once, now; ask somemem_data() again. Then the pointer stays the same until the buffer grows beyond
/// `number`, which ends the promise, or is freed. It survives shrinking, also to 0. A `number` that is not above an earlier one
/// changes nothing.
///
/// The promise is of the address and not of memory: growing takes memory, and can give SOMEMEM_NO_MEMORY. On Linux and Windows
/// `number` doubles of 1 MiB or more take addresses alone until they are used, which count on Linux against RLIMIT_AS, and after
/// mlockall(MCL_FUTURE) against RLIMIT_MEMLOCK. Smaller ones, and any on other systems, are a block from malloc().
///
/// Returns SOMEMEM_OK; SOMEMEM_INVALID_HANDLE; or SOMEMEM_NO_MEMORY, if so many addresses cannot be had or `number` is above
/// PTRDIFF_MAX / 8. After an error nothing has changed.
///
/// Cost: that of moving the data once. Growing inside copies nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn somemem_reserve(memory: *mut SomeMem, number: usize) -> SomeMemStatus {
    // SAFETY: the caller's promise, stated in the crate's documentation.
    unsafe { change(memory, |buffer| keep_errno(|| buffer.reserve(number))) }
}

/// Changes a buffer, if the handle is that of a live one.
///
/// # Safety
/// What the crate's documentation asks of the caller of a C function.
#[inline]
unsafe fn change(memory: *mut SomeMem, work: impl FnOnce(&mut Memory) -> Result<(), NoMemory>) -> SomeMemStatus {
    // SAFETY: the caller's promise.
    match unsafe { handle::change(memory.addr(), work) } {
        None => SomeMemStatus::SOMEMEM_INVALID_HANDLE,
        Some(Err(no_memory)) => no_memory.into(),
        Some(Ok(())) => SomeMemStatus::SOMEMEM_OK,
    }
}

/// Frees a buffer. Its handle and its data pointer are invalid from now on.
///
/// `memory` may be NULL: SOMEMEM_OK, and nothing happens.
///
/// Returns SOMEMEM_OK, or SOMEMEM_INVALID_HANDLE, also for a buffer that was freed before. If several threads free the same
/// handle at once, one of them gets SOMEMEM_OK.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn somemem_free(memory: *mut SomeMem) -> SomeMemStatus {
    if memory.is_null() {
        return SomeMemStatus::SOMEMEM_OK;
    }
    // SAFETY: the caller's promise, stated in the crate's documentation.
    let Some(buffer) = (unsafe { handle::remove(memory.addr()) }) else {
        return SomeMemStatus::SOMEMEM_INVALID_HANDLE;
    };
    // Pages that the system would not take back, and the `free` of some C libraries, set it.
    keep_errno(|| drop(buffer));
    SomeMemStatus::SOMEMEM_OK
}

/// Where a buffer's doubles are: somemem_len() of them, the first on a 64-byte boundary.
///
/// Undo mprotect(), mlock() and madvise() before the next resize or free: its pages may become another buffer's.
///
/// The pointer is valid until the next somemem_free(), somemem_reserve(), or somemem_resize() of this handle; up to a reserved
/// length somemem_resize() leaves it valid. That of an empty buffer is not NULL, and not to be dereferenced.
///
/// Returns NULL for an invalid handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn somemem_data(memory: *const SomeMem) -> *mut f64 {
    // SAFETY: the caller's promise, stated in the crate's documentation.
    unsafe { handle::read(memory.addr(), Memory::data) }.unwrap_or(ptr::null_mut())
}

/// How many doubles a buffer has.
///
/// Returns 0 for an invalid handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn somemem_len(memory: *const SomeMem) -> usize {
    // SAFETY: the caller's promise, stated in the crate's documentation.
    unsafe { handle::read(memory.addr(), Memory::len) }.unwrap_or(0)
}

/// How long a buffer can grow without moving its data: at least somemem_len().
///
/// Shrinking may lower it, but not below what was reserved with somemem_reserve().
///
/// Returns 0 for an invalid handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn somemem_capacity(memory: *const SomeMem) -> usize {
    // SAFETY: the caller's promise, stated in the crate's documentation.
    unsafe { handle::read(memory.addr(), Memory::capacity) }.unwrap_or(0)
}

/// Gives all memory that is kept of freed buffers back to the operating system, as malloc_trim() does for the heap.
///
/// What other threads free meanwhile may be kept. Call it before mlockall(MCL_CURRENT), which would lock what is kept, or fail for it.
///
/// Threads: from any thread at any time.
#[unsafe(no_mangle)]
pub extern "C" fn somemem_trim() {
    keep_errno(somemem::trim);
}
