//! Turns bytes into a sequence of C calls, correct and incorrect ones, and compares each result with a model: status, length,
//! content, alignment, `errno`. `main.rs` fuzzes with it, and `tests/corpus.rs` replays the inputs that fuzzing has found.

use std::ffi::CStr;
use std::ptr::{null_mut, without_provenance_mut};

use somemem_c::capi::SomeMemStatus::*;
use somemem_c::capi::*;

use foreign::Foreign;
use input::Input;

#[path = "foreign.rs"]
mod foreign;
#[path = "helpers.rs"]
mod helpers;
#[path = "input.rs"]
mod input;
#[path = "noise.rs"]
mod noise;

const MAX_LEN: usize = isize::MAX as usize / 8;

/// More doubles than this may fail to be allocated. It depends on the system.
const SURE: usize = 1 << 22;

/// An `errno` that no function sets.
const MARK: i32 = 12345;

/// How many doubles are written and compared at one place.
const WINDOW: usize = 24;

/// Makes the calls that the bytes stand for, and returns how many.
pub fn run(bytes: &[u8]) -> usize {
    let mut model = Box::new(Model::new(bytes));
    while !model.input.is_empty() {
        model = helpers::run(model.thread, model);
    }
    model.finish()
}

struct Live {
    handle: *mut SomeMem,
    data: *mut f64,
    len: usize,
    /// Up to this length the data stays where it is.
    reserved: usize,
    /// The known parts of its content, each with its first index.
    known: Vec<(usize, Vec<f64>)>,
}

#[derive(Clone, Copy, PartialEq)]
enum Maker {
    New,
    Random,
    Seeded,
}

pub struct Model {
    input: Input,
    /// The number of the thread that makes the calls.
    thread: usize,
    calls: usize,
    live: Vec<Live>,
    stale: Vec<*mut SomeMem>,
    foreign: Foreign,
    /// The next value to write, which no buffer holds yet.
    next: usize,
    /// The caller's own memory, for noise.
    own: Vec<u64>,
}

// SAFETY: handles may be used by any thread, and by one at a time here.
unsafe impl Send for Model {}

/// The places where a buffer of `len` doubles is written and compared: its beginning, its middle, its end.
fn places(len: usize) -> impl Iterator<Item = usize> {
    let most = if len <= WINDOW { usize::from(len > 0) } else { 3 };
    [0, len.saturating_sub(WINDOW), len / 2].into_iter().take(most)
}

fn same_bits(left: &[f64], right: &[f64]) -> bool {
    left.iter().map(|x| x.to_bits()).eq(right.iter().map(|x| x.to_bits()))
}

fn errno() -> *mut i32 {
    // SAFETY: this thread's own.
    unsafe { libc::__errno_location() }
}

impl Model {
    fn new(bytes: &[u8]) -> Model {
        Model {
            input: Input::new(bytes),
            thread: 0,
            calls: 0,
            live: Vec::new(),
            stale: Vec::new(),
            foreign: Foreign::new(),
            next: 1,
            own: vec![0; noise::OWN],
        }
    }

    /// Makes calls until the input ends or another thread has to go on.
    pub fn go_on(&mut self) {
        while let Some(operation) = self.input.next() {
            match operation % 16 {
                0 => self.make(Maker::New),
                1 => self.make(Maker::Random),
                2 => self.make(Maker::Seeded),
                // The corpus is older than somemem_reserve(): its inputs keep most of their resizes.
                5 if operation >= 128 => self.reserve(),
                3..=5 => self.resize(),
                6 | 7 => self.free(),
                8 => self.look(),
                9 | 10 => self.draw(operation),
                11 => self.refresh(),
                12 => self.ask(),
                13 => self.call_other_library(),
                14 => self.free_again(),
                _ => {
                    let thread = self.input.byte() as usize % (helpers::HELPERS + 1);
                    if self.input.may_switch() && thread != self.thread {
                        self.thread = thread;
                        return;
                    }
                }
            }
        }
    }

    /// Frees the buffers that are left. Each must be as the model says, whatever was called.
    fn finish(mut self) -> usize {
        for n in 0..self.live.len() {
            self.check(n);
        }
        while let Some(live) = self.live.pop() {
            assert_eq!(self.call(|| unsafe { somemem_free(live.handle) }), SOMEMEM_OK);
            self.stale.push(live.handle);
        }
        for handle in std::mem::take(&mut self.stale) {
            assert_eq!(self.call(|| unsafe { somemem_len(handle) }), 0);
        }
        self.calls += self.foreign.finish();
        self.calls
    }

    /// Makes a call, which must not change `errno`.
    fn call<R>(&mut self, work: impl FnOnce() -> R) -> R {
        let (result, code) = self.call_and_errno(work);
        assert_eq!(code, MARK, "errno");
        result
    }

