//! `hallpass audit`: what was done, and whether the record of it is whole.

mod csv;
mod export;
mod filter;
mod show;
mod source;
mod time;
mod verify;

use std::path::Path;

use clap::Subcommand;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;

/// See what was done, and whether the record of it is whole
///
/// Every line of the audit log vouches for those before it. What was changed, left out, moved, repeated or cut off is found and located, or it is said how far the end
/// can be proven.
///
/// Example: hallpass audit verify
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    Show(show::Show),
    Verify(verify::Verify),
    Export(export::Export),
}

impl AuditCommand {
    /// Does what was asked. Nothing is recorded: looking at the log is no act of it.
    pub(crate) async fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        match self {
            Self::Show(command) => command.run(config, printer).await,
            Self::Verify(command) => command.run(config, printer).await,
            Self::Export(command) => command.run(config, printer).await,
        }
    }
}
