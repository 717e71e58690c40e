//! The command line.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::case::Effort;

pub const USAGE: &str = "usage: cargo bench --bench bench -- [--quick] [--only SUBSTRING] [--json PATH]
  --quick           a few short rounds: shows that everything runs, says little about speed
  --only SUBSTRING  only the cases that have it in their names
  --json PATH       where the samples go, instead of bench.json in cargo's target folder";

const FULL: Effort = Effort { rounds: 51, sample: Duration::from_millis(15) };
const QUICK: Effort = Effort { rounds: 5, sample: Duration::from_millis(2) };

pub struct Arguments {
    pub effort: Effort,
    pub only: String,
    pub json: PathBuf,
}

impl Arguments {
    pub fn parse(words: impl Iterator<Item = String>) -> Result<Arguments, String> {
        // Cargo passes --bench to every benchmark.
        let mut words = words.filter(|word| word != "--bench");
        let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or("target".into());
        let mut arguments =
            Arguments { effort: FULL, only: String::new(), json: Path::new(&target).join("bench.json") };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            match word.as_str() {
                "--quick" => arguments.effort = QUICK,
                "--only" => arguments.only = value()?,
                "--json" => arguments.json = value()?.into(),
                _ => return Err(format!("unknown argument {word}")),
            }
        }
        Ok(arguments)
    }
}
