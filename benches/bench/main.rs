//! The benchmark behind `make bench`: every case times the library against what people use instead.
//!
//! A case (`case`) has contenders, of which the first is the base. They take turns in interleaved rounds. The ratio to the base
//! within a round is what counts, because other work of the machine slows both alike. `noise`, `kinds`, `allocation`, `handles`,
//! `growth` and `fresh` list the cases, and `peers` the other contenders. `facts` are figures that are not times, and `goals` the
//! figures to reach. `report` prints all and writes it to a file.

// The contenders are C functions, called as C programs call them.
#![allow(unsafe_code)]

mod allocation;
mod arguments;
mod blocks;
mod case;
mod facts;
mod fresh;
mod goals;
mod growth;
mod handles;
mod kinds;
mod library;
mod noise;
mod peers;
mod quartiles;
mod report;
mod shared;

use std::io::{IsTerminal, Write, stderr};
use std::iter;
use std::process::ExitCode;

use arguments::Arguments;
use case::Case;
use library::{Kernels, Library};
use peers::Peers;
use report::Report;

fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(complaint) => return fail(&format!("{complaint}\n{}", arguments::USAGE), 2),
    };
    let library = match Library::load(&arguments.library) {
        Ok(library) => &*Box::leak(Box::new(library)),
        Err(complaint) => return fail(&complaint, 1),
    };
    let peers = Peers::load(&arguments.peers);
    let (largest, handles) = (arguments.effort.largest, arguments.effort.handles);
    // The worst call needs a new heap. Then comes allocation, because glibc's malloc() is slower once a program has had a second
    // thread, and later cases start threads.
    let mut cases: Vec<Case> = iter::once(handles::worst_call(library, &peers.heaps, handles))
        .chain(allocation::cases(library, &peers.heaps))
        .chain(iter::once(handles::by_producer_and_consumer(library, &peers.heaps)))
        .chain(noise::cases(*library, Kernels::load(&arguments.library), &peers))
        .chain(kinds::cases(*library))
        .chain(growth::cases(library, &peers.heaps, largest))
        .chain(fresh::cases(library, &peers))
        .collect();
    cases.retain(|case| arguments.wants(&case.name));
    let facts_wanted = arguments.wants(facts::GIVEN_BACK);
    if cases.is_empty() && !facts_wanted {
        return fail(&format!("nothing has {:?} in its name", arguments.only), 2);
    }

    let memory = memory();
    let mut report = Report::begin(library.version, &arguments.effort);
    let total = cases.len();
    for (case, position) in cases.into_iter().zip(1..) {
        let heading = format!("[{position}/{total}] {}", case.name);
        let rounds = case.rounds(&arguments.effort);
        let outcomes = case.run(&arguments.effort, memory, |round| show_progress(&heading, round, rounds));
        clear_progress();
        report.add(outcomes);
    }

    if facts_wanted {
        report.add_facts(facts::facts(library, &peers.heaps, largest));
    }
    report.end();
    let path = arguments.json.display();
    match std::fs::write(&arguments.json, report.json()) {
        Ok(()) => {
            println!("\nEvery sample is in {path}.");
            ExitCode::SUCCESS
        }
        Err(error) => fail(&format!("{path}: {error}"), 1),
    }
}

/// Memory for every case, on a 64-byte boundary. It is not from the library, which may choose its pages for speed.
fn memory() -> &'static mut [f64] {
    #[derive(Clone)]
    #[repr(align(64))]
    struct Line {
        _doubles: [f64; 8],
    }
    let lines = vec![Line { _doubles: [0.0; 8] }; noise::LARGEST / 8].leak();
    // SAFETY: each line is eight doubles and nothing else.
    unsafe { std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast(), noise::LARGEST) }
}

fn fail(complaint: &str, code: u8) -> ExitCode {
    eprintln!("{complaint}");
    ExitCode::from(code)
}

/// One line that is rewritten in each round. If the output is not a terminal, one line for each case.
fn show_progress(heading: &str, round: usize, rounds: usize) {
    if stderr().is_terminal() {
        eprint!("\r{heading}: {round}/{rounds}\x1b[K");
        // If progress cannot be shown, the benchmark goes on.
        let _ = stderr().flush();
    } else if round == 0 {
        eprintln!("{heading}");
    }
}

fn clear_progress() {
    if stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
}
