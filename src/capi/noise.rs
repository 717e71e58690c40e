use std::ffi::c_char;

use somemem::internals::{Add, Fill, Kind, Memory, Normal, Operation, Places, Secret};
use somemem::{Error, Noise, Rows};

use super::{SomeMem, SomeMemStatus, hand_over, keep_errno};

/// Writes elements `first` to `first` + `number` - 1 of the sequence (`seed`, `stream`) to `out`.
///
/// Element i of a sequence is one N(0,1) sample. It is a pure function of (seed, stream, i): its bits are the same on every CPU, for
/// any number of threads, in any rounding mode, and however a range is cut into calls. To skip ahead, pass another `first`; that costs
/// nothing. A sequence has 2^64 elements.
///
/// Seed and stream are the two halves of an AES-128 key. Sequences of different keys are independent as far as AES is a good cipher, and
/// all values of seed and stream are equally good: 0, 1, 2, ... are fine. A seed is not a secret, and noise from a known seed gives no
/// differential privacy.
///
/// Samples are never 0 and never subnormal, and positive and negative ones are equally likely. The distribution is N(0,1) to beyond 10
/// standard deviations.
///
/// `out` has room for `number` doubles. If `number` is 0, `out` and `first` may be anything.
///
/// Returns SOMEMEM_OK or an error. After an error nothing is written. SOMEMEM_INVALID_RANGE: the last index would be above 2^64 - 1, or
/// `number` is above PTRDIFF_MAX / 8. SOMEMEM_INVALID_POINTER: `number` is above 0, and `out` is NULL or not aligned for a double. There is
/// no other error.
///
/// The call uses at most 16 KiB of stack, allocates nothing, and raises no floating-point exception. Only threads, if
/// somemem_set_threads() asks for any, take memory from the system. This holds for all functions that draw into the caller's memory.
///
/// Cost, in memory that is not in cache: with AVX-512 (AMD EPYC, Zen 5) 60 ns a call and 0.46 ns a double, which is 2.4 times memset();
/// without it (AMD EPYC, Zen 3) 60 ns a call and 1.6 ns a double, 3 times memset(). Without AES instructions the same samples take
/// some 25 to 70 times as long.
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
    unsafe { draw(out, Rows::one(number), Noise { seed, stream }, first, Ok(Fill::<f64>::default())) }
}

/// random_noise_fill() for floats. Each float is the double of its index, rounded to nearest.
///
/// Floats are never 0, infinite or subnormal either. `number` may be up to PTRDIFF_MAX / 4.
///
/// Returns what random_noise_fill() returns.
///
/// Threads: from any thread at any time, each writing memory of its own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn random_noise_fill_f32(
    out: *mut f32,
    number: usize,
    seed: u64,
    stream: u64,
    first: u64,
) -> SomeMemStatus {
    // SAFETY: the caller's promise, stated in the crate's documentation.
    unsafe { draw(out, Rows::one(number), Noise { seed, stream }, first, Ok(Fill::<f32>::default())) }
}

/// Adds noise to a signal: `inout[i]` becomes `inout[i] + (scale * z)`, where z is element `first` + i of the sequence
/// (`seed`, `stream`), as random_noise_fill() draws it. Product and sum are each rounded once, to nearest.
///
/// A negative `scale` subtracts what a positive one added. So a program can try a direction both ways without a copy of x:
///
/// ```text
///     random_noise_add(x, n, eps, seed, stream, 0);         // x + eps z
///     random_noise_add(x, n, -2 * eps, seed, stream, 0);    // x - eps z
///     random_noise_add(x, n, eps, seed, stream, 0);         // x again, except for rounding
/// ```
///
/// Each call rounds each sum once. So after the three calls x is off by at most half a unit in the last place of each of the three sums.
/// Keep a copy where the error must not grow over many steps.
///
/// A `scale` of -0.0 counts as 0.0. A `scale` of 0 changes nothing, except that -0.0 may become 0.0. Sums may overflow to infinity, or be
/// subnormal.
///
/// Returns SOMEMEM_OK or an error. After an error nothing is changed. SOMEMEM_INVALID_RANGE and SOMEMEM_INVALID_POINTER: as for
/// random_noise_fill(). SOMEMEM_INVALID_SCALE: `scale` is NaN or infinite, also if `number` is 0.
///
/// Threads: from any thread at any time, each changing memory of its own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn random_noise_add(
    inout: *mut f64,
    number: usize,
    scale: f64,
    seed: u64,
    stream: u64,
    first: u64,
) -> SomeMemStatus {
    // SAFETY: the caller's promise, stated in the crate's documentation.
    unsafe { draw(inout, Rows::one(number), Noise { seed, stream }, first, Add::<f64>::new(scale)) }
}

