//! The calls that draw noise into the caller's memory. The model computes their status in numbers that cannot overflow, and the
//! content of the memory from the portable kernel's doubles, by the header's formulas.

use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::slice;

use somemem::Noise;
use somemem::internals::{Fill, Kind};
use somemem_c::capi::SomeMemStatus::{self, *};
use somemem_c::capi::*;

use super::{Model, WINDOW};

/// How many words of memory the caller has.
pub const OWN: usize = 2048;

/// How many words of it are before and behind the memory that a call is given.
const GUARD: usize = 32;

/// From this many elements on, threads share a range.
const MUCH: usize = 1 << 18;

/// The possible results of somemem_kernel().
pub const KERNELS: [&CStr; 5] = [c"AVX-512, VAES", c"AVX2, VAES", c"AVX2, AES-NI", c"NEON, AES", c"portable"];

/// Fills with the expected noise, by the portable kernel.
pub fn expected(values: &mut [f64], seed: u64, stream: u64, first: u64) {
    // SAFETY: the layouts are equal, and nothing but doubles is written.
    let unwritten = unsafe { &mut *(values as *mut [f64] as *mut [MaybeUninit<f64>]) };
    Noise { seed, stream }.draw_with(Kind::Portable, Fill::<f64>::default(), unwritten, first);
}

/// What is done with the samples.
#[derive(Clone, Copy, Debug)]
enum Work {
    Fill,
    Add(f64),
    Normal(f64, f64),
}

impl Work {
    /// The new value of an element, before it is rounded to its type. Adding 0.0 turns -0.0 into 0.0.
    fn result(self, before: f64, x: f64) -> f64 {
        match self {
            Work::Fill => x,
            Work::Add(scale) => before + (scale + 0.0) * x,
            Work::Normal(mean, scale) => mean + (scale + 0.0) * x,
        }
    }
}

type FillOne<T> = unsafe extern "C" fn(*mut T, usize, u64, u64, u64) -> SomeMemStatus;
type AddOne<T> = unsafe extern "C" fn(*mut T, usize, f64, u64, u64, u64) -> SomeMemStatus;
type NormalOne<T> = unsafe extern "C" fn(*mut T, usize, f64, f64, u64, u64, u64) -> SomeMemStatus;
type FillRows<T> = unsafe extern "C" fn(*mut T, usize, usize, usize, u64, u64, u64, u64, u64) -> SomeMemStatus;
type AddRows<T> = unsafe extern "C" fn(*mut T, usize, usize, usize, f64, u64, u64, u64, u64, u64) -> SomeMemStatus;

/// The two types, each with its functions.
trait Element: Copy {
    const SIZE: usize;
    const FILL: FillOne<Self>;
    const ADD: AddOne<Self>;
    const NORMAL: NormalOne<Self>;
    const FILL_ROWS: FillRows<Self>;
    const ADD_ROWS: AddRows<Self>;

    fn widened(self) -> f64;
    fn rounded(x: f64) -> Self;
    fn from_bits(bits: u64) -> Self;
}

macro_rules! element {
    ($type:ty, $bits:ty, $fill:ident $add:ident $normal:ident $fill_rows:ident $add_rows:ident) => {
        impl Element for $type {
            const SIZE: usize = size_of::<$type>();
            const FILL: FillOne<Self> = $fill;
            const ADD: AddOne<Self> = $add;
            const NORMAL: NormalOne<Self> = $normal;
            const FILL_ROWS: FillRows<Self> = $fill_rows;
            const ADD_ROWS: AddRows<Self> = $add_rows;

            fn widened(self) -> f64 {
                f64::from(self)
            }

            fn rounded(x: f64) -> Self {
                x as $type
            }

            fn from_bits(bits: u64) -> Self {
                <$type>::from_bits(bits as $bits)
            }
        }
    };
}
element!(f64, u64, random_noise_fill random_noise_add random_noise_normal random_noise_fill_rows random_noise_add_rows);
element!(f32, u32, random_noise_fill_f32 random_noise_add_f32 random_noise_normal_f32 random_noise_fill_rows_f32 random_noise_add_rows_f32);

/// A call's arguments.
#[derive(Clone, Copy, Debug)]
struct Asked {
    work: Work,
    /// Whether the function takes rows. If not, there is one row.
    in_rows: bool,
    address: usize,
    rows: usize,
    columns: usize,
    stride: usize,
    seed: u64,
    stream: u64,
    first: u64,
    stream_step: u64,
    first_step: u64,
}

impl Asked {
    fn is_empty(&self) -> bool {
        self.rows == 0 || self.columns == 0
    }

