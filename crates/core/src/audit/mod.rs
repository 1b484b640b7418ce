//! What we did, for the auditor: events as JSON lines.
//!
//! An event names things (integration, credential fingerprint, outcome) and never values. The sink here writes to any
//! `io::Write`; which file or stream that is, is the composition root's business.

mod event;
mod lines;

pub use event::{AuditEvent, AuditKind};
pub use lines::{AuditSink, JsonLines, NoAudit};
