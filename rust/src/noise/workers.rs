//! Threads for large ranges. They are made for one call and gone after it, so that there is no pool for a `fork` to
//! break, and made through libc, because the standard library's threads abort when memory runs out.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The most threads that work on one call. Their jobs stand on the caller's stack, and so many saturate any memory there
/// is: each writes 18 GB/s.
pub const MOST: usize = 32;

/// The fewest doubles that are worth a thread: starting one takes as long as drawing about half as many.
const WORTH: usize = 1 << 17;

/// What was asked for; 0 is all CPUs, and this nothing yet.
static WANTED: AtomicUsize = AtomicUsize::new(UNASKED);
const UNASKED: usize = usize::MAX;

/// Sets by how many threads large ranges are drawn from now on in this process: 1 unless asked, at most 32, 0 for one for
/// each CPU that the process may run on. It changes how long a call takes and never a value.
///
/// Until it is called, the environment variable SOMEMEM_NUM_THREADS counts, if it is such a number; anything else in it is
/// ignored. Ranges of less than 262,144 doubles are always drawn by the calling thread alone. The threads are made for a call and are
/// gone when it returns.
pub fn set_threads(wanted: usize) {
    WANTED.store(wanted.min(MOST), Ordering::Relaxed);
}

/// By how many threads a large range would be drawn now.
pub fn threads() -> usize {
    let wanted = match WANTED.load(Ordering::Relaxed) {
        UNASKED => {
            let asked = asked_by_environment().unwrap_or(1).min(MOST);
            // A call that came first wins.
            WANTED.compare_exchange(UNASKED, asked, Ordering::Relaxed, Ordering::Relaxed).err().unwrap_or(asked)
        }
        wanted => wanted,
    };
    if wanted == 0 { usable_cpus().clamp(1, MOST) } else { wanted }
}

/// In how many parts to draw so many doubles.
pub fn parts(number: usize) -> usize {
    if number < 2 * WORTH { 1 } else { threads().min(number / WORTH) }
}

/// The number in SOMEMEM_NUM_THREADS, if it is one.
fn asked_by_environment() -> Option<usize> {
    // SAFETY: a terminated name. Like any call that reads the environment this must not meet one that changes it.
    let value = unsafe { libc::getenv(c"SOMEMEM_NUM_THREADS".as_ptr()) };
    if value.is_null() {
        return None;
    }
    // SAFETY: what the environment holds is terminated.
    unsafe { std::ffi::CStr::from_ptr(value) }.to_str().ok()?.trim().parse().ok()
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn usable_cpus() -> usize {
    // SAFETY: all zeros is an empty set, and the call writes no more than its size.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        if libc::sched_getaffinity(0, size_of_val(&set), &mut set) == 0 {
            return libc::CPU_COUNT(&set) as usize;
        }
    }
    online_cpus()
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn usable_cpus() -> usize {
    online_cpus()
}

#[cfg(unix)]
fn online_cpus() -> usize {
    // SAFETY: a query without side effects.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_NPROCESSORS_ONLN) }).unwrap_or(1)
}

#[cfg(not(unix))]
fn online_cpus() -> usize {
    1
}

/// Runs the jobs that there are, the first on this thread and each other one on a thread of its own, or on this one if that cannot be
/// started. Returns when all are done. There are at most [`MOST`].
pub fn run<J: FnOnce() + Send>(jobs: &mut [Option<J>]) {
    let Some((mine, others)) = jobs.split_first_mut() else { return };
    let mut workers = Workers::new();
    for job in others.iter_mut().filter(|job| job.is_some()) {
        workers.start(job);
    }
    take(mine);
    drop(workers);
    // Those that no thread has taken.
    others.iter_mut().for_each(take);
}

fn take<J: FnOnce()>(job: &mut Option<J>) {
    if let Some(job) = job.take() {
        job();
    }
}

#[cfg(unix)]
use unix::Workers;

#[cfg(unix)]
mod unix {
    use std::ffi::c_void;
    use std::mem::{MaybeUninit, zeroed};
    use std::ptr;

    use super::{MOST, take};

    /// Threads under way. While there are any this thread cannot be cancelled, because they work on its stack; it waits
    /// for them when this is dropped.
    pub struct Workers {
        threads: [MaybeUninit<libc::pthread_t>; MOST],
        started: usize,
        cancel_state: i32,
    }

    impl Workers {
        pub fn new() -> Workers {
            Workers { threads: [MaybeUninit::uninit(); MOST], started: 0, cancel_state: cancelling::disable() }
        }

        /// Starts a thread that takes the job, with all signals blocked: they are the program's own threads' business.
        /// A thread that cannot be started leaves the job where it is.
        pub fn start<J: FnOnce() + Send>(&mut self, job: &mut Option<J>) {
            extern "C" fn work<J: FnOnce()>(job: *mut c_void) -> *mut c_void {
                // SAFETY: the job that `start` was given. It outlives this thread, which `drop` waits for, and nobody
                // else looks at it before.
                take(unsafe { &mut *job.cast::<Option<J>>() });
                ptr::null_mut()
            }
            let Some(thread) = self.threads.get_mut(self.started) else { return };
            // SAFETY: signal sets and a thread's name are plain memory that the calls fill in, and the job lives on.
            let failed = unsafe {
                let (mut all, mut before): (libc::sigset_t, libc::sigset_t) = (zeroed(), zeroed());
                libc::sigfillset(&mut all);
                libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before);
                let failed = libc::pthread_create(thread.as_mut_ptr(), ptr::null(), work::<J>, (&raw mut *job).cast());
                libc::pthread_sigmask(libc::SIG_SETMASK, &before, ptr::null_mut());
                failed
            };
            self.started += usize::from(failed == 0);
        }
    }

    impl Drop for Workers {
        fn drop(&mut self) {
            for thread in self.threads.iter().take(self.started) {
                // SAFETY: a thread that was started, and is waited for once.
                unsafe { libc::pthread_join(thread.assume_init(), ptr::null_mut()) };
            }
            cancelling::restore(self.cancel_state);
        }
    }

    #[cfg(target_os = "linux")]
    mod cancelling {
        const PTHREAD_CANCEL_DISABLE: i32 = 1;

        unsafe extern "C" {
            fn pthread_setcancelstate(state: i32, before: *mut i32) -> i32;
        }

        pub fn disable() -> i32 {
            let mut before = 0;
            // SAFETY: writes the state before to a local.
            unsafe { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &mut before) };
            before
        }

        pub fn restore(mut state: i32) {
            // SAFETY: the state that `disable` found.
            unsafe { pthread_setcancelstate(state, &mut state) };
        }
    }

    /// Elsewhere the numbers differ, and cancelling is rarer still.
    #[cfg(not(target_os = "linux"))]
    mod cancelling {
        pub fn disable() -> i32 {
            0
        }

        pub fn restore(_state: i32) {}
    }
}

/// Where there are no pthreads, no job is taken.
#[cfg(not(unix))]
struct Workers;

#[cfg(not(unix))]
impl Workers {
    fn new() -> Workers {
        Workers
    }

    fn start<J>(&mut self, _job: &mut Option<J>) {}
}
