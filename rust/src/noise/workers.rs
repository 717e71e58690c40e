//! Threads for large ranges. Each takes piece after piece until none is left, so the others wait for a slow or busy core for one
//! piece at most. Threads are started for one call and end before it returns, so there is no pool that a `fork` could break. They
//! are started by libc or the system, because the standard library aborts when it has no memory for a thread.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The most threads that work on one call. The caller's stack holds a handle for each.
pub const MOST: usize = 256;

/// The fewest doubles that are worth a thread: starting one takes as long as drawing about half as many.
const WORTH: usize = 1 << 17;

/// The number that was asked for. 0 means all CPUs, and UNASKED that nobody has set it yet.
static WANTED: AtomicUsize = AtomicUsize::new(UNASKED);
const UNASKED: usize = usize::MAX;

/// Sets the number of threads that draw a large range, for the whole process and from the next call on. The default is 1. 0 means one
/// thread for each CPU that the process may run on. Above 256, 256 are used. The number changes how long a call takes, and never a value.
///
/// Before the first call of this function the environment variable SOMEMEM_NUM_THREADS sets the number. Text that is not a number is
/// ignored. A range of less than 262,144 elements is drawn by the calling thread alone. The threads are started for a call and end before
/// it returns.
pub fn set_threads(wanted: usize) {
    WANTED.store(wanted.min(MOST), Ordering::Relaxed);
}

/// The number of threads that would draw a large range now.
pub fn threads() -> usize {
    let wanted = match WANTED.load(Ordering::Relaxed) {
        UNASKED => {
            let asked = asked_by_environment().unwrap_or(1).min(MOST);
            // If another thread has set the number meanwhile, that one counts.
            WANTED.compare_exchange(UNASKED, asked, Ordering::Relaxed, Ordering::Relaxed).err().unwrap_or(asked)
        }
        wanted => wanted,
    };
    match wanted {
        _ if !cfg!(any(unix, windows)) => 1,
        0 => usable_cpus().clamp(1, MOST),
        wanted => wanted,
    }
}

/// The number of threads to draw this many elements.
pub fn threads_for(number: usize) -> usize {
    if number < 2 * WORTH { 1 } else { threads().min(number / WORTH) }
}

/// The number in SOMEMEM_NUM_THREADS. `None` if it is not set, or is not a number.
fn asked_by_environment() -> Option<usize> {
    // SAFETY: the name ends with 0. As with every call that reads the environment, no other thread may change it meanwhile.
    let value = unsafe { libc::getenv(c"SOMEMEM_NUM_THREADS".as_ptr()) };
    if value.is_null() {
        return None;
    }
    // SAFETY: a variable's value ends with 0.
    unsafe { std::ffi::CStr::from_ptr(value) }.to_str().ok()?.trim().parse().ok()
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn usable_cpus() -> usize {
    // SAFETY: all zeros are an empty set, and the call writes no more than its size.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        if libc::sched_getaffinity(0, size_of_val(&set), &mut set) == 0 {
            return libc::CPU_COUNT(&set) as usize;
        }
    }
    online_cpus()
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
fn usable_cpus() -> usize {
    online_cpus()
}

#[cfg(unix)]
fn online_cpus() -> usize {
    // SAFETY: a query without side effects.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_NPROCESSORS_ONLN) }).unwrap_or(1)
}

/// Does the job in this many threads at once, of which the calling thread is one. If some cannot be started, the others do the
/// work. Returns when all are done.
pub fn run<J: Fn() + Sync>(threads: usize, job: &J) {
    let mut workers = Workers::new();
    workers.start(threads.saturating_sub(1), job);
    job();
}

#[cfg(unix)]
use unix::Workers;
#[cfg(target_os = "linux")]
pub(super) use unix::cancelling;

#[cfg(unix)]
mod unix {
    use std::ffi::c_void;
    use std::marker::PhantomData;
    use std::mem::{MaybeUninit, zeroed};
    use std::ptr;

    use super::MOST;

    /// The signals that a thread's own instructions can raise; SIGSYS is for system calls that a sandbox traps.
    const OWN_SIGNALS: [i32; 6] =
        [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP, libc::SIGSYS];

    /// Running threads. They use the caller's stack, so while they run the caller cannot be cancelled. Dropping this waits for
    /// them.
    pub struct Workers<'a> {
        threads: [MaybeUninit<libc::pthread_t>; MOST - 1],
        started: usize,
        cancel_state: i32,
        job: PhantomData<&'a ()>,
    }

    impl<'a> Workers<'a> {
        pub fn new() -> Workers<'a> {
            Workers {
                threads: [MaybeUninit::uninit(); MOST - 1],
                started: 0,
                cancel_state: cancelling::disable(),
                job: PhantomData,
            }
        }

        /// Starts this many threads that do the job, or as many as can be started. They block the signals that are sent to the
        /// process, which the program's own threads receive. They do not block signals that their own instructions raise: a
        /// program may use these to handle writes to its memory.
        pub fn start<J: Fn() + Sync>(&mut self, wanted: usize, job: &'a J) {
            extern "C" fn work<J: Fn()>(job: *mut c_void) -> *mut c_void {
                // SAFETY: the job that `start` was given. It is borrowed until this thread has been waited for, and can be
                // shared.
                let job = unsafe { &*job.cast::<J>() };
                job();
                ptr::null_mut()
            }
            // SAFETY: signal sets and thread handles are plain memory that the calls fill in; for the job see `work`.
            unsafe {
                let (mut others, mut before): (libc::sigset_t, libc::sigset_t) = (zeroed(), zeroed());
                libc::sigfillset(&mut others);
                for own in OWN_SIGNALS {
                    libc::sigdelset(&mut others, own);
                }
                libc::pthread_sigmask(libc::SIG_BLOCK, &others, &mut before);
                let job = (&raw const *job).cast_mut().cast();
                for thread in self.threads.iter_mut().skip(self.started).take(wanted) {
                    if libc::pthread_create(thread.as_mut_ptr(), ptr::null(), work::<J>, job) != 0 {
                        break;
                    }
                    self.started += 1;
                }
                libc::pthread_sigmask(libc::SIG_SETMASK, &before, ptr::null_mut());
            }
        }
    }

    impl Drop for Workers<'_> {
        fn drop(&mut self) {
            for thread in self.threads.iter().take(self.started) {
                // SAFETY: a thread that was started, and is waited for once.
                unsafe { libc::pthread_join(thread.assume_init(), ptr::null_mut()) };
            }
            cancelling::restore(self.cancel_state);
        }
    }

    #[cfg(target_os = "linux")]
    pub(in crate::noise) mod cancelling {
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

    /// On other systems the constants differ, and programs hardly cancel threads.
    #[cfg(not(target_os = "linux"))]
    mod cancelling {
        pub fn disable() -> i32 {
            0
        }

        pub fn restore(_state: i32) {}
    }
}

#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows::{Workers, usable_cpus};

/// On other systems no thread is started.
#[cfg(not(any(unix, windows)))]
struct Workers;

#[cfg(not(any(unix, windows)))]
impl Workers {
    fn new() -> Workers {
        Workers
    }

    fn start<J>(&mut self, _wanted: usize, _job: &J) {}
}

#[cfg(not(any(unix, windows)))]
fn usable_cpus() -> usize {
    1
}
