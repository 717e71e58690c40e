//! Threads that make calls. They are kept from input to input, because starting one takes longer than most inputs.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{LazyLock, Mutex};

use super::Model;

pub const HELPERS: usize = 2;

type Ends = (Sender<Box<Model>>, Receiver<Box<Model>>);

static ENDS: [LazyLock<Mutex<Ends>>; HELPERS] = [const { LazyLock::new(start) }; HELPERS];

fn start() -> Mutex<Ends> {
    let (give, given) = channel::<Box<Model>>();
    let (give_back, given_back) = channel();
    std::thread::spawn(move || {
        for mut model in given {
            model.go_on();
            give_back.send(model).unwrap();
        }
    });
    Mutex::new((give, given_back))
}

/// Makes the next calls on thread `thread`; 0 is the calling thread.
pub fn run(thread: usize, mut model: Box<Model>) -> Box<Model> {
    let Some(helper) = thread.checked_sub(1) else {
        model.go_on();
        return model;
    };
    let ends = ENDS[helper].lock().unwrap();
    ends.0.send(model).unwrap();
    ends.1.recv().expect("the thread has said what is wrong")
}
