//! Floats, sums, another mean and scale, and rows, each compared with plain doubles.
#![allow(clippy::undocumented_unsafe_blocks, reason = "each draws into the memory that it is given, and no more")]

use std::ffi::c_int;

use crate::case::{Case, Unit};
use crate::library::{Library, OK};
use crate::noise::{Indices, LARGEST, SEED};

/// Neither 0 nor 1, so that no case is simpler than others.
const SCALE: f64 = 0.1;

pub fn cases(library: Library) -> impl Iterator<Item = Case> {
    let kinds = [64 << 10, LARGEST].into_iter().map(move |number| kinds(library, number));
    kinds.chain([short_rows(library), wide_rows(library)])
}

fn kinds(library: Library, number: usize) -> Case {
    let Library { fill, fill_f32, add, add_f32, normal, normal_f32, .. } = library;
    // Floats go to the first half of the memory.
    Case::new("kinds", number, Unit::Double)
        .contender("fill", by(library, move |out, n, stream, first| unsafe { fill(out, n, SEED, stream, first) }))
        .contender(
            "fill, floats",
            by(library, move |out, n, stream, first| unsafe { fill_f32(out.cast(), n, SEED, stream, first) }),
        )
        .contender(
            "normal",
            by(library, move |out, n, stream, first| unsafe { normal(out, n, 1.0, SCALE, SEED, stream, first) }),
        )
        .contender(
            "normal, floats",
            by(library, move |out, n, stream, first| unsafe {
                normal_f32(out.cast(), n, 1.0, SCALE, SEED, stream, first)
            }),
        )
        .contender("add", by(library, move |out, n, stream, first| unsafe { add(out, n, SCALE, SEED, stream, first) }))
        .contender(
            "add, floats",
            by(library, move |out, n, stream, first| unsafe { add_f32(out.cast(), n, SCALE, SEED, stream, first) }),
        )
}

/// A call on all of the memory, by one thread.
fn by(library: Library, mut draw: impl FnMut(*mut f64, usize, u64, u64) -> c_int) -> impl FnMut(&mut [f64]) {
    let mut indices = Indices::new();
    move |memory| {
        unsafe { (library.set_threads)(1) };
        let first = indices.next(memory.len());
        assert_eq!(draw(memory.as_mut_ptr(), memory.len(), indices.stream, first), OK);
    }
}

/// A million rows of three: a stream for each, and those of a block.
fn short_rows(library: Library) -> Case {
    const COLUMNS: usize = 3;
    const ROWS: usize = 1 << 20;
    /// The length of the rows of the array that has the block.
    const WIDTH: u64 = 1000;
    let Library { fill, fill_rows, .. } = library;
    Case::new("rows of 3:", COLUMNS * ROWS, Unit::Double)
        .contender("one fill", by(library, move |out, n, stream, first| unsafe { fill(out, n, SEED, stream, first) }))
        .contender(
            "a stream each, by fills in a loop",
            by(library, move |out, _, stream, first| unsafe {
                (0..ROWS).fold(OK, |status, row| {
                    status | fill(out.add(row * COLUMNS), COLUMNS, SEED, stream.wrapping_add(row as u64), first)
                })
            }),
        )
        .contender(
            "a stream each",
            by(library, move |out, _, stream, first| unsafe {
                fill_rows(out, ROWS, COLUMNS, COLUMNS, SEED, stream, first, 1, 0)
            }),
        )
        .contender(
            "a block",
            by(library, move |out, _, stream, first| unsafe {
                fill_rows(out, ROWS, COLUMNS, COLUMNS, SEED, stream, first * WIDTH, 0, WIDTH)
            }),
        )
}

/// Rows of an array twice as wide.
fn wide_rows(library: Library) -> Case {
    const SIDE: usize = 4096;
    let Library { fill, fill_rows, .. } = library;
    let mut array = Vec::new();
    let rows = by(library, move |out, _, stream, first| {
        // They need twice the case's memory, so they have memory of their own.
        let _ = out;
        if array.is_empty() {
            array = vec![0.0; 2 * SIDE * SIDE];
        }
        unsafe { fill_rows(array.as_mut_ptr(), SIDE, SIDE, 2 * SIDE, SEED, stream, first, 0, 2 * SIDE as u64) }
    });
    Case::new("rows of 4096:", SIDE * SIDE, Unit::Double)
        .contender("one fill", by(library, move |out, n, stream, first| unsafe { fill(out, n, SEED, stream, first) }))
        .contender("in an array twice as wide", rows)
}
