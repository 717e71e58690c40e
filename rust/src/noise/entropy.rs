//! Random bytes from the operating system. No descriptor and no lock is kept between calls, because the program may close
//! descriptors, fork, or cancel the thread at any time.

/// Fills `out` with unpredictable bytes. After an error its content is unspecified.
#[cfg(not(target_os = "linux"))]
pub fn fill(out: &mut [u8]) -> Result<(), crate::Error> {
    getrandom::fill(out).map_err(|_| crate::Error::NoEntropy)
}

#[cfg(target_os = "linux")]
pub use linux::fill;

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::CStr;
    use std::io;
    use std::mem::zeroed;

    use crate::error::Error;
    use crate::noise::workers::cancelling;

    /// Fills `out` with unpredictable bytes. After an error its content is unspecified. It makes the system call itself: C
    /// libraries before 2017 have no function for it, and in the function of later ones a thread can be cancelled, which would
    /// leak what the caller holds.
    pub fn fill(out: &mut [u8]) -> Result<(), Error> {
        let call = |part: &mut [u8]| {
            // SAFETY: writes no more than the part's length to it.
            unsafe { libc::syscall(libc::SYS_getrandom, part.as_mut_ptr(), part.len(), 0) as isize }
        };
        match fill_by(out, call) {
            // A kernel before 2014, or a sandbox that denies the call.
            Err(libc::ENOSYS | libc::EPERM) => {
                // A cancelled thread would leave its descriptor open.
                let state = cancelling::disable();
                let result = fill_from_device(out);
                cancelling::restore(state);
                result
            }
            result => result.map_err(|_| Error::NoEntropy),
        }
    }

    fn fill_from_device(out: &mut [u8]) -> Result<(), Error> {
        wait_until_ready()?;
        let device = Device::open(c"/dev/urandom").ok_or(Error::NoEntropy)?;
        let read = |part: &mut [u8]| {
            // SAFETY: writes no more than the part's length to it.
            unsafe { libc::read(device.descriptor, part.as_mut_ptr().cast(), part.len()) }
        };
        fill_by(out, read).map_err(|_| Error::NoEntropy)
    }

    /// Soon after the system has started, /dev/urandom can give predictable bytes. It is safe once /dev/random is readable. If
    /// there is no /dev/random, there is nothing to wait for.
    fn wait_until_ready() -> Result<(), Error> {
        let Some(device) = Device::open(c"/dev/random") else { return Ok(()) };
        let mut waiting = libc::pollfd { fd: device.descriptor, events: libc::POLLIN, revents: 0 };
        // SAFETY: one such structure.
        while unsafe { libc::poll(&mut waiting, 1, -1) } < 0 {
            if errno() != libc::EINTR {
                return Err(Error::NoEntropy);
            }
        }
        Ok(())
    }

    /// Calls `some`, which writes some bytes and returns how many, until `out` is full. The error is `errno`.
    fn fill_by(out: &mut [u8], mut some: impl FnMut(&mut [u8]) -> isize) -> Result<(), i32> {
        let mut rest = out;
        while !rest.is_empty() {
            match usize::try_from(some(rest)) {
                Ok(0) => return Err(libc::EIO),
                Ok(written) => rest = rest.get_mut(written..).unwrap_or_default(),
                Err(_) if errno() == libc::EINTR => {}
                Err(_) => return Err(errno()),
            }
        }
        Ok(())
    }

    fn errno() -> i32 {
        io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO)
    }

    struct Device {
        descriptor: i32,
    }

    impl Device {
        /// `None` if it is not a device. A regular file of this name would give the same bytes at each call.
        fn open(path: &CStr) -> Option<Device> {
            let descriptor = loop {
                // SAFETY: a terminated path.
                let descriptor = unsafe { libc::open(path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC) };
                if descriptor >= 0 || errno() != libc::EINTR {
                    break descriptor;
                }
            };
            let device = (descriptor >= 0).then_some(Device { descriptor })?;
            // SAFETY: all zeros is such a structure, which the call fills in.
            let is_device = unsafe {
                let mut facts: libc::stat = zeroed();
                libc::fstat(descriptor, &mut facts) == 0 && facts.st_mode & libc::S_IFMT == libc::S_IFCHR
            };
            is_device.then_some(device)
        }
    }

    impl Drop for Device {
        fn drop(&mut self) {
            // SAFETY: opened here, and closed once.
            unsafe { libc::close(self.descriptor) };
        }
    }
}
