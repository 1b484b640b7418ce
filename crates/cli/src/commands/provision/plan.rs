//! `hallpass provision plan`: what would be made, changed and removed, before anything is.

use std::path::Path;
use std::sync::Arc;

use clap::Args;
use hallpass_app::clients::{Goal, NoWitness};
use hallpass_app::{Config, Flags, Form, ProcessVariables, ProvisionOptions, Purpose};

use super::drawn::{Report, text};
use super::judged;
use crate::commands::lint::brief;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::house::House;
use crate::printer::{Printer, columns};

/// Show what would be made, changed and removed, with every call and the permission it needs
///
/// Store and platform are read; nothing is changed at the platform. It ends with 0 if there is
/// something to do, with 10 if there is nothing, and with 7 if it would be refused.
///
/// What the client could do is held against the rules of `hallpass lint`: an error that nobody
/// accepted refuses it, a warning is shown.
///
/// Examples:
///   hallpass provision plan queue-sync
///   hallpass provision plan queue-sync --destroy --json
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct PlanCommand {
    /// The integration whose client it is
    integration: String,
    /// Show what `destroy` would do
    #[arg(long)]
    destroy: bool,
    /// As for `provision apply`
    #[arg(long)]
    adopt: bool,
    /// As for `provision apply`
    #[arg(long)]
    even_if_used: bool,
    /// Print one line of JSON instead of text
    #[arg(long)]
    json: bool,
}

impl PlanCommand {
    /// Shows it.
    pub(crate) async fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        let house = House::open(config, Flags::default(), Purpose::Command).await?;
        let (app, file) = (&house.app, Config::path(config, &ProcessVariables));
        if let Some(form) = app.credential_form(&house.config, &file, &self.integration).await? {
            return self.form(&form, printer);
        }
        let Self { adopt, even_if_used, .. } = self;
        let options = ProvisionOptions { adopt, even_if_used, stay: std::time::Duration::ZERO };
        let engine = app.provisioning(&self.integration, options, Arc::new(NoWitness))?;
        let planned = engine.plan(if self.destroy { Goal::Destroy } else { Goal::Apply }).await?;
        // What is taken away has no rights to judge.
        let judged = match self.destroy {
            true => None,
            false => Some(judged(&house, config, &self.integration, Some(&planned)).await?),
        };
        let refusal = judged.as_ref().and_then(|report| report.refusal(&self.integration));
        let checks = house.app.provision_checks(&self.integration).await?;
        let mut report = Report::of(&planned).with(checks);
        if self.json {
            if let Some(judged) = &judged {
                report = report.judged(judged, refusal.as_ref());
            }
            printer.json(&report)?;
        } else {
            let below = judged.as_ref().map(|report| brief::text(report, printer)).unwrap_or_default();
            printer.data(&format!("{}{below}", text(&report, printer)))?;
        }
        match planned.refused.or(refusal) {
            Some(fault) => Err(fault.into()),
            None if planned.effects.is_empty() => Ok(Exit::NothingDue),
            None => Ok(Exit::Done),
        }
    }

    /// The guide's credential: a form for a person.
    fn form(&self, form: &Form, printer: &Printer) -> Result<Exit, Failure> {
        if self.json {
            printer.json(form)?;
        } else {
            let rows: Vec<_> =
                form.fields.iter().map(|field| [field.name.to_owned(), field.value.clone()]).collect();
            let name = &form.integration;
            let title = printer.heading(&format!("{name}: fill in this form in the platform's console"));
            let told = form.findings.iter().chain(&form.warnings);
            let findings: String = told.map(|finding| format!("\n! {finding}")).collect();
            let after = format!("then store what it shows with `hallpass secret put {name}`");
            printer.data(&format!("{title}\n{}{findings}\n{after}", columns(&rows)))?;
        }
        Ok(if form.findings.is_empty() { Exit::Done } else { Exit::Refused })
    }
}
