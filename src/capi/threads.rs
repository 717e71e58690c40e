use somemem::internals::workers;

use super::keep_errno;

/// Sets by how many threads all functions draw large ranges, from the next call on.
///
/// 1 is the default: no thread is ever started. 0 means one for each CPU that the process may run on. More than 256 are 256.
/// The number changes how long a call takes and never a value. Less than 262,144 elements, of all rows together, are always drawn by the
/// calling thread alone, and memory that one thread saturates is not filled faster by two.
///
/// Until it is called, the environment variable SOMEMEM_NUM_THREADS counts, if it is such a number; anything else in it is
/// ignored. It is read once, by the first call that draws a large range or asks somemem_threads().
///
/// The threads are made for the call and are gone when it returns. They block all signals but those that their own
/// instructions raise (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS), which the program's handlers get as from any thread. One
/// that cannot be started costs speed and nothing else. (On Windows none can begin while DllMain runs: leave the number at 1 there.)
///
/// Threads: from any thread at any time; it counts for all threads of the process.
#[unsafe(no_mangle)]
pub extern "C" fn somemem_set_threads(threads: usize) {
    workers::set_threads(threads);
}

/// By how many threads a large range would be drawn now: at least 1.
///
/// Threads: from any thread at any time.
#[unsafe(no_mangle)]
pub extern "C" fn somemem_threads() -> usize {
    keep_errno(workers::threads)
}
