//! What was seen of an integration's calls, as a document that several processes add to.

use hallpass_core::policy::Rule;
use hallpass_core::template::StarKind;
use hallpass_core::{Environment, Fault, FaultCode, IntegrationName};
use serde::{Deserialize, Serialize};

use super::tally::Taken;

/// Everything on record about one integration. Holds templates, counts and times; never a value of a path, a query, a header or a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    version: u32,
    /// Whose calls.
    pub integration: IntegrationName,
    /// Where they were made.
    pub environment: Environment,
    /// When recording began, in milliseconds since the Unix epoch.
    pub since_ms: u64,
    /// When something was last added.
    pub until_ms: u64,
    /// Calls that are counted and not described: more kinds than [`Record::MOST_KINDS`], endless paths, odd methods.
    pub other: u64,
    /// The others, one for each method, template and rule.
    pub calls: Vec<RecordedCall>,
}

/// Calls of one method and template that one rule covered, or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedCall {
    /// The method.
    pub method: String,
    /// The path, with `*` for values.
    pub path: String,
    /// The allow rule that covered it, as it stood in the configuration; `None` for calls that were refused.
    pub rule: Option<String>,
    /// What is known of each `*`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stars: Vec<RecordedStar>,
    /// When the first of them was seen.
    pub first_ms: u64,
    /// When the last of them was seen.
    pub last_ms: u64,
    /// How they ended.
    #[serde(flatten)]
    pub counts: Counts,
}

/// One `*` of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedStar {
    /// Which segment it is, counted from zero.
    pub segment: usize,
    /// How sure it is that a value stood there.
    pub kind: StarKind,
    /// Whether any one process saw two different ones.
    pub varied: bool,
}

/// How calls ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// With a status of 2xx or 3xx.
    #[serde(default)]
    pub worked: u64,
    /// With 401 or 403.
    #[serde(default)]
    pub denied: u64,
    /// With any other status.
    #[serde(default)]
    pub failed: u64,
    /// Without an answer.
    #[serde(default)]
    pub unanswered: u64,
    /// Refused here.
    #[serde(default)]
    pub refused: u64,
}

impl Counts {
    /// All of them together.
    #[must_use]
    pub fn sum(&self) -> u64 {
        [self.worked, self.denied, self.failed, self.unanswered, self.refused]
            .into_iter()
            .fold(0, u64::saturating_add)
    }

    /// Adds those of `other`.
    pub fn add(&mut self, other: &Self) {
        let pairs = [
            (&mut self.worked, other.worked),
            (&mut self.denied, other.denied),
            (&mut self.failed, other.failed),
            (&mut self.unanswered, other.unanswered),
            (&mut self.refused, other.refused),
        ];
        for (mine, theirs) in pairs {
            *mine = mine.saturating_add(theirs);
        }
    }
}

impl Record {
    /// How many kinds of calls are described. An integration that does one job makes a few dozen; a caller that tries everything fills no more than
    /// about 200 KiB with them.
    pub const MOST_KINDS: usize = 512;

    /// The largest document that is read: far more than [`Record::MOST_KINDS`] calls need.
    pub const LARGEST: u64 = 4 * 1024 * 1024;

    /// A record with nothing in it.
    #[must_use]
    pub fn new(integration: IntegrationName, environment: Environment, now_ms: u64) -> Self {
        Self {
            version: 1,
            integration,
            environment,
            since_ms: now_ms,
            until_ms: now_ms,
            other: 0,
            calls: Vec::new(),
        }
    }

    /// Reads a record back, and believes nothing that could not have been written.
    ///
    /// # Errors
    /// `record-unreadable`; the text says what is wrong and quotes nothing.
    pub fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let strange = |what: &str| Fault::new(FaultCode::RecordUnreadable, what.to_owned());
        let record: Self = serde_json::from_slice(bytes).map_err(|_| strange("it is no record of calls"))?;
        if record.version != 1 {
            return Err(strange("it was written by a later hallpass"));
        }
        if record.calls.len() > Self::MOST_KINDS {
            return Err(strange("it has more kinds of calls than are ever written"));
        }
        let sound = |call: &RecordedCall| {
            let rule = format!("{} {}", call.method, call.path).parse::<Rule>();
            let segments: Vec<&str> = call.path.split('/').skip(1).collect();
            let stars = call.stars.iter().all(|star| segments.get(star.segment) == Some(&"*"));
            rule.is_ok() && stars && call.rule.as_ref().is_none_or(|rule| rule.parse::<Rule>().is_ok())
        };
        if record.calls.iter().all(sound) { Ok(record) } else { Err(strange("a call in it is none")) }
    }

    /// The document, a line for each call so that two of them can be compared by eye.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text =
            serde_json::to_string_pretty(self).expect("strings, numbers and lists always serialise");
        text.push('\n');
        text
    }

    /// Adds what a process counted since it last did so.
    pub fn add(&mut self, taken: &Taken, now_ms: u64) {
        self.until_ms = self.until_ms.max(now_ms);
        self.other = self.other.saturating_add(taken.other);
        taken.calls.iter().for_each(|call| self.add_call(call));
    }

    /// Adds what another machine, or another environment, has on record about the same integration.
    ///
    /// # Errors
    /// `record-unreadable` if it is about another integration.
    pub fn merge(&mut self, other: &Self) -> Result<(), Fault> {
        if other.integration != self.integration {
            let detail = format!("it is about `{}`, not `{}`", other.integration, self.integration);
            return Err(Fault::new(FaultCode::RecordUnreadable, detail));
        }
        self.since_ms = self.since_ms.min(other.since_ms);
        self.until_ms = self.until_ms.max(other.until_ms);
        self.other = self.other.saturating_add(other.other);
        other.calls.iter().for_each(|call| self.add_call(call));
        Ok(())
    }

    fn add_call(&mut self, call: &RecordedCall) {
        if let Some(known) = self.calls.iter_mut().find(|known| known.is_kind_of(call)) {
            known.absorb(call);
        } else if self.calls.len() < Self::MOST_KINDS {
            self.calls.push(call.clone());
            self.calls.sort_by(|one, other| one.key().cmp(&other.key()));
        } else {
            self.other = self.other.saturating_add(call.counts.sum());
        }
    }
}

impl RecordedCall {
    /// `GET /api/v2/routing/queues/*`.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    fn key(&self) -> (&str, &str, Option<&str>) {
        (&self.path, &self.method, self.rule.as_deref())
    }

    pub(super) fn is_kind_of(&self, other: &Self) -> bool {
        self.key() == other.key()
    }

    /// Adds another of the same kind. A place that was unclear once stays so, and one that varied once has varied.
    pub(super) fn absorb(&mut self, other: &Self) {
        self.counts.add(&other.counts);
        self.first_ms = self.first_ms.min(other.first_ms);
        self.last_ms = self.last_ms.max(other.last_ms);
        for (mine, theirs) in self.stars.iter_mut().zip(&other.stars) {
            mine.kind = mine.kind.max(theirs.kind);
            mine.varied |= theirs.varied;
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
