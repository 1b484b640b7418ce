//! `hallpass check`: is this configuration right, and would it work right now?

use std::path::Path;
use std::sync::Arc;

use clap::Args;
use hallpass_app::{
    App, Config, ConfigFaults, Fault, FaultCode, Flags, IntegrationSummary, LintOptions, LintReport,
    ProcessVariables, Purpose, Severity, Sources,
};
use serde::Serialize;

use super::lint::brief;
use crate::exit::Exit;
use crate::explain::labelled;
use crate::failure::Failure;
use crate::printer::{Printer, columns};

/// Check the configuration, and whether each secret can be read
///
/// Every fault is reported in one run, with its line and what was expected. Where a secret is rotated, it is seen that two secrets would live together no
/// longer than they may. Nothing is sent to a platform, and no value is ever shown.
/// A warning is for what is allowed and probably not meant; it does not change the exit code.
///
/// The rules of `hallpass lint` that need neither a store nor a platform are looked at, too: an error among them that nobody accepted ends it with 9.
///
/// Example: hallpass check --config deploy/hallpass.toml --offline
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Leave the secrets alone: a build machine has none
    #[arg(long)]
    offline: bool,
    /// Print one line of JSON instead of text
    #[arg(long)]
    json: bool,
}

impl Check {
    /// Checks it.
    pub(crate) async fn run(self, path: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        let file = Config::path(path, &ProcessVariables).display().to_string();
        let config = match Config::load(path, &Sources::of_process(Flags::default())) {
            Ok(config) => config,
            Err(faults) => return self.refuse(faults, printer),
        };
        // A build machine has no key of the audit log either.
        let purpose = if self.offline { Purpose::Inspection } else { Purpose::Command };
        let app = App::assemble(&config, purpose, Arc::new(ProcessVariables)).await?;
        let mut integrations = Vec::new();
        for summary in config.integrations() {
            let readable = if self.offline { None } else { Some(Readable::now(&app, &summary.name).await) };
            let rotation = app.rotation_fits(&summary.name).err().map(|fault| Readable::no(&fault));
            integrations.push(Checked { summary, readable, rotation });
        }
        let options = LintOptions { offline: true, ..LintOptions::default() };
        let lint = LintSum::of(app.lint(&config, Path::new(&file), &options).await?);
        let worst = integrations.iter().find_map(Checked::exit).or(lint.exit());
        let environment = config.environment().as_str();
        let about = |message| Warning { integration: None, message };
        let mut warnings: Vec<_> = config.audit_caution().map(about).into_iter().collect();
        warnings.extend(config.integrations().filter_map(Warning::about));
        let report = Report { ok: worst.is_none(), file, environment, integrations, warnings, lint };
        if self.json {
            printer.json(&report)?;
        } else {
            printer.data(&report.text(printer))?;
        }
        Ok(worst.unwrap_or(Exit::Done))
    }

    /// The faults are what was asked for: data where a program reads them, an error for a person.
    fn refuse(&self, faults: ConfigFaults, printer: &Printer) -> Result<Exit, Failure> {
        let missing = faults.is_missing();
        if self.json {
            printer.json(&Refused { ok: false, faults: &faults })?;
            return Ok(Exit::Configuration);
        }
        let fault = Fault::from(faults);
        // The usual hint would send people here.
        Err(if missing { fault } else { fault.with_hint("correct these lines, and check again") }.into())
    }
}

#[derive(Serialize)]
struct Refused<'a> {
    ok: bool,
    #[serde(flatten)]
    faults: &'a ConfigFaults,
}

/// What was found.
#[derive(Serialize)]
struct Report<'a> {
    ok: bool,
    file: String,
    environment: &'a str,
    integrations: Vec<Checked>,
    warnings: Vec<Warning>,
    lint: LintSum,
}

/// What `lint` has to say, as far as it can tell without stores and platforms. Warnings change no exit code: whether they must is the gate's business.
#[derive(Serialize)]
struct LintSum {
    errors: usize,
    warnings: usize,
    #[serde(flatten)]
    report: LintReport,
}

impl LintSum {
    fn of(report: LintReport) -> Self {
        Self { errors: report.count(Severity::Error), warnings: report.count(Severity::Warning), report }
    }

    fn exit(&self) -> Option<Exit> {
        (self.errors > 0).then_some(Exit::Unexpected)
    }

