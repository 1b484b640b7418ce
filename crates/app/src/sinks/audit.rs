//! The audit log's file or stream.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use hallpass_core::audit::{AuditSink, JsonLines, NoAudit};
use hallpass_core::{Fault, FaultCode};

use crate::Purpose;
use crate::config::AuditTarget;

/// The sink for what this process does.
///
/// Where nothing is configured a gateway writes to standard error, which the platform around it keeps; `exec` and single commands keep
/// silent: their standard error is a program's or a person's.
///
/// # Errors
/// `audit-unwritable` when the file cannot be opened: nothing auditable may happen then.
pub(crate) fn open(target: Option<&AuditTarget>, purpose: Purpose) -> Result<Arc<dyn AuditSink>, Fault> {
    match (target, purpose) {
        (Some(AuditTarget::File(path)), _) => append_to(path),
        (Some(AuditTarget::Stderr), _) | (None, Purpose::Gateway) => {
            Ok(Arc::new(JsonLines::new(io::stderr())))
        }
        (None, Purpose::Wrapper | Purpose::Command) => Ok(Arc::new(NoAudit)),
    }
}

/// Appending is one act of the kernel, so several processes may share the file.
fn append_to(path: &Path) -> Result<Arc<dyn AuditSink>, Fault> {
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path).map_err(|error| {
        Fault::new(FaultCode::AuditUnwritable, format!("`{}`", path.display())).with_source(error)
    })?;
    Ok(Arc::new(JsonLines::new(file)))
}

#[cfg(test)]
mod tests {
    use super::open;
    use crate::Purpose;
    use crate::config::AuditTarget;
    use hallpass_core::audit::{AuditEvent, AuditKind};
    use hallpass_core::{FaultCode, Moment};
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    #[test]
    fn a_file_is_private_and_appended_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let target = AuditTarget::File(path.clone());
        let now = Moment { wall: Duration::ZERO, monotonic: Duration::ZERO };
        for _ in 0..2 {
            let sink = open(Some(&target), Purpose::Command).unwrap();
            sink.record(&AuditEvent::new(now, AuditKind::Started)).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_cannot_be_opened_is_a_fault() {
        let target = AuditTarget::File("/nowhere/audit.jsonl".into());
        assert_eq!(open(Some(&target), Purpose::Gateway).unwrap_err().code(), FaultCode::AuditUnwritable);
    }
}
