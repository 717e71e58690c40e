//! The command line and the environment.

use std::path::PathBuf;
use std::time::Duration;

use crate::case::Effort;

pub const USAGE: &str = "usage: cargo bench --bench bench -- [--quick] [--only SUBSTRING]... [--json PATH]
  --quick           a few short rounds and less memory: shows that everything runs, says little about speed
  --only SUBSTRING  only the cases and facts that have one of these in their names
  --json PATH       where the samples go, instead of bench.json in cargo's target folder
SOMEMEM_LIBRARY_DIR in the environment is the folder of libsomemem.so, SOMEMEM_PEERS_DIR the Python environment with
NumPy and oneMKL; otherwise they are release and peers in cargo's target folder.";

const FULL: Effort = Effort { rounds: 51, sample: Duration::from_millis(15), largest: 128 << 20, handles: 10_000_000 };
const QUICK: Effort = Effort { rounds: 5, sample: Duration::from_millis(2), largest: 8 << 20, handles: 1_000_000 };

pub struct Arguments {
    pub effort: Effort,
    pub only: Vec<String>,
    pub json: PathBuf,
    /// The folder of libsomemem.so.
    pub library: PathBuf,
    /// A Python environment.
    pub peers: PathBuf,
}

impl Arguments {
    pub fn parse(words: impl Iterator<Item = String>) -> Result<Arguments, String> {
        // Cargo passes --bench to every benchmark.
        let mut words = words.filter(|word| word != "--bench");
        let target = PathBuf::from(std::env::var_os("CARGO_TARGET_DIR").unwrap_or("target".into()));
        let folder = |variable, name| std::env::var_os(variable).map_or(target.join(name), PathBuf::from);
        let mut arguments = Arguments {
            effort: FULL,
            only: Vec::new(),
            json: target.join("bench.json"),
            library: folder("SOMEMEM_LIBRARY_DIR", "release"),
            peers: folder("SOMEMEM_PEERS_DIR", "peers"),
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            match word.as_str() {
                "--quick" => arguments.effort = QUICK,
                "--only" => arguments.only.push(value()?),
                "--json" => arguments.json = value()?.into(),
                _ => return Err(format!("unknown argument {word}")),
            }
        }
        Ok(arguments)
    }

    /// Whether a case or fact is to be measured.
    pub fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| name.contains(part))
    }
}