    fn text(&self, printer: &Printer) -> Option<String> {
        let Self { errors, warnings, report } = self;
        let told = brief::lines(report, printer);
        (errors + warnings > 0).then(|| {
            let sum = format!("lint: errors {errors}, warnings {warnings}; `hallpass lint` says what to do");
            format!("\n\n{sum}\n  {}", told.join("\n  "))
        })
    }
}

/// What is allowed, and probably not meant.
#[derive(Serialize)]
struct Warning {
    /// Absent where it is about all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    integration: Option<String>,
    message: &'static str,
}

impl Warning {
    fn about(summary: IntegrationSummary) -> Option<Self> {
        summary.caution.map(|message| Self { integration: Some(summary.name), message })
    }
}

#[derive(Serialize)]
struct Checked {
    #[serde(flatten)]
    summary: IntegrationSummary,
    /// Absent where nobody looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    readable: Option<Readable>,
    /// Why its secret could not be rotated as configured; absent where it could, or nothing is said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation: Option<Readable>,
}

/// Whether a usable secret is there right now.
#[derive(Serialize)]
#[serde(untagged)]
enum Readable {
    Yes { version: String, serial: Option<u64>, fingerprint: String },
    No { fault: &'static str, detail: String, hint: String },
}

impl Readable {
    async fn now(app: &App, integration: &str) -> Self {
        match app.credential(integration).await {
            Ok(credential) => Self::Yes {
                version: credential.version().to_string(),
                serial: credential.serial(),
                fingerprint: credential.fingerprint().to_string(),
            },
            Err(fault) => Self::no(&fault),
        }
    }

    fn no(fault: &Fault) -> Self {
        Self::No { fault: fault.code().name(), detail: fault.to_string(), hint: fault.hint().to_owned() }
    }

    fn exit(&self) -> Option<Exit> {
        let Self::No { fault, .. } = self else { return None };
        FaultCode::ALL.iter().find(|code| code.name() == *fault).map(|code| Exit::of(*code))
    }
}

impl Report<'_> {
    fn text(&self, printer: &Printer) -> String {
        let verdict = if self.lint.errors == 0 { "is in order" } else { "asks for more than lint allows" };
        let mut text = format!("{} {verdict}; environment {}", self.file, self.environment);
        for checked in &self.integrations {
            text.push_str(&format!("\n\n{}", checked.text(printer)));
        }
        for warning in self.warnings.iter().filter(|warning| warning.integration.is_none()) {
            text.push_str(&format!("\n\n{}", labelled("warning", warning.message)));
        }
        text.extend(self.lint.text(printer));
        text
    }
}

impl Checked {
    fn exit(&self) -> Option<Exit> {
        [&self.readable, &self.rotation].into_iter().flatten().find_map(Readable::exit)
    }

    fn text(&self, printer: &Printer) -> String {
        let IntegrationSummary { name, platform, profile, place, secret, allow, caution } = &self.summary;
        let row = |what: &str, value: String| [what.to_owned(), value];
        let mut rows = vec![row("platform", format!("{platform} ({profile}), {place}"))];
        rows.extend(listed("may call", allow));
        rows.extend(listed("secret", secret));
        let mut below: Vec<_> = caution.iter().map(|text| labelled("warning", text)).collect();
        match &self.readable {
            None => {}
            Some(Readable::Yes { version, serial, fingerprint }) => {
                let serial = serial.map(|serial| format!(", serial {serial}")).unwrap_or_default();
                let found = format!(
                    "{} version {version}{serial}, fingerprint {fingerprint}",
                    printer.mark(true).trim_end()
                );
                rows.push(row("readable", found));
            }
            Some(Readable::No { detail, hint: advice, .. }) => {
                rows.push(row("readable", format!("{} {detail}", printer.mark(false))));
                below.push(labelled("hint", advice));
            }
        }
        if let Some(Readable::No { detail, hint: advice, .. }) = &self.rotation {
            rows.push(row("rotation", format!("{} {detail}", printer.mark(false))));
            below.push(labelled("hint", advice));
        }
        let below: String = below.iter().map(|line| format!("\n  {line}")).collect();
        format!("{}\n{}{below}", printer.heading(name), columns(&rows))
    }
}

/// One row each, the first of them with the label.
fn listed<'a>(label: &'a str, values: &'a [String]) -> impl Iterator<Item = [String; 2]> + use<'a> {
    let label = move |index| if index == 0 { label } else { "" };
    values.iter().enumerate().map(move |(index, value)| [label(index).to_owned(), value.clone()])
}
