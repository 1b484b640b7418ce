//! Which events are wanted.

use clap::Args;
use clap::builder::PossibleValuesParser;
use hallpass_app::{AuditKind, AuditRecord};

use super::time::{self, Point};

/// Which events are wanted; all of these must hold.
#[derive(Debug, Args)]
pub(super) struct Filter {
    /// Of this integration alone
    #[arg(long, value_name = "NAME")]
    integration: Option<String>,
    /// Of this kind alone, such as token-granted; may be given several times
    #[arg(long, value_name = "KIND", hide_possible_values = true, value_parser = PossibleValuesParser::new(AuditKind::ALL.iter().map(|kind| kind.name())))]
    kind: Vec<String>,
    /// Not before: 2026-11-22, 2026-11-22T21:10:00Z, or how long ago, such as 24h or 7d
    #[arg(long, value_name = "TIME", value_parser = time::read)]
    since: Option<Point>,
    /// Not after, in the same forms
    #[arg(long, value_name = "TIME", value_parser = time::read)]
    until: Option<Point>,
}

impl Filter {
    /// Whether it takes `record`.
    pub(super) fn takes(&self, record: &AuditRecord, now_ms: u64) -> bool {
        let integration =
            self.integration.as_ref().is_none_or(|name| record.integration.as_ref() == Some(name));
        let kind = self.kind.is_empty() || self.kind.contains(&record.kind);
        let since = self.since.is_none_or(|since| record.at_ms >= since.since_epoch(now_ms));
        let until = self.until.is_none_or(|until| record.at_ms <= until.since_epoch(now_ms));
        integration && kind && since && until
    }
}
