//! Large buffers: pages from `mmap`, which the kernel can move without copying them.

use std::ptr::NonNull;

use super::{Header, MAX_LEN, NoMemory};

/// Bytes of the pages for so many doubles: at least one page.
fn page_bytes(number: usize) -> Result<usize, NoMemory> {
    // SAFETY: a query without side effects.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
    (number.max(1) * size_of::<f64>()).checked_next_multiple_of(page).ok_or(NoMemory)
}

/// Pages for `number` doubles, and a header for them in a block of its own.
pub fn allocate(number: usize) -> Result<NonNull<Header>, NoMemory> {
    let bytes = page_bytes(number)?;
    let data = map(bytes)?;
    // SAFETY: `malloc` takes any size.
    let block: *mut Header = unsafe { libc::malloc(size_of::<Header>()) }.cast();
    let header = Header { data, len: number, capacity: bytes / size_of::<f64>(), mapped: true };
    match NonNull::new(block) {
        Some(place) => {
            // SAFETY: the block has room for a header and is aligned for anything.
            unsafe { place.write(header) };
            Ok(place)
        }
        None => {
            unmap(&header);
            Err(NoMemory)
        }
    }
}

/// Makes the pages hold `number` doubles. Pages that are no longer needed are given back.
pub fn resize(header: &mut Header, number: usize) -> Result<(), NoMemory> {
    if number > header.capacity {
        // An eighth more than there was, so that growing by one element at a time seldom asks for pages. Those that are
        // never written cost no memory.
        let generous = header.capacity.saturating_add(header.capacity / 8).clamp(number, MAX_LEN);
        change_capacity(header, generous).or_else(|_| change_capacity(header, number))?;
    } else if number < header.len {
        // What cannot be given back is kept.
        let _ = change_capacity(header, number);
    }
    header.len = number;
    Ok(())
}

fn change_capacity(header: &mut Header, number: usize) -> Result<(), NoMemory> {
    let bytes = page_bytes(number)?;
    if bytes != header.capacity * size_of::<f64>() {
        header.data = remap(header, bytes)?;
        header.capacity = bytes / size_of::<f64>();
    }
    Ok(())
}

/// Gives all pages back.
pub fn unmap(header: &Header) {
    // SAFETY: the header's pages are a whole mapping of this length, and nobody uses them any more.
    unsafe { libc::munmap(header.data.as_ptr().cast(), header.capacity * size_of::<f64>()) };
}

fn map(bytes: usize) -> Result<NonNull<f64>, NoMemory> {
    let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a new mapping, wherever the kernel likes.
    mapped(unsafe { libc::mmap(std::ptr::null_mut(), bytes, protection, flags, -1, 0) })
}

fn mapped(address: *mut libc::c_void) -> Result<NonNull<f64>, NoMemory> {
    if address == libc::MAP_FAILED { Err(NoMemory) } else { NonNull::new(address.cast()).ok_or(NoMemory) }
}

/// The doubles in a mapping of another length, perhaps elsewhere.
fn remap(header: &Header, bytes: usize) -> Result<NonNull<f64>, NoMemory> {
    if let Ok(data) = move_pages(header, bytes) {
        return Ok(data);
    }
    let data = map(bytes)?;
    // SAFETY: two mappings, and the number of doubles is the smaller one's.
    unsafe { header.data.copy_to_nonoverlapping(data, header.len.min(bytes / size_of::<f64>())) };
    unmap(header);
    Ok(data)
}

/// Without a copy. Linux refuses where the program has given some of the pages another treatment than the others.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn move_pages(header: &Header, bytes: usize) -> Result<NonNull<f64>, NoMemory> {
    let (old, old_bytes) = (header.data.as_ptr().cast(), header.capacity * size_of::<f64>());
    // SAFETY: the header's pages are a whole mapping of this length. On failure it stays as it was.
    mapped(unsafe { libc::mremap(old, old_bytes, bytes, libc::MREMAP_MAYMOVE) })
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn move_pages(_: &Header, _: usize) -> Result<NonNull<f64>, NoMemory> {
    Err(NoMemory)
}
