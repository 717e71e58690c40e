//! The goals of the benchmark, and whether a run reaches them. A missed goal is reported, but is not a failure.

use std::ops::RangeInclusive;

use crate::case::Outcomes;
use crate::facts::{Fact, GIVEN_BACK};
use crate::quartiles::Quartiles;

const SOMEMEM: &str = "somemem";

pub struct Goal {
    pub what: &'static str,
    figure: Figure,
    /// None for a figure without a goal.
    pub limits: Option<Limits>,
}

enum Figure {
    /// The ratio of one contender's time to another's: the worst of the cases of this work and these sizes.
    Ratio {
        work: &'static str,
        numbers: RangeInclusive<usize>,
        of: &'static str,
        to: &'static str,
    },
    /// The ratio of the fastest contender whose name ends with `of` to another.
    Fastest {
        work: &'static str,
        number: usize,
        of: &'static str,
        to: &'static str,
    },
    /// The microseconds of a call, for the slowest of these contenders.
    Microseconds {
        work: &'static str,
        of: &'static [&'static str],
    },
    Fact(&'static str),
}

/// The required figure, and the goal.
#[derive(Clone, Copy)]
pub enum Limits {
    AtMost(f64, f64),
    AtLeast(f64, f64),
}

/// The rows of the table.
pub fn goals() -> Vec<Goal> {
    use Limits::{AtLeast, AtMost};
    let any = || 0..=usize::MAX;
    let goal = |what, figure, limits| Goal { what, figure, limits: Some(limits) };
    let seen = |what, figure| Goal { what, figure, limits: None };
    let ratio = |work, numbers, of, to| Figure::Ratio { work, numbers, of, to };
    let (cached, large) = (|| 64 << 10..=64 << 10, || 16 << 20..=16 << 20);
    let kinds = |of, to| ratio("kinds", any(), of, to);
    let fastest = |method| Figure::Fastest { work: "fill", number: 64 << 10, of: method, to: "somemem, floats" };
    let ours = |work, numbers, to| ratio(work, numbers, SOMEMEM, to);

    let new_free = |to| ours("untouched new+free", 1..=512, to);
    let live = |to| ours("untouched new+free, 64 live, up to", any(), to);
    let many = |to| ours("untouched new+free, 1000000 live, up to", any(), to);
    let threads = ratio("untouched new+free by threads, up to", any(), "somemem, 1 thread", "somemem, 2 threads");
    let grow = ours("grow from 1 Ki by doubling, touched, to", any(), "realloc");
    let reserved = ratio("grow from 1 Ki by doubling, touched, to", any(), "somemem, reserved", "realloc");
    let of = &["somemem, growing", "somemem, shrinking", "somemem, to and fro"];
    let step = Figure::Microseconds { work: "resize by 512 doubles, touched, at", of };
    let worst = Figure::Microseconds { work: "the worst call of many, all live,", of: &[SOMEMEM] };
    let hand_over = |to| ours("untouched new by a thread, free by another, up to", any(), to);
    let push_and_pop = ours("push and pop at", any(), "somemem, elsewhere");
    let append = |to| ours("append one by one", any(), to);
    let fresh = |number| ours("new, fill, free", number..=number, "malloc");
    let numpy = ratio("random_noise, free", any(), "NumPy, PCG64, fresh", SOMEMEM);
    let memset = ours("random_noise, free", any(), "memset, fresh huge pages");
    let streams = ratio("rows of 3:", any(), "a stream each", "a stream each, by fills in a loop");
    let block = ratio("rows of 3:", any(), "a block", "one fill");
    let wide = ratio("rows of 4096:", any(), "in an array twice as wide", "one fill");
    vec![
        goal("new+free of 1 to 512 doubles / aligned_alloc(64)", new_free("aligned_alloc(64)"), AtMost(0.7, 0.3)),
        goal("new+free of 1 to 512 doubles / malloc", new_free("malloc"), AtMost(4.0, 2.0)),
        seen("the same with 64 live / aligned_alloc(64)", live("aligned_alloc(64)")),
        seen("the same with 64 live / malloc", live("malloc")),
        seen("the same with a million live / aligned_alloc(64)", many("aligned_alloc(64)")),
        seen("the same with a million live / malloc", many("malloc")),
        goal("new+free, throughput of 2 threads / of 1", threads, AtLeast(1.4, 1.9)),
        seen("new by a thread, free by another / malloc", hand_over("malloc")),
        goal("the worst call of a million or more, us", worst, AtMost(1000.0, 300.0)),
        goal("grow from 8 KiB by doubling / realloc", grow, AtMost(0.5, 0.25)),
        goal("the same within a reserve / realloc", reserved, AtMost(0.3, 0.2)),
        goal("resize a large buffer by 4 KiB, us", step, AtMost(20.0, 2.0)),
        goal("push and pop at a page's begin / elsewhere", push_and_pop, AtMost(2.0, 1.2)),
        goal("10^6 times resize(n + 1) / doubling by hand", append("the same, fresh memory"), AtMost(3.0, 1.0)),
        seen("the same / in memory of an earlier round", append("realloc, doubled by hand")),
        goal("new, fill, free of 512 Ki / malloc", fresh(512 << 10), AtMost(1.1, 1.0)),
        goal("new, fill, free of 2 Mi / malloc", fresh(2 << 20), AtMost(1.1, 1.0)),
        goal("NumPy's standard_normal / random_noise of 16 Mi", numpy, AtLeast(8.0, 15.0)),
        goal("random_noise of 16 Mi / memset of huge pages", memset, AtMost(2.5, 1.6)),
        goal("floats / doubles, 64 Ki", ratio("kinds", cached(), "fill, floats", "fill"), AtMost(1.05, 0.95)),
        goal("floats / doubles, 16 Mi", ratio("kinds", large(), "fill, floats", "fill"), AtMost(1.0, 0.8)),
        goal("the fastest oneMKL ICDF of floats / floats", fastest(" ICDF, floats"), AtLeast(1.5, 1.8)),
        goal("NumPy's floats by PCG64 / floats", fastest("NumPy, PCG64, floats"), AtLeast(10.0, 14.0)),
        goal("adding to floats / filling floats", kinds("add, floats", "fill, floats"), AtMost(1.3, 1.1)),
        goal("normal / filling", kinds("normal", "fill"), AtMost(1.1, 1.0)),
        goal("normal of floats / filling floats", kinds("normal, floats", "fill, floats"), AtMost(1.1, 1.0)),
        goal("rows of 3, a stream each / by fills", streams, AtMost(0.85, 0.6)),
        goal("rows of 3, a block / one fill", block, AtMost(4.0, 2.0)),
        goal("rows of 4096 in an array twice as wide / one fill", wide, AtMost(1.1, 1.0)),
        goal("given back, shrinking to 1 MiB, %", Figure::Fact(GIVEN_BACK), AtLeast(95.0, 99.0)),
    ]
}

