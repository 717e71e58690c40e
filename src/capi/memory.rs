use std::ptr;

use somemem::internals::{Memory, NoMemory};

use super::{SomeMemStatus, hand_over, keep_errno};
use crate::handle;

/// A growable buffer of doubles, known by its handle.
///
/// A `SomeMem *` is a handle, not an address: pass it to the functions here, and do not dereference it. Where the handle is NULL, was freed
/// or never was one, every function returns an error and touches nothing. (On 64-bit systems an invented value is taken for one of n live
/// handles with a probability of n / 2^63. A freed handle becomes valid again only after its place was reused 2^31 times.)
///
/// Lifetime: from the call that makes it to somemem_free(). Leak checkers find every buffer through the table of handles, so they report
/// none. To find handles that were never freed, set SOMEMEM_FIND_LEAKS=1 in the environment. Then a leak checker reports each buffer
/// that is not freed when it looks, with the call that made it. The variable counts if it is neither empty nor 0, and is read once, when
/// the first handle is made.
///
/// Threads: several threads may use different handles at once. While a thread resizes or frees a handle, no other may use that one.
pub struct SomeMem {
    _private: [u8; 0],
}

/// Makes a buffer of `number` doubles of unspecified values.
///
/// `number` may be 0: the buffer is valid and empty.
///
/// Returns a handle, to be freed by somemem_free(). On failure it returns NULL and sets `errno` to ENOMEM: the memory cannot be
/// allocated, or `number` is above PTRDIFF_MAX / 8.
///
/// Cost: little more than malloc(). Buffers of 1 MiB and more are mapped from the operating system, in huge pages where it has them, and
/// cost one page fault for each page when they are first written. They take as many addresses as they have bytes. Windows cannot move
/// pages, so there they take 16 times as many. docs/platforms.md lists what else differs between systems.
///
/// On Linux, freed buffers are kept for later buffers of about their size, which then cost no page faults: at most four, of 1 to 32 MiB
/// each and 64 MiB in all, and no more than a sixteenth of RLIMIT_AS and RLIMIT_DATA. The kernel takes this memory when it is short,
/// also in a container. somemem_trim() gives it back.
///
/// The environment variable SOMEMEM_PLAIN_PAGES=1 turns huge pages and keeping off. It counts if it is neither empty nor 0, and is read
/// once.
#[unsafe(no_mangle)]
pub extern "C" fn somemem_new(number: usize) -> *mut SomeMem {
    hand_over(|| Ok(Memory::new(number)?))
}

/// Makes a buffer `new_number` doubles long.
///
/// The content is kept up to the smaller of the two lengths. New doubles have unspecified values. The data may move, and the old pointer is
/// then invalid: ask somemem_data() again. Within a length that somemem_reserve() reserved it does not move.
///
/// `new_number` may be 0: the buffer is then valid and empty.
///
/// Returns SOMEMEM_OK or an error. After an error length, content and data pointer are as before. SOMEMEM_INVALID_HANDLE.
/// SOMEMEM_NO_MEMORY: the memory cannot be allocated, or `new_number` is above PTRDIFF_MAX / 8.
///
/// Cost: growing by one element at a time copies each element a constant number of times on average. Buffers of 1 MiB and more grow without
/// a copy: on Linux their pages are moved, on Windows up to somemem_capacity(). They are copied if the program has changed some of their
/// pages by mprotect() or madvise(), and in a forked child that grows beyond what was reserved. When they shrink, they give memory back
/// when less than three quarters of it are needed. Smaller buffers do so when less than a quarter is needed and nothing is reserved.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn somemem_resize(memory: *mut SomeMem, new_number: usize) -> SomeMemStatus {
    // SAFETY: the caller's promise, stated in the crate's documentation.
    unsafe { change(memory, |buffer| resize(buffer, new_number)) }
}

/// If there is room, as in most steps of a buffer that grows bit by bit, `errno` cannot change.
#[inline]
fn resize(buffer: &mut Memory, new_number: usize) -> Result<(), NoMemory> {
    if buffer.resize_in_place(new_number) { Ok(()) } else { keep_errno(|| buffer.resize(new_number)) }
}

