//! The sink for audit events.

use std::fmt;
use std::io::{self, Write};

use super::AuditEvent;
use crate::fault::{Fault, FaultCode};
use crate::sync::{Mutex, lock};

/// Takes audit events.
pub trait AuditSink: Send + Sync + fmt::Debug {
    /// Records `event`, as surely as [`AuditKind::recording`](super::AuditKind::recording) says. Calling twice records twice.
    ///
    /// # Errors
    /// `audit-unwritable`. Whoever acts on something auditable must not act when this fails. What may be queued fails later: the first record after a
    /// write that failed says so, and every one after it until writing works again.
    fn record(&self, event: &AuditEvent) -> Result<(), Fault>;
}

/// Writes one JSON line per event, each in a single `write`, so that lines of several processes on one file do not mix.
pub struct JsonLines<W>(Mutex<W>);

impl<W: Write + Send> JsonLines<W> {
    /// A sink over `writer`, which should not buffer.
    #[must_use]
    pub fn new(writer: W) -> Self {
        Self(Mutex::new(writer))
    }
}

impl<W: Write + Send> AuditSink for JsonLines<W> {
    fn record(&self, event: &AuditEvent) -> Result<(), Fault> {
        let mut line = event.line();
        line.push('\n');
        let mut writer = lock(&self.0);
        let written = writer.write_all(line.as_bytes()).and_then(|()| writer.flush());
        written.map_err(|error: io::Error| Fault::new(FaultCode::AuditUnwritable, "").with_source(error))
    }
}

impl<W> fmt::Debug for JsonLines<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JsonLines")
    }
}

/// Keeps nothing: for commands and tests that do nothing auditable.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoAudit;

impl AuditSink for NoAudit {
    fn record(&self, _event: &AuditEvent) -> Result<(), Fault> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{AuditSink, JsonLines};
    use crate::audit::{AuditEvent, AuditKind};
    use crate::clock::Moment;
    use crate::sync::{Arc, Mutex};
    use std::io::{self, Write};
    use std::time::Duration;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_event_is_one_line_with_sorted_keys() {
        let written = Shared::default();
        let now = Moment { wall: Duration::from_millis(12), monotonic: Duration::ZERO };
        let event =
            AuditEvent::new(now, AuditKind::TokenGranted).about(&"q").fact("z", "1").fact("a", "x\ny");
        JsonLines::new(written.clone()).record(&event).unwrap();
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert_eq!(
            text,
            "{\"at_ms\":12,\"facts\":{\"a\":\"x\\ny\",\"z\":\"1\"},\"integration\":\"q\",\"kind\":\"token-granted\"}\n"
        );
    }
}
