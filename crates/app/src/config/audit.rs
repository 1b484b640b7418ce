//! What the keys of the audit log mean.

use super::check::Checker;
use super::file::AuditTable;
use super::sidecar::wanted;
use super::{AuditConfig, AuditTarget, defaults};

impl Checker<'_, '_> {
    pub(super) fn audit(&mut self, table: &AuditTable) -> Option<AuditConfig> {
        let target = self.audit_target(table);
        let key = table.key.as_ref().map(|text| self.reference("audit.key", text, text.span()));
        let anchors = self.path(table.anchors.as_ref());
        if let (Some(AuditTarget::File(file)), Some(anchors), Some(text)) =
            (&target, &anchors, &table.anchors)
            && file == anchors
        {
            self.faults.at(
                text.span(),
                "`audit.anchors`: it is the log itself",
                "name another file".to_owned(),
            );
        }
        Some(AuditConfig {
            target,
            key: wanted(key)?,
            anchors,
            rotate_at: table.rotate_at.as_deref().copied().unwrap_or(defaults::AUDIT_ROTATE_AT),
            keep: table.keep.as_deref().copied(),
        })
    }

    fn audit_target(&mut self, table: &AuditTable) -> Option<AuditTarget> {
        if let (Some(_), Some(stream)) = (&table.file, &table.stream) {
            let hint = "leave one of them out".to_owned();
            self.faults.at(stream.span(), "`audit.stream`: `audit.file` says something else", hint);
        }
        match (table.file.as_deref().map(String::as_str), table.stream.as_deref().map(String::as_str)) {
            (Some("-"), _) | (None, Some("stderr")) => Some(AuditTarget::Stderr),
            (Some(_), _) => self.path(table.file.as_ref()).map(AuditTarget::File),
            (None, Some(_)) => Some(AuditTarget::Stdout),
            (None, None) => None,
        }
    }
}
