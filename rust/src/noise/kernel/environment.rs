//! The floating-point environment. A sample must not depend on the caller's rounding mode, flush-to-zero or traps, and drawing it
//! must not change the caller's exception flags.

/// The control and status register, MXCSR.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
#[expect(unsafe_code)]
mod register {
    use std::arch::asm;

    /// All exceptions masked, round to nearest, subnormal numbers kept, no flag raised.
    const DEFAULT: u32 = 0x1f80;

    pub type Saved = u32;

    pub fn save() -> Saved {
        let mut saved = 0;
        // SAFETY: stores MXCSR to a local.
        unsafe { asm!("stmxcsr [{}]", in(reg) &mut saved, options(nostack)) };
        saved
    }

    /// Whether the settings are the default ones and the inexact flag is raised already. A fill raises no other flag, so there is
    /// then nothing to set or restore.
    pub fn suits_fills(saved: Saved) -> bool {
        const FLAGS: u32 = 0x3f;
        const INEXACT: u32 = 0x20;
        saved & !FLAGS == DEFAULT && saved & INEXACT != 0
    }

    pub fn enter_default() {
        restore(DEFAULT);
    }

    pub fn restore(saved: Saved) {
        // SAFETY: loads what `save` found there, or the value that the psABI gives it at program start.
        unsafe { asm!("ldmxcsr [{}]", in(reg) &saved, options(nostack)) }
    }
}

#[cfg(target_arch = "aarch64")]
#[expect(unsafe_code)]
mod register {
    use std::arch::asm;

    /// FPCR and FPSR.
    pub type Saved = (u64, u64);

    pub fn save() -> Saved {
        let (control, status);
        // SAFETY: reads both registers.
        unsafe { asm!("mrs {}, fpcr", "mrs {}, fpsr", out(reg) control, out(reg) status, options(nostack)) };
        (control, status)
    }

    /// Always false. How long these registers take was not measured.
    pub fn suits_fills(_saved: Saved) -> bool {
        false
    }

    pub fn enter_default() {
        // SAFETY: clears FPCR: round to nearest, nothing flushed, nothing trapped.
        unsafe { asm!("msr fpcr, xzr", options(nostack)) };
    }

    pub fn restore((control, status): Saved) {
        // SAFETY: writes what `save` found there.
        unsafe { asm!("msr fpcr, {}", "msr fpsr, {}", in(reg) control, in(reg) status, options(nostack)) }
    }
}

#[cfg(all(target_arch = "x86", not(target_feature = "sse2")))]
compile_error!("somemem needs SSE2 on 32-bit x86: the x87 unit rounds twice, and so gives other values");

/// For other CPUs, the caller's environment is assumed to be the default one.
#[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
mod register {
    pub type Saved = ();

    pub fn save() -> Saved {}

    pub fn suits_fills((): Saved) -> bool {
        true
    }

    pub fn enter_default() {}

    pub fn restore((): Saved) {}
}

/// Not inlined, so that the compiler cannot move arithmetic to before the registers are set or after they are restored.
#[inline(never)]
fn fenced(work: impl FnOnce()) {
    work();
}

/// [`with_default`] for work that raises no flag except inexact. It writes the register only if needed, because that is slow.
pub fn with_default_for_fill(work: impl FnOnce()) {
    let saved = register::save();
    if register::suits_fills(saved) {
        fenced(work);
    } else {
        within_default(saved, work);
    }
}

/// Runs `work` in the default environment and restores the caller's.
pub fn with_default(work: impl FnOnce()) {
    within_default(register::save(), work);
}

fn within_default(saved: register::Saved, work: impl FnOnce()) {
    register::enter_default();
    fenced(work);
    register::restore(saved);
}
