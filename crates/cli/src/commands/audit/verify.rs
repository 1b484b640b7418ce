//! `hallpass audit verify`: is the log as it was written, and all of it?

use std::path::{Path, PathBuf};

use clap::Args;
use hallpass_app::chain::{ChainReport, Finding, KeyState, Report, Tail, What};
use serde::Serialize;

use super::show::Who;
use super::source::{Source, telling};
use super::time;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::{Printer, columns};

/// Check that the log is as it was written
///
/// Tells every changed, missing, moved, repeated or cut-off line with file and line number, and ends with 9 if there is one. Lines are counted from zero within their chain.
/// A chain whose last line does not say that it ended may be running, killed, or cut off: its tail is not provable beyond the last anchor, which is no break unless `--strict` is given.
///
/// Example: hallpass audit verify --anchors /mnt/elsewhere/anchors
#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    source: Source,
    /// End with 9 also where the end of a chain cannot be proven
    #[arg(long)]
    strict: bool,
    /// Print one line of JSON instead of text
    #[arg(long)]
    json: bool,
}

impl Verify {
    /// Checks it.
    pub(crate) async fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        let Self { source, strict, json } = self;
        let (_, log) = source.open(config).await?;
        let report = log.read(|_| Ok::<_, Failure>(()), telling(printer))?;
        let files = log.files();
        if json {
            printer.json(&Told::of(&report, &files))?;
        } else {
            printer.data(&text(&report, &files, printer))?;
        }
        let failed = report.broken || (strict && !report.is_proven());
        Ok(if failed { Exit::Unexpected } else { Exit::Done })
    }
}

fn text(report: &Report, files: &[PathBuf], printer: &Printer) -> String {
    let mut parts = Vec::new();
    if !report.chains.is_empty() {
        let head = ["CHAIN", "LINES", "FROM", "TO", "WRITTEN BY", "SEALED WITH", "END"].map(str::to_owned);
        let rows: Vec<_> = [head].into_iter().chain(report.chains.iter().map(row)).collect();
        parts.push(columns(&rows));
    }
    let mut found: Vec<_> = report.findings.iter().map(|finding| in_words(finding, files)).collect();
    if report.hidden > 0 {
        found.push(format!("and {} more", report.hidden));
    }
    if !found.is_empty() {
        parts.push(found.join("\n"));
    }
    let verified: u64 = report.chains.iter().map(|chain| chain.verified).sum();
    let word = match (report.broken, unknowable(report)) {
        (false, _) => "nothing was changed",
        (true, true) => "the log cannot be verified",
        (true, false) => "the log is NOT as it was written",
    };
    let mark = printer.mark(!report.broken);
    let mut last = format!("{} {word}: {verified} of {} lines verified", mark.trim_end(), report.lines);
    let open = report.chains.iter().filter(|chain| chain.tail != Tail::Ended).count();
    if open > 0 {
        last.push_str(&format!("; tail not provable: {open} of {} chains did not end", report.chains.len()));
    }
    if report.chains.iter().any(|chain| chain.key == KeyState::Public) {
        last.push_str("\nwithout a key the chain finds accidents, and no forger; set `audit.key`");
    }
    parts.push(last);
    parts.join("\n\n")
}

/// Whether all that was found is that nobody can tell: without the right key that says nothing about the log.
fn unknowable(report: &Report) -> bool {
    let of_the_key =
        |finding: &Finding| matches!(finding.what, What::KeyUnknown(_) | What::Unkeyed | What::AnchorDamaged);
    report.hidden == 0 && report.findings.iter().all(|one| of_the_key(one) || !one.what.is_break())
}

fn row(chain: &ChainReport) -> [String; 7] {
    let by = chain.origin.as_ref().map_or("?".to_owned(), |origin| {
        format!("{} on {}, process {}", origin.program, origin.host, origin.process)
    });
    let lines = match chain.from {
        0 => format!("{} of {}", chain.verified, chain.count),
        from => format!("{} of {} ({from} earlier)", chain.verified, chain.count - from),
    };
    let sealed = match chain.key {
        KeyState::Secret => "key",
        KeyState::Public => "no key",
        _ => "unknown key",
    };
    let end = match chain.tail {
        Tail::Ended => "ended".to_owned(),
        Tail::Open { proven: 0 } => "not provable".to_owned(),
        Tail::Open { proven } => format!("not provable, anchored until {proven}"),
    };
    [
        chain.chain.to_string(),
        lines,
        time::shown(chain.first_ms),
        time::shown(chain.last_ms),
        by,
        sealed.to_owned(),
        end,
    ]
}

fn in_words(finding: &Finding, files: &[PathBuf]) -> String {
    let place = finding.place.map(|place| {
        let file = files.get(place.file).map_or(String::new(), |file| file.display().to_string());
        format!("{file}:{}: ", place.line)
    });
    let chain = finding.chain.map(|chain| format!("chain {chain}: "));
    let note = if finding.what.is_break() { "" } else { "note: " };
    format!("{note}{}{}{}", place.unwrap_or_default(), chain.unwrap_or_default(), finding.what)
}

#[derive(Serialize)]
struct Told<'a> {
    ok: bool,
    lines: u64,
    verified: u64,
    chains: Vec<Chain<'a>>,
    findings: Vec<Found>,
    more_findings: u64,
}

#[derive(Serialize)]
struct Chain<'a> {
    chain: String,
    #[serde(flatten)]
    origin: Option<Who<'a>>,
    key: &'static str,
    from: u64,
    count: u64,
    verified: u64,
    first: String,
    last: String,
    ended: bool,
    anchored_until: u64,
}

#[derive(Serialize)]
struct Found {
    what: &'static str,
    is_break: bool,
    file: Option<String>,
    line: Option<u64>,
    chain: Option<String>,
    message: String,
}

impl<'a> Told<'a> {
    fn of(report: &'a Report, files: &[PathBuf]) -> Self {
        let found = |finding: &Finding| Found {
            what: finding.what.name(),
            is_break: finding.what.is_break(),
            file: finding.place.and_then(|place| Some(files.get(place.file)?.display().to_string())),
            line: finding.place.map(|place| place.line),
            chain: finding.chain.map(|chain| chain.to_string()),
            message: finding.what.to_string(),
        };
        Self {
            ok: !report.broken,
            lines: report.lines,
            verified: report.chains.iter().map(|chain| chain.verified).sum(),
            chains: report.chains.iter().map(Chain::of).collect(),
            findings: report.findings.iter().map(found).collect(),
            more_findings: report.hidden,
        }
    }
}

impl<'a> Chain<'a> {
    fn of(chain: &'a ChainReport) -> Self {
        let (ended, anchored_until) = match chain.tail {
            Tail::Ended => (true, chain.count),
            Tail::Open { proven } => (false, proven),
        };
        let key = match chain.key {
            KeyState::Secret => "secret",
            KeyState::Public => "none",
            _ => "unknown",
        };
        Self {
            chain: chain.chain.to_string(),
            origin: chain.origin.as_ref().map(Who::of),
            key,
            from: chain.from,
            count: chain.count,
            verified: chain.verified,
            first: time::shown(chain.first_ms),
            last: time::shown(chain.last_ms),
            ended,
            anchored_until,
        }
    }
}
