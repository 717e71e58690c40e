use somemem::internals::workers;

use super::keep_errno;

/// Sets the number of threads that draw a large range, for all functions and all threads of the process.
///
/// The default is 1: no thread is started. 0 means one thread for each CPU that the process may run on. Above 256, 256 are used. The number
/// changes how long a call takes, and never a value. A call for less than 262,144 elements, of all rows together, uses the calling thread
/// alone. Where one thread saturates the memory, two are not faster.
///
/// Before the first call of this function the environment variable SOMEMEM_NUM_THREADS sets the number. Text that is not a number is
/// ignored. It is read once, by the first call that draws a large range or of somemem_threads().
///
/// The threads are started for a call and end before it returns. They block all signals except those that their own instructions raise
/// (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS). If one cannot be started, the others do its work. On Windows leave the number at 1 in
/// DllMain, where no thread can start.
///
/// Threads: from any thread at any time. It takes effect from the next call on.
#[unsafe(no_mangle)]
pub extern "C" fn somemem_set_threads(threads: usize) {
    workers::set_threads(threads);
}

/// The number of threads that would draw a large range now. It is at least 1.
///
/// Threads: from any thread at any time.
#[unsafe(no_mangle)]
pub extern "C" fn somemem_threads() -> usize {
    keep_errno(workers::threads)
}
