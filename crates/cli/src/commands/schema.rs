//! `hallpass schema`: what a configuration file may say, for editors and pipelines.

use clap::Args;
use hallpass_app::config;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;

/// Print the JSON Schema of the configuration file
///
/// Editors that know JSON Schema complete and check hallpass.toml with it. `hallpass check` checks more: rules, references, what keys mean
/// together.
///
/// Example: hallpass schema > hallpass.schema.json
#[derive(Debug, Args)]
pub(crate) struct Schema {}

impl Schema {
    /// Prints it.
    pub(crate) fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        printer.json_document(&config::schema())?;
        Ok(Exit::Done)
    }
}
