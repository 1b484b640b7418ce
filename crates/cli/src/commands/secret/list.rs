//! `hallpass secret list`: which entries there are, and never what is in them.

use std::path::Path;
use std::time::{Duration, SystemTime};

use clap::Args;
use hallpass_app::{Flags, Listed, Purpose};
use serde::Serialize;

use crate::exit::Exit;
use crate::explain::labelled;
use crate::failure::Failure;
use crate::house::House;
use crate::printer::{Printer, columns};

/// List the entries of the local store, and those of clouds that references name, without their values
///
/// Of a cloud only the entries that the configuration names are asked for, one by one. One that cannot be seen is listed with its fault, and the
/// exit code is that of the first such fault.
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
        let listed = app.list_secrets().await?;
        let worst = listed.iter().find_map(|listed| Some(Exit::of(listed.info.as_ref().err()?.code())));
        let entries: Vec<_> = listed.iter().map(Entry::of).collect();
        if self.json {
            printer.json(&Listing { entries })?;
        } else if entries.is_empty() {
            printer.talk("the store is empty; put a secret in with `hallpass secret put`");
        } else {
            printer.data(&table(&entries, now()))?;
        }
        Ok(worst.unwrap_or(Exit::Done))
    }
}

#[derive(Serialize)]
struct Listing {
    entries: Vec<Entry>,
}

/// An entry, without its values.
#[derive(Debug, Default, Serialize)]
struct Entry {
    reference: String,
    name: String,
    current: Option<String>,
    previous: Option<String>,
    pending: Option<String>,
    /// Since the Unix epoch.
    written_seconds: Option<u64>,
    /// Why it cannot be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<Unseen>,
}

#[derive(Debug, Serialize)]
struct Unseen {
    code: &'static str,
    detail: String,
    hint: String,
}

impl Entry {
    fn of(listed: &Listed) -> Self {
        let (reference, name) = (listed.reference.clone(), listed.name.to_string());
        let version = |version: &Option<hallpass_app::Version>| version.as_ref().map(ToString::to_string);
        match &listed.info {
            Ok(info) => Self {
                reference,
                name,
                current: version(&info.current),
                previous: version(&info.previous),
                pending: version(&info.pending),
                written_seconds: info.written.map(|written| written.as_secs()),
                fault: None,
            },
            Err(fault) => {
                let (code, hint) = (fault.code().name(), fault.hint().to_owned());
                let unseen = Unseen { code, detail: fault.to_string(), hint };
                Self { reference, name, fault: Some(unseen), ..Self::default() }
            }
        }
    }
}

fn table(entries: &[Entry], now: Duration) -> String {
    let mut rows = vec![["reference", "current", "written", "previous", "pending"].map(str::to_owned)];
    let version = |version: &Option<String>| version.clone().unwrap_or_else(|| "-".to_owned());
    rows.extend(entries.iter().map(|entry| {
        let written = entry.written_seconds.map(|seconds| age(now.as_secs().saturating_sub(seconds)));
        let written = written.unwrap_or_else(|| "-".to_owned());
        [
            entry.reference.clone(),
            version(&entry.current),
            written,
            version(&entry.previous),
            version(&entry.pending),
        ]
    }));
    let unseen = entries.iter().filter_map(|entry| Some((entry, entry.fault.as_ref()?)));
    let lines = unseen.map(|(entry, fault)| {
        format!(
            "\n{}\n  hint: {}",
            labelled("error", &format!("{}: {}", entry.reference, fault.detail)),
            fault.hint
        )
    });
    columns(&rows) + &lines.collect::<String>()
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
        let entry = Entry { reference: "local:a".to_owned(), current, ..Entry::default() };
        let expected =
            "  reference  current  written  previous  pending\n  local:a    2-ab     -        -         -";
        assert_eq!(table(&[entry], Duration::ZERO), expected);
    }
}
