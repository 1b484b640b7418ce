//! `hallpass revoke`: a secret has leaked.

mod consent;
mod report;

use std::path::Path;
use std::time::Duration;

use clap::Args;
use hallpass_app::config::waiting_time;
use hallpass_app::lifecycle::{Consent, Stop};
use hallpass_app::{App, Fault, FaultCode, Fingerprint, Flags, Purpose, Rotation, RotationOptions};

use super::rotate::{exit_of, open};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::house::House;
use crate::printer::Printer;
use report::Report;

/// End a secret that leaked, now: make and prove a new one, switch the old one off, reset or delete it, and show the evidence
///
/// Everything that the store holds for the integration is taken for leaked: the secret in use, the one before, and one that is pending. Nothing soaks, nothing
/// is watched, and nobody is asked whether they still need it, so it says first which callers fail for how long, and wants `--yes` or the name typed on a
/// terminal. Begun in the middle of a rotation it turns that into its own. If it is cut off, type it again, on any machine; `rotate due` goes on with it, too.
///
/// Tokens that were granted already may outlive the secret: no platform has a call that ends them all. The evidence says until when.
///
/// Exit code: 0 when everything that leaked is gone and the new secret is in use, 7 when nothing was done, 11 when it goes on later, 12 when a person is needed.
///
/// Example: hallpass revoke queue-sync --reason "in the build log, incident 4711"
#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// The integration whose secret leaked
    integration: String,
    /// Why, for the audit log and the evidence
    #[arg(long, default_value = "no reason given")]
    reason: String,
    /// Go on without being asked
    #[arg(long)]
    yes: bool,
    /// Switch it off before there is a new one: it dies some seconds earlier, and calls that need a token fail until then
    #[arg(long)]
    disable_first: bool,
    /// This secret alone, by its fingerprint as `hallpass rotate status` shows it
    #[arg(long, value_name = "FINGERPRINT", value_parser = fingerprint)]
    only: Option<Fingerprint>,
    /// Go past the hold that stands now
    #[arg(long)]
    despite_hold: bool,
    /// Do nothing, and show the evidence of the revocation under way or of the last one
    #[arg(long, conflicts_with_all = ["yes", "disable_first", "only", "despite_hold"])]
    report: bool,
    /// How long this run waits at one place, such as 30s, 15m or 2h; beyond that it ends, and the next run goes on. A machine that died in the middle of something is
    /// waited for five minutes
    #[arg(long, value_name = "DURATION", default_value = "6m", value_parser = waiting_time)]
    wait: Duration,
    /// Print the evidence as one line of JSON
    #[arg(long)]
    json: bool,
}

fn fingerprint(text: &str) -> Result<Fingerprint, String> {
    text.parse()
        .map_err(|_| "expected eight hexadecimal digits, as `hallpass rotate status` shows them".to_owned())
}

impl Revoke {
    /// Says what it costs, asks, ends it, and shows the evidence.
    pub(crate) async fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        let House { app, .. } = House::open(config, Flags::default(), Purpose::Command).await?;
        let rotation = self.rotation(&app, printer)?;
        if self.report {
            let evidence = rotation.evidence().await?;
            Report::of(&self.integration, None, &evidence, rotation.now())
                .print(&evidence, self.json, printer)?;
            return Ok(Exit::Done);
        }
        let consent = Consent {
            reason: self.reason.clone(),
            disable_first: self.disable_first,
            despite_hold: self.despite_hold,
            only: self.only,
        };
        let exposure = rotation.exposure(&consent).await.map_err(|fault| self.advised(fault))?;
        printer.talk(&format!("{}: {exposure}", self.integration));
        consent::demand(&self.integration, self.yes, printer)?;
        let stop = rotation.revoke(&consent).await;
        self.finish(&rotation, &stop, printer).await
    }

    fn rotation(&self, app: &App, printer: &Printer) -> Result<Rotation, Failure> {
        let options = RotationOptions { stay: self.wait, accept_downtime_risk: false };
        open(app, &self.integration, options, printer).map_err(|failure| match failure {
            // Whoever is in a hurry needs to know what to do instead, not how to configure it.
            Failure::Fault(fault) if fault.code() == FaultCode::RotationRefused => {
                let name = &self.integration;
                Failure::from(fault.with_hint(format!(
                    "switch the secret off in the platform's console now, then store a new one with `hallpass secret put {name}`"
                )))
            }
            failure => failure,
        })
    }

    async fn finish(&self, rotation: &Rotation, stop: &Stop, printer: &Printer) -> Result<Exit, Failure> {
        // Refused before anything was marked: what there is to show would be about another one.
        let evidence = rotation.evidence().await;
        let ours = |ended: bool| !ended || matches!(stop, Stop::Finished(_) | Stop::Nothing);
        if let Ok(evidence) = &evidence
            && ours(evidence.revocation.ended.is_some())
        {
            Report::of(&self.integration, Some(stop), evidence, rotation.now())
                .print(evidence, self.json, printer)?;
        }
        if let Some(fault) = stop.fault(&self.integration, rotation.now()) {
            return Err(self.advised(fault).into());
        }
        let over = evidence?.revocation.ended.is_some();
        printer.talk(&format!("{}: {}", self.integration, report::in_words(stop, over, rotation.now())));
        Ok(match stop {
            // Another machine came to its end with it.
            Stop::Nothing if over => Exit::Done,
            stop => exit_of(stop),
        })
    }

    /// The fault with what to type in this place.
    fn advised(&self, fault: Fault) -> Fault {
        let name = &self.integration;
        let hint = match fault.code() {
            FaultCode::RotationHeld => format!(
                "take the hold away with `hallpass rotate hold {name} --off`, or go past it with `--despite-hold`"
            ),
            FaultCode::RotationStuck => format!(
                "see to it, then type `hallpass revoke {name}` again; with `--disable-first` it ends what leaked before that"
            ),
            FaultCode::SlotsFull if !self.disable_first => {
                format!(
                    "remove one in the platform's console, or type `hallpass revoke {name} --disable-first`"
                )
            }
            _ => return fault,
        };
        fault.with_hint(hint)
    }
}
