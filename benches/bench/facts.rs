//! How much memory shrinking a large block gives back.

use crate::blocks::Source;
use crate::growth::double;
use crate::library::Library;
use crate::peers::Heaps;

pub const GIVEN_BACK: &str = "resident memory given back at once, shrinking to 1 MiB, in %";

/// Doubles in 1 MiB.
const SHRUNK: usize = 128 << 10;

pub struct Fact {
    pub name: &'static str,
    pub contender: &'static str,
    /// None if the contender is not installed.
    pub value: Option<f64>,
}

/// Facts that this system does not tell are left out.
pub fn facts(library: &'static Library, heaps: &Heaps, largest: usize) -> Vec<Fact> {
    let fact = |contender, value| Fact { name: GIVEN_BACK, contender, value };
    let mut facts = Vec::new();
    facts.extend(given_back(heaps.system, largest).map(|value| fact("realloc", Some(value))));
    for (name, heap) in heaps.others() {
        match heap {
            None => facts.push(fact(name, None)),
            Some(heap) => facts.extend(given_back(heap, largest).map(|value| fact(name, Some(value)))),
        }
    }
    facts.extend(given_back(library, largest).map(|value| fact("somemem", Some(value))));
    facts
}

fn given_back(source: impl Source, largest: usize) -> Option<f64> {
    let mut block = double(source, largest);
    let full = resident()?;
    block.resize(SHRUNK);
    let left = resident()?;
    let freed = ((largest - SHRUNK) * size_of::<f64>()) as f64;
    Some(100.0 * (full - left) / freed)
}

/// The resident bytes of this process, counted page by page. /proc/self/statm is only approximate.
fn resident() -> Option<f64> {
    let told = std::fs::read_to_string("/proc/self/smaps_rollup").ok()?;
    let line = told.lines().find_map(|line| line.strip_prefix("Rss:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<f64>().ok()? * 1024.0)
}
