//! What growing and shrinking a large block does besides taking time: whether its data move, what memory comes back.

use crate::blocks::Source;
use crate::growth::double;
use crate::library::Library;
use crate::peers::Heaps;

pub const STAYS: &str = "data stay where they are from 4 MiB on, growing by doubling (1: yes)";
pub const GIVEN_BACK: &str = "resident memory given back at once, shrinking to 1 MiB, in %";

pub const NAMES: [&str; 2] = [STAYS, GIVEN_BACK];

/// Doubles in 4 MiB, in which growing is still allowed to move them, and in 1 MiB.
const SETTLED: usize = 512 << 10;
const SHRUNK: usize = 128 << 10;

pub struct Fact {
    pub name: &'static str,
    pub contender: &'static str,
    /// A fact that is true or false is 1 or 0. None if the contender is not installed.
    pub value: Option<f64>,
}

pub fn facts(library: &'static Library, heaps: &Heaps, largest: usize) -> Vec<Fact> {
    let mut facts = of("realloc", Some(heaps.system), largest);
    for (name, heap) in heaps.others() {
        facts.extend(of(name, heap, largest));
    }
    facts.extend(of("somemem", Some(library), largest));
    facts.sort_by_key(|it| it.name);
    facts
}

/// What cannot be found out on this system is left out.
fn of(contender: &'static str, source: Option<impl Source>, largest: usize) -> Vec<Fact> {
    let fact = |name, value| Fact { name, contender, value };
    match source.map(|source| measure(source, largest)) {
        None => NAMES.map(|name| fact(name, None)).into(),
        Some((stays, None)) => vec![fact(STAYS, Some(stays))],
        Some((stays, given_back)) => vec![fact(STAYS, Some(stays)), fact(GIVEN_BACK, given_back)],
    }
}

fn measure(source: impl Source, largest: usize) -> (f64, Option<f64>) {
    let mut places = Vec::new();
    let mut block = double(source, largest, |block, number| {
        if number >= SETTLED {
            places.push(block.data());
        }
    });
    places.dedup();
    let full = resident();
    block.resize(SHRUNK);
    let left = resident();
    let freed = ((largest - SHRUNK) * size_of::<f64>()) as f64;
    let given_back = full.zip(left).map(|(full, left)| 100.0 * (full - left) / freed);
    (if places.len() == 1 { 1.0 } else { 0.0 }, given_back)
}

/// Bytes of this process in memory, counted page by page: /proc/self/statm only says about how many.
fn resident() -> Option<f64> {
    let told = std::fs::read_to_string("/proc/self/smaps_rollup").ok()?;
    let line = told.lines().find_map(|line| line.strip_prefix("Rss:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<f64>().ok()? * 1024.0)
}
