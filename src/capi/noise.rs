use std::ffi::c_char;

use somemem::internals::{Add, Fill, Kind, Memory, Normal, Operation, Places, Secret};
use somemem::{Error, Noise, Rows};

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
/// Returns SOMEMEM_OK. After a failure nothing is written: SOMEMEM_INVALID_RANGE, if the last index would be above 2^64 - 1 or `number`
/// is above PTRDIFF_MAX / 8; SOMEMEM_INVALID_POINTER, if `number` is above 0 and `out` is NULL or not aligned for a double. It
/// cannot fail otherwise: it uses at most 16 KiB of stack, allocates nothing (but for what the system needs to start threads, if
/// somemem_set_threads() asks for any), and raises no floating-point exception. All this holds for the other functions that
/// draw noise into the caller's memory, too.
///
/// Cost, in memory that is not in cache: with AVX-512 (AMD EPYC, Zen 5) 60 ns a call and 0.46 ns a double, which is 2.4 times what
/// memset() takes; without it (AMD EPYC, Zen 3) 60 ns and 1.6 ns, 3 times memset(). On CPUs without AES instructions the samples are
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
    unsafe { draw(out, Rows::one(number), Noise { seed, stream }, first, Ok(Fill::<f64>::default())) }
}

/// random_noise_fill() for floats: each is the double of its index, rounded to nearest. It is the same noise in less memory.
///
/// They are never 0, infinite or subnormal either. `number` may be up to PTRDIFF_MAX / 4.
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

/// Adds noise to a signal: `inout[i]` becomes `inout[i] + (scale * x)`, where x is element `first` + i of the sequence
/// (`seed`, `stream`); see random_noise_fill(). Product and sum are each rounded once, to nearest. A `scale` of -0.0 counts as 0.0.
///
/// A negative `scale` takes off what was added, so a program can try a direction both ways without a copy of x:
///
/// ```text
///     random_noise_add(x, n, eps, seed, stream, 0);         // x + eps z
///     random_noise_add(x, n, -2 * eps, seed, stream, 0);    // x - eps z
///     random_noise_add(x, n, eps, seed, stream, 0);         // x again, but for rounding
/// ```
///
/// Rounding leaves this: each call rounds each sum once, so x is off by at most half a unit in the last place of each of the three
/// sums. Where the error must not grow over many steps, keep a copy.
///
/// A `scale` of 0 changes nothing, but that it may turn -0.0 into 0.0. Sums may overflow to infinity, or be subnormal.
///
/// Returns SOMEMEM_OK. After a failure nothing is changed: SOMEMEM_INVALID_RANGE and SOMEMEM_INVALID_POINTER as for
/// random_noise_fill(); SOMEMEM_INVALID_SCALE, if `scale` is NaN or infinite, also where `number` is 0.
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

/// random_noise_add() for floats: `inout[i]` becomes `(float)((double)inout[i] + (scale * x))`. Product and sum are made in double,
/// and x is not rounded to a float before.
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

/// Writes noise of another mean and standard deviation: `out[i]` becomes `mean + (scale * x)`, where x is element `first` + i of the
/// sequence (`seed`, `stream`); see random_noise_fill(). Product and sum are each rounded once, to nearest. A `scale` of -0.0 counts
/// as 0.0.
///
/// Other libraries call this normal(mean, sigma). `scale` may be negative: that mirrors the noise. Results may overflow to infinity,
/// or be subnormal or 0.
///
/// Returns SOMEMEM_OK. After a failure nothing is written: SOMEMEM_INVALID_RANGE and SOMEMEM_INVALID_POINTER as for
/// random_noise_fill(); SOMEMEM_INVALID_SCALE, if `mean` or `scale` is NaN or infinite, also where `number` is 0.
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

/// random_noise_normal() for floats: product and sum are made in double, and the sum is then rounded to a float.
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

/// random_noise_fill() for rows of an array: row r of `rows` is `columns` long, begins at `out` + r * `stride`, and gets the elements
/// of the sequence (`seed`, `stream` + r * `stream_step`) from `first` + r * `first_step` on. What lies between the rows is neither
/// read nor written.
///
/// Two uses, each one call:
///
/// - A sequence for each row: stream_step = 1, first_step = 0, stride = columns.
/// - A block of a larger array whose rows are `width` long, at (top, left): stream_step = 0, first_step = width,
///   first = top * width + left. Every element gets the value that it has in the whole array, however that is cut into blocks.
///
/// `stride`, in elements, is at least `columns`. Ranges of indices may overlap. Rows and columns may be 0: there is nothing to write
/// then, and `out`, `stride`, `first` and the steps may be anything.
///
/// Returns SOMEMEM_OK. After a failure nothing is written: SOMEMEM_INVALID_RANGE, if the last stream or the last index of a row would be
/// above 2^64 - 1, if there is more than one row and `stride` is less than `columns`, or if all of it from the first to the last
/// element is more than PTRDIFF_MAX bytes; SOMEMEM_INVALID_POINTER, if `out` is NULL or not aligned for a double.
///
/// Cost: that of one random_noise_fill() of as many elements and some nanoseconds a row, if all rows are of one stream; otherwise a
/// key schedule a row, which costs less than a call a row. The threads of somemem_set_threads() share the elements, whatever the shape.
///
/// Threads: from any thread at any time, each writing rows of its own, also if they lie between another's.
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

/// random_noise_fill_rows() for floats; see random_noise_fill_f32().
///
/// Returns what random_noise_fill_rows() returns; `out` has to be aligned for a float.
///
/// Threads: from any thread at any time, each writing rows of its own, also if they lie between another's.
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

/// random_noise_add() for rows of an array, which are those of random_noise_fill_rows().
///
/// Returns what random_noise_fill_rows() returns; or SOMEMEM_INVALID_SCALE, and nothing is changed, if `scale` is NaN or infinite, also
/// where there are no rows or columns.
///
/// Threads: from any thread at any time, each changing rows of its own, also if they lie between another's.
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

/// random_noise_add_rows() for floats; see random_noise_add_f32().
///
/// Returns what random_noise_add_rows() returns; `inout` has to be aligned for a float.
///
/// Threads: from any thread at any time, each changing rows of its own, also if they lie between another's.
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

/// The instructions that noise is drawn with on this CPU: "AVX-512, VAES", "AVX2, VAES", "AVX2, AES-NI", "NEON, AES" or "portable".
/// They change how long a call takes and never a value.
///
/// The string is static: never NULL, never to be freed.
///
/// Threads: from any thread at any time.
#[unsafe(no_mangle)]
pub extern "C" fn somemem_kernel() -> *const c_char {
    Kind::best().name().as_ptr()
}

/// Checks what C asks for, range, pointer and scale in this order, and does it.
///
/// # Safety
/// The caller's promise. A place of the operation is a `T`, written or not.
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
