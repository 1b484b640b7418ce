//! `hallpass audit show`: the events, for people and programs.

use std::collections::VecDeque;
use std::path::Path;

use clap::Args;
use hallpass_app::AuditRecord;
use hallpass_app::chain::Origin;
use serde::Serialize;

use super::filter::Filter;
use super::source::{Source, telling};
use super::time;
use crate::exit::Exit;
use crate::explain::labelled;
use crate::failure::Failure;
use crate::printer::Printer;

/// Show what was done
///
/// A line that begins with `!` is not as it was written, or nobody can tell; `hallpass audit verify` says why. Times are UTC.
///
/// Example: hallpass audit show --integration queue-sync --kind rotation-step --since 7d
#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    filter: Filter,
    /// Only the last so many of them
    #[arg(long, value_name = "N")]
    last: Option<usize>,
    /// Print one line of JSON for each event
    #[arg(long)]
    json: bool,
}

impl Show {
    /// Shows them, in the order in which they stand.
    pub(crate) async fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        let Self { source, filter, last, json } = self;
        let (app, log) = source.open(config).await?;
        let now = app.wall_ms();
        let (mut kept, mut shown) = (VecDeque::new(), 0_u64);
        let report = log.read(
            |line| {
                let Some(record) = AuditRecord::of(line.text).filter(|record| filter.takes(record, now))
                else {
                    return Ok(());
                };
                shown += 1;
                let text = told(&record, line.verified, line.origin, json)?;
                let Some(last) = last else { return printer.data(&text) };
                kept.push_back(text);
                if kept.len() > last {
                    kept.pop_front();
                }
                Ok::<_, Failure>(())
            },
            telling(printer),
        )?;
        kept.iter().try_for_each(|text| printer.data(text))?;
        if shown == 0 {
            printer.talk("there is no such event");
        }
        if report.broken {
            printer.talk(&labelled(
                "warning",
                "the log could not be verified; `hallpass audit verify` says why",
            ));
        }
        Ok(Exit::Done)
    }
}

/// One event as a line.
fn told(
    record: &AuditRecord,
    verified: bool,
    origin: Option<&Origin>,
    json: bool,
) -> Result<String, Failure> {
    if json {
        let line = Line { verified, origin: origin.map(Who::of), record };
        return serde_json::to_string(&line)
            .map_err(|error| Failure::machine("an event has no JSON form", error));
    }
    let mark = if verified { ' ' } else { '!' };
    let integration = record.integration.as_deref().unwrap_or("-");
    let facts: Vec<_> =
        record.facts.iter().map(|(name, value)| format!("{name}={}", shown_value(value))).collect();
    let at = time::shown(record.at_ms);
    Ok(format!("{mark} {at}  {:<17}  {integration:<20}  {}", record.kind, facts.join(" "))
        .trim_end()
        .to_owned())
}

/// A value as one word, without anything that could move a terminal's cursor.
fn shown_value(value: &str) -> String {
    let plain = |letter: char| !letter.is_control() && !letter.is_whitespace() && letter != '"';
    if !value.is_empty() && value.chars().all(plain) { value.to_owned() } else { format!("{value:?}") }
}

#[derive(Serialize)]
struct Line<'a> {
    verified: bool,
    #[serde(flatten)]
    origin: Option<Who<'a>>,
    #[serde(flatten)]
    record: &'a AuditRecord,
}

/// Who wrote it, as it stands beside an event.
#[derive(Serialize)]
pub(super) struct Who<'a> {
    host: &'a str,
    process: &'a str,
    program: &'a str,
    environment: &'a str,
}

impl<'a> Who<'a> {
    pub(super) fn of(origin: &'a Origin) -> Self {
        let Origin { host, process, program, environment } = origin;
        Self { host, process, program, environment }
    }
}
