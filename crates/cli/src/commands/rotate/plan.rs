//! `hallpass rotate plan`: every step, before anything happens.

use std::path::Path;

use clap::Args;
use hallpass_app::lifecycle::{PlannedStep, Spoken};
use hallpass_app::{Flags, Planned, Purpose, RotationOptions};
use serde::Serialize;

use super::one::open;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::house::House;
use crate::printer::{Printer, columns};

/// Show every step of a rotation, with what it calls and how long it takes
///
/// Store and platform are read; nothing is changed.
///
/// Example: hallpass rotate plan queue-sync
#[derive(Debug, Args)]
pub(crate) struct PlanCommand {
    /// The integration whose secret it is
    integration: String,
    /// As for `rotate run`
    #[arg(long)]
    accept_downtime_risk: bool,
    /// Print one line of JSON instead of text
    #[arg(long)]
    json: bool,
}

impl PlanCommand {
    /// Shows it.
    pub(crate) async fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        let House { app, .. } = House::open(config, Flags::default(), Purpose::Command).await?;
        let Self { accept_downtime_risk, .. } = self;
        let options = RotationOptions { stay: std::time::Duration::ZERO, accept_downtime_risk };
        let planned = open(&app, &self.integration, options, printer)?.planned().await?;
        if self.json {
            printer.json(&Report::of(&planned))?;
        } else {
            printer.data(&text(&self.integration, &planned, printer))?;
        }
        Ok(Exit::Done)
    }
}

#[derive(Serialize)]
struct Report<'a> {
    strategy: &'a str,
    reference: &'a str,
    overlap: &'a str,
    steps: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    number: usize,
    step: &'a str,
    calls: Option<&'a str>,
    waits_seconds: u64,
    note: Option<&'a str>,
}

impl<'a> Report<'a> {
    fn of(planned: &'a Planned) -> Self {
        let line = |step: &'a PlannedStep| Line {
            number: step.step.number(),
            step: step.step.name(),
            calls: step.call,
            waits_seconds: step.waits.as_secs(),
            note: step.note.as_deref(),
        };
        let Planned { strategy, steps, reference, overlap } = planned;
        Self { strategy: strategy.name(), reference, overlap, steps: steps.iter().map(line).collect() }
    }
}

fn text(integration: &str, planned: &Planned, printer: &Printer) -> String {
    let Planned { strategy, steps, reference, .. } = planned;
    let row = |step: &PlannedStep| {
        let waits = if step.waits.is_zero() { String::new() } else { Spoken(step.waits).to_string() };
        let calls = step.call.unwrap_or("-").to_owned();
        [step.step.number().to_string(), step.step.name().to_owned(), calls, waits]
    };
    let mut rows = vec![["", "step", "calls", "takes"].map(str::to_owned)];
    rows.extend(steps.iter().map(row));
    let notes =
        steps.iter().filter_map(|step| Some(format!("\n  {}: {}", step.step.name(), step.note.as_ref()?)));
    let title = printer.heading(&format!("{integration}: strategy {strategy}, secret in {reference}"));
    format!("{title}\n{}\n{}", columns(&rows), notes.collect::<String>())
}
