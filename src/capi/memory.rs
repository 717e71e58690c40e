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
/// Lifetime: from the call that makes it to somemem_free(). Leak checkers report a handle that was never freed as memory
/// lost by the call that made it.
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
/// has them, and costs a page fault a page when it is first written. A mapping of up to 32 MiB is kept when its buffer is
/// freed, four at most, and given to a later buffer of about that size, which then costs no page faults.
///
/// On Linux a large buffer reserves address space, not memory, up to 16 GiB, so that it grows where it is. Nothing is
/// reserved where RLIMIT_AS is finite. If the environment variable SOMEMEM_PLAIN_PAGES is set, and neither empty nor 0, there
/// are no huge pages, nothing is reserved and nothing is kept; it is read once. Set it for programs that make many large buffers
/// under qemu-user, which takes memory of its own for every page that is reserved.
#[unsafe(no_mangle)]
pub extern "C" fn somemem_new(number: usize) -> *mut SomeMem {
    hand_over(|| Ok(Memory::new(number)?))
}

/// Makes a buffer `new_number` doubles long.
///
/// The first doubles, as many as both lengths have, keep their bits. New ones have unspecified values. The data stays
/// where it is if it can; ask somemem_data() again, because the old pointer is invalid either way.
///
/// `new_number` may be 0: the buffer is then valid and empty.
///
/// Returns SOMEMEM_OK; SOMEMEM_INVALID_HANDLE; or SOMEMEM_NO_MEMORY, if the memory cannot be allocated or `new_number` is
/// above PTRDIFF_MAX / 8. After an error nothing has changed: length, content and data pointer are what they were.
///
/// Cost: a buffer that grows by one element at a time copies each element a constant number of times on average. On Linux
/// buffers of 1 MiB and more grow without a copy: where they are, or their pages are moved. Shrinking one of those gives
/// whole pages back, and shrinking a smaller one gives memory back when it needs less than a quarter of its room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn somemem_resize(memory: *mut SomeMem, new_number: usize) -> SomeMemStatus {
    // SAFETY: the caller's promise, stated in the crate's documentation.
    match unsafe { handle::change(memory.addr(), |buffer| resize(buffer, new_number)) } {
        None => SomeMemStatus::SOMEMEM_INVALID_HANDLE,
        Some(Err(no_memory)) => no_memory.into(),
        Some(Ok(())) => SomeMemStatus::SOMEMEM_OK,
    }
}

/// Most steps of a buffer that grows bit by bit find room, and cannot change `errno`.
#[inline]
fn resize(buffer: &mut Memory, new_number: usize) -> Result<(), NoMemory> {
    if buffer.resize_in_place(new_number) { Ok(()) } else { keep_errno(|| buffer.resize(new_number)) }
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
/// The pointer is valid until the next somemem_resize() or somemem_free() of this handle. That of an empty buffer is not
/// NULL, and not to be dereferenced.
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
