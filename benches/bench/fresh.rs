//! Noise in new memory: each call makes, fills and frees it. Half the time of such a call or more is the system's page faults.

use std::ffi::c_int;
use std::hint::black_box;

use crate::blocks::{Block, Source};
use crate::case::{Case, Unit};
use crate::library::{Library, OK};
use crate::noise::{BYTE, Indices, LARGEST, SEED};
use crate::peers::Peers;

const NUMBERS: [usize; 2] = [512 << 10, 2 << 20];

/// The largest takes a tenth of a second in each call.
const FEW: usize = 15;

/// The generator of numpy.random.default_rng().
const NUMPY: &str = "PCG64";

pub fn cases(library: &'static Library, peers: &Peers) -> impl Iterator<Item = Case> {
    let fills = NUMBERS.map(|number| fill(library, peers, number));
    fills.into_iter().chain([random_noise(library, peers, LARGEST)])
}

/// All contenders use the same fill. They differ in where the memory comes from.
fn fill(library: &'static Library, peers: &Peers, number: usize) -> Case {
    let mut case = Case::new("new, fill, free", number, Unit::Double)
        .contender("malloc", new_fill_free(library, peers.heaps.system, number));
    for (name, heap) in peers.heaps.others() {
        case = case.peer(name, heap.map(|heap| new_fill_free(library, heap, number)));
    }
    case.contender("somemem", new_fill_free(library, library, number))
}

fn new_fill_free(library: &'static Library, source: impl Source, number: usize) -> impl FnMut(&mut [f64]) {
    let mut indices = Indices::new();
    move |_| {
        let block = Block::new(source, number);
        let (stream, first) = (indices.stream, indices.next(number));
        // SAFETY: the block has this many doubles to write.
        let status = unsafe {
            (library.set_threads)(1);
            (library.fill)(block.data(), number, SEED, stream, first)
        };
        assert_eq!(status, OK);
    }
}

fn random_noise(library: &'static Library, peers: &Peers, number: usize) -> Case {
    let numpy = peers.numpy.as_ref().map(|numpy| numpy.standard_normal_fresh(NUMPY, number));
    Case::new("random_noise, free", number, Unit::Double)
        .few(FEW)
        .contender("memset, fresh huge pages", memset_fresh(Pages::Huge))
        .contender("memset, fresh small pages", memset_fresh(Pages::Small))
        .contender("malloc, random_noise_fill", new_fill_free(library, peers.heaps.system, number))
        .timed_peer(format!("NumPy, {NUMPY}, fresh"), numpy)
        .contender("somemem", move |_| {
            // SAFETY: any number will do, and nobody else has the handle.
            unsafe {
                (library.set_threads)(1);
                let noise = (library.random_noise)(number);
                assert!(!noise.is_null());
                assert_eq!((library.free)(noise), OK);
            }
        })
}

#[derive(Clone, Copy)]
enum Pages {
    Small,
    Huge,
}

/// Maps pages for the bytes of the case, writes them by memset, and unmaps them. Huge pages begin on their boundary.
fn memset_fresh(pages: Pages) -> impl FnMut(&mut [f64]) {
    const HUGE: usize = 2 << 20;
    let memset = black_box(libc::memset as unsafe extern "C" fn(_, c_int, usize) -> _);
    move |memory| {
        let bytes = size_of_val(memory);
        let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        // SAFETY: a new mapping, with room for the bytes from its first boundary on.
        unsafe {
            let mapping = libc::mmap(std::ptr::null_mut(), bytes + HUGE, protection, flags, -1, 0);
            assert_ne!(mapping, libc::MAP_FAILED);
            let start = mapping.byte_add(mapping.cast::<u8>().align_offset(HUGE));
            if let Pages::Huge = pages {
                advise_huge(start, bytes);
            }
            memset(start, BYTE, bytes);
            libc::munmap(mapping, bytes + HUGE);
        }
    }
}

/// # Safety
/// This many bytes are mapped.
unsafe fn advise_huge(start: *mut libc::c_void, bytes: usize) {
    // A system without huge pages gives small ones.
    #[cfg(target_os = "linux")]
    // SAFETY: the caller's promise.
    unsafe {
        libc::madvise(start, bytes, libc::MADV_HUGEPAGE)
    };
    #[cfg(not(target_os = "linux"))]
    let _ = (start, bytes);
}