    /// The status that the header specifies.
    fn status<T: Element>(&self) -> SomeMemStatus {
        let (rows, columns) = (self.rows as u128, self.columns as u128);
        if !self.is_empty() {
            let steps = rows - 1;
            let last = u128::from(u64::MAX);
            let too_far = u128::from(self.stream) + steps * u128::from(self.stream_step) > last
                || u128::from(self.first) + steps * u128::from(self.first_step) + (columns - 1) > last;
            let overlap = rows > 1 && self.stride < self.columns;
            let too_long = steps * self.stride as u128 + columns > isize::MAX as u128 / T::SIZE as u128;
            if too_far || overlap || too_long {
                return SOMEMEM_INVALID_RANGE;
            }
            if self.address == 0 || !self.address.is_multiple_of(T::SIZE) {
                return SOMEMEM_INVALID_POINTER;
            }
        }
        let right_scale = match self.work {
            Work::Fill => true,
            Work::Add(scale) => scale.is_finite(),
            Work::Normal(mean, scale) => mean.is_finite() && scale.is_finite(),
        };
        if right_scale { SOMEMEM_OK } else { SOMEMEM_INVALID_SCALE }
    }

    /// Makes rows fewer, shorter and closer together, so that there is room for them. Valid arguments stay valid.
    fn fit(&mut self, room: usize) {
        self.columns = self.columns.min(room);
        if self.rows > 1 && self.columns > 0 {
            self.stride = self.stride.min(self.columns.max(room / 2));
            // Many short rows take long, because each needs a key schedule.
            self.rows = self.rows.min((room - self.columns) / self.stride.max(1) + 1).min(room.isqrt() * 8);
        }
    }

    /// # Safety
    /// As the header says.
    unsafe fn call<T: Element>(&self, data: *mut T) -> SomeMemStatus {
        let Asked { work, in_rows, rows, columns, stride, seed, stream, first, stream_step, first_step, .. } = *self;
        // SAFETY: the caller's promise.
        unsafe {
            match work {
                Work::Fill if in_rows => {
                    T::FILL_ROWS(data, rows, columns, stride, seed, stream, first, stream_step, first_step)
                }
                Work::Fill => T::FILL(data, columns, seed, stream, first),
                Work::Add(scale) if in_rows => {
                    T::ADD_ROWS(data, rows, columns, stride, scale, seed, stream, first, stream_step, first_step)
                }
                Work::Add(scale) => T::ADD(data, columns, scale, seed, stream, first),
                Work::Normal(mean, scale) => T::NORMAL(data, columns, mean, scale, seed, stream, first),
            }
        }
    }
}

/// The words as elements. Any bits are an element.
fn elements<T: Element>(words: &mut [u64]) -> &mut [T] {
    // SAFETY: as many bytes, and a word is aligned for both types.
    unsafe { slice::from_raw_parts_mut(words.as_mut_ptr().cast(), words.len() * 8 / T::SIZE) }
}

/// Values for memory before a call.
fn paint<T: Element>(words: &mut [u64], choice: u64) {
    for (n, place) in elements::<T>(words).iter_mut().enumerate() {
        let bits = (n as u64 ^ choice << 32).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        *place = match choice % 8 {
            1..=4 if n % 2 == 0 => T::rounded(-0.0),
            0..=4 => T::rounded(n as f64 - 0.5),
            // The smallest subnormal numbers.
            5 => T::from_bits(n as u64),
            // Any bits, among them NaN of both kinds.
            6 => T::from_bits(bits.rotate_left(32)),
            _ => match n % 7 {
                0 => T::rounded(f64::NAN),
                1 => T::rounded(f64::INFINITY),
                2 => T::rounded(f64::NEG_INFINITY),
                3 => T::rounded(-0.0),
                4 => T::rounded(f64::from(f32::MAX)),
                5 => T::rounded(-f64::from(f32::MIN_POSITIVE)),
                // The most negative double; its bits as floats are a NaN.
                _ => T::from_bits(f64::MIN.to_bits()),
            },
        };
    }
}

impl Model {
    /// The corpus is older than floats and rows: its inputs keep half of their calls.
    pub fn draw(&mut self, operation: u8) {
        let fills = operation % 16 == 9;
        match (fills, operation / 16) {
            (true, 0..=7) => self.draw_one::<f64>(Work::Fill),
            (true, 8 | 9) => self.draw_one::<f32>(Work::Fill),
            (true, 10..=12) => self.draw_rows::<f64>(Work::Fill),
            (true, _) => self.draw_rows::<f32>(Work::Fill),
            (false, choice) => {
                let scale = self.input.scale();
                match choice {
                    0..=7 => self.draw_one::<f64>(Work::Add(scale)),
                    8 | 9 => self.draw_one::<f32>(Work::Add(scale)),
                    10 | 11 => self.draw_rows::<f64>(Work::Add(scale)),
                    12 | 13 => self.draw_rows::<f32>(Work::Add(scale)),
                    _ => {
                        let work = Work::Normal(self.input.scale(), scale);
                        if choice == 14 { self.draw_one::<f64>(work) } else { self.draw_one::<f32>(work) }
                    }
                }
            }
        }
    }

    fn draw_one<T: Element>(&mut self, work: Work) {
        let (place, choice) = (self.input.byte(), self.input.byte());
        let columns = match choice {
            0..=199 => choice as usize % (WINDOW + 1),
            _ if T::SIZE == 8 => self.input.number(),
            _ => self.input.count(),
        };
        let first = self.input.index();
        let (seed, stream) = (u64::from(self.input.byte()), self.input.index());
        let (rows, stride, stream_step, first_step) = (1, columns, 0, 0);
        let in_rows = false;
        let asked =
            Asked { work, in_rows, address: 0, rows, columns, stride, seed, stream, first, stream_step, first_step };
        self.compare::<T>(asked, place);
    }

