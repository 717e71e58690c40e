//! A case: one piece of work, the contenders that can do it, and how they are timed against each other.

use std::time::{Duration, Instant};

/// How much time to spend.
pub struct Effort {
    pub rounds: usize,
    /// What one sample takes, unless a single call takes longer.
    pub sample: Duration,
}

/// What a case's figures are given for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Call,
    Double,
}

/// Makes so many calls and says how long they took.
type Sampler = Box<dyn FnMut(u64) -> Duration>;

struct Contender {
    name: &'static str,
    sampler: Sampler,
}

pub struct Case {
    pub name: String,
    unit: Unit,
    /// In doubles, what one call works on.
    number: usize,
    contenders: Vec<Contender>,
}

/// What a case came to.
pub struct Outcomes {
    pub case: String,
    pub unit: Unit,
    pub number: usize,
    /// The first is the base.
    pub contenders: Vec<Outcome>,
}

/// What a contender came to: its samples, one a round.
pub struct Outcome {
    pub name: &'static str,
    /// How many calls each sample was.
    pub calls: u64,
    /// The samples in nanoseconds, never 0.
    pub samples: Vec<u64>,
}

impl Case {
    pub fn new(work: &str, number: usize, unit: Unit) -> Case {
        Case { name: format!("{work} {}", with_prefix(number)), unit, number, contenders: Vec::new() }
    }

    /// Adds a contender by what it does in one call. The first one added is the base.
    pub fn contender(mut self, name: &'static str, mut call: impl FnMut() + 'static) -> Case {
        let sampler = move |calls| {
            let start = Instant::now();
            for _ in 0..calls {
                call();
            }
            start.elapsed()
        };
        self.contenders.push(Contender { name, sampler: Box::new(sampler) });
        self
    }

    /// Times every contender once a round. Who goes first rotates, so that nobody always follows the same one's traces
    /// in caches and clock rates.
    pub fn run(mut self, effort: &Effort, mut progress: impl FnMut(usize)) -> Outcomes {
        progress(0);
        let mut outcomes: Vec<Outcome> = self.contenders.iter_mut().map(|it| it.calibrate(effort)).collect();
        let count = outcomes.len();
        for round in 0..effort.rounds {
            for turn in 0..count {
                let who = (round + turn) % count;
                let outcome = &mut outcomes[who];
                let took = (self.contenders[who].sampler)(outcome.calls);
                outcome.samples.push(nanoseconds(took));
            }
            progress(round + 1);
        }
        Outcomes { case: self.name, unit: self.unit, number: self.number, contenders: outcomes }
    }
}

impl Contender {
    /// Finds how many calls make a sample. The very first call, which finds everything cold, counts nowhere.
    fn calibrate(&mut self, effort: &Effort) -> Outcome {
        /// More would only be asked for by a clock that stands still.
        const MOST: u64 = 1 << 26;
        (self.sampler)(1);
        let mut calls = 1;
        let mut took = nanoseconds((self.sampler)(calls));
        let target = nanoseconds(effort.sample);
        while took < target / 2 && calls < MOST {
            calls *= 2;
            took = nanoseconds((self.sampler)(calls));
        }
        let calls = (calls as f64 * target as f64 / took as f64) as u64;
        Outcome { name: self.name, calls: calls.clamp(1, MOST), samples: Vec::with_capacity(effort.rounds) }
    }
}

impl Outcomes {
    /// Every round's nanoseconds for each unit.
    pub fn ns_per_unit<'a>(&self, outcome: &'a Outcome) -> impl Iterator<Item = f64> + 'a {
        let doubles = if self.unit == Unit::Double { self.number } else { 1 };
        let units = outcome.calls as f64 * doubles as f64;
        outcome.samples.iter().map(move |&ns| ns as f64 / units)
    }

    /// Every round's ratio to the base.
    pub fn ratios(&self, outcome: &Outcome) -> impl Iterator<Item = f64> {
        self.ns_per_unit(outcome).zip(self.ns_per_unit(&self.contenders[0])).map(|(ns, base)| ns / base)
    }
}

/// At least 1, so that a clock too coarse for a sample makes no zeros to divide by.
fn nanoseconds(took: Duration) -> u64 {
    u64::try_from(took.as_nanos()).unwrap_or(u64::MAX).max(1)
}

fn with_prefix(number: usize) -> String {
    match number {
        _ if number.is_multiple_of(1 << 20) => format!("{} Mi", number >> 20),
        _ if number.is_multiple_of(1 << 10) => format!("{} Ki", number >> 10),
        _ => number.to_string(),
    }
}
