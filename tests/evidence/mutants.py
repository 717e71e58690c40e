"""mutants.py [PART OF A NAME]: puts one fault at a time into a copy of the library, and shows that it is found: by the
models of the handle table (tests/loom), or by ten seconds of fuzzing (fuzz/run). The exit status is the number of faults
that were not found. All faults together take a few minutes. .ci/run tries one, to see that fuzzing can fail."""

import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
COPY = TARGET / "mutants"

LOOM = ["cargo", "test", "--quiet", "--manifest-path", "tests/loom/Cargo.toml", "--target-dir", str(TARGET / "loom")]
FUZZ = ["fuzz/run", "10", "-seed=1"]
TABLE, MEMORY = "src/handle/table.rs", "rust/src/memory/mod.rs"
LARGE, PAGES, SMALL = "rust/src/memory/large.rs", "rust/src/memory/pages.rs", "rust/src/memory/small.rs"

ROWS, RUN, OPERATION = "rust/src/noise/rows.rs", "rust/src/noise/draw.rs", "rust/src/noise/operation.rs"
SHORT = "rust/src/noise/short_rows.rs"

TAKE = "Some(self.0.swap(0, Ordering::Acquire)).filter(|&number| number != 0)"
NOT_ATOMIC = "Some(self.0.load(Ordering::Acquire)).filter(|&number| { self.0.store(0, Ordering::Relaxed); number != 0 })"
END = "slot.state.compare_exchange(state, ended, Ordering::AcqRel, Ordering::Relaxed).ok()?;"

MUTANTS = [
    # The fault, the file, the code, its replacement, and the command that finds the fault.
    ("taking a hint is not atomic", TABLE, TAKE, NOT_ATOMIC, LOOM),
    ("ending a ticket is not atomic", TABLE, END, "slot.state.store(ended, Ordering::Release);", LOOM),
    ("the list's changes are not counted", TABLE, "(head >> 32).wrapping_add(1) << 32", "(head >> 32) << 32", LOOM),
    ("a segment is published relaxed", TABLE, "slots, Ordering::AcqRel, Ordering::Acquire", "slots, Ordering::Relaxed, Ordering::Relaxed", LOOM),
    ("a ticket does not bring its address", TABLE, "slot.state.store(state, Ordering::Release);", "slot.state.store(state, Ordering::Relaxed);", LOOM),
    ("a slot is listed before its next one is", TABLE, "pushed, Ordering::Release, Ordering::Relaxed", "pushed, Ordering::Relaxed, Ordering::Relaxed", LOOM),
    ("a displaced slot is put nowhere", TABLE, "self.push_free(displaced);", "let _ = displaced;", LOOM),
    ("a displaced slot is put into its place again", TABLE, "self.0.swap(number, Ordering::AcqRel)", "self.0.load(Ordering::Acquire)", LOOM),
    ("the generation does not change", TABLE, "(state + LIVE) & STATE_MASK", "state & !LIVE", FUZZ),
    ("a word is not compared with the whole state", TABLE, "slot.state.load(Ordering::Acquire) == state)", "slot.state.load(Ordering::Acquire) & LIVE == LIVE)", FUZZ),
    ("shrinking pages forgets the rest of a page", LARGE, "pages.shrink(bytes)", "pages.shrink(bytes / 4096 * 4096)", FUZZ),
    ("shrinking pages forgets the reserve", PAGES, "let end = usable.max(self.reserved);", "let end = usable;", FUZZ),
    ("growing to all that is reserved moves", PAGES, "if usable <= self.reserved {", "if usable < self.reserved {", FUZZ),
    ("shrinking a block forgets the reserve", SMALL, "reserved == 0 && exact", "exact", FUZZ),
    ("a smaller reserve takes the place of a larger one", SMALL, "*reserved = number.max(*reserved);", "*reserved = number;", FUZZ),
    ("a block that is moved keeps one line too few", SMALL, "old.copy_to(data, kept)", "old.copy_to(data, kept.saturating_sub(LINE))", FUZZ),
    ("growing to pages forgets the first double", MEMORY, ".zip(self.as_unwritten())", ".zip(self.as_unwritten()).skip(1)", FUZZ),
    ("kept pages may be too small", "rust/src/memory/page_cache.rs", "if usable >= bytes &&", "if usable >= bytes / 2 &&", FUZZ),
    ("errno is not put back", "src/capi/errno.rs", "errno.write(code.unwrap_or(before))", "code.map(|code| errno.write(code)).unwrap_or(())", FUZZ),
    ("the last index may wrap around", ROWS, "start.checked_add(self.columns as u64 - 1)?", "start.checked_add((self.columns as u64 - 1) / 2)?", FUZZ),
    ("the last row's stream may wrap around", ROWS, "checked_add((steps as u64).checked_mul(self.stream_step)?)?", "checked_add((steps as u64 / 2).checked_mul(self.stream_step)?)?", FUZZ),
    ("rows may overlap by one element", ROWS, "self.stride >= self.columns", "self.stride >= self.columns - 1", FUZZ),
    ("one row's stride may not be short", ROWS, "(steps == 0 || self.stride >= self.columns)", "self.stride >= self.columns", FUZZ),
    ("a long row's last element is left out", RUN, "target.put_all(row.offset + from, &values[..count]);", "target.put_all(row.offset + from, &values[..count - 1]);", FUZZ),
    ("a short row's last element is left out", SHORT, ".get(skip..)", ".get(skip..skip + columns - usize::from(columns > 1))", FUZZ),
    ("rows drawn at once forget what is unsettled", SHORT, "missed &= missed - 1;", "missed = 0;", FUZZ),
    ("all rows have the first one's key", RUN, "self.noise.stream.wrapping_add((row as u64).wrapping_mul(self.rows.stream_step))", "self.noise.stream.wrapping_add((row as u64 / 2).wrapping_mul(self.rows.stream_step))", FUZZ),
    ("what is unsettled has the wrong sign under a negative scale", OPERATION, "0.0f64.copysign(-scale)", "0.0f64.copysign(-1.0)", FUZZ),
    ("a scale of -0.0 stays what it is", OPERATION, "if scale.to_bits() == (-0.0f64).to_bits() { 0.0 } else { scale }", "scale", FUZZ),
    ("samples become floats before they are scaled", OPERATION, "T::rounded(place.widened() + self.scale * (x + self.zero))", "T::rounded(place.widened() + self.scale * (T::rounded(x).widened() + self.zero))", FUZZ),
    ("the mean is not looked at", OPERATION, "check_finite(mean)?;", "let _ = check_finite(mean);", FUZZ),
    ("the scale is looked at before the pointer", "src/capi/noise.rs", "if extent > 0 && (data.is_null() || !data.is_aligned()) {", "if extent > 0 && operation.is_ok() && (data.is_null() || !data.is_aligned()) {", FUZZ),
    ("a thread's piece of rows begins a place late", ROWS, "(n / columns, n % columns)", "(n / columns, (n % columns).next_multiple_of(2).min(columns - 1))", FUZZ),
]


