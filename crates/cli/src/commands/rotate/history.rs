//! `hallpass rotate history`: what was done on this machine.

use std::path::Path;

use clap::Args;
use hallpass_app::lifecycle::{Call, Change, Event, Record, Spoken, Tail, Verdict};
use hallpass_app::{Flags, Purpose, Rotation, RotationOptions};
use serde::Serialize;

use super::one::open;
use crate::exit::Exit;
use crate::explain::labelled;
use crate::failure::Failure;
use crate::house::House;
use crate::printer::{Printer, columns};

/// Show what rotations did, from the journal on this machine
///
/// Secrets appear by fingerprint only. Nothing is decided from the journal: if it is lost, rotations go on.
///
/// Example: hallpass rotate history queue-sync
#[derive(Debug, Args)]
pub(crate) struct History {
    /// The integration whose secret it is
    integration: String,
    /// Print one line of JSON for each record
    #[arg(long)]
    json: bool,
}

impl History {
    /// Shows it.
    pub(crate) async fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        let House { app, .. } = House::open(config, Flags::default(), Purpose::Command).await?;
        let options = RotationOptions { stay: std::time::Duration::ZERO, accept_downtime_risk: false };
        let rotation: Rotation = open(&app, &self.integration, options, printer)?;
        let recorded = rotation.history().await?;
        if self.json {
            for record in &recorded.records {
                printer.json(&Line {
                    sequence: record.sequence,
                    at_ms: millis(record),
                    event: &record.event,
                })?;
            }
        } else if recorded.records.is_empty() {
            printer.talk("nothing is on record on this machine");
        } else {
            let now = rotation.now();
            let rows = recorded.records.iter().filter_map(|record| {
                let ago = format!("{} ago", Spoken(now.since(record.at)));
                Some([ago, words(&record.event)?])
            });
            printer.data(&columns(&rows.collect::<Vec<_>>()))?;
        }
        if let Tail::Torn(bytes) = recorded.tail {
            printer.talk(&labelled(
                "warning",
                &format!("the last {bytes} bytes of the journal are torn and left out"),
            ));
        }
        Ok(Exit::Done)
    }
}

#[derive(Serialize)]
struct Line<'a> {
    sequence: u64,
    at_ms: u64,
    event: &'a Event,
}

fn millis(record: &Record) -> u64 {
    u64::try_from(record.at.since_epoch().as_millis()).unwrap_or(u64::MAX)
}

/// What is worth a line to a person; looking and waiting are not.
fn words(event: &Event) -> Option<String> {
    Some(match event {
        Event::Begun(begun) => format!("{} begins: {:?}", begun.holder, begun.order).to_lowercase(),
        // The try itself has a line.
        Event::Written(Change::Trying(_) | Change::Uncounted, ..) => return None,
        Event::Written(change, ..) => format!("checkpoint: {}", change.name()),
        Event::Called(Call::Promote(version, _), _) => format!("current is {version}"),
        Event::Called(call, _) => format!("platform: {}", call.told()),
        Event::Stored(version, slot, fingerprint) => {
            format!("pending {version} in {slot}, fingerprint {fingerprint}")
        }
        Event::Verified(version, verdict, _) => format!("tried {version}: {}", tried(verdict)),
        Event::Promoted(version) => format!("current is {version}"),
        Event::Published => "consumers told".to_owned(),
        Event::Unpublished(trouble) => format!("consumers not told: {}", trouble.detail),
        Event::Proved(new, old) => {
            let old = old.as_ref().map(|old| format!(", the old one: {}", tried(old)));
            format!("the new secret: {}{}", tried(new), old.unwrap_or_default())
        }
        Event::Discarded(version) => format!("version {version} is gone"),
        Event::Failed(failure) => format!("failed: {}", failure.trouble.detail),
        Event::Observed(_) | Event::Compared(_) | Event::Collected(_) | Event::Waited => return None,
    })
}

/// What the platform thinks of a secret.
fn tried(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Good => "accepted".into(),
        Verdict::NotYet => "not usable yet".into(),
        Verdict::Refused => "refused".into(),
        Verdict::CanaryFailed(call) => format!("a token, but {call}"),
        Verdict::Unreachable(why) => format!("nobody could be asked: {why}"),
    }
}
