//! Rows hold what a call for each row would draw, for any shape, kernel and number of threads.
#![allow(unsafe_code, clippy::undocumented_unsafe_blocks, reason = "the C functions are what is tested")]

use somemem_c::capi::SomeMemStatus::*;
use somemem_c::capi::*;

const SEED: u64 = 11;

/// The value of all memory around the rows and between them.
const PAINT: f64 = -7.25;

#[derive(Clone, Copy, Debug)]
struct Shape {
    rows: usize,
    columns: usize,
    stride: usize,
    stream: u64,
    first: u64,
    stream_step: u64,
    first_step: u64,
}

impl Shape {
    fn extent(&self) -> usize {
        if self.rows == 0 || self.columns == 0 { 0 } else { (self.rows - 1) * self.stride + self.columns }
    }

    /// The distance from the beginning of one row to that of the next. For a single row, the distance to its end.
    fn step(&self) -> usize {
        if self.rows == 1 { self.columns } else { self.stride.max(1) }
    }

    /// Row by row.
    fn expected(&self) -> Vec<f64> {
        let mut memory = vec![PAINT; self.extent()];
        for (row, places) in memory.chunks_mut(self.step()).take(self.rows).enumerate() {
            let places = &mut places[..self.columns];
            let (stream, first) =
                (self.stream + row as u64 * self.stream_step, self.first + row as u64 * self.first_step);
            let status = unsafe { random_noise_fill(places.as_mut_ptr(), self.columns, SEED, stream, first) };
            assert_eq!(status, SOMEMEM_OK);
        }
        memory
    }

    fn fill(&self, out: *mut f64) -> SomeMemStatus {
        let &Shape { rows, columns, stride, stream, first, stream_step, first_step } = self;
        unsafe { random_noise_fill_rows(out, rows, columns, stride, SEED, stream, first, stream_step, first_step) }
    }

    fn fill_f32(&self, out: *mut f32) -> SomeMemStatus {
        let &Shape { rows, columns, stride, stream, first, stream_step, first_step } = self;
        unsafe { random_noise_fill_rows_f32(out, rows, columns, stride, SEED, stream, first, stream_step, first_step) }
    }

    fn add(&self, out: *mut f64, scale: f64) -> SomeMemStatus {
        let &Shape { rows, columns, stride, stream, first, stream_step, first_step } = self;
        unsafe {
            random_noise_add_rows(out, rows, columns, stride, scale, SEED, stream, first, stream_step, first_step)
        }
    }

    fn add_f32(&self, out: *mut f32, scale: f64) -> SomeMemStatus {
        let &Shape { rows, columns, stride, stream, first, stream_step, first_step } = self;
        unsafe {
            random_noise_add_rows_f32(out, rows, columns, stride, scale, SEED, stream, first, stream_step, first_step)
        }
    }

    /// Checks all four functions, and that memory before, behind and between the rows is not changed.
    fn check(&self) {
        const AROUND: usize = 9;
        let (expected, extent) = (self.expected(), self.extent());
        let is_row = |n: usize| n % self.step() < self.columns;
        let around = |n: usize, len: usize| n < AROUND || n >= len - AROUND;
        macro_rules! checked {
            ($type:ty, $call:expr, $value:expr) => {{
                let mut memory = vec![PAINT as $type; extent + 2 * AROUND];
                let call: fn(&Shape, *mut $type) -> SomeMemStatus = $call;
                assert_eq!(call(self, memory[AROUND..].as_mut_ptr()), SOMEMEM_OK, "{self:?}");
                let value: fn(f64) -> $type = $value;
                for (n, found) in memory.iter().enumerate() {
                    let untouched = around(n, memory.len()) || !is_row(n - AROUND);
                    let right = if untouched { PAINT as $type } else { value(expected[n - AROUND]) };
                    assert_eq!(found.to_bits(), right.to_bits(), "{self:?} at {n}");
                }
            }};
        }
        checked!(f64, |shape, out| shape.fill(out), |x| x);
        checked!(f32, |shape, out| shape.fill_f32(out), |x| x as f32);
        checked!(f64, |shape, out| shape.add(out, -0.3), |x| PAINT + -0.3 * x);
        checked!(f32, |shape, out| shape.add_f32(out, -0.3), |x| (PAINT + -0.3 * x) as f32);
    }
}

const NONE: Shape = Shape { rows: 0, columns: 0, stride: 0, stream: 5, first: 3, stream_step: 0, first_step: 0 };

/// Widths near the sizes of all pieces into which rows are cut: blocks, batches, chunks, runs of chunks.
const WIDTHS: [usize; 30] = [
    1, 2, 3, 4, 5, 6, 7, 8, 14, 15, 16, 17, 18, 19, 20, 21, 29, 30, 31, 32, 33, 34, 63, 64, 65, 100, 127, 129, 1030,
    1300,
];

/// On an emulated CPU everything takes a hundred times as long.
fn emulated() -> bool {
    std::env::var_os("SOMEMEM_EMULATED").is_some()
}

