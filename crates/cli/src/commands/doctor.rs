//! `hallpass doctor`: what stands between this machine and each secret.

use std::path::Path;

use clap::Args;
use hallpass_app::{App, Diagnosis, Finding, Flags, Granting, HealthVerdict, PlaceDiagnosis, Purpose};
use serde::Serialize;

use crate::exit::Exit;
use crate::explain::labelled;
use crate::failure::Failure;
use crate::house::House;
use crate::printer::{Printer, columns};

/// Look at every place of every secret, and say what is in the way
///
/// Each reference is connected to, read and described, all at the same time: identity, reachability, permission, whether something is there, whether it is a
/// credential of this platform and environment, its age, whether the store is in this process's region, and whether further places hold what the first
/// does. A missing permission is named as the cloud names it. Nothing is sent to a platform, nothing is written, and no value is ever shown.
///
/// A warning is for what works and should be seen to; it does not change the exit code.
///
/// Example: hallpass doctor queue-sync
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Look at this integration alone
    integration: Option<String>,
    /// Look at nothing; print the least that has to be granted in the cloud so that each secret can be read
    #[arg(long)]
    policy: bool,
    /// With --policy: what has to be granted to whoever stores and replaces the secrets
    #[arg(long, requires = "policy")]
    writer: bool,
    /// Print one line of JSON instead of text
    #[arg(long)]
    json: bool,
}

impl Doctor {
    /// Looks.
    pub(crate) async fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        let House { app, .. } = House::open(config, Flags::default(), Purpose::Command).await?;
        if self.policy {
            return self.print_grants(&app, printer);
        }
        let integrations = app.examine(self.integration.as_deref()).await?;
        let fault = integrations.iter().find_map(Diagnosis::first_fault);
        if self.json {
            printer.json(&Report { ok: fault.is_none(), integrations: &integrations })?;
        } else {
            let told: Vec<_> = integrations.iter().map(|one| text(one, printer)).collect();
            printer.data(&format!("{}\n\n{}", told.join("\n\n"), sum(&integrations)))?;
        }
        Ok(fault.map_or(Exit::Done, Exit::of))
    }

    fn print_grants(&self, app: &App, printer: &Printer) -> Result<Exit, Failure> {
        let grants = app.grants(self.integration.as_deref(), self.writer)?;
        if self.json {
            printer.json(&Grants { grants })?;
        } else if grants.is_empty() {
            printer.talk("nothing has to be granted: no secret is in a cloud");
        } else {
            let told = grants.iter().map(|one| {
                let title = printer.heading(&format!("# {}: {}", one.integration, one.reference));
                format!("{title}\n{}", one.policy.trim_end())
            });
            printer.data(&told.collect::<Vec<_>>().join("\n\n"))?;
        }
        Ok(Exit::Done)
    }
}

#[derive(Serialize)]
struct Grants {
    grants: Vec<Granting>,
}

#[derive(Serialize)]
struct Report<'a> {
    ok: bool,
    integrations: &'a [Diagnosis],
}

fn text(diagnosis: &Diagnosis, printer: &Printer) -> String {
    let places = diagnosis.places.iter().map(|place| place_text(place, printer));
    format!("{}\n{}", printer.heading(&diagnosis.integration), places.collect::<Vec<_>>().join("\n"))
}

fn place_text(place: &PlaceDiagnosis, printer: &Printer) -> String {
    let row = |finding: &Finding| {
        let mark = match finding.verdict {
            HealthVerdict::Warning => "!",
            verdict => printer.mark(verdict == HealthVerdict::Good).trim_end(),
        };
        [mark.to_owned(), finding.check.name().to_owned(), finding.detail.clone()]
    };
    let rows: Vec<_> = place.findings.iter().map(row).collect();
    let hints = place.findings.iter().filter_map(|finding| {
        let hint = finding.hint.as_ref()?;
        Some(format!("\n    {}", labelled("hint", &format!("{}: {hint}", finding.check.name()))))
    });
    let rows = columns(&rows).replace('\n', "\n  ");
    format!("  {}\n  {rows}{}", place.reference, hints.collect::<String>())
}

/// The last line: how many of each.
fn sum(all: &[Diagnosis]) -> String {
    let count = |verdict| {
        all.iter().flat_map(Diagnosis::findings).filter(|finding| finding.verdict == verdict).count()
    };
    let (bad, warnings) = (count(HealthVerdict::Bad), count(HealthVerdict::Warning));
    let places: usize = all.iter().map(|diagnosis| diagnosis.places.len()).sum();
    match (bad, warnings) {
        (0, 0) => format!("places looked at: {places}; all in order"),
        _ => format!("places looked at: {places}; failed: {bad}, warnings: {warnings}"),
    }
}
