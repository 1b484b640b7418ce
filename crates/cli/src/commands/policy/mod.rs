//! `hallpass policy`: what an integration may call, without calling anything.

mod calls;
mod report;
mod test;

use std::path::Path;

use clap::Subcommand;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;

/// See what an integration may call, and why not
///
/// Example: hallpass policy test queue-sync GET /api/v2/routing/queues
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    Test(test::Test),
}

impl PolicyCommand {
    /// Does what was asked.
    pub(crate) fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        match self {
            Self::Test(command) => command.run(config, printer),
        }
    }
}
