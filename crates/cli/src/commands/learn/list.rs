//! The allow-list, as TOML and as JSON.

use hallpass_app::Learnt;
use hallpass_app::learning::{Counts, Day, Doubt, LeftOut, Line};
use serde::Serialize;

use super::calls;
use super::permissions::RoleReport;
use crate::failure::Failure;
use crate::printer::{Printer, columns};

/// Everything that a record says.
#[derive(Serialize)]
pub(super) struct List<'a> {
    integration: &'a str,
    environment: &'a str,
    since_ms: u64,
    until_ms: u64,
    /// Calls that are counted and not described.
    other: u64,
    allow: Vec<Row<'a>>,
    left_out: Vec<Row<'a>>,
    role: RoleReport<'a>,
}

/// One rule, or what earns none.
#[derive(Serialize)]
struct Row<'a> {
    rule: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    #[serde(flatten)]
    counts: &'a Counts,
    last_ms: u64,
    /// What a person should look at.
    doubts: Vec<String>,
}

impl<'a> List<'a> {
    /// The list of what was `learnt`, with permissions by `source`.
    pub(super) fn of(integration: &'a str, learnt: &'a Learnt, source: &'static str) -> Self {
        let record = &learnt.record;
        Self {
            integration,
            environment: record.environment.as_str(),
            since_ms: record.since_ms,
            until_ms: record.until_ms,
            other: record.other,
            allow: learnt.tight.lines.iter().map(|line| Row::of(line, None)).collect(),
            left_out: learnt.tight.left_out.iter().map(|(line, why)| Row::of(line, Some(*why))).collect(),
            role: RoleReport::of(&learnt.role, learnt.has_table, source),
        }
    }

    /// Prints it. The text is TOML as a whole: what is no list is a remark.
    pub(super) fn tell(&self, json: bool, printer: &Printer) -> Result<(), Failure> {
        if json {
            return printer.json(self);
        }
        let (since, until) = (Day::of_millis(self.since_ms), Day::of_millis(self.until_ms));
        let mut text = format!("# {} in {}, {since} to {until}\n", self.integration, self.environment);
        if self.allow.is_empty() {
            text.push_str("# nothing worked, so there is no list\n");
        } else {
            let rows: Vec<_> = self.allow.iter().map(Row::in_toml).collect();
            text.push_str(&format!("allow = [\n{}\n]\n", columns(&rows)));
        }
        if !self.left_out.is_empty() {
            let rows: Vec<_> = self.left_out.iter().map(Row::as_remark).collect();
            text.push_str(&format!("\n# left out:\n{}\n", remarks(&columns(&rows))));
        }
        if self.other > 0 {
            let what = "not described: too many kinds, endless paths or odd methods";
            text.push_str(&format!("\n# {} {what}\n", calls(self.other)));
        }
        text.push_str(&format!("\n{}", remarks(&self.role.in_words())));
        printer.data(text.trim_end())
    }
}

impl<'a> Row<'a> {
    fn of(line: &'a Line, why: Option<LeftOut>) -> Self {
        let unclear = line.unclear.iter().map(|segment| {
            format!("segment {} is a value or a word that no table has: name it in a rule or in `sidecar.learn_paths`", segment + 1)
        });
        let same = line.doubts.iter().filter_map(|doubt| match doubt {
            Doubt::OneValue(segment) => Some(segment.to_string()),
            Doubt::SometimesDenied => None,
        });
        let same = same.collect::<Vec<_>>().join(", ");
        let one = (!same.is_empty())
            .then(|| format!("one value in segment {same}: write it if it is meant to stay"));
        let denied = line.doubts.contains(&Doubt::SometimesDenied);
        let denied = denied.then(|| format!("{} of them denied by the platform", line.counts.denied));
        let doubts = one.into_iter().chain(denied);
        // What was only refused has no other doubt that matters.
        let doubts: Vec<String> =
            if why == Some(LeftOut::Refused) { Vec::new() } else { unclear.chain(doubts).collect() };
        Self { rule: &line.rule, why: why.map(in_words), counts: &line.counts, last_ms: line.last_ms, doubts }
    }

    fn in_toml(&self) -> [String; 2] {
        [format!("{},", quoted(self.rule)), format!("# {}", self.told())]
    }

    fn as_remark(&self) -> [String; 2] {
        let why = self.why.map(|why| format!("{why}: ")).unwrap_or_default();
        [quoted(self.rule), format!("{why}{}", self.told())]
    }

    fn told(&self) -> String {
        let last = Day::of_millis(self.last_ms);
        let mut told = format!("{}, last {last}", calls(self.counts.sum()));
        self.doubts.iter().for_each(|doubt| told.push_str(&format!("; {doubt}")));
        told
    }
}

fn in_words(why: LeftOut) -> &'static str {
    match why {
        LeftOut::Refused => "refused here",
        LeftOut::NeverWorked => "never worked",
        LeftOut::Unclear => "unclear",
    }
}

/// A rule has no control characters and no backslash, so what JSON writes is a basic string of TOML.
fn quoted(rule: &str) -> String {
    serde_json::Value::from(rule).to_string()
}

fn remarks(text: &str) -> String {
    text.lines().map(|line| format!("# {line}").trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}
