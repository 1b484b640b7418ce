//! `hallpass provision destroy`: take it away.

use std::path::Path;

use clap::Args;
use hallpass_app::clients::Goal;
use hallpass_app::{Flags, Purpose};

use super::Common;
use super::consent::consented;
use super::progress::ended;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::house::House;
use crate::printer::Printer;

/// Remove the client from the platform and its secret from the store
///
/// A client that was used within the last two days is left alone unless `--even-if-used` says otherwise; so is one that hallpass did not make. On a terminal
/// the integration's name has to be typed.
///
/// Example: hallpass provision destroy queue-sync
#[derive(Debug, Args)]
pub(crate) struct Destroy {
    #[command(flatten)]
    common: Common,
}

impl Destroy {
    /// Does it.
    pub(crate) async fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        let House { app, .. } = House::open(config, Flags::default(), Purpose::Command).await?;
        let Common { integration, yes, json, .. } = &self.common;
        let (engine, lines) = self.common.engine(&app, printer)?;
        let question = format!("type `{integration}` to remove it: ");
        let planned = self.common.shown(&engine, Goal::Destroy, printer).await?;
        lines.expect(planned.as_ref());
        if planned.is_some() && !consented(printer, &question, integration, *yes)? {
            return Ok(Exit::Refused);
        }
        let done = engine.run(Goal::Destroy).await?;
        ended(printer, integration, "gone", *json, &done)
    }
}
