//! `hallpass rotate hold`: nothing may change until somebody says so.

use std::path::Path;

use clap::Args;
use hallpass_app::{Flags, Purpose, RotationOptions};

use super::one::open;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::house::House;
use crate::printer::Printer;

/// Keep every machine from making, switching off or deleting a secret, until the hold is taken away
///
/// When this returns, the flag stands beside the secret, and a call that was already on its way is over.
///
/// Example: hallpass rotate hold queue-sync --reason "incident 4711"
#[derive(Debug, Args)]
pub(crate) struct Hold {
    /// The integration whose secret it is
    integration: String,
    /// Why, for whoever meets the hold
    #[arg(long, default_value = "no reason given")]
    reason: String,
    /// Take the hold away
    #[arg(long)]
    off: bool,
}

impl Hold {
    /// Sets it, or takes it away.
    pub(crate) async fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        let House { app, .. } = House::open(config, Flags::default(), Purpose::Command).await?;
        let options = RotationOptions { stay: std::time::Duration::ZERO, accept_downtime_risk: false };
        let rotation = open(&app, &self.integration, options, printer)?;
        let name = &self.integration;
        if self.off {
            rotation.release().await?;
            printer.talk(&format!("{name}: no longer on hold; nothing starts by that"));
            return Ok(Exit::Done);
        }
        printer.talk(&format!(
            "{name}: setting the hold; a call that is on its way is waited for, two minutes at most"
        ));
        let held = rotation.hold(&self.reason).await?;
        printer.talk(&format!("{name}: on hold: {}", held.hold.reason));
        if let Some(call) = held.too_late_for {
            printer.talk(&format!(
                "  made before the hold stood, perhaps: {}; see `hallpass rotate status {name}`",
                call.told()
            ));
        }
        Ok(Exit::Done)
    }
}
