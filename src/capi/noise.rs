use std::mem::MaybeUninit;
use std::slice;

use somemem::internals::{MAX_LEN, Memory, Secret};
use somemem::{Error, Noise};

use super::{SomeMem, SomeMemStatus, hand_over, keep_errno};

/// Makes a buffer of `number` independent N(0,1) samples that nobody can predict or draw again.
///
/// The samples are those of a 128-bit key from the operating system; see random_noise_fill(). After a fork() parent and
/// child get different ones.
///
/// Returns a handle to be freed with somemem_free(); or NULL with `errno` set to ENOMEM, if the memory cannot be
/// allocated or `number` is above PTRDIFF_MAX / 8, or to EIO, if the operating system gave no key.
///
/// Threads: from any thread at any time.
#[unsafe(no_mangle)]
pub extern "C" fn random_noise(number: usize) -> *mut SomeMem {
    hand_over(|| {
        // The key first: without one no memory is needed.
        let noise = Secret::from_entropy()?;
        let mut buffer = Memory::new(number)?;
        noise.fill_unwritten(buffer.as_unwritten());
        Ok(buffer)
    })
}

/// Makes a buffer of the elements 0 to `number` - 1 of stream 0 of `seed`; see random_noise_fill().
///
/// Returns a handle to be freed with somemem_free(); or NULL with `errno` set to ENOMEM, if the memory cannot be
/// allocated or `number` is above PTRDIFF_MAX / 8.
///
/// Threads: from any thread at any time.
#[unsafe(no_mangle)]
pub extern "C" fn random_noise_seeded(number: usize, seed: u64) -> *mut SomeMem {
    hand_over(|| {
        let mut buffer = Memory::new(number)?;
        Noise { seed, stream: 0 }.fill_unwritten(buffer.as_unwritten(), 0)?;
        Ok(buffer)
    })
}

/// Writes the elements `first` to `first` + `number` - 1 of the sequence (`seed`, `stream`) to `out`.
///
/// Element i of a sequence is one N(0,1) sample, a pure function of (seed, stream, i): the same bits on every CPU, in
/// whichever pieces and by however many threads a range is drawn, whatever the rounding mode. To skip ahead is to pass
/// another `first`, at no cost. Each sequence has 2^64 elements. Sequences that differ in seed or stream are as unrelated
/// as AES-128 under different keys: seed and stream are the two halves of its key, and any values are as good as others.
/// A seed is no secret, and this is no mechanism for differential privacy.
///
/// Samples are never 0, never subnormal, and as likely negative as positive. The distribution is N(0,1) out to beyond
/// 10 standard deviations.
///
/// `out` may be any memory for `number` doubles. With `number` = 0 it may be any pointer at all, and `first` any number.
///
/// Returns SOMEMEM_OK; or SOMEMEM_INVALID_ARGUMENT, and nothing is written, if `number` is above 0 and `out` is NULL or not
/// aligned for a double, or `number` is above PTRDIFF_MAX / 8, or the last index would be above 2^64 - 1. It cannot fail
/// otherwise: it uses at most 16 KiB of stack, allocates nothing (but for what the system needs to start threads, if
/// somemem_set_threads() asks for any), and raises no floating-point exception.
///
/// Cost, in memory that is not in cache: with AVX-512 (AMD EPYC, Zen 5) 60 ns a call and 0.46 ns a double, which is 2.4 times what
/// memset() takes; without it (AMD EPYC, Zen 3) 55 ns and 1.4 ns, 3 times memset(). On CPUs without AES instructions the samples are
/// the same and take some ten times as long.
///
/// Threads: from any thread at any time, each writing memory of its own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn random_noise_fill(
    out: *mut f64,
    number: usize,
    seed: u64,
    stream: u64,
    first: u64,
) -> SomeMemStatus {
    // SAFETY: the caller's promise, stated in the crate's documentation.
    match unsafe { doubles::<MaybeUninit<f64>>(out, number) } {
        None => SomeMemStatus::SOMEMEM_INVALID_ARGUMENT,
        Some(out) => status(keep_errno(|| Noise { seed, stream }.fill_unwritten(out, first))),
    }
}

/// Adds noise to a signal: `inout[i]` becomes `inout[i] + stddev * x`, where x is element `first` + i of the sequence
/// (`seed`, `stream`); see random_noise_fill(). Product and sum are each rounded once, to nearest. A `stddev` of -0.0 counts as 0.0.
///
/// Returns SOMEMEM_OK; or SOMEMEM_INVALID_ARGUMENT, and nothing is changed, if `stddev` is NaN, infinite or negative, or as
/// for random_noise_fill().
///
/// Threads: from any thread at any time, each changing memory of its own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn random_noise_add(
    inout: *mut f64,
    number: usize,
    stddev: f64,
    seed: u64,
    stream: u64,
    first: u64,
) -> SomeMemStatus {
    // SAFETY: the caller's promise, stated in the crate's documentation.
    match unsafe { doubles::<f64>(inout, number) } {
        None => SomeMemStatus::SOMEMEM_INVALID_ARGUMENT,
        Some(inout) => status(keep_errno(|| Noise { seed, stream }.add(inout, stddev, first))),
    }
}

/// So many doubles for the call to change: `None` if the pointer or the number cannot be worked with.
///
/// # Safety
/// The caller's promise. `D` is a double, written or not.
unsafe fn doubles<'a, D>(data: *mut f64, number: usize) -> Option<&'a mut [D]> {
    if number == 0 {
        return Some(&mut []);
    }
    let fits = !data.is_null() && data.is_aligned() && number <= MAX_LEN;
    // SAFETY: the checks and the caller's promise.
    fits.then(|| unsafe { slice::from_raw_parts_mut(data.cast(), number) })
}

fn status(result: Result<(), Error>) -> SomeMemStatus {
    result.map_or_else(SomeMemStatus::from, |()| SomeMemStatus::SOMEMEM_OK)
}
