//! The journal: what happened, line by line, for people and for a look back.
//!
//! Nothing is decided from it. It may be missing, behind, or cut off anywhere; what matters stands beside the secret.
//!
//! A line is `{"sum":"…","record":{…}}`: JSON, with the first 16 hexadecimal digits of the SHA-256 of the record's bytes. So a cut, a flipped bit and a
//! line of somebody else are all seen.

use std::fmt;

use hallpass_core::{BoxFuture, EntryName, Fault, FaultCode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::event::Event;
use super::time::WallTime;

/// The schema of a record. A newer one is refused.
pub(super) const SCHEMA: u32 = 1;

/// Where the records of one integration are kept.
pub trait Journal: Send + Sync + fmt::Debug {
    /// Appends one line, which ends with a line feed. It is durable when this returns; if the process dies, a part of it may be there.
    ///
    /// # Errors
    /// `journal-unreadable` when it cannot be written. The rotation goes on without.
    fn append<'a>(&'a self, line: &'a str) -> BoxFuture<'a, Result<(), Fault>>;

    /// Everything, from the beginning; empty when there is none yet.
    ///
    /// # Errors
    /// `journal-unreadable`.
    fn read(&self) -> BoxFuture<'_, Result<Vec<u8>, Fault>>;
}

/// Keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoJournal;

impl Journal for NoJournal {
    fn append<'a>(&'a self, _line: &'a str) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn read(&self) -> BoxFuture<'_, Result<Vec<u8>, Fault>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The schema.
    pub schema: u32,
    /// Its number, from 0, without gaps.
    pub sequence: u64,
    /// When, by the clock of the machine that wrote it.
    pub at: WallTime,
    /// The entry it is about.
    pub entry: EntryName,
    /// What happened. Credentials appear by fingerprint only.
    pub event: Event,
}

/// What a journal holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its whole records, in order.
    pub records: Vec<Record>,
    /// What comes after them.
    pub tail: Tail,
}

/// The end of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// Nothing is missing.
    Whole,
    /// The last line was cut off, or is damaged: this many bytes are left out.
    Torn(usize),
}

/// Why a journal is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalFault {
    /// This line, counted from 1, is damaged, and it is not the last.
    Damaged(usize),
    /// This line was written by a newer program.
    Newer(usize, u32),
    /// This line is about another entry.
    Another(EntryName),
    /// A record is missing before this line.
    Gap(usize),
}

impl From<JournalFault> for Fault {
    fn from(fault: JournalFault) -> Self {
        let detail = match fault {
            JournalFault::Damaged(line) => format!("line {line} is damaged"),
            JournalFault::Newer(line, schema) => {
                format!("line {line} was written by a newer hallpass (schema {schema})")
            }
            JournalFault::Another(entry) => format!("it is the journal of `{entry}`"),
            JournalFault::Gap(line) => format!("records are missing before line {line}"),
        };
        Self::new(FaultCode::JournalUnreadable, detail)
    }
}

/// The line for `record`, with its line feed.
#[must_use]
pub fn record_line(record: &Record) -> String {
    let text = serde_json::to_string(record).expect("names, numbers and lists always serialise");
    format!("{HEAD}{}{BETWEEN}{text}}}\n", sum_of(&text))
}

const HEAD: &str = "{\"sum\":\"";
const BETWEEN: &str = "\",\"record\":";

/// The records of `entry`'s journal. Total: any bytes give an answer.
///
/// # Errors
/// A damaged line that is not the last, a newer schema, another entry, a gap.
pub fn read_journal(bytes: &[u8], entry: &EntryName) -> Result<Recorded, JournalFault> {
    let mut records: Vec<Record> = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let number = records.len() + 1;
        let end = rest.iter().position(|byte| *byte == b'\n');
        let (line, after) = end.map_or((rest, &rest[rest.len()..]), |end| (&rest[..end], &rest[end + 1..]));
        let record = match parse_line(line).filter(|_| end.is_some()) {
            Some(record) => record?.at_line(number)?,
            None if after.is_empty() => return Ok(Recorded { records, tail: Tail::Torn(rest.len()) }),
            None => return Err(JournalFault::Damaged(number)),
        };
        if record.entry != *entry {
            return Err(JournalFault::Another(record.entry));
        }
        if record.sequence != records.len() as u64 {
            return Err(JournalFault::Gap(number));
        }
        records.push(record);
        rest = after;
    }
    Ok(Recorded { records, tail: Tail::Whole })
}

/// A line whose sum is right.
enum Line {
    Known(Box<Record>),
    Newer(u32),
    Strange,
}

impl Line {
    fn at_line(self, number: usize) -> Result<Record, JournalFault> {
        match self {
            Self::Known(record) => Ok(*record),
            Self::Newer(schema) => Err(JournalFault::Newer(number, schema)),
            Self::Strange => Err(JournalFault::Damaged(number)),
        }
    }
}

/// `None` when the sum is not right.
fn parse_line(line: &[u8]) -> Option<Result<Line, JournalFault>> {
    #[derive(Deserialize)]
    struct Head {
        schema: u32,
    }
    let line = std::str::from_utf8(line).ok()?;
    let (sum, text) = line.strip_prefix(HEAD)?.split_once(BETWEEN)?;
    let text = text.strip_suffix('}')?;
    if sum != sum_of(text) {
        return None;
    }
    let head: Option<Head> = serde_json::from_str(text).ok();
    Some(Ok(match head {
        Some(head) if head.schema > SCHEMA => Line::Newer(head.schema),
        _ => serde_json::from_str(text).map_or(Line::Strange, |record| Line::Known(Box::new(record))),
    }))
}

fn sum_of(text: &str) -> String {
    Sha256::digest(text.as_bytes())[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
