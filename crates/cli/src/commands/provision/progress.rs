//! What is being done, line by line, and how it ended.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hallpass_app::Fault;
use hallpass_app::clients::{Done, Effect, Planned, Witness};
use hallpass_app::lifecycle::Spoken;
use serde::Serialize;

use crate::exit::Exit;
use crate::explain::labelled;
use crate::failure::Failure;
use crate::printer::Printer;

/// Tells each step on standard error: on a terminal which of how many, and when it is done.
#[derive(Debug)]
pub(super) struct Lines {
    printer: Printer,
    begun: AtomicUsize,
    expected: AtomicUsize,
}

impl Lines {
    pub(super) fn new(printer: Printer) -> Self {
        Self { printer, begun: AtomicUsize::new(0), expected: AtomicUsize::new(0) }
    }

    /// How many steps there are to be. What is met on the way may add to it.
    pub(super) fn expect(&self, planned: Option<&Planned>) {
        self.expected.store(planned.map_or(0, |planned| planned.effects.len()), Ordering::Relaxed);
    }

    fn tell(&self, effect: &Effect, number: usize, done: bool) {
        let of = self.expected.load(Ordering::Relaxed).max(number);
        self.printer.step(&effect.to_string(), (number, of), done);
    }
}

impl Witness for Lines {
    fn begins(&self, effect: &Effect) {
        self.tell(effect, self.begun.fetch_add(1, Ordering::Relaxed) + 1, false);
    }

    fn done(&self, effect: &Effect) {
        self.tell(effect, self.begun.load(Ordering::Relaxed), true);
    }

    fn waits(&self, left: Duration) {
        // A platform may show what was made only after a while.
        self.printer.talk(&format!("  wait {} until everything shows", Spoken(left)));
    }

    fn warns(&self, fault: &Fault) {
        self.printer.talk(&labelled("warning", &fault.to_string()));
    }
}

#[derive(Serialize)]
struct Ended<'a> {
    integration: &'a str,
    /// `settled` or `waiting`.
    ended: &'a str,
    /// How many things were done.
    effects: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    again_in_seconds: Option<u64>,
}

/// Says how a run ended.
pub(super) fn ended(
    printer: &Printer,
    integration: &str,
    state: &str,
    json: bool,
    done: &Done,
) -> Result<Exit, Failure> {
    let (told, report, exit) = match done {
        Done::Settled(effects) => {
            let report = Ended { integration, ended: "settled", effects: *effects, again_in_seconds: None };
            (format!("{integration}: {state}"), report, Exit::Done)
        }
        Done::Waiting(left) => {
            let again_in_seconds = Some(left.as_secs());
            let report = Ended { integration, ended: "waiting", effects: 0, again_in_seconds };
            let told = format!(
                "{integration}: something may still show; go on in {} with the same command",
                Spoken(*left)
            );
            (told, report, Exit::Waiting)
        }
    };
    if json {
        printer.json(&report)?;
    }
    printer.talk(&told);
    Ok(exit)
}
