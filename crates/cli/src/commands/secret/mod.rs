//! `hallpass secret`: what rests in the stores.

mod copy;
mod formats;
mod import;
mod list;
mod material;
mod put;

use std::path::Path;

use clap::Subcommand;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;

/// Put secrets into their stores, and see which are there
///
/// Example: hallpass secret put queue-sync < secret.json
#[derive(Debug, Subcommand)]
pub(crate) enum SecretCommand {
    Put(put::Put),
    List(list::List),
    Import(import::Import),
    Copy(copy::Copy),
}

impl SecretCommand {
    /// Does what was asked.
    pub(crate) async fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        match self {
            Self::Put(command) => command.run(config, printer).await,
            Self::List(command) => command.run(config, printer).await,
            Self::Import(command) => command.run(config, printer).await,
            Self::Copy(command) => command.run(config, printer).await,
        }
    }
}