/// random_noise_add() for floats: `inout[i]` becomes `(float)((double)inout[i] + (scale * z))`. Product and sum are computed in double, and
/// z is not rounded to a float.
///
/// `number` may be up to PTRDIFF_MAX / 4.
///
/// Returns what random_noise_add() returns.
///
/// Threads: from any thread at any time, each changing memory of its own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn random_noise_add_f32(
    inout: *mut f32,
    number: usize,
    scale: f64,
    seed: u64,
    stream: u64,
    first: u64,
) -> SomeMemStatus {
    // SAFETY: the caller's promise, stated in the crate's documentation.
    unsafe { draw(inout, Rows::one(number), Noise { seed, stream }, first, Add::<f32>::new(scale)) }
}

/// Writes noise with a mean and a standard deviation: `out[i]` becomes `mean + (scale * z)`, where z is element `first` + i of the
/// sequence (`seed`, `stream`), as random_noise_fill() draws it. Product and sum are each rounded once, to nearest.
///
/// Other libraries call this normal(mean, sigma). A negative `scale` mirrors the noise, and -0.0 counts as 0.0. Results may overflow to
/// infinity, or be subnormal or 0.
///
/// Returns SOMEMEM_OK or an error. After an error nothing is written. SOMEMEM_INVALID_RANGE and SOMEMEM_INVALID_POINTER: as for
/// random_noise_fill(). SOMEMEM_INVALID_SCALE: `mean` or `scale` is NaN or infinite, also if `number` is 0.
///
/// Threads: from any thread at any time, each writing memory of its own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn random_noise_normal(
    out: *mut f64,
    number: usize,
    mean: f64,
    scale: f64,
    seed: u64,
    stream: u64,
    first: u64,
) -> SomeMemStatus {
    // SAFETY: the caller's promise, stated in the crate's documentation.
    unsafe { draw(out, Rows::one(number), Noise { seed, stream }, first, Normal::<f64>::new(mean, scale)) }
}

/// random_noise_normal() for floats. Product and sum are computed in double, and the sum is then rounded to a float.
///
/// `number` may be up to PTRDIFF_MAX / 4.
///
/// Returns what random_noise_normal() returns.
///
/// Threads: from any thread at any time, each writing memory of its own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn random_noise_normal_f32(
    out: *mut f32,
    number: usize,
    mean: f64,
    scale: f64,
    seed: u64,
    stream: u64,
    first: u64,
) -> SomeMemStatus {
    // SAFETY: the caller's promise, stated in the crate's documentation.
    unsafe { draw(out, Rows::one(number), Noise { seed, stream }, first, Normal::<f32>::new(mean, scale)) }
}

/// random_noise_fill() for rows of an array. Row r, of `rows`, begins at `out` + r * `stride` and is `columns` long. It gets the elements of
/// the sequence (`seed`, `stream` + r * `stream_step`) from index `first` + r * `first_step` on. What lies between the rows is neither
/// read nor written.
///
/// It has two uses:
///
/// - A sequence for each row: stream_step = 1, first_step = 0, stride = columns.
/// - A block of a larger array whose rows are `width` long, at (top, left): stream_step = 0, first_step = width,
///   first = top * width + left. Every element gets the value that it has in the whole array.
///
/// `stride` is in elements, and at least `columns`. Rows may share indices. If `rows` or `columns` is 0, nothing is written, and `out`,
/// `stride`, `first` and the steps may be anything.
///
/// Returns SOMEMEM_OK or an error. After an error nothing is written. SOMEMEM_INVALID_RANGE: the last stream or the last index of a row
/// would be above 2^64 - 1, or there is more than one row and `stride` is less than `columns`, or the memory from the first to the last
/// element is more than PTRDIFF_MAX bytes. SOMEMEM_INVALID_POINTER: `out` is NULL or not aligned for a double.
///
/// Cost: rows of one stream take as long as one random_noise_fill() of as many elements, and some nanoseconds a row. Rows of different
/// streams also take a key schedule each, which is less than a call. The threads of somemem_set_threads() share the elements, for any
/// shape.
///
/// Threads: from any thread at any time, each writing rows of its own. Rows of several threads may lie between each other.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn random_noise_fill_rows(
    out: *mut f64,
    rows: usize,
    columns: usize,
    stride: usize,
    seed: u64,
    stream: u64,
    first: u64,
    stream_step: u64,
    first_step: u64,
) -> SomeMemStatus {
    let rows = Rows { rows, columns, stride, stream_step, first_step };
    // SAFETY: the caller's promise, stated in the crate's documentation.
    unsafe { draw(out, rows, Noise { seed, stream }, first, Ok(Fill::<f64>::default())) }
}

/// random_noise_fill_rows() for floats, which are those of random_noise_fill_f32().
///
/// Returns what random_noise_fill_rows() returns; `out` has to be aligned for a float.
///
/// Threads: from any thread at any time, each writing rows of its own. Rows of several threads may lie between each other.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn random_noise_fill_rows_f32(
    out: *mut f32,
    rows: usize,
    columns: usize,
    stride: usize,
    seed: u64,
    stream: u64,
    first: u64,
    stream_step: u64,
    first_step: u64,
) -> SomeMemStatus {
    let rows = Rows { rows, columns, stride, stream_step, first_step };
    // SAFETY: the caller's promise, stated in the crate's documentation.
    unsafe { draw(out, rows, Noise { seed, stream }, first, Ok(Fill::<f32>::default())) }
}

