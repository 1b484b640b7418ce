//! `hallpass secret copy`: a secret from one place to another, as it is.

use std::path::Path;

use clap::Args;
use hallpass_app::{CopyPlan, Flags, Held, Purpose};
use serde::Serialize;

use crate::exit::Exit;
use crate::explain::labelled;
use crate::failure::Failure;
use crate::house::House;
use crate::printer::Printer;

/// Copy a secret from one reference to another
///
/// References are what `secret` says in the configuration, such as env:VAR, file:PATH, local:NAME or aws-sm:NAME. What can be written begins
/// with local:, aws-sm:, azure-kv: or gcp-sm:; so a copy may lead from one region or cloud to another. The value is copied as it
/// is, with its serial and environment. Where the source keeps a previous version, that one is copied before it and stays the previous one.
///
/// A secret with a higher serial is not overwritten unless --force is given, and one of another environment is never copied. The source is left as
/// it is.
///
/// Example: hallpass secret copy env:QUEUE_SYNC_SECRET local:queue-sync --dry-run
#[derive(Debug, Args)]
pub(crate) struct Copy {
    /// Where the secret is, such as env:VAR, file:PATH or local:NAME
    from: String,
    /// Where it is to be, such as local:NAME
    to: String,
    /// Overwrite a secret with a higher serial
    #[arg(long)]
    force: bool,
    /// Say what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Print what was copied, less the secret, as one line of JSON
    #[arg(long)]
    json: bool,
}

impl Copy {
    /// Copies it.
    pub(crate) async fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        let House { app, .. } = House::open(config, Flags::default(), Purpose::Command).await?;
        if self.from == self.to {
            return Err(Failure::usage("both references are the same", "name another place to copy to"));
        }
        let plan = app.plan_copy(&self.from, &self.to).await?;
        if plan.goes_back() && !self.force {
            return Err(newer(&self.to, &plan));
        }
        let mut report = Report::of(&self, &plan);
        if !plan.is_there && !self.dry_run {
            report.version = Some(app.copy_secret(plan).await?.version.to_string());
        }
        if self.json {
            printer.json(&report)?;
        }
        printer.talk(&report.in_words());
        if !self.from.starts_with("local:") && !self.dry_run {
            let warning =
                format!("`{}` still holds the secret; remove it there once nothing reads it", self.from);
            printer.talk(&labelled("warning", &warning));
        }
        Ok(Exit::Done)
    }
}

fn newer(to: &str, plan: &CopyPlan) -> Failure {
    let serial =
        |held: &Held| held.serial.map_or("no serial".to_owned(), |serial| format!("serial {serial}"));
    let there = plan.replaces.as_ref().map(serial).unwrap_or_default();
    let message =
        format!("`{to}` holds a newer secret, with {there}; the one to copy has {}", serial(&plan.current));
    let hint = "give `--force` if the older one is meant";
    Failure::plain(Exit::Refused, message, Some(hint.to_owned()), None)
}

/// What was copied, or would be.
#[derive(Serialize)]
struct Report<'a> {
    from: &'a str,
    to: &'a str,
    written: bool,
    /// What it is called at the target, if it was written.
    version: Option<String>,
    serial: Option<u64>,
    fingerprint: String,
    previous: Option<Previous>,
    #[serde(skip)]
    is_there: bool,
}

/// The version before it.
#[derive(Serialize)]
struct Previous {
    serial: Option<u64>,
    fingerprint: String,
}

impl<'a> Report<'a> {
    fn of(command: &'a Copy, plan: &CopyPlan) -> Self {
        let previous = plan.previous.as_ref().filter(|_| !plan.is_there);
        let previous =
            previous.map(|held| Previous { serial: held.serial, fingerprint: held.fingerprint.to_string() });
        Self {
            from: &command.from,
            to: &command.to,
            written: !command.dry_run && !plan.is_there,
            version: None,
            serial: plan.current.serial,
            fingerprint: plan.current.fingerprint.to_string(),
            previous,
            is_there: plan.is_there,
        }
    }

    fn in_words(&self) -> String {
        let Self { from, to, fingerprint, .. } = self;
        if self.is_there {
            return format!(
                "`{to}` holds this secret already, fingerprint {fingerprint}; nothing was written"
            );
        }
        let version = self.version.as_ref().map(|version| format!("version {version}, ")).unwrap_or_default();
        let did = if self.written { "copied" } else { "would copy" };
        let mut words =
            format!("{did} `{from}` to `{to}`: {version}{}fingerprint {fingerprint}", counted(self.serial));
        if let Some(Previous { serial, fingerprint }) = &self.previous {
            words.push_str(&format!("\nprevious version: {}fingerprint {fingerprint}", counted(*serial)));
        }
        words
    }
}

fn counted(serial: Option<u64>) -> String {
    serial.map(|serial| format!("serial {serial}, ")).unwrap_or_default()
}