    fn draw_rows<T: Element>(&mut self, work: Work) {
        let (place, shape) = (self.input.byte(), self.input.byte());
        let (mut rows, mut columns) = (self.input.count(), self.input.count());
        if shape == 255 && self.input.may_draw_much() {
            columns = (64 << (columns % 12)) + rows % 5;
            rows = MUCH / columns + 1;
        }
        let choice = self.input.byte();
        let low = choice as usize % 32;
        let stride = match choice {
            0..=63 => columns,
            64..=127 => columns.wrapping_add(low),
            128..=159 => columns.wrapping_sub(1 + low % 4),
            160..=175 => low,
            // The largest valid stride, or a little more or less.
            176..=207 => {
                let most = (isize::MAX as usize / T::SIZE).saturating_sub(columns) / rows.saturating_sub(1).max(1);
                most.wrapping_add(low % 4).wrapping_sub(2)
            }
            _ => self.input.count(),
        };
        let (first, seed, stream) = (self.input.index(), u64::from(self.input.byte()), self.input.index());
        let (in_rows, stream_step, first_step) = (true, 0, 0);
        let mut asked =
            Asked { work, in_rows, address: 0, rows, columns, stride, seed, stream, first, stream_step, first_step };
        // Mostly rows that there is room for, with steps that are just valid or just invalid.
        if shape < 192 {
            asked.fit(Self::room::<T>(OWN));
        }
        let steps = asked.rows.saturating_sub(1).max(1) as u64;
        let last = first.saturating_add(asked.columns.saturating_sub(1) as u64);
        asked.stream_step = self.input.step(1, (u64::MAX - stream) / steps);
        asked.first_step = self.input.step(asked.columns, (u64::MAX - last) / steps);
        self.compare::<T>(asked, place);
    }

    /// How many elements there is room for at any place that a call is given.
    fn room<T: Element>(words: usize) -> usize {
        (words - 64 - 2 * GUARD) * 8 / T::SIZE
    }

    /// Makes the call, with a place in memory or with an invalid address, and compares all memory that it may have changed.
    fn compare<T: Element>(&mut self, mut asked: Asked, place: u8) {
        let mut own = std::mem::take(&mut self.own);
        let usual = own.len();
        let offset = place as usize % 64;
        let mut start = GUARD * 8 + offset * T::SIZE;
        if place >> 6 == 2 {
            start += 1 + offset % 7;
        }
        let is_there = place >> 6 != 3;
        asked.address = if is_there { own.as_ptr().addr() + start } else { [0, usize::MAX, 4 * offset][offset % 3] };
        let status = asked.status::<T>();
        let writes = status == SOMEMEM_OK && !asked.is_empty();
        if writes {
            if asked.rows.saturating_mul(asked.columns) >= MUCH && self.input.may_draw_much() {
                own = vec![0; MUCH * 5 / 4];
            }
            asked.fit(Self::room::<T>(own.len()));
            asked.address = own.as_ptr().addr() + start;
        }
        let extent = if writes { (asked.rows - 1) * asked.stride + asked.columns } else { 0 };
        let seen = &mut own[..(start + extent * T::SIZE) / 8 + GUARD];
        paint::<T>(seen, asked.seed);
        let mut expected = seen.to_vec();
        let data = seen.as_mut_ptr().with_addr(asked.address).cast();
        // SAFETY: by the model the call writes nothing, or only to the caller's memory.
        let answer = self.call(|| unsafe { asked.call::<T>(data) });
        assert_eq!(answer, status, "{asked:?}");
        if writes {
            Self::expect::<T>(&asked, start / T::SIZE, &mut expected, seen);
        }
        let wrong = seen.iter().zip(&expected).position(|(left, right)| left != right);
        assert!(wrong.is_none(), "word {wrong:?} of data that begin at {}, {asked:?}", start / 8);
        own.resize(usual, 0);
        self.own = own;
    }

    /// Does in the expected memory what the call did in the other. A NaN may have any bits, so those that were found are copied.
    fn expect<T: Element>(asked: &Asked, start: usize, expected: &mut [u64], found: &mut [u64]) {
        let (expected, found) = (elements::<T>(expected), elements::<T>(found));
        let mut values = vec![0.0; asked.columns];
        for row in 0..asked.rows {
            let stream = asked.stream + row as u64 * asked.stream_step;
            let first = asked.first + row as u64 * asked.first_step;
            self::expected(&mut values, asked.seed, stream, first);
            let start = start + row * asked.stride;
            for (n, x) in values.iter().enumerate() {
                let result = T::rounded(asked.work.result(expected[start + n].widened(), *x));
                let both_nan = result.widened().is_nan() && found[start + n].widened().is_nan();
                expected[start + n] = if both_nan { found[start + n] } else { result };
            }
        }
    }
}
