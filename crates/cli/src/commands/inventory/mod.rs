//! `hallpass inventory`: what can get a token, and what is kept for it.

mod csv;
mod html;
mod text;
mod write;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use hallpass_app::{Config, Flags, Inventory, ProcessVariables, Purpose};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::house::House;
use crate::printer::Printer;

/// List every client and key on the platforms and every secret in the stores, side by side
///
/// Shows for each its owner, age, last use, last and next rotation and how far it reaches; what belongs to nobody on either side; and what differs from
/// the configuration. The platforms are looked at as the integrations with `administers = true`. What could not be looked at is said, and counts as
/// evidence for nothing. Nothing is changed anywhere, and no value is ever shown.
///
/// With --html a report for auditors is written besides: one file that needs no network, with the findings of `lint`, charts of ages and rotations, what
/// reaches what, and the controls of PCI DSS and HIPAA for which there is evidence.
///
/// Example: hallpass inventory --html report.html
#[derive(Debug, Args)]
pub(crate) struct InventoryCommand {
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Print one line of JSON; the same as --format json
    #[arg(long, conflicts_with_all = ["format", "csv"])]
    json: bool,
    /// Print comma-separated values; the same as --format csv
    #[arg(long, conflicts_with = "format")]
    csv: bool,
    /// Write the report to this file; it is readable by its owner alone
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// The forms of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One line of JSON
    Json,
    /// Comma-separated values (RFC 4180)
    Csv,
}

impl InventoryCommand {
    /// Takes it.
    pub(crate) async fn run(self, path: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        let file = Config::path(path, &ProcessVariables);
        let House { config, app } = House::open(path, Flags::default(), Purpose::Command).await?;
        let printer = *printer;
        let progress = text::Progress::default();
        let inventory = app.inventory(&config, &file, &move |what| progress.tell(&printer, &what)).await?;
        self.print(&inventory, &printer)?;
        if let Some(file) = &self.html {
            write::write(file, &html::page(&inventory))?;
            printer.talk(&format!("the report is in {}", file.display()));
        }
        Ok(Exit::Done)
    }

    fn print(&self, inventory: &Inventory, printer: &Printer) -> Result<(), Failure> {
        let format = match (self.json, self.csv) {
            (true, _) => Format::Json,
            (_, true) => Format::Csv,
            _ => self.format,
        };
        match format {
            Format::Text => printer.data(&text::table(inventory, printer)),
            Format::Json => printer.json(inventory),
            Format::Csv => printer.bytes(csv::document(inventory).as_bytes()),
        }
    }
}
