//! `hallpass audit export`: the events for an auditor.

use std::path::Path;

use clap::{Args, ValueEnum};
use hallpass_app::chain::Origin;
use hallpass_app::{AuditLine, AuditRecord};
use serde::Serialize;

use super::csv;
use super::filter::Filter;
use super::show::Who;
use super::source::{Source, telling};
use super::time;
use crate::exit::Exit;
use crate::explain::labelled;
use crate::failure::Failure;
use crate::printer::Printer;

/// Write the events for an auditor
///
/// Only lines that are as they were written go out, unless `--all` is given. Where the log has a break, that is said and the command ends with 9 once all is written.
///
/// Example: hallpass audit export --format csv --since 2026-01-01 > audit.csv
#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    filter: Filter,
    /// One line of JSON for each event, or a table for a spreadsheet
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
    /// Also lines that could not be verified; a member or column says which
    #[arg(long)]
    all: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Json,
    Csv,
}

impl Export {
    /// Writes them.
    pub(crate) async fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        let Self { source, filter, format, all } = self;
        let (app, log) = source.open(config).await?;
        let now = app.wall_ms();
        if format == Format::Csv {
            printer.bytes(csv::row(COLUMNS).as_bytes())?;
        }
        let (mut written, mut left) = (0_u64, 0_u64);
        let report = log.read(
            |line| {
                let wanted = AuditRecord::of(line.text).filter(|record| filter.takes(record, now));
                let Some(record) = wanted else { return Ok(()) };
                if !line.verified && !all {
                    left += 1;
                    return Ok(());
                }
                written += 1;
                put(format, &record, &line, printer)
            },
            telling(printer),
        )?;
        printer.talk(&format!("events written: {written}"));
        if left > 0 {
            printer.talk(&labelled(
                "warning",
                &format!("events left out because they could not be verified: {left}"),
            ));
        }
        if report.broken {
            printer.talk(&labelled(
                "warning",
                "the log could not be verified; `hallpass audit verify` says why",
            ));
        }
        Ok(if report.broken { Exit::Unexpected } else { Exit::Done })
    }
}

fn put(format: Format, record: &AuditRecord, line: &AuditLine<'_>, printer: &Printer) -> Result<(), Failure> {
    let at = time::shown(record.at_ms);
    match format {
        Format::Json => {
            printer.json(&Exported { at, verified: line.verified, origin: line.origin.map(Who::of), record })
        }
        Format::Csv => printer.bytes(row(record, &at, line.verified, line.origin).as_bytes()),
    }
}

fn row(record: &AuditRecord, at: &str, verified: bool, origin: Option<&Origin>) -> String {
    let named = ["fingerprint", "version", "outcome", "fault"];
    let others = record.facts.iter().filter(|(name, _)| !named.contains(&name.as_str()));
    let others: Vec<_> = others.map(|(name, value)| format!("{name}={value}")).collect();
    let (others, sequence) = (others.join("; "), record.seq.to_string());
    let of = |get: fn(&Origin) -> &String| origin.map_or("", |origin| get(origin).as_str());
    let [fingerprint, version, outcome, fault] = named.map(|name| record.fact(name).unwrap_or_default());
    csv::row([
        at,
        &record.kind,
        record.integration.as_deref().unwrap_or_default(),
        fingerprint,
        version,
        outcome,
        fault,
        &others,
        of(|origin| &origin.environment),
        of(|origin| &origin.host),
        of(|origin| &origin.process),
        &record.chain,
        &sequence,
        if verified { "yes" } else { "no" },
    ])
}

#[derive(Serialize)]
struct Exported<'a> {
    at: String,
    verified: bool,
    #[serde(flatten)]
    origin: Option<Who<'a>>,
    #[serde(flatten)]
    record: &'a AuditRecord,
}

const COLUMNS: [&str; 14] = [
    "at",
    "kind",
    "integration",
    "fingerprint",
    "version",
    "outcome",
    "fault",
    "facts",
    "environment",
    "host",
    "process",
    "chain",
    "seq",
    "verified",
];
