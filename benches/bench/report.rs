//! The results: a table that is printed case by case, and JSON at the end.

use crate::case::{Effort, Figures, Outcomes, Unit};
use crate::facts::Fact;
use crate::goals::{Goal, goals};
use crate::peers::INSTALLATION;
use crate::quartiles::Quartiles;

pub struct Report {
    version: &'static str,
    cpu: String,
    cpus: usize,
    rounds: usize,
    cases: Vec<Outcomes>,
    facts: Vec<Fact>,
}

impl Report {
    /// Prints the head of the table.
    pub fn begin(version: &'static str, effort: &Effort) -> Report {
        let cpus = std::thread::available_parallelism().map_or(1, |number| number.get());
        let report = Report { version, cpu: cpu(), cpus, rounds: effort.rounds, cases: Vec::new(), facts: Vec::new() };
        println!("somemem {version} on {} ({cpus} CPUs)", report.cpu);
        println!(
            "Medians of {} interleaved rounds of {} ms samples. The ratio is to each case's first row, round by round;",
            effort.rounds,
            effort.sample.as_millis()
        );
        println!("slow cases have fewer, of one call each. GB/s are the doubles' own 8 bytes each.");
        println!("{:>50}{:>8}{:>9}{:>20}", "ns", "GB/s", "ratio", "its quartiles");
        report
    }

    /// Prints a case's part of the table.
    pub fn add(&mut self, case: Outcomes) {
        println!("{}", case.case);
        for (position, outcome) in case.contenders.iter().enumerate() {
            let Some(figures) = &outcome.figures else {
                println!("  {:<28}{:>20}", outcome.name, "not installed");
                continue;
            };
            let ns = Quartiles::of(case.ns_per_unit(figures)).median();
            let (unit, rate) = match case.unit {
                Unit::Double => ("a double", format!("{:.2}", size_of::<f64>() as f64 / ns)),
                Unit::Call => ("a call", String::new()),
            };
            let decimals = if ns < 1e6 { 3 } else { 0 };
            print!("  {:<28}{ns:>11.decimals$} {unit:<8}{rate:>8}", outcome.name);
            let Quartiles([low, ratio, high]) = Quartiles::of(case.ratios(figures, case.base()));
            if position == 0 {
                println!("{:>9}", 1);
            } else {
                let decimals = if ratio < 1e4 { 2 } else { 0 };
                println!("{ratio:>9.decimals$}{:>20}", format!("{low:.decimals$} - {high:.decimals$}"));
            }
        }
        self.cases.push(case);
    }

    /// Prints the facts.
    pub fn add_facts(&mut self, facts: Vec<Fact>) {
        for (position, fact) in facts.iter().enumerate() {
            if position == 0 || facts[position - 1].name != fact.name {
                println!("{}", fact.name);
            }
            match fact.value {
                Some(value) => println!("  {:<28}{value:>11.1}", fact.contender),
                None => println!("  {:<28}{:>20}", fact.contender, "not installed"),
            }
        }
        self.facts = facts;
    }

    /// Prints the goals, and how to install missing peers.
    pub fn end(&self) {
        let judged: Vec<String> = goals().iter().filter_map(|goal| self.judge(goal)).collect();
        if !judged.is_empty() {
            println!("\n{:<52}{:>9}{:>10}{:>9}  reached", "somemem's memory", "", "required", "goal");
            println!("{}", judged.join("\n"));
        }
        if self.cases.iter().flat_map(|case| &case.contenders).any(|outcome| outcome.figures.is_none()) {
            println!("\n{INSTALLATION}");
        }
    }

    /// A row of the last table, if it was measured.
    fn judge(&self, goal: &Goal) -> Option<String> {
        let figure = goal.figure(&self.cases, &self.facts)?;
        let [required, best] = goal.limits.map_or_else(Default::default, |it| it.words());
        let verdict = goal.limits.map_or("", |it| it.verdict(figure));
        Some(format!("{:<52}{figure:>9.2}{required:>10}{best:>9}  {verdict}", goal.what))
    }

    pub fn json(&self) -> String {
        let Report { version, cpu, cpus, rounds, cases, facts } = self;
        let judged = goals().into_iter().filter_map(|goal| goal_json(&goal, goal.figure(cases, facts)?).into());
        let (facts, goals) = (list(facts.iter().map(fact_json), ",\n"), list(judged, ",\n"));
        let (cpu, cases) = (quoted(cpu), list(cases.iter().map(case_json), ",\n"));
        format!(
            "{{\"version\": \"{version}\", \"cpu\": {cpu}, \"cpus\": {cpus}, \"rounds\": {rounds}, \
             \"cases\": {cases},\n\"facts\": {facts},\n\"goals\": {goals}}}\n"
        )
    }
}

fn case_json(case: &Outcomes) -> String {
    let unit = match case.unit {
        Unit::Call => "call",
        Unit::Double => "double",
    };
    let measured = case.contenders.iter().filter_map(|it| Some(figures_json(case, &it.name, it.figures.as_ref()?)));
    let missing = case.contenders.iter().filter(|it| it.figures.is_none()).map(|it| quoted(&it.name));
    let (contenders, missing) = (list(measured, ",\n  "), list(missing, ", "));
    let (name, number) = (quoted(&case.case), case.number);
    format!(
        "{{\"name\": {name}, \"number\": {number}, \"unit\": \"{unit}\", \"contenders\": {contenders}, \
         \"missing\": {missing}}}"
    )
}

fn figures_json(case: &Outcomes, name: &str, figures: &Figures) -> String {
    let ns = Quartiles::of(case.ns_per_unit(figures)).median();
    let Quartiles([low, ratio, high]) = Quartiles::of(case.ratios(figures, case.base()));
    let (name, calls, samples) = (quoted(name), figures.calls, list(&figures.samples, ", "));
    format!(
        "{{\"name\": {name}, \"ns_per_unit\": {ns}, \"ratio\": {ratio}, \"ratio_quartiles\": [{low}, {high}], \
         \"calls_per_sample\": {calls}, \"sample_ns\": {samples}}}"
    )
}

fn fact_json(fact: &Fact) -> String {
    let (name, contender) = (quoted(fact.name), quoted(fact.contender));
    let value = fact.value.map_or("null".into(), |it| it.to_string());
    format!("{{\"name\": {name}, \"contender\": {contender}, \"value\": {value}}}")
}

fn goal_json(goal: &Goal, figure: f64) -> String {
    let what = quoted(goal.what);
    let limits = goal.limits.map_or(String::new(), |limits| {
        let ([required, best], reached) = (limits.words().map(|it| quoted(&it)), quoted(limits.verdict(figure)));
        format!(", \"required\": {required}, \"goal\": {best}, \"reached\": {reached}")
    });
    format!("{{\"name\": {what}, \"figure\": {figure}{limits}}}")
}

fn list(items: impl IntoIterator<Item = impl ToString>, separator: &str) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    format!("[{}]", items.join(separator))
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let plain: String = text.chars().filter(|it| !it.is_control()).collect();
    format!("\"{}\"", plain.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The CPU's model, if the system tells it.
fn cpu() -> String {
    let told = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = told.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or(format!("an unknown {} CPU", std::env::consts::ARCH), |(_, name)| name.to_owned())
}
