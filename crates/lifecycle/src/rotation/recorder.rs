//! Writing the journal.

use hallpass_core::{EntryName, Fault, FaultCode};

use super::engine::Parts;
use super::event::Event;
use super::journal::{Record, Recorded, SCHEMA, Tail, read_journal, record_line};
use super::time::{Spoken, WallTime};

/// Appends what happens, and goes on without when that fails.
pub(super) struct Recorder<'a> {
    parts: &'a Parts,
    entry: &'a EntryName,
    sequence: u64,
    usable: bool,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(parts: &'a Parts, entry: &'a EntryName) -> Self {
        Self { parts, entry, sequence: 0, usable: true }
    }

    /// Finds the end of the journal. One that cannot be gone on with is left as it is, with a warning.
    pub(super) async fn open(&mut self) {
        let opened = match self.parts.journal.read().await {
            Ok(bytes) => read_journal(&bytes, self.entry).map_err(Fault::from),
            Err(fault) => Err(fault),
        };
        let refused = match opened {
            Ok(Recorded { tail: Tail::Torn(bytes), .. }) => {
                Fault::new(FaultCode::JournalUnreadable, format!("its last {bytes} bytes are damaged"))
            }
            Ok(Recorded { records, tail: Tail::Whole }) => {
                self.sequence = records.len() as u64;
                self.warn_of_clock(records.last());
                return;
            }
            Err(fault) => fault,
        };
        self.usable = false;
        self.parts.progress.warns(&refused);
    }

    /// A clock behind the last entry is said and the entry written all the same: order is by number. What would be dangerous, a clock behind the
    /// checkpoints, is refused where it is decided.
    fn warn_of_clock(&self, last: Option<&Record>) {
        let now = WallTime::at(self.parts.clock.now().wall);
        if let Some(last) = last.filter(|last| last.at > now) {
            let behind = Spoken(last.at.since(now));
            let detail = format!("this clock is {behind} behind the last entry");
            self.parts.progress.warns(&Fault::new(FaultCode::JournalUnreadable, detail));
        }
    }

    pub(super) async fn record(&mut self, event: &Event) {
        if !self.usable {
            return;
        }
        let at = WallTime::at(self.parts.clock.now().wall);
        let (entry, event) = (self.entry.clone(), event.clone());
        let line = record_line(&Record { schema: SCHEMA, sequence: self.sequence, at, entry, event });
        match self.parts.journal.append(&line).await {
            Ok(()) => self.sequence += 1,
            Err(fault) => {
                self.usable = false;
                self.parts.progress.warns(&fault);
            }
        }
    }
}
