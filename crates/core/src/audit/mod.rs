//! What we did, for the auditor: events as JSON lines, chained so that a change of them shows.
//!
//! An event names things (integration, credential fingerprint, outcome) and never values. [`chain`] turns events into lines that vouch for each
//! other, and judges such lines; which file or stream they go to is the composition root's business.

pub mod chain;
mod event;
mod kind;
mod lines;

pub use event::AuditEvent;
pub use kind::{AuditKind, Recording};
pub use lines::{AuditSink, JsonLines, NoAudit};
