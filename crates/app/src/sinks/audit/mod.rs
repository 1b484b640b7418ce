//! Where the audit log goes, and how it gets there.
//!
//! ```text
//!   what may wait ──▶ queue ──┐  a thread of its own, some milliseconds later
//!                             ├──▶ pen: chain, seal ──▶ file or stream, anchors
//!   what may not ─────────────┘  at once, and everything queued before it
//! ```

mod anchors;
mod keyed;
mod log;
mod output;
mod pen;
mod rolling;

use std::sync::Arc;

use hallpass_core::audit::chain::{ChainKey, Writer};
use hallpass_core::audit::{AuditEvent, AuditSink, NoAudit};
use hallpass_core::{Clock, Fault, Randomness};

use crate::Purpose;
use crate::config::{AuditConfig, AuditTarget};
use anchors::AnchorFile;
pub(crate) use keyed::audit_sink;
use log::ChainedLog;
use output::Output;
use pen::Pen;

/// What the sink needs besides its configuration.
#[derive(Debug)]
struct Hand {
    /// Who writes.
    writer: Writer,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
}

/// Where this process writes; nothing where a command has nobody to tell.
///
/// Where nothing is configured a gateway writes to standard error, which the platform around it keeps; `exec` and single commands keep
/// silent: their standard error is a program's or a person's. Their standard output is somebody's data, so they write to standard error where a gateway writes to standard output.
fn target(config: &AuditConfig, purpose: Purpose) -> Option<AuditTarget> {
    match (config.target.clone(), purpose) {
        (_, Purpose::Inspection) | (None, Purpose::Wrapper | Purpose::Command) => None,
        (None, Purpose::Gateway) => Some(AuditTarget::Stderr),
        (Some(AuditTarget::Stdout), Purpose::Wrapper | Purpose::Command) => Some(AuditTarget::Stderr),
        (target, _) => target,
    }
}

/// The sink for what this process does, sealed with `key`; [`target`] says where it writes.
///
/// # Errors
/// `audit-unwritable` when a file cannot be opened: nothing auditable may happen then.
fn open(
    target: Option<&AuditTarget>,
    config: &AuditConfig,
    key: ChainKey,
    hand: Hand,
) -> Result<Arc<dyn AuditSink>, Fault> {
    let Some(target) = target else { return Ok(Arc::new(NoAudit)) };
    let output = Output::open(target, config)?;
    let anchors = config.anchors.as_deref().map(AnchorFile::open).transpose()?;
    Ok(Arc::new(ChainedLog::new(Pen::new(output, anchors, key, hand))))
}

/// Records nothing and fails: for a process whose key cannot be had. Whoever does nothing auditable does not notice.
#[derive(Debug)]
struct Keyless(Fault);

impl AuditSink for Keyless {
    fn record(&self, _event: &AuditEvent) -> Result<(), Fault> {
        let fault =
            Fault::new(hallpass_core::FaultCode::AuditUnwritable, "the key of `audit.key` cannot be had");
        Err(fault
            .with_hint("see to the cause; nothing auditable is done meanwhile")
            .with_source(self.0.clone()))
    }
}

#[cfg(test)]
mod tests;
