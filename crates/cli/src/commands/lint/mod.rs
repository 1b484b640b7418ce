//! `hallpass lint`: what is broader than it has to be.

pub(crate) mod brief;
mod sarif;
mod text;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use hallpass_app::{Config, Environment, Fault, Flags, LintOptions, LintRule, ProcessVariables, Purpose};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::house::House;
use crate::printer::Printer;

/// Find what is broader than it has to be: policies, roles, secrets in the wrong place
///
/// Looks at the configuration, at the age and custody of each secret, and through the files beside the configuration (.env, templates, other
/// settings) for secrets that stand there as they are. Every finding has a code, a reason and a remedy; `--explain CODE` tells them. A finding that
/// is known and borne is accepted in the integration's `accept`, with a reason and a last day.
///
/// It ends with 0 when nothing speaks against the configuration, and with 9 when there is an error. With --environment it is the gate of that
/// environment: warnings count too. Nothing is changed anywhere, and no value is ever shown.
///
/// Example: hallpass lint --environment prod --format sarif > hallpass.sarif
#[derive(Debug, Args)]
pub(crate) struct Lint {
    /// Look at this integration alone
    integration: Option<String>,
    /// Leave stores and platforms alone: a build machine reaches none
    #[arg(long)]
    offline: bool,
    /// Be the gate of this environment: the configuration must be of it, and warnings count
    #[arg(long, value_name = "NAME", value_parser = environment)]
    environment: Option<Environment>,
    /// Look through these files and folders, in the place of the configuration's folder; may be repeated
    #[arg(long, value_name = "PATH")]
    files: Vec<PathBuf>,
    /// The platform's swagger file, in place of hallpass' own small table: what each call needs, so that rules with wildcards can be judged
    #[arg(long, value_name = "FILE")]
    permissions: Option<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Print one line of JSON; the same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Say why a rule is one and what to do, look at nothing
    #[arg(long, value_name = "CODE", value_parser = named, conflicts_with_all = ["rules", "environment", "files", "offline", "permissions"])]
    explain: Option<LintRule>,
    /// List the rules, look at nothing
    #[arg(long, conflicts_with_all = ["environment", "files", "offline", "permissions"])]
    rules: bool,
}

/// The forms of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One line of JSON
    Json,
    /// SARIF 2.1.0, which code hosts show beside the lines
    Sarif,
}

impl Lint {
    /// Looks.
    pub(crate) async fn run(self, path: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        if self.rules {
            printer.data(&text::rules())?;
            return Ok(Exit::Done);
        }
        if let Some(rule) = self.explain {
            printer.data(&text::explained(rule, printer))?;
            return Ok(Exit::Done);
        }
        let options = LintOptions {
            environment: self.environment,
            integration: self.integration,
            offline: self.offline,
            files: self.files,
            permissions: self.permissions,
        };
        let file = Config::path(path, &ProcessVariables);
        let House { config, app } = House::open(path, Flags::default(), Purpose::Command).await?;
        let report = app.lint(&config, &file, &options).await?;
        match if self.json { Format::Json } else { self.format } {
            Format::Text => printer.data(&text::report(&report, printer))?,
            Format::Json => printer.json(&report)?,
            Format::Sarif => printer.json_document(&sarif::log(&report))?,
        }
        Ok(if report.ok { Exit::Done } else { Exit::Unexpected })
    }
}

fn named(code: &str) -> Result<LintRule, &'static str> {
    LintRule::named(code).ok_or("there is no rule of that code; `hallpass lint --rules` lists them")
}

fn environment(name: &str) -> Result<Environment, String> {
    name.parse().map_err(|why: Fault| why.detail().to_owned())
}
