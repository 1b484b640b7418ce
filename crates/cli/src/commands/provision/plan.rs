//! `hallpass provision plan`: what would be made, changed and removed, before anything is.

use std::path::Path;
use std::sync::Arc;

use clap::Args;
use hallpass_app::clients::{Goal, NoWitness};
use hallpass_app::{Flags, Form, ProvisionOptions, Purpose};

use super::drawn::{Report, text};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::house::House;
use crate::printer::{Printer, columns};

/// Show what would be made, changed and removed, with every call and the permission it needs
///
/// Store and platform are read; nothing is changed at the platform. It ends with 0 if there is
/// something to do, with 10 if there is nothing, and with 7 if it would be refused.
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
        let House { app, .. } = House::open(config, Flags::default(), Purpose::Command).await?;
        if let Some(form) = app.credential_form(&self.integration)? {
            return self.form(&form, printer);
        }
        let Self { adopt, even_if_used, .. } = self;
        let options = ProvisionOptions { adopt, even_if_used, stay: std::time::Duration::ZERO };
        let engine = app.provisioning(&self.integration, options, Arc::new(NoWitness))?;
        let planned = engine.plan(if self.destroy { Goal::Destroy } else { Goal::Apply }).await?;
        let checks = app.provision_checks(&self.integration).await?;
        let report = Report::of(&planned).with(checks);
        if self.json {
            printer.json(&report)?;
        } else {
            printer.data(&text(&report, printer))?;
        }
        match planned.refused {
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
            let findings: String = form.findings.iter().map(|finding| format!("\n! {finding}")).collect();
            let after = format!("then store what it shows with `hallpass secret put {name}`");
            printer.data(&format!("{title}\n{}{findings}\n{after}", columns(&rows)))?;
        }
        Ok(if form.findings.is_empty() { Exit::Done } else { Exit::Refused })
    }
}
