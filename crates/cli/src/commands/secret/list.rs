//! `hallpass secret list`: which entries there are, and never what is in them.

use std::path::Path;
use std::time::{Duration, SystemTime};

use clap::Args;
use hallpass_app::{EntryInfo, Flags, Purpose};
use serde::Serialize;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::house::House;
use crate::printer::{Printer, columns};

/// List the entries of the local store, without their values
///
/// Example: hallpass secret list --json
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Print one line of JSON instead of a table
    #[arg(long)]
    json: bool,
}

impl List {
    /// Lists them.
    pub(crate) async fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        let House { app, .. } = House::open(config, Flags::default(), Purpose::Command).await?;
        let entries: Vec<_> = app.list_secrets().await?.iter().map(Entry::of).collect();
        if self.json {
            printer.json(&Listing { entries })?;
        } else if entries.is_empty() {
            printer.talk("the store is empty; put a secret in with `hallpass secret put`");
        } else {
            printer.data(&table(&entries, now()))?;
        }
        Ok(Exit::Done)
    }
}

#[derive(Serialize)]
struct Listing {
    entries: Vec<Entry>,
}

/// An entry, without its values.
#[derive(Debug, Serialize)]
struct Entry {
    name: String,
    current: Option<String>,
    previous: Option<String>,
    pending: Option<String>,
    /// Since the Unix epoch.
    written_seconds: Option<u64>,
}

impl Entry {
    fn of(info: &EntryInfo) -> Self {
        let version = |version: &Option<hallpass_app::Version>| version.as_ref().map(ToString::to_string);
        Self {
            name: info.name.to_string(),
            current: version(&info.current),
            previous: version(&info.previous),
            pending: version(&info.pending),
            written_seconds: info.written.map(|written| written.as_secs()),
        }
    }
}

fn table(entries: &[Entry], now: Duration) -> String {
    let mut rows = vec![["entry", "current", "written", "previous", "pending"].map(str::to_owned)];
    let version = |version: &Option<String>| version.clone().unwrap_or_else(|| "-".to_owned());
    rows.extend(entries.iter().map(|entry| {
        let written = entry.written_seconds.map(|seconds| age(now.as_secs().saturating_sub(seconds)));
        let written = written.unwrap_or_else(|| "-".to_owned());
        [
            entry.name.clone(),
            version(&entry.current),
            written,
            version(&entry.previous),
            version(&entry.pending),
        ]
    }));
    columns(&rows)
}

/// How long ago something was, as a person would say it.
fn age(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..120 => return "just now".to_owned(),
        120..7_200 => (seconds / 60, "minutes"),
        7_200..172_800 => (seconds / 3_600, "hours"),
        _ => (seconds / 86_400, "days"),
    };
    format!("{count} {unit} ago")
}

#[expect(clippy::disallowed_methods, reason = "an age is told to a person; nothing is decided by it")]
fn now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Entry, age, table};
    use std::time::Duration;

    #[test]
    fn ages_are_told_in_whole_units() {
        let told = [0, 119, 120, 7_199, 7_200, 172_799, 172_800, 8_640_000].map(age);
        let expected = [
            "just now",
            "just now",
            "2 minutes ago",
            "119 minutes ago",
            "2 hours ago",
            "47 hours ago",
            "2 days ago",
            "100 days ago",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_table_has_a_dash_where_there_is_nothing() {
        let current = Some("2-ab".to_owned());
        let entry =
            Entry { name: "a".to_owned(), current, previous: None, pending: None, written_seconds: None };
        let expected = "  entry  current  written  previous  pending\n  a      2-ab     -        -         -";
        assert_eq!(table(&[entry], Duration::ZERO), expected);
    }
}
