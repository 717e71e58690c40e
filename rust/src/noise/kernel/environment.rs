//! The floating-point environment. A sample must not depend on the caller's rounding mode, flush-to-zero or traps, and
//! drawing it must not show in the caller's exception flags.

/// The control and status register, read and written.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
#[expect(unsafe_code)]
mod register {
    use std::arch::asm;

    /// All exceptions masked, round to nearest, subnormal numbers kept, no flag raised.
    const DEFAULT: u32 = 0x1f80;

    pub type Saved = u32;

    pub fn enter_default() -> Saved {
        let mut saved = 0;
        // SAFETY: stores MXCSR to a local and loads the value that the psABI gives it at program start.
        unsafe {
            asm!("stmxcsr [{}]", in(reg) &mut saved, options(nostack));
            asm!("ldmxcsr [{}]", in(reg) &DEFAULT, options(nostack));
        }
        saved
    }

    pub fn restore(saved: Saved) {
        // SAFETY: loads what `enter_default` found there.
        unsafe { asm!("ldmxcsr [{}]", in(reg) &saved, options(nostack)) }
    }
}

#[cfg(target_arch = "aarch64")]
#[expect(unsafe_code)]
mod register {
    use std::arch::asm;

    /// FPCR and FPSR.
    pub type Saved = (u64, u64);

    pub fn enter_default() -> Saved {
        let (control, status);
        // SAFETY: reads both registers, then clears FPCR: round to nearest, nothing flushed, nothing trapped.
        unsafe {
            asm!("mrs {}, fpcr", "mrs {}, fpsr", "msr fpcr, xzr", out(reg) control, out(reg) status, options(nostack));
        }
        (control, status)
    }

    pub fn restore((control, status): Saved) {
        // SAFETY: writes what `enter_default` found there.
        unsafe { asm!("msr fpcr, {}", "msr fpsr, {}", in(reg) control, in(reg) status, options(nostack)) }
    }
}

#[cfg(all(target_arch = "x86", not(target_feature = "sse2")))]
compile_error!("somemem needs SSE2 on 32-bit x86: the x87 unit rounds twice, and so gives other values");

/// Elsewhere the caller's environment is taken to be the default one.
#[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
mod register {
    pub type Saved = ();

    pub fn enter_default() -> Saved {}

    pub fn restore((): Saved) {}
}

/// Runs `work` in the default environment and puts the caller's back.
pub fn with_default(work: impl FnOnce()) {
    // A call that cannot be inlined keeps the compiler from moving arithmetic out of the bracket.
    #[inline(never)]
    fn fenced(work: impl FnOnce()) {
        work();
    }
    let saved = register::enter_default();
    fenced(work);
    register::restore(saved);
}
