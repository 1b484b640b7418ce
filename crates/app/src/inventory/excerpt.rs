//! The end of the audit log, where it is evidence.

use std::collections::VecDeque;

use hallpass_core::Fault;
use hallpass_core::audit::chain::KeyState;
use hallpass_lifecycle::scope_lint::Date;
use serde::Serialize;

use crate::assemble::App;
use crate::audit::{AuditRecord, AuditSource};

/// The end of an audit log that was verified.
#[derive(Clone, Debug, Serialize)]
pub struct AuditExcerpt {
    /// What the verification found, in one sentence.
    pub verdict: String,
    /// The last events, oldest first: when, which integration, what.
    pub events: Vec<[String; 3]>,
}

impl App {
    /// The last events of the configured log, if every line of it is as it was written and sealed with a key that is not public. Of a log without that nothing
    /// is shown: it would look like evidence.
    pub(super) async fn audit_excerpt(&self) -> Option<AuditExcerpt> {
        let log = self.audit_log(&AuditSource::default()).await.ok()?;
        let mut last: VecDeque<[String; 3]> = VecDeque::new();
        let each = |line: crate::audit::AuditLine<'_>| {
            if let Some(record) = AuditRecord::of(line.text) {
                last.push_back(told(&record));
                if last.len() > SHOWN {
                    last.pop_front();
                }
            }
            Ok::<_, Fault>(())
        };
        let report = log.read(each, |_| ()).ok()?;
        let keyed = report.chains.iter().all(|chain| chain.key != KeyState::Public);
        let verified: u64 = report.chains.iter().map(|chain| chain.verified).sum();
        if report.broken || !keyed || verified == 0 {
            return None;
        }
        let chains = report.chains.len();
        let tail = if report.is_proven() { "" } else { "; the end of some is not provable" };
        let verdict = format!("{verified} lines in {chains} chains are as they were written{tail}");
        Some(AuditExcerpt { verdict, events: last.into() })
    }
}

fn told(record: &AuditRecord) -> [String; 3] {
    let day = Date::of(std::time::Duration::from_millis(record.at_ms)).to_string();
    [day, record.integration.clone().unwrap_or_default(), record.kind.clone()]
}

/// How many events are shown: enough to see what the log is like.
const SHOWN: usize = 20;
