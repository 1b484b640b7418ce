//! What is being done, line by line, and how it ended.

use std::time::Duration;

use hallpass_app::Fault;
use hallpass_app::clients::{Done, Effect, Witness};
use hallpass_app::lifecycle::Spoken;
use serde::Serialize;

use crate::exit::Exit;
use crate::explain::labelled;
use crate::failure::Failure;
use crate::printer::Printer;

/// Tells each step on standard error.
#[derive(Debug)]
pub(super) struct Lines(Printer);

impl Lines {
    pub(super) fn new(printer: Printer) -> Self {
        Self(printer)
    }
}

impl Witness for Lines {
    fn begins(&self, effect: &Effect) {
        self.0.talk(&format!("  {effect}"));
    }

    fn waits(&self, left: Duration) {
        // A platform may show what was made only after a while.
        self.0.talk(&format!("  wait {} until everything shows", Spoken(left)));
    }

    fn warns(&self, fault: &Fault) {
        self.0.talk(&labelled("warning", &fault.to_string()));
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
