//! Events in, sealed lines on the output.

use std::io;

use hallpass_core::audit::AuditEvent;
use hallpass_core::audit::chain::{Chain, ChainId, ChainKey, Seen};
use hallpass_core::{Fault, FaultCode, Moment, ThawWatch};

use super::Hand;
use super::anchors::AnchorFile;
use super::output::Output;

/// Writes the chain of this process. The chain begins with the first event: who does nothing leaves no trace.
#[derive(Debug)]
pub(super) struct Pen {
    output: Output,
    anchors: Option<AnchorFile>,
    key: ChainKey,
    hand: Hand,
    chain: Option<Chain>,
    /// How many lines of it are anchored.
    anchored: u64,
    /// The end of our own chain that was given up, for the next one to name.
    before: Option<Seen>,
    thaw: ThawWatch,
    lines: Vec<u8>,
}

/// A write that failed.
#[derive(Debug)]
pub(super) struct Unwritten {
    /// How many of the events were written all the same.
    pub(super) written: usize,
    pub(super) fault: Fault,
}

impl Pen {
    pub(super) fn new(output: Output, anchors: Option<AnchorFile>, key: ChainKey, hand: Hand) -> Self {
        let (thaw, lines) = (ThawWatch::new(), Vec::new());
        Self { output, anchors, key, hand, chain: None, anchored: 0, before: None, thaw, lines }
    }

    /// Writes `events`, and makes them durable where that is asked. If the process dies meanwhile, the first of them are written, perhaps none.
    pub(super) fn write(&mut self, events: &[AuditEvent], durable: bool) -> Result<(), Unwritten> {
        let now = self.hand.clock.now();
        self.lines.clear();
        let openings = self.open(now).map_err(|error| unwritten(0, error))?;
        if let Some(chain) = &mut self.chain {
            events.iter().for_each(|event| chain.append(event, &mut self.lines));
        }
        self.put(openings)?;
        if durable {
            self.output.sync().map_err(|error| unwritten(events.len(), error))?;
        }
        if let Some(chain) = self.chain.as_ref().filter(|chain| chain.count() - self.anchored >= ANCHOR_EVERY)
        {
            self.anchor(&chain.anchor(now));
        }
        Ok(())
    }

    /// Ends the chain, if there is one. A later event begins another.
    pub(super) fn end(&mut self) -> Result<(), Fault> {
        let Some(chain) = self.chain.take() else { return Ok(()) };
        let now = self.hand.clock.now();
        self.lines.clear();
        let anchor = chain.end(now, &mut self.lines);
        self.put(0).map_err(|unwritten| unwritten.fault)?;
        self.before = None;
        self.anchor(&anchor);
        Ok(())
    }

    /// Begins the chain, or goes on in another file. How many lines that took.
    fn open(&mut self, now: Moment) -> io::Result<usize> {
        if self.thaw.thawed(now)
            && let Some(chain) = self.chain.take()
        {
            // This may be one of several copies of a frozen process: they must not all go on with the same numbers.
            self.before = Some(Seen { last: Some(chain.last()), torn: 0 });
        }
        let moved = self.output.prepare()?;
        let writer = &self.hand.writer;
        if let Some(chain) = &mut self.chain {
            if moved {
                chain.carry_on(writer, now, &mut self.lines);
            }
            return Ok(usize::from(moved));
        }
        let found = self.output.seen()?;
        let last = self.before.and_then(|before| before.last).or(found.last);
        if found.torn > 0 {
            self.lines.push(b'\n');
        }
        let mut drawn = [0; 8];
        self.hand.randomness.fill(&mut drawn);
        let seen = Seen { last, torn: found.torn };
        let chain = Chain::begin(self.key.clone(), ChainId::of(drawn), writer, &seen, now, &mut self.lines);
        self.chain = Some(chain);
        self.anchored = 0;
        // A line end that closes what somebody else left is no line of ours.
        Ok(1 + usize::from(found.torn > 0))
    }

    fn put(&mut self, openings: usize) -> Result<(), Unwritten> {
        self.output.write(&self.lines).map_err(|(bytes, error)| {
            // What stands there is not what the chain thinks. The next one says what it finds.
            self.chain = None;
            self.before = None;
            let whole = self.lines[..bytes].iter().filter(|byte| **byte == b'\n').count();
            // Whoever writes next puts the line end there, and then it is whole.
            let but_its_end = usize::from(bytes > 0 && self.lines.get(bytes) == Some(&b'\n'));
            unwritten((whole + but_its_end).saturating_sub(openings), error)
        })?;
        self.before = None;
        Ok(())
    }

    /// Only what is on the disk is vouched for: an anchor that knows of more than a machine that lost power kept would cry wolf.
    fn anchor(&mut self, anchor: &hallpass_core::audit::chain::Anchor) {
        let Some(anchors) = &self.anchors else { return };
        match self.output.sync() {
            Ok(()) => {
                anchors.add(anchor, &self.key);
                self.anchored = anchor.count;
            }
            Err(error) => tracing::error!(%error, "the audit log could not be made durable"),
        }
    }
}

fn unwritten(written: usize, error: io::Error) -> Unwritten {
    Unwritten { written, fault: Fault::new(FaultCode::AuditUnwritable, "").with_source(error) }
}

/// How many lines of one process can be cut off at most without an anchor that tells; one of them costs a write to the disk.
const ANCHOR_EVERY: u64 = 1000;
