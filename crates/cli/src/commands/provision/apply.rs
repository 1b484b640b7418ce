//! `hallpass provision apply`: make it so.

use std::path::Path;

use clap::Args;
use hallpass_app::clients::Goal;
use hallpass_app::{Flags, Purpose};

use super::consent::consented;
use super::progress::ended;
use super::{Common, judged};
use crate::commands::lint::brief;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::house::House;
use crate::printer::Printer;

/// Make the client what the configuration says, and put its secret into the store
///
/// What the client could do is held against the rules of `hallpass lint` first: an error that nobody accepted refuses it.
///
/// The secret is shown to nobody. If the run is interrupted, or an answer is lost, run it again: what was made is found by its mark and finished, and
/// nothing is left over.
///
/// Example: hallpass provision apply queue-sync --yes
#[derive(Debug, Args)]
pub(crate) struct Apply {
    #[command(flatten)]
    common: Common,
}

impl Apply {
    /// Does it.
    pub(crate) async fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        let house = House::open(config, Flags::default(), Purpose::Command).await?;
        let Common { integration, yes, json, .. } = &self.common;
        let (engine, lines) = self.common.engine(&house.app, printer)?;
        let planned = self.common.shown(&engine, Goal::Apply, printer).await?;
        let judged = judged(&house, config, integration, planned.as_ref()).await?;
        let (told, refusal) = (brief::text(&judged, printer), judged.refusal(integration));
        if !told.is_empty() && (planned.is_some() || refusal.is_some()) {
            printer.talk(told.trim_start());
        }
        if let Some(refusal) = refusal {
            return Err(refusal.into());
        }
        lines.expect(planned.as_ref());
        if planned.is_some() && !consented(printer, "apply this? [y/N] ", "y", *yes)? {
            return Ok(Exit::Refused);
        }
        // Also where nothing is to be changed: what an interrupted run announced has to be settled.
        let done = engine.run(Goal::Apply).await?;
        ended(printer, integration, "as configured", *json, &done)
    }
}