    fn call_and_errno<R>(&mut self, work: impl FnOnce() -> R) -> (R, i32) {
        self.calls += 1;
        // SAFETY: this thread's own.
        unsafe { errno().write(MARK) };
        let result = work();
        // SAFETY: as above.
        (result, unsafe { errno().read() })
    }

    /// Any value that a program might pass as a handle, and the index of the live buffer, if it is the handle of one.
    fn handle(&mut self) -> (*mut SomeMem, Option<usize>) {
        let choice = self.input.byte();
        let index = choice as usize % 32;
        let near = |list: &[*mut SomeMem]| list.get(index % list.len().max(1)).copied().unwrap_or(null_mut());
        let live: Vec<_> = self.live.iter().map(|live| live.handle).collect();
        let word = match choice >> 5 {
            0..=3 => near(&live),
            4 => near(&self.stale),
            5 => {
                let (word, change) = (near(&live).addr(), self.input.byte());
                without_provenance_mut(match change >> 6 {
                    0 => word ^ 1 << (change % 64),
                    1 => word.wrapping_add(1 + change as usize % 64),
                    2 => word.wrapping_sub(1 + change as usize % 64),
                    _ => word.rotate_left(u32::from(change) % 64),
                })
            }
            6 => self.foreign.handle(index),
            _ => match index {
                0..=7 => null_mut(),
                8..=15 => without_provenance_mut(self.input.word() as usize),
                16..=23 => self.live.first().map_or(null_mut(), |live| live.data.cast()),
                _ => (&raw mut *self).cast(),
            },
        };
        (word, live.iter().position(|&handle| handle == word))
    }

    fn make(&mut self, maker: Maker) {
        let number = self.input.number();
        if self.live.len() >= 64 {
            return;
        }
        // Noise is drawn in the call, and a large number takes long.
        let number = if maker == Maker::New || number > MAX_LEN { number } else { self.input.less_noise(number) };
        let seed = self.next as u64;
        let (handle, code) = self.call_and_errno(|| match maker {
            Maker::New => somemem_new(number),
            Maker::Random => random_noise(number),
            Maker::Seeded => random_noise_seeded(number, seed),
        });
        if handle.is_null() {
            assert!(number > SURE, "{number} doubles were refused");
            assert_eq!(code, libc::ENOMEM);
            return;
        }
        assert!(number <= MAX_LEN);
        assert_eq!(code, MARK, "errno of success");
        assert!(!self.stale.contains(&handle) && self.live.iter().all(|live| live.handle != handle), "given out twice");
        let data = self.call(|| unsafe { somemem_data(handle) });
        self.live.push(Live { handle, data, len: number, reserved: 0, known: Vec::new() });
        let which = self.live.len() - 1;
        if maker == Maker::Seeded {
            for first in places(number) {
                let mut values = vec![0.0; WINDOW.min(number - first)];
                noise::expected(&mut values, seed, 0, first as u64);
                self.live[which].known.push((first, values));
            }
            self.check(which);
        } else {
            self.write(which);
        }
    }

    fn resize(&mut self) {
        match (self.handle(), self.input.number()) {
            ((_, Some(which)), number) => self.resize_live(which, number),
            ((handle, None), number) => {
                assert_eq!(self.call(|| unsafe { somemem_resize(handle, number) }), SOMEMEM_INVALID_HANDLE);
            }
        }
    }

    fn resize_live(&mut self, which: usize, number: usize) {
        let handle = self.live[which].handle;
        let capacity = self.call(|| unsafe { somemem_capacity(handle) });
        let status = self.call(|| unsafe { somemem_resize(handle, number) });
        if status == SOMEMEM_OK {
            assert!(number <= MAX_LEN);
            let data = self.call(|| unsafe { somemem_data(handle) });
            let live = &mut self.live[which];
            let stays = number <= live.reserved || live.len <= number && number <= capacity;
            assert!(data == live.data || !stays, "the data moved from {} to {number} of {capacity}", live.len);
            if number > live.reserved {
                live.reserved = 0;
            }
            (live.len, live.data) = (number, data);
            live.known.retain_mut(|(first, values)| {
                values.truncate(number.saturating_sub(*first));
                !values.is_empty()
            });
        } else {
            self.refused(status, number, which, capacity);
        }
        self.check(which);
        self.write(which);
    }

    fn reserve(&mut self) {
        let ((handle, which), number) = (self.handle(), self.input.number());
        let capacity = self.call(|| unsafe { somemem_capacity(handle) });
        let status = self.call(|| unsafe { somemem_reserve(handle, number) });
        let Some(which) = which else { return assert_eq!(status, SOMEMEM_INVALID_HANDLE) };
        if status == SOMEMEM_OK {
            assert!(number <= MAX_LEN);
            if number > self.live[which].reserved {
                let data = self.call(|| unsafe { somemem_data(handle) });
                (self.live[which].reserved, self.live[which].data) = (number, data);
            }
        } else {
            self.refused(status, number, which, capacity);
        }
        self.check(which);
        // The input seldom uses the reserve by chance, so it is used here.
        let Live { len, reserved, .. } = self.live[which];
        if len < reserved && reserved <= SURE {
            for number in [reserved, len, reserved, len] {
                self.resize_live(which, number);
            }
        }
    }

