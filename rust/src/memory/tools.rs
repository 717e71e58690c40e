//! Requests to valgrind's memcheck about large buffers. Memcheck takes memory from the kernel as initialised, and cannot see that
//! nobody owns pages that are kept. Outside valgrind these instructions do nothing, in a nanosecond or two.

use std::ptr::NonNull;

/// The numbers of memcheck's requests (`valgrind/memcheck.h`).
#[cfg(target_os = "linux")]
const NO_ACCESS: usize = 0x4d43_0000;
const UNDEFINED: usize = 0x4d43_0001;

/// Nobody may read or write there.
#[cfg(target_os = "linux")]
pub fn no_access(start: NonNull<u8>, bytes: usize) {
    request([NO_ACCESS, start.addr().get(), bytes, 0, 0, 0]);
}

/// Nothing has been written there yet.
pub fn undefined(start: NonNull<u8>, bytes: usize) {
    request([UNDEFINED, start.addr().get(), bytes, 0, 0, 0]);
}

#[cfg(target_arch = "x86_64")]
fn request(words: [usize; 6]) {
    // SAFETY: rotations of one register by 128 bits altogether, and an exchange with itself.
    unsafe {
        std::arch::asm!(
            "rol rdi, 3", "rol rdi, 13", "rol rdi, 61", "rol rdi, 51", "xchg rbx, rbx",
            in("rax") words.as_ptr(), inout("rdx") 0usize => _, options(nostack),
        );
    }
}

#[cfg(target_arch = "aarch64")]
fn request(words: [usize; 6]) {
    // SAFETY: rotations of one register by 128 bits altogether, and a register that is combined with itself.
    unsafe {
        std::arch::asm!(
            "ror x12, x12, #3", "ror x12, x12, #13", "ror x12, x12, #51", "ror x12, x12, #61", "orr x10, x10, x10",
            in("x4") words.as_ptr(), inout("x3") 0usize => _, options(nostack),
        );
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn request(_: [usize; 6]) {}