def copy_with(file, code, mutated):
    """Makes a copy of the sources. Only files that differ are written, so that little is compiled again."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.splitlines():
        text = (ROOT / name).read_bytes()
        if name == file:
            text = text.replace(code.encode(), mutated.encode())
        place = COPY / name
        if not place.exists() or place.read_bytes() != text:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text)
            shutil.copymode(ROOT / name, place)


def main():
    # All of them, whichever are asked for: a change of the library must not leave a fault without its place.
    for name, file, code, _, _ in MUTANTS:
        if (ROOT / file).read_text().count(code) != 1:
            sys.exit(f"{name}: {file} must have exactly one {code}")
    escaped = 0
    environment = dict(os.environ, CARGO_TARGET_DIR=str(TARGET / "mutants-target"), SOMEMEM_LIBRARY_DIR=str(TARGET / "release"))
    for name, file, code, mutated, command in MUTANTS:
        if not all(part in name for part in sys.argv[1:]):
            continue
        copy_with(file, code, mutated)
        start = time.monotonic()
        try:
            done = subprocess.run(command, cwd=COPY, env=environment, capture_output=True, text=True, timeout=600)
            printed, failed = done.stdout + done.stderr, done.returncode != 0
        except subprocess.TimeoutExpired:
            printed, failed = "no end", False
        # A mutant that does not compile counts as not found.
        found = failed and "error: could not compile" not in printed
        escaped += not found
        said = next((line for line in printed.splitlines() if "panicked at" in line or "ERROR" in line or "Segmentation" in line), "")
        print(f"{'found' if found else 'NOT FOUND':9}  {time.monotonic() - start:4.0f} s  {name}  {said}", flush=True)
        if not found:
            print(printed[-2000:])
    return escaped


sys.exit(main())
