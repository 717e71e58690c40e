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

    /// Whether everything is as [`enter_default`] makes it but that flags are raised, of those that a fill can raise all: inexact.
    pub fn suits_fills() -> bool {
        const FLAGS: u32 = 0x3f;
        const INEXACT: u32 = 0x20;
        let mut now = 0u32;
        // SAFETY: stores MXCSR to a local.
        unsafe { asm!("stmxcsr [{}]", in(reg) &mut now, options(nostack)) };
        now & !FLAGS == DEFAULT && now & INEXACT != 0
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

/// A call that cannot be inlined keeps the compiler from moving arithmetic out of the bracket.
#[inline(never)]
fn fenced(work: impl FnOnce()) {
    work();
}

/// [`with_default`] for work that raises no flag but inexact. Mostly there is nothing to do and nothing to undo, and the register
/// is slow.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
pub fn with_default_for_fill(work: impl FnOnce()) {
    if register::suits_fills() { fenced(work) } else { with_default(work) }
}

#[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
pub use with_default as with_default_for_fill;

/// Runs `work` in the default environment and puts the caller's back.
pub fn with_default(work: impl FnOnce()) {
    let saved = register::enter_default();
    fenced(work);
    register::restore(saved);
}
