//! NumPy in a Python process, numpy_peer.py, which has memory of its own and measures the time itself.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::rc::Rc;
use std::time::Duration;

/// Bit generators, fastest first.
pub const GENERATORS: [&str; 3] = ["SFC64", "PCG64", "Philox"];

pub struct NumPy(Rc<RefCell<Process>>);

struct Process {
    child: Child,
    answers: BufReader<ChildStdout>,
}

impl NumPy {
    /// Starts the Python of an environment.
    pub fn start(environment: &Path) -> Option<NumPy> {
        let mut command = Command::new(environment.join("bin/python"));
        command.args(["-c", include_str!("numpy_peer.py")]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().ok()?;
        let answers = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut process = Process { child, answers };
        (process.answer() == "ready").then(|| NumPy(Rc::new(RefCell::new(process))))
    }

    /// Calls of Generator.standard_normal() for `number` doubles, always in the same memory.
    pub fn standard_normal(
        &self,
        generator: &'static str,
        number: usize,
    ) -> impl FnMut(u64, &mut [f64]) -> Duration + use<> {
        self.calls(format!("{generator} {number} again"))
    }

    /// The same for as many floats.
    pub fn standard_normal_floats(
        &self,
        generator: &'static str,
        number: usize,
    ) -> impl FnMut(u64, &mut [f64]) -> Duration + use<> {
        self.calls(format!("{generator} {number} floats"))
    }

    /// The same, in a new array each time.
    pub fn standard_normal_fresh(
        &self,
        generator: &'static str,
        number: usize,
    ) -> impl FnMut(u64, &mut [f64]) -> Duration + use<> {
        self.calls(format!("{generator} {number} fresh"))
    }

    fn calls(&self, what: String) -> impl FnMut(u64, &mut [f64]) -> Duration + use<> {
        let process = self.0.clone();
        move |calls, _| {
            let mut process = process.borrow_mut();
            process.ask(&format!("{what} {calls}\n"));
            Duration::from_nanos(process.answer().parse().expect("NumPy's process has failed"))
        }
    }
}

impl Process {
    fn ask(&mut self, question: &str) {
        let questions = self.child.stdin.as_mut().expect("it is open until the end");
        questions.write_all(question.as_bytes()).expect("NumPy's process has failed");
    }

    /// A line, or nothing at the end.
    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("Python writes text");
        line.trim_end().to_owned()
    }
}

impl Drop for Process {
    /// The process ends when its input ends.
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // A failure at the end does not matter.
        let _ = self.child.wait();
    }
}