    /// Checks a call that could not get memory for a live buffer.
    fn refused(&mut self, status: SomeMemStatus, number: usize, which: usize, capacity: usize) {
        assert_eq!(status, SOMEMEM_NO_MEMORY);
        assert!(number > SURE, "{number} doubles were refused");
        let handle = self.live[which].handle;
        assert_eq!(self.call(|| unsafe { somemem_capacity(handle) }), capacity);
    }

    fn free(&mut self) {
        let (handle, which) = self.handle();
        if let Some(which) = which {
            self.check(which);
        }
        let status = self.call(|| unsafe { somemem_free(handle) });
        if let Some(which) = which {
            self.live.swap_remove(which);
            self.stale.push(handle);
        }
        let expected = if which.is_some() || handle.is_null() { SOMEMEM_OK } else { SOMEMEM_INVALID_HANDLE };
        assert_eq!(status, expected);
    }

    /// All freed handles must still be refused.
    fn free_again(&mut self) {
        for n in 0..self.stale.len().min(8) {
            let handle = self.stale[self.stale.len() - 1 - n];
            assert_eq!(self.call(|| unsafe { somemem_free(handle) }), SOMEMEM_INVALID_HANDLE);
            assert!(self.call(|| unsafe { somemem_data(handle) }).is_null());
            assert_eq!(self.call(|| unsafe { somemem_reserve(handle, n) }), SOMEMEM_INVALID_HANDLE);
        }
    }

    fn look(&mut self) {
        let (handle, which) = self.handle();
        if let Some(which) = which {
            return self.check(which);
        }
        assert!(self.call(|| unsafe { somemem_data(handle) }).is_null());
        assert_eq!(self.call(|| unsafe { somemem_len(handle) }), 0);
        assert_eq!(self.call(|| unsafe { somemem_capacity(handle) }), 0);
    }

    /// Checks that a live buffer is as the model says.
    fn check(&mut self, which: usize) {
        let Live { handle, data, len, reserved, .. } = self.live[which];
        assert_eq!(self.call(|| unsafe { somemem_len(handle) }), len);
        assert!(self.call(|| unsafe { somemem_capacity(handle) }) >= len.max(reserved));
        assert_eq!(self.call(|| unsafe { somemem_data(handle) }), data, "the data moved");
        assert!(!data.is_null() && data.addr().is_multiple_of(64));
        for (first, values) in &self.live[which].known {
            assert!(first + values.len() <= len);
            // SAFETY: in the buffer, and written.
            let found = unsafe { std::slice::from_raw_parts(data.add(*first), values.len()) };
            assert!(same_bits(found, values), "content from {first} on");
        }
    }

    /// Writes a few places of a buffer.
    fn write(&mut self, which: usize) {
        let Live { data, len, .. } = self.live[which];
        for first in places(len) {
            let number = WINDOW.min(len - first);
            let values: Vec<f64> = (0..number).map(|n| (self.next + n) as f64).collect();
            self.next += number;
            // SAFETY: in the buffer.
            unsafe { data.add(first).copy_from_nonoverlapping(values.as_ptr(), number) };
            let known = &mut self.live[which].known;
            known.retain(|(other, values)| other + values.len() <= first || first + number <= *other);
            known.push((first, values));
        }
    }

    /// New content for a live buffer.
    fn refresh(&mut self) {
        if let (_, Some(which)) = self.handle() {
            self.write(which);
        }
    }

    /// Calls the functions that do not use a buffer.
    fn ask(&mut self) {
        match self.input.byte() {
            0..=63 => {
                let wanted = self.input.byte() as usize;
                self.call(|| somemem_set_threads(wanted));
                let threads = self.call(|| somemem_threads());
                assert!(if wanted == 0 { (1..=256).contains(&threads) } else { threads == wanted });
            }
            64..=191 => {
                let status = self.input.word() as i32;
                assert!(!self.call(|| somemem_strerror(status)).is_null());
            }
            192..=223 => self.call(|| somemem_trim()),
            224..=239 => assert!(!self.call(|| somemem_version()).is_null()),
            _ => {
                let name = self.call(|| somemem_kernel());
                // SAFETY: a string that is never freed.
                assert!(noise::KERNELS.contains(&unsafe { CStr::from_ptr(name) }));
            }
        }
    }

    /// Passes handles of this copy to another copy of the library, which must refuse them. `handle` passes those of the other
    /// copy to this one.
    fn call_other_library(&mut self) {
        let choice = self.input.byte();
        match choice % 4 {
            0 | 1 => self.calls += self.foreign.make(),
            2 => self.calls += self.foreign.free(choice as usize),
            _ => {
                let (handle, _) = self.handle();
                self.calls += self.foreign.refuses(handle);
            }
        }
    }
}
