//! Events in, sealed lines out.

use super::super::{AuditEvent, AuditKind};
use super::anchor::Anchor;
use super::key::ChainKey;
use super::line::{self, ChainId, Mac};
use crate::clock::Moment;

/// Who writes a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    /// The machine's name.
    pub host: String,
    /// The process's number there.
    pub process: u32,
    /// The program and its version.
    pub program: String,
    /// The environment of the configuration, such as `prod`.
    pub environment: String,
}

/// What stood at the end of the log when a chain began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The last whole line of a chain.
    pub last: Option<(ChainId, u64, Mac)>,
    /// How many bytes stood behind the last line end: a line that somebody died over.
    pub torn: usize,
}

/// A chain that is being written. It knows its last seal and nothing of files.
///
/// What is appended counts as written. Where it turns out that it is not, the chain cannot go on: drop it, and begin another one, which says what it saw.
#[derive(Clone, Debug)]
pub struct Chain {
    id: ChainId,
    key: ChainKey,
    count: u64,
    head: Mac,
}

impl Chain {
    /// Begins the chain `id`, which is drawn anew for each: its first line is appended to `out`.
    #[must_use]
    pub fn begin(
        key: ChainKey,
        id: ChainId,
        writer: &Writer,
        seen: &Seen,
        now: Moment,
        out: &mut Vec<u8>,
    ) -> Self {
        let mut chain = Self { id, key, count: 0, head: Mac::NONE };
        let mut event = chain.opening(AuditKind::ChainBegun, writer, now);
        if let Some((last, sequence, mac)) = &seen.last {
            event = event.fact("after_chain", last.to_string());
            event = event.fact("after_seq", sequence.to_string()).fact("after_mac", mac.to_string());
        }
        if seen.torn > 0 {
            event = event.fact("torn", seen.torn.to_string());
        }
        chain.append(&event, out);
        chain
    }

    /// Appends the line of `event` to `out`.
    pub fn append(&mut self, event: &AuditEvent, out: &mut Vec<u8>) {
        self.head = line::write(out, &self.key, (self.id, self.count, &self.head), event);
        self.count += 1;
    }

    /// Appends the first line in another file, which says again who writes and names the seal before it: the chain can be judged from there without the files before.
    pub fn carry_on(&mut self, writer: &Writer, now: Moment, out: &mut Vec<u8>) {
        let event =
            self.opening(AuditKind::ChainContinued, writer, now).fact("after_mac", self.head.to_string());
        self.append(&event, out);
    }

    /// Appends the last line.
    pub fn end(mut self, now: Moment, out: &mut Vec<u8>) -> Anchor {
        let lines = (self.count + 1).to_string();
        self.append(&AuditEvent::new(now, AuditKind::ChainEnded).fact("lines", lines), out);
        self.anchor(now)
    }

    /// How long it is now.
    #[must_use]
    pub fn anchor(&self, now: Moment) -> Anchor {
        let at_ms = u64::try_from(now.wall.as_millis()).unwrap_or(u64::MAX);
        Anchor { chain: self.id, count: self.count, head: self.head, at_ms }
    }

    /// How many lines it has.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Its last line.
    #[must_use]
    pub fn last(&self) -> (ChainId, u64, Mac) {
        (self.id, self.count.saturating_sub(1), self.head)
    }

    fn opening(&self, kind: AuditKind, writer: &Writer, now: Moment) -> AuditEvent {
        AuditEvent::new(now, kind)
            .fact("key", self.key.id().to_string())
            .fact("host", writer.host.as_str())
            .fact("process", writer.process.to_string())
            .fact("program", writer.program.as_str())
            .fact("environment", writer.environment.as_str())
    }
}