#[test]
fn every_shape() {
    let (counts, gaps): (&[usize], &[usize]) =
        if emulated() { (&[9], &[1]) } else { (&[1, 2, 3, 5, 8, 9, 17, 40], &[0, 1, 7]) };
    for columns in WIDTHS.into_iter().filter(|columns| !emulated() || *columns < 130) {
        for &rows in counts {
            for &gap in gaps {
                // A stream each; blocks of arrays with even and odd rows; the same elements again; both at once.
                let steps = [(1, 0), (0, columns as u64 + 1000), (0, columns as u64 + 1001), (0, 0), (3, 1)];
                for (first, (stream_step, first_step)) in
                    [0, 1].into_iter().flat_map(|first| steps.map(|it| (first, it)))
                {
                    let stride = columns + gap;
                    Shape { rows, columns, stride, stream_step, first_step, first, ..NONE }.check();
                }
            }
        }
    }
}

#[test]
fn up_to_the_last_stream_and_index() {
    for columns in [1, 3, 32, 33, 200] {
        for rows in [1u64, 2, 9, 30] {
            let (stride, count, first_step) = (columns + 2, rows as usize, 17);
            let first = u64::MAX - (rows - 1) * first_step - (columns as u64 - 1);
            let shape = Shape { rows: count, columns, stride, first, first_step, ..NONE };
            shape.check();
            let refused =
                |shape: Shape| assert_eq!(shape.fill(std::ptr::null_mut()), SOMEMEM_INVALID_RANGE, "{shape:?}");
            if let Some(first) = first.checked_add(1) {
                refused(Shape { first, ..shape });
            }
            let stream = u64::MAX - (rows - 1) * 2;
            let shape = Shape { stream, stream_step: 2, first: 0, first_step: 0, ..shape };
            shape.check();
            if rows > 1 {
                refused(Shape { stream: stream + 1, ..shape });
                refused(Shape { stride: columns - 1, ..shape });
                refused(Shape { stream_step: u64::MAX, ..shape });
                refused(Shape { first: 1, first_step: u64::MAX, ..shape });
                refused(Shape { stride: usize::MAX / 8, ..shape });
            } else {
                Shape { stride: 0, ..shape }.check();
            }
        }
    }
}

#[test]
fn nothing_to_write_is_never_wrong() {
    for (rows, columns) in [(0, 0), (0, 5), (5, 0), (0, usize::MAX), (usize::MAX, 0)] {
        let shape =
            Shape { rows, columns, stride: 0, first: u64::MAX, stream: u64::MAX, first_step: 9, stream_step: 9 };
        assert_eq!(shape.fill(std::ptr::null_mut()), SOMEMEM_OK);
        assert_eq!(shape.fill_f32(std::ptr::without_provenance_mut(1)), SOMEMEM_OK);
        assert_eq!(shape.add(std::ptr::null_mut(), 1.0), SOMEMEM_OK);
        assert_eq!(shape.add(std::ptr::null_mut(), f64::NAN), SOMEMEM_INVALID_SCALE);
        assert_eq!(shape.add_f32(std::ptr::null_mut(), f64::INFINITY), SOMEMEM_INVALID_SCALE);
    }
}

#[test]
fn wrong_arguments_are_reported_in_the_order_of_the_manual() {
    let mut memory = [1.0f64; 8];
    let shape = Shape { rows: 2, columns: 3, stride: 4, first_step: 1, ..NONE };
    let (data, odd) = (memory.as_mut_ptr(), memory.as_mut_ptr().wrapping_byte_add(4));
    assert_eq!(Shape { stride: 2, ..shape }.add(std::ptr::null_mut(), f64::NAN), SOMEMEM_INVALID_RANGE);
    assert_eq!(shape.add(odd, f64::NAN), SOMEMEM_INVALID_POINTER);
    assert_eq!(shape.add(data, f64::NAN), SOMEMEM_INVALID_SCALE);
    assert_eq!(shape.fill_f32(odd.cast::<f32>().wrapping_byte_add(1)), SOMEMEM_INVALID_POINTER);
    assert_eq!(memory, [1.0; 8]);
    assert_eq!(shape.fill_f32(odd.cast()), SOMEMEM_OK, "aligned for a float");
}

/// Long rows, short rows, and pieces that end inside rows. It is a single test, because the number of threads holds for the whole process.
#[test]
fn any_number_of_threads_gives_the_same_values() {
    let shapes = [
        Shape { rows: 3, columns: 400_000, stride: 400_001, first_step: 1 << 40, ..NONE },
        Shape { rows: 400_000, columns: 3, stride: 4, stream_step: 1, ..NONE },
        Shape { rows: 400_000, columns: 3, stride: 3, first_step: 1000, ..NONE },
        Shape { rows: 9_001, columns: 101, stride: 103, first_step: 101, ..NONE },
        Shape { rows: 5_000, columns: 333, stride: 333, stream_step: 1, first_step: 5, ..NONE },
    ];
    let (first, thread_counts): (usize, &[usize]) = if emulated() { (3, &[3]) } else { (0, &[1, 2, 3, 7]) };
    for shape in &shapes[first..] {
        let expected = shape.expected();
        for &threads in thread_counts {
            somemem_set_threads(threads);
            let mut memory = vec![PAINT; shape.extent()];
            assert_eq!(shape.fill(memory.as_mut_ptr()), SOMEMEM_OK);
            assert!(memory == expected, "{shape:?} by {threads}");
            let mut sums = vec![0.0; shape.extent()];
            assert_eq!(shape.add_f32(sums.as_mut_ptr(), 1.0), SOMEMEM_OK);
            assert!(sums.iter().zip(&expected).all(|(sum, x)| *sum == if *x == PAINT { 0.0 } else { *x as f32 }));
        }
        somemem_set_threads(1);
    }
}
