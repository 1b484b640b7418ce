//! `hallpass rotate status`: where each rotation stands, and the command to type.

use std::path::Path;

use clap::Args;
use hallpass_app::lifecycle::Status;
use hallpass_app::{Flags, Purpose, RotationOptions};
use serde::Serialize;

use super::one::open;
use crate::exit::Exit;
use crate::explain::explain;
use crate::failure::Failure;
use crate::house::House;
use crate::printer::Printer;

/// Show versions, fingerprints, ages, the step a rotation is at, and the command to type
///
/// Example: hallpass rotate status
#[derive(Debug, Args)]
pub(crate) struct StatusCommand {
    /// This integration alone
    integration: Option<String>,
    /// Print one line of JSON instead of text
    #[arg(long)]
    json: bool,
}

impl StatusCommand {
    /// Shows them. Store and platform are read; nothing is changed.
    pub(crate) async fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        let House { app, .. } = House::open(config, Flags::default(), Purpose::Command).await?;
        let options = RotationOptions { stay: std::time::Duration::ZERO, accept_downtime_risk: false };
        let names: Vec<&str> = match &self.integration {
            Some(name) => vec![name],
            None => app.rotated().collect(),
        };
        let (mut all, mut worst) = (Vec::new(), Exit::Done);
        for name in names {
            match open(&app, name, options, printer)?.status().await {
                Ok(status) => all.push(status),
                Err(fault) => {
                    let failure = Failure::from(fault);
                    explain(&failure, printer);
                    worst = failure.exit();
                }
            }
        }
        if self.json {
            printer.json(&Report { rotations: all.iter().map(Line::of).collect() })?;
        } else if !all.is_empty() {
            let told: Vec<_> = all.iter().map(ToString::to_string).collect();
            printer.data(&told.join("\n\n"))?;
        }
        Ok(worst)
    }
}

#[derive(Serialize)]
struct Report<'a> {
    rotations: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    integration: &'a str,
    rotation: Option<&'a str>,
    strategy: Option<&'static str>,
    step: Option<&'static str>,
    secrets: Vec<Version<'a>>,
    next: &'a str,
    held: Option<&'a str>,
    /// Copies at the platform that do not hold the current secret yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unwritten_copies: Vec<&'a str>,
    unheard: Option<&'a str>,
    command: &'a str,
}

#[derive(Serialize)]
struct Version<'a> {
    stage: &'static str,
    version: &'a str,
    fingerprint: Option<String>,
    slot: Option<&'a str>,
    active: Option<bool>,
    age_seconds: Option<u64>,
}

impl<'a> Line<'a> {
    fn of(status: &'a Status) -> Self {
        let versions = status.secrets.iter().map(|secret| Version {
            stage: secret.stage,
            version: secret.version.as_str(),
            fingerprint: secret.fingerprint.map(|fingerprint| fingerprint.to_string()),
            slot: secret.slot.as_ref().map(|(slot, _)| slot.as_str()),
            active: secret.slot.as_ref().and_then(|(_, active)| *active),
            age_seconds: secret.age.map(|age| age.as_secs()),
        });
        let rotation = status.rotation.as_ref();
        Self {
            integration: &status.integration,
            rotation: rotation.map(|(id, ..)| id.as_str()),
            strategy: rotation.map(|(_, strategy, _)| strategy.name()),
            step: rotation.map(|(.., step)| step.name()),
            secrets: versions.collect(),
            next: &status.next,
            held: status.hold.as_ref().map(|hold| hold.reason.as_str()),
            unwritten_copies: status.unwritten.iter().map(String::as_str).collect(),
            unheard: status.unheard.as_deref(),
            command: &status.command,
        }
    }
}