/// random_noise_add() for rows of an array. The rows and their elements are those of random_noise_fill_rows().
///
/// Returns what random_noise_fill_rows() returns, or SOMEMEM_INVALID_SCALE: `scale` is NaN or infinite, also if there are no rows or
/// columns. After an error nothing is changed.
///
/// Threads: from any thread at any time, each changing rows of its own. Rows of several threads may lie between each other.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn random_noise_add_rows(
    inout: *mut f64,
    rows: usize,
    columns: usize,
    stride: usize,
    scale: f64,
    seed: u64,
    stream: u64,
    first: u64,
    stream_step: u64,
    first_step: u64,
) -> SomeMemStatus {
    let rows = Rows { rows, columns, stride, stream_step, first_step };
    // SAFETY: the caller's promise, stated in the crate's documentation.
    unsafe { draw(inout, rows, Noise { seed, stream }, first, Add::<f64>::new(scale)) }
}

/// random_noise_add_rows() for floats, by the formula of random_noise_add_f32().
///
/// Returns what random_noise_add_rows() returns; `inout` has to be aligned for a float.
///
/// Threads: from any thread at any time, each changing rows of its own. Rows of several threads may lie between each other.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn random_noise_add_rows_f32(
    inout: *mut f32,
    rows: usize,
    columns: usize,
    stride: usize,
    scale: f64,
    seed: u64,
    stream: u64,
    first: u64,
    stream_step: u64,
    first_step: u64,
) -> SomeMemStatus {
    let rows = Rows { rows, columns, stride, stream_step, first_step };
    // SAFETY: the caller's promise, stated in the crate's documentation.
    unsafe { draw(inout, rows, Noise { seed, stream }, first, Add::<f32>::new(scale)) }
}

/// Makes a buffer of the elements 0 to `number` - 1 of the sequence (`seed`, stream 0), as random_noise_fill() draws them.
///
/// Returns a handle, to be freed by somemem_free(). On failure it returns NULL and sets `errno` to ENOMEM: the memory cannot be
/// allocated, or `number` is above PTRDIFF_MAX / 8.
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

/// Makes a buffer of `number` independent N(0,1) samples. They differ at every call, and nobody can predict or repeat them.
///
/// Their key, of 128 bits, comes from the operating system. The distribution is that of random_noise_fill(). After a fork() parent and
/// child get different samples.
///
/// Returns a handle, to be freed by somemem_free(). On failure it returns NULL and sets `errno`: ENOMEM if the memory cannot be
/// allocated or `number` is above PTRDIFF_MAX / 8, EIO if the operating system gives no key.
///
/// Threads: from any thread at any time.
#[unsafe(no_mangle)]
pub extern "C" fn random_noise(number: usize) -> *mut SomeMem {
    hand_over(|| {
        // The key comes first: if there is none, no memory is needed.
        let noise = Secret::from_entropy()?;
        let mut buffer = Memory::new(number)?;
        noise.fill_unwritten(buffer.as_unwritten());
        Ok(buffer)
    })
}

/// Names the instructions that draw noise on this CPU: "AVX-512, VAES", "AVX2, VAES", "AVX2, AES-NI", "NEON, AES" or "portable".
///
/// They decide how long a call takes. They never change a value.
///
/// The string is static: it is never NULL, and must not be freed.
///
/// Threads: from any thread at any time.
#[unsafe(no_mangle)]
pub extern "C" fn somemem_kernel() -> *const c_char {
    Kind::best().name().as_ptr()
}

/// Checks range, pointer and scale, in this order, and draws.
///
/// # Safety
/// The caller's promise. A place of the operation is a `T`, which may be uninitialised.
unsafe fn draw<T, O: Operation<Place: Send>>(
    data: *mut T,
    rows: Rows,
    noise: Noise,
    first: u64,
    operation: Result<O, Error>,
) -> SomeMemStatus {
    let extent = match rows.check::<T>(&noise, first) {
        Ok(extent) => extent,
        Err(error) => return error.into(),
    };
    if extent > 0 && (data.is_null() || !data.is_aligned()) {
        return SomeMemStatus::SOMEMEM_INVALID_POINTER;
    }
    let operation = match operation {
        Ok(operation) => operation,
        Err(error) => return error.into(),
    };
    if extent > 0 {
        // SAFETY: the checks and the caller's promise.
        let places = unsafe { Places::new(data.cast(), extent) };
        keep_errno(|| noise.draw(operation, places, rows, first));
    }
    SomeMemStatus::SOMEMEM_OK
}
