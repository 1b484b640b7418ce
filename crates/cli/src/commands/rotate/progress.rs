//! What a rotation is doing, line by line.

use std::sync::Mutex;

use hallpass_app::Fault;
use hallpass_app::lifecycle::{Effect, Event, Progress, Spoken, Step, WallTime};

use crate::explain::labelled;
use crate::printer::Printer;

/// Tells each step once, each wait once, and what failed.
#[derive(Debug)]
pub(super) struct Lines {
    printer: Printer,
    last: Mutex<(Option<Step>, Option<WallTime>)>,
}

impl Lines {
    pub(super) fn new(printer: Printer) -> Self {
        Self { printer, last: Mutex::default() }
    }

    fn step(&self, step: Step) {
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if last.0.replace(step) != Some(step) {
            self.printer.talk(&format!("{:>2}/{}  {}", step.number(), Step::ALL.len(), step.name()));
        }
    }
}

impl Progress for Lines {
    fn begins(&self, step: Step, effect: &Effect) {
        // Looking, comparing and writing down are no news; what is done is.
        if !matches!(effect, Effect::Observe | Effect::Compare(..) | Effect::Write(_) | Effect::Wait(_)) {
            self.step(step);
        }
    }

    fn ended(&self, step: Step, event: &Event) {
        if let Event::Failed(failure) = event
            && !failure.lost
        {
            let told = format!("{}: {}", step.name(), failure.trouble.detail);
            self.printer.talk(&labelled("warning", &told));
        }
    }

    fn waits(&self, step: Step, now: WallTime, until: WallTime) {
        self.step(step);
        let left = Spoken(until.since(now));
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let known = last.1.replace(until) == Some(until);
        drop(last);
        self.printer.wait(&format!("       {left} left"), known);
    }

    fn warns(&self, fault: &Fault) {
        self.printer.talk(&labelled("warning", &fault.to_string()));
    }
}