impl Goal {
    /// None where it was not measured.
    pub fn figure(&self, cases: &[Outcomes], facts: &[Fact]) -> Option<f64> {
        match &self.figure {
            Figure::Ratio { work, numbers, of, to } => {
                let those = cases.iter().filter(|case| case.work == *work && numbers.contains(&case.number));
                self.worst(those.filter_map(|case| {
                    let ratios = case.ratios(case.figures(of)?, case.figures(to)?);
                    Some(Quartiles::of(ratios).median())
                }))
            }
            Figure::Fastest { work, number, of, to } => {
                let case = cases.iter().find(|case| case.work == *work && case.number == *number)?;
                let those = case.contenders.iter().filter(|it| it.name.ends_with(of));
                let ratios = those.filter_map(|it| Some(case.ratios(it.figures.as_ref()?, case.figures(to)?)));
                ratios.map(|ratios| Quartiles::of(ratios).median()).reduce(f64::min)
            }
            Figure::Microseconds { work, of } => {
                let case = cases.iter().find(|case| case.work == *work)?;
                let ns =
                    of.iter().filter_map(|name| Some(Quartiles::of(case.ns_per_unit(case.figures(name)?)).median()));
                self.worst(ns.map(|ns| ns / 1000.0))
            }
            Figure::Fact(name) => facts.iter().find(|it| it.name == *name && it.contender == SOMEMEM)?.value,
        }
    }

    fn worst(&self, figures: impl Iterator<Item = f64>) -> Option<f64> {
        match self.limits {
            Some(Limits::AtLeast(..)) => figures.reduce(f64::min),
            _ => figures.reduce(f64::max),
        }
    }
}

impl Limits {
    /// Which of the two limits a figure reaches.
    pub fn verdict(self, figure: f64) -> &'static str {
        let (required, goal) = match self {
            Limits::AtMost(required, goal) => (figure <= required, figure <= goal),
            Limits::AtLeast(required, goal) => (figure >= required, figure >= goal),
        };
        match (required, goal) {
            (_, true) => "goal",
            (true, _) => "required",
            _ => "missed",
        }
    }

    /// The limits as text.
    pub fn words(self) -> [String; 2] {
        match self {
            Limits::AtMost(required, goal) => [format!("<= {required}"), format!("<= {goal}")],
            Limits::AtLeast(required, goal) => [format!(">= {required}"), format!(">= {goal}")],
        }
    }
}