/// Reserves addresses, so that a buffer's data does not move while it has up to `number` doubles.
///
/// This call may move the data: ask somemem_data() again. Then the pointer stays valid until the buffer grows beyond `number` or is freed.
/// Shrinking, also to 0, does not end that; growing beyond `number` does. A `number` that is not above an earlier one changes nothing.
///
/// Addresses are reserved, not memory: growing can still return SOMEMEM_NO_MEMORY. On Linux and Windows a reserve of 1 MiB or more takes
/// no memory until it is used. On Linux it counts against RLIMIT_AS, and after mlockall(MCL_FUTURE) against RLIMIT_MEMLOCK. A smaller
/// reserve, and any on other systems, is a block from malloc().
///
/// Returns SOMEMEM_OK or an error. After an error nothing has changed. SOMEMEM_INVALID_HANDLE. SOMEMEM_NO_MEMORY: the addresses cannot be
/// reserved, or `number` is above PTRDIFF_MAX / 8.
///
/// Cost: at most one copy of the data. Growing within the reserve copies nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn somemem_reserve(memory: *mut SomeMem, number: usize) -> SomeMemStatus {
    // SAFETY: the caller's promise, stated in the crate's documentation.
    unsafe { change(memory, |buffer| keep_errno(|| buffer.reserve(number))) }
}

/// Changes a buffer, if the handle is that of a live one.
///
/// # Safety
/// The caller keeps the promises of a C function's caller, stated in the crate's documentation.
#[inline]
unsafe fn change(memory: *mut SomeMem, work: impl FnOnce(&mut Memory) -> Result<(), NoMemory>) -> SomeMemStatus {
    // SAFETY: the caller's promise.
    match unsafe { handle::change(memory.addr(), work) } {
        None => SomeMemStatus::SOMEMEM_INVALID_HANDLE,
        Some(Err(no_memory)) => no_memory.into(),
        Some(Ok(())) => SomeMemStatus::SOMEMEM_OK,
    }
}

/// Frees a buffer. Its handle and its data pointer become invalid.
///
/// `memory` may be NULL: nothing happens, and the result is SOMEMEM_OK.
///
/// Returns SOMEMEM_OK, or SOMEMEM_INVALID_HANDLE, also for a buffer that was freed before. If several threads free one handle at once,
/// one of them gets SOMEMEM_OK.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn somemem_free(memory: *mut SomeMem) -> SomeMemStatus {
    if memory.is_null() {
        return SomeMemStatus::SOMEMEM_OK;
    }
    // SAFETY: the caller's promise, stated in the crate's documentation.
    let Some(buffer) = (unsafe { handle::remove(memory.addr()) }) else {
        return SomeMemStatus::SOMEMEM_INVALID_HANDLE;
    };
    // `errno` changes if the system refuses to take pages back, and in `free` of some C libraries.
    keep_errno(|| drop(buffer));
    SomeMemStatus::SOMEMEM_OK
}

/// The address of a buffer's doubles. There are somemem_len() of them, and the first is on a 64-byte boundary.
///
/// The pointer is valid until the next somemem_free(), somemem_reserve() or somemem_resize() of this handle; somemem_resize() within a
/// reserve leaves it valid. The pointer of an empty buffer is not NULL, and must not be dereferenced.
///
/// Undo mprotect(), mlock() and madvise() before the next resize or free: the pages may become another buffer's.
///
/// Returns NULL for an invalid handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn somemem_data(memory: *const SomeMem) -> *mut f64 {
    // SAFETY: the caller's promise, stated in the crate's documentation.
    unsafe { handle::read(memory.addr(), Memory::data) }.unwrap_or(ptr::null_mut())
}

/// The number of doubles in a buffer.
///
/// Returns 0 for an invalid handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn somemem_len(memory: *const SomeMem) -> usize {
    // SAFETY: the caller's promise, stated in the crate's documentation.
    unsafe { handle::read(memory.addr(), Memory::len) }.unwrap_or(0)
}

/// The number of doubles that a buffer can grow to without moving its data. It is at least somemem_len().
///
/// Shrinking may lower it, but not below what somemem_reserve() reserved.
///
/// Returns 0 for an invalid handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn somemem_capacity(memory: *const SomeMem) -> usize {
    // SAFETY: the caller's promise, stated in the crate's documentation.
    unsafe { handle::read(memory.addr(), Memory::capacity) }.unwrap_or(0)
}

/// Gives the memory that is kept of freed buffers back to the operating system, as malloc_trim() does for the heap.
///
/// A buffer that another thread frees meanwhile may still be kept. Call this before mlockall(MCL_CURRENT), which would lock the kept
/// memory too, or fail because of it.
///
/// Threads: from any thread at any time.
#[unsafe(no_mangle)]
pub extern "C" fn somemem_trim() {
    keep_errno(somemem::trim);
}
