//! What was measured: a table for people while it grows, and JSON for programs in the end.

use crate::case::{Effort, Figures, Outcomes, Unit};
use crate::peers::INSTALLATION;

pub struct Report {
    version: &'static str,
    cpu: String,
    cpus: usize,
    rounds: usize,
    cases: Vec<Outcomes>,
}

/// The lower quartile, the median and the upper quartile.
struct Quartiles([f64; 3]);

impl Report {
    /// Prints the head of the table.
    pub fn begin(version: &'static str, effort: &Effort) -> Report {
        let cpus = std::thread::available_parallelism().map_or(1, |number| number.get());
        let report = Report { version, cpu: cpu(), cpus, rounds: effort.rounds, cases: Vec::new() };
        println!("somemem {version} on {} ({cpus} CPUs)", report.cpu);
        println!(
            "Medians of {} interleaved rounds of {} ms samples. The ratio is to each case's first row, round by round;",
            effort.rounds,
            effort.sample.as_millis()
        );
        println!("GB/s are the doubles' own 8 bytes each.");
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
            print!("  {:<28}{ns:>11.3} {unit:<8}{rate:>8}", outcome.name);
            let Quartiles([low, ratio, high]) = Quartiles::of(case.ratios(figures));
            if position == 0 {
                println!("{:>9}", 1);
            } else {
                println!("{ratio:>9.2}{:>20}", format!("{low:.2} - {high:.2}"));
            }
        }
        self.cases.push(case);
    }

    /// Says how to get what is missing.
    pub fn end(&self) {
        if self.cases.iter().flat_map(|case| &case.contenders).any(|outcome| outcome.figures.is_none()) {
            println!("\n{INSTALLATION}");
        }
    }

    pub fn json(&self) -> String {
        let Report { version, cpu, cpus, rounds, cases } = self;
        let (cpu, cases) = (quoted(cpu), list(cases.iter().map(case_json), ",\n"));
        format!(
            "{{\"version\": \"{version}\", \"cpu\": {cpu}, \"cpus\": {cpus}, \"rounds\": {rounds}, \
             \"cases\": {cases}}}\n"
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
    let Quartiles([low, ratio, high]) = Quartiles::of(case.ratios(figures));
    let (name, calls, samples) = (quoted(name), figures.calls, list(&figures.samples, ", "));
    format!(
        "{{\"name\": {name}, \"ns_per_unit\": {ns}, \"ratio\": {ratio}, \"ratio_quartiles\": [{low}, {high}], \
         \"calls_per_sample\": {calls}, \"sample_ns\": {samples}}}"
    )
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

impl Quartiles {
    fn of(values: impl Iterator<Item = f64>) -> Quartiles {
        let mut sorted: Vec<f64> = values.collect();
        sorted.sort_by(f64::total_cmp);
        Quartiles([1, 2, 3].map(|quarter| sorted[(sorted.len() - 1) * quarter / 4]))
    }

    fn median(&self) -> f64 {
        self.0[1]
    }
}

/// Its model, as far as the system tells.
fn cpu() -> String {
    let told = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = told.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or(format!("an unknown {} CPU", std::env::consts::ARCH), |(_, name)| name.to_owned())
}
