//! A case: one piece of work, the contenders that can do it, and the timing of them against each other.

use std::time::{Duration, Instant};

/// How much time to spend.
pub struct Effort {
    pub rounds: usize,
    /// The length of a sample, unless a single call takes longer.
    pub sample: Duration,
    /// Doubles in the largest block that grows.
    pub largest: usize,
    /// The number of handles that the table grows to.
    pub handles: usize,
}

/// The unit of a case's figures.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Call,
    Double,
}

/// Makes this many calls on the memory and returns how long they took.
type Sampler = Box<dyn FnMut(u64, &mut [f64]) -> Duration>;

struct Contender {
    name: String,
    /// None for a peer that is not installed.
    sampler: Option<Sampler>,
}

pub struct Case {
    pub name: String,
    work: String,
    unit: Unit,
    /// The number of doubles that one call works on.
    pub number: usize,
    /// For slow work: how many rounds, of one call each.
    few: Option<usize>,
    contenders: Vec<Contender>,
}

/// The result of a case.
pub struct Outcomes {
    pub case: String,
    /// Its name without the number.
    pub work: String,
    pub unit: Unit,
    pub number: usize,
    /// The first is the base.
    pub contenders: Vec<Outcome>,
}

/// The result of a contender.
pub struct Outcome {
    pub name: String,
    /// None for a peer that is not installed.
    pub figures: Option<Figures>,
}

/// A contender's samples, one a round.
pub struct Figures {
    /// How many calls each sample was.
    pub calls: u64,
    /// The samples in nanoseconds, never 0.
    pub samples: Vec<u64>,
}

impl Case {
    pub fn new(work: &str, number: usize, unit: Unit) -> Case {
        let name = format!("{work} {}", with_prefix(number));
        Case { name, work: work.to_owned(), unit, number, few: None, contenders: Vec::new() }
    }

    /// For slow work: at most this many rounds, and one call for a sample.
    pub fn few(mut self, rounds: usize) -> Case {
        self.few = Some(rounds);
        self
    }

    /// Adds a contender by what it does in one call on the case's memory. The first one added is the base.
    pub fn contender(self, name: impl Into<String>, call: impl FnMut(&mut [f64]) + 'static) -> Case {
        self.peer(name, Some(call))
    }

    /// Adds a contender that may not be installed.
    pub fn peer(self, name: impl Into<String>, call: Option<impl FnMut(&mut [f64]) + 'static>) -> Case {
        let sampler = call.map(|mut call| {
            move |calls, memory: &mut [f64]| {
                let start = Instant::now();
                for _ in 0..calls {
                    call(memory);
                }
                start.elapsed()
            }
        });
        self.timed_peer(name, sampler)
    }

    /// Adds a contender that makes the calls and takes the time itself, and may not be installed.
    pub fn timed_peer(
        mut self,
        name: impl Into<String>,
        sampler: Option<impl FnMut(u64, &mut [f64]) -> Duration + 'static>,
    ) -> Case {
        let sampler = sampler.map(|it| Box::new(it) as Sampler);
        self.contenders.push(Contender { name: name.into(), sampler });
        self
    }

    /// How many rounds it will have.
    pub fn rounds(&self, effort: &Effort) -> usize {
        self.few.map_or(effort.rounds, |few| few.min(effort.rounds))
    }

    /// Times every contender once a round, all on the same memory. The first one changes from round to round, so that no
    /// contender always finds the caches and clock rates that the same other one left.
    pub fn run(self, effort: &Effort, memory: &mut [f64], mut progress: impl FnMut(usize)) -> Outcomes {
        progress(0);
        let rounds = self.rounds(effort);
        let Case { name, work, unit, number, few, mut contenders } = self;
        let within = number.min(memory.len());
        let memory = &mut memory[..within];
        // Only a clock that stands still would need more calls.
        let most = if few.is_some() { 1 } else { 1 << 26 };
        let mut outcomes: Vec<Outcome> = contenders.iter_mut().map(|it| it.calibrate(effort, most, memory)).collect();
        let count = outcomes.len();
        for round in 0..rounds {
            for turn in 0..count {
                let who = (round + turn) % count;
                if let (Some(sampler), Some(figures)) = (&mut contenders[who].sampler, &mut outcomes[who].figures) {
                    let took = sampler(figures.calls, memory);
                    figures.samples.push(nanoseconds(took));
                }
            }
            progress(round + 1);
        }
        Outcomes { case: name, work, unit, number, contenders: outcomes }
    }
}

impl Contender {
    /// Finds how many calls make a sample. The first call does not count, because caches are cold.
    fn calibrate(&mut self, effort: &Effort, most: u64, memory: &mut [f64]) -> Outcome {
        let figures = self.sampler.as_mut().map(|sampler| {
            let target = nanoseconds(effort.sample);
            let mut calls = 1;
            let mut took = nanoseconds(sampler(calls, memory));
            if most > 1 {
                took = nanoseconds(sampler(calls, memory));
            }
            while took < target / 2 && calls < most {
                calls *= 2;
                took = nanoseconds(sampler(calls, memory));
            }
            let calls = (calls as f64 * target as f64 / took as f64) as u64;
            Figures { calls: calls.clamp(1, most), samples: Vec::with_capacity(effort.rounds) }
        });
        Outcome { name: self.name.clone(), figures }
    }
}

impl Outcomes {
    /// The nanoseconds per unit of every round.
    pub fn ns_per_unit<'a>(&self, figures: &'a Figures) -> impl Iterator<Item = f64> + use<'a> {
        let doubles = if self.unit == Unit::Double { self.number } else { 1 };
        let units = figures.calls as f64 * doubles as f64;
        figures.samples.iter().map(move |&ns| ns as f64 / units)
    }

    /// The ratio of one contender to another in every round.
    pub fn ratios<'a>(&self, figures: &'a Figures, base: &'a Figures) -> impl Iterator<Item = f64> + use<'a> {
        self.ns_per_unit(figures).zip(self.ns_per_unit(base)).map(|(ns, base)| ns / base)
    }

    pub fn base(&self) -> &Figures {
        self.contenders[0].figures.as_ref().expect("the base is never missing")
    }

    /// The result of a contender, if it is installed.
    pub fn figures(&self, contender: &str) -> Option<&Figures> {
        self.contenders.iter().find(|it| it.name == contender)?.figures.as_ref()
    }
}

/// At least 1, because a coarse clock could give 0, and times are divided.
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
