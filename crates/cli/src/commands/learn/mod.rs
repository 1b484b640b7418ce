//! `hallpass learn`: from calls to permissions.

mod difference;
mod list;
mod permissions;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use hallpass_app::learning::Day;
use hallpass_app::{
    Config, Fault, Flags, HeldByClient, LearnOptions, Purpose, Sources, requirements_of_file, role_of_file,
};

use self::difference::{Difference, Present};
use self::list::List;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::house::House;
use crate::printer::Printer;

/// Make an allow-list and the least role out of what an integration did
///
/// While `sidecar.learn` names a folder, the sidecar records method, path without its values and how calls ended. This prints the allow-list that covers what
/// worked, in TOML to paste, and the permissions that the calls need, each with the page that says so. What was refused here, never worked, or cannot be told
/// from a value is left out and named. Nothing is sent and no secret is read, but with --diff.
///
/// With --diff it says what the integration has and did not use: rules that covered no call, and permissions of its present role that no call needs. The role is read from
/// the platform where the integration has an administrator (`provision` or `rotation`), and from a file with --role.
///
/// Example: hallpass learn queue-sync
///
/// Example: hallpass learn queue-sync --permissions swagger.json --diff --role role.json --since 2026-08-01
#[derive(Debug, Args)]
pub(crate) struct Learn {
    /// The integration's name
    #[arg(required_unless_present = "paths")]
    integration: Option<String>,
    /// A record in place of the one in `sidecar.learn`, such as one from another machine; several are added up
    #[arg(long, value_name = "FILE")]
    record: Vec<PathBuf>,
    /// What calls need, from the platform's swagger file, in place of hallpass' own small table
    #[arg(long, value_name = "FILE")]
    permissions: Option<PathBuf>,
    /// Make rules for calls that were refused, too: look at them first
    #[arg(long)]
    refused: bool,
    /// Say what is there and was never used
    #[arg(long)]
    diff: bool,
    /// With --diff: count only what was used on this day or later, such as 2026-08-01 [default: since recording began]
    #[arg(long, value_name = "DAY", requires = "diff", value_parser = day)]
    since: Option<Day>,
    /// With --diff: the present role, as the platform's JSON or one permission a line, in place of asking the platform
    #[arg(long, value_name = "FILE", requires = "diff")]
    role: Option<PathBuf>,
    /// With --diff: leave the platform alone
    #[arg(long, requires = "diff")]
    offline: bool,
    /// Print the paths of a swagger file, for `sidecar.learn_paths`, and do nothing else
    #[arg(long, value_name = "FILE", conflicts_with_all = ["integration", "record", "permissions", "refused", "diff"])]
    paths: Option<PathBuf>,
    /// Print one line of JSON instead of text
    #[arg(long, conflicts_with = "paths")]
    json: bool,
}

impl Learn {
    /// Prints what can be learnt.
    pub(crate) async fn run(self, path: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        if let Some(file) = &self.paths {
            let table = requirements_of_file(file)?;
            let paths: BTreeSet<&str> = table.rows().iter().map(|row| row.path.as_str()).collect();
            printer.data(&paths.into_iter().collect::<Vec<_>>().join("\n"))?;
            return Ok(Exit::Done);
        }
        // The grammar demands it where there is no list of paths.
        let name = self.integration.as_deref().unwrap_or_default();
        let config = Config::load(path, &Sources::of_process(Flags::default())).map_err(Fault::from)?;
        let options = LearnOptions {
            records: &self.record,
            permissions: self.permissions.as_deref(),
            refused: self.refused,
        };
        let learnt = config.learnt(name, options)?;
        if self.diff {
            let held = self.held(&config, path, name).await?;
            Difference::of(&config, name, &learnt, self.since, held)?.tell(self.json, printer)?;
        } else {
            let source = if learnt.from_file { "the swagger file" } else { "hallpass' own table" };
            List::of(name, &learnt, source).tell(self.json, printer)?;
        }
        Ok(Exit::Done)
    }

    /// The present role: from the file, or from the platform. One that the platform does not tell is no reason to tell nothing.
    async fn held(&self, config: &Config, path: Option<&Path>, name: &str) -> Result<Present, Failure> {
        if let Some(file) = &self.role {
            return Ok(Present::Held { role: role_of_file(file)?, from: Vec::new() });
        }
        if self.offline || !config.has_administrator(name) {
            return Ok(Present::NotAsked);
        }
        let house = House::open(path, Flags::default(), Purpose::Command).await?;
        Ok(match house.app.held_role(name).await {
            Ok(Some(HeldByClient { role, names })) => Present::Held { role, from: names },
            Ok(None) => Present::NotAsked,
            Err(fault) => Present::Unknown(fault),
        })
    }
}

fn day(text: &str) -> Result<Day, String> {
    text.parse().map_err(str::to_owned)
}

/// `1 call`, `2 calls`.
fn calls(count: u64) -> String {
    if count == 1 { "1 call".to_owned() } else { format!("{count} calls") }
}
