//! What is wrong with a configuration: every fault of one run, each with its place.
//!
//! Texts name keys and what was expected. They never quote a value, because a value in the wrong place is quite often a secret
//! that was pasted one line too high.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use hallpass_core::{Fault, FaultCode};
use serde::Serialize;

/// Every fault found in one run, in the order of the file.
#[derive(Clone, Debug, Serialize)]
pub struct ConfigFaults {
    file: String,
    missing: bool,
    faults: Vec<ConfigFault>,
}

/// One fault, with its place and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConfigFault {
    /// Where it is.
    #[serde(flatten)]
    pub place: Place,
    /// What is wrong and what was expected, as a lower-case fragment.
    pub message: String,
    /// What to do about it, where the message does not say so already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// Where a setting came from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "in", rename_all = "kebab-case")]
pub enum Place {
    /// The file as a whole.
    File,
    /// A line of the file; both numbers count from 1, columns in characters.
    Line {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// An environment variable.
    Variable {
        /// Its name.
        name: &'static str,
    },
    /// A flag of the command line.
    Flag {
        /// Its name, with dashes.
        name: &'static str,
    },
}

impl ConfigFaults {
    /// The faults, in the order of the file. Those of variables and flags come last.
    #[must_use]
    pub fn as_slice(&self) -> &[ConfigFault] {
        &self.faults
    }

    /// Whether the fault is that there is no file at all.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.missing
    }

    pub(super) fn missing(file: String) -> Self {
        Self { file, missing: true, faults: Vec::new() }
    }
}

impl fmt::Display for ConfigFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.missing {
            return write!(f, "{}: no such file", self.file);
        }
        for (index, fault) in self.faults.iter().enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            match &fault.place {
                Place::Line { line, column } => write!(f, "{end}{}:{line}:{column}: ", self.file)?,
                Place::File => write!(f, "{end}{}: ", self.file)?,
                Place::Flag { name } | Place::Variable { name } => write!(f, "{end}{name}: ")?,
            }
            f.write_str(&fault.message)?;
            if let Some(hint) = &fault.hint {
                write!(f, "\n  hint: {hint}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for ConfigFaults {}

impl From<ConfigFaults> for Fault {
    /// The faults themselves are the source, so that they are printed once and whole.
    fn from(faults: ConfigFaults) -> Self {
        if faults.missing {
            return Self::new(FaultCode::ConfigurationMissing, format!("`{}`", faults.file));
        }
        let detail = match faults.faults.len() {
            1 => "1 fault".to_owned(),
            count => format!("{count} faults"),
        };
        Self::new(FaultCode::ConfigurationInvalid, detail).with_source(faults)
    }
}

/// Collects faults while a file is read.
pub(super) struct Collector<'t> {
    file: String,
    text: &'t str,
    found: Vec<ConfigFault>,
    spoiled: BTreeSet<usize>,
    lost: BTreeSet<String>,
}

impl<'t> Collector<'t> {
    pub(super) fn new(file: String, text: &'t str) -> Self {
        Self { file, text, found: Vec::new(), spoiled: BTreeSet::new(), lost: BTreeSet::new() }
    }

    /// The line of the file that the byte `start` is on, from 1.
    pub(super) fn line_of(&self, start: usize) -> usize {
        match self.place_of(start) {
            Place::Line { line, .. } => line,
            _ => 1,
        }
    }

    /// A fault on the value at `span`, unless that value is spoiled.
    pub(super) fn at(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        hint: impl Into<Option<String>>,
    ) {
        if !self.spoiled.contains(&span.start) {
            self.on(self.place_of(span.start), message, hint);
        }
    }

    /// A fault that makes the value at `span` unusable: nothing else is said about that value afterwards.
    pub(super) fn spoil(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        hint: impl Into<Option<String>>,
    ) {
        let start = span.start;
        self.at(span, message, hint);
        self.spoiled.insert(start);
    }

    /// Remembers that the key at `path` is there, although it was taken out: it must not be called missing.
    pub(super) fn lose(&mut self, path: String) {
        self.lost.insert(path);
    }

    /// Whether the key at `path` was taken out.
    pub(super) fn has_lost(&self, path: &str) -> bool {
        self.lost.contains(path)
    }

    /// Whether a key of the table at `path` was taken out.
    pub(super) fn has_lost_below(&self, path: &str) -> bool {
        self.lost.iter().any(|lost| lost.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
    }

    /// A fault at a place that is known already.
    pub(super) fn on(&mut self, place: Place, message: impl Into<String>, hint: impl Into<Option<String>>) {
        self.found.push(ConfigFault { place, message: message.into(), hint: hint.into() });
    }

    /// How many there are so far.
    pub(super) fn count(&self) -> usize {
        self.found.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(super) fn finish(mut self) -> ConfigFaults {
        self.found.sort_by(|one, other| one.place.cmp(&other.place));
        ConfigFaults { file: self.file, missing: false, faults: self.found }
    }

    fn place_of(&self, offset: usize) -> Place {
        let offset = self.text.floor_char_boundary(offset.min(self.text.len()));
        let before = &self.text[..offset];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        let line = before.matches('\n').count() + 1;
        Place::Line { line, column: before[line_start..].chars().count() + 1 }
    }
}
