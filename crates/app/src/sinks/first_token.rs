//! The moment of the first token, which the audit log hears of anyway.

use std::sync::Arc;

use hallpass_core::audit::{AuditEvent, AuditKind, AuditSink};
use hallpass_core::{Clock, ColdStart, Fault, Phase};

/// Passes every event on, and notes when the first token was granted.
#[derive(Debug)]
pub(crate) struct FirstToken {
    sink: Arc<dyn AuditSink>,
    start: Arc<ColdStart>,
    clock: Arc<dyn Clock>,
}

impl FirstToken {
    /// Stands before `sink`.
    pub(crate) fn before(sink: Arc<dyn AuditSink>, start: Arc<ColdStart>, clock: Arc<dyn Clock>) -> Self {
        Self { sink, start, clock }
    }
}

impl AuditSink for FirstToken {
    fn record(&self, event: &AuditEvent) -> Result<(), Fault> {
        if event.kind() == AuditKind::TokenGranted {
            self.start.reached(Phase::Token, self.clock.now());
        }
        self.sink.record(event)
    }
}
