//! Threads of Windows.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr;

use super::MOST;

type Handle = *mut c_void;

/// Running threads, which use the caller's stack. Dropping this waits for them.
pub struct Workers<'a> {
    threads: [MaybeUninit<Handle>; MOST - 1],
    started: usize,
    job: PhantomData<&'a ()>,
}

impl<'a> Workers<'a> {
    pub fn new() -> Workers<'a> {
        Workers { threads: [MaybeUninit::uninit(); MOST - 1], started: 0, job: PhantomData }
    }

    /// Starts this many threads that do the job, or as many as can be started.
    pub fn start<J: Fn() + Sync>(&mut self, wanted: usize, job: &'a J) {
        extern "system" fn work<J: Fn()>(job: *mut c_void) -> u32 {
            // SAFETY: the job that `start` was given. It is borrowed until this thread has been waited for, and can be shared.
            let job = unsafe { &*job.cast::<J>() };
            job();
            0
        }
        let job = (&raw const *job).cast_mut().cast();
        for place in self.threads.iter_mut().skip(self.started).take(wanted) {
            // SAFETY: for the job see `work`.
            let thread = unsafe { CreateThread(ptr::null(), 0, work::<J>, job, 0, ptr::null_mut()) };
            if thread.is_null() {
                break;
            }
            place.write(thread);
            self.started += 1;
        }
    }
}

impl Drop for Workers<'_> {
    fn drop(&mut self) {
        for thread in self.threads.iter().take(self.started) {
            // SAFETY: a thread that was started, and is waited for and closed once.
            unsafe {
                WaitForSingleObject(thread.assume_init(), FOR_EVER);
                CloseHandle(thread.assume_init());
            }
        }
    }
}

/// The CPUs of the process's processor group. A new thread runs in the group of the thread that starts it.
pub fn usable_cpus() -> usize {
    let (mut process, mut system) = (0usize, 0);
    // SAFETY: writes two locals, which stay 0 if it fails. The handle means this process.
    unsafe { GetProcessAffinityMask(GetCurrentProcess(), &mut process, &mut system) };
    process.count_ones() as usize
}

const FOR_EVER: u32 = u32::MAX;

#[link(name = "kernel32")]
unsafe extern "system" {
    fn CreateThread(
        security: *const c_void,
        stack: usize,
        work: extern "system" fn(*mut c_void) -> u32,
        argument: *mut c_void,
        flags: u32,
        id: *mut u32,
    ) -> Handle;
    fn WaitForSingleObject(object: Handle, milliseconds: u32) -> u32;
    fn CloseHandle(object: Handle) -> i32;
    safe fn GetCurrentProcess() -> Handle;
    fn GetProcessAffinityMask(process: Handle, of_process: *mut usize, of_system: *mut usize) -> i32;
}
