//! What the keys of the audit log mean.

use hallpass::clouds;
use hallpass_stores::Reference;

use super::at::At;
use super::check::Checker;
use super::file::AuditTable;
use super::integration::reference_in_words;
use super::sidecar::wanted;
use super::{AuditConfig, AuditTarget, defaults};

impl Checker<'_, '_> {
    pub(super) fn audit(&mut self, table: &AuditTable) -> Option<AuditConfig> {
        let target = self.audit_target(table);
        let key = table.key.as_ref().map(|text| self.audit_key(text));
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

    /// What is no reference is never quoted: it may be the key itself.
    fn audit_key(&mut self, text: &At<String>) -> Option<Reference> {
        let (what, hint) = match Reference::parse(text) {
            Ok(reference) if clouds::is_built_in(reference.scheme) => return Some(reference),
            Ok(reference) => {
                let fault = clouds::not_built_in(reference.scheme);
                (fault.detail().to_owned(), fault.hint().to_owned())
            }
            Err(fault) => {
                let (what, hint) = reference_in_words(text, &fault);
                (format!("not a usable reference: {what}"), hint)
            }
        };
        self.faults.at(text.span(), format!("`audit.key`: {what}"), hint);
        None
    }
}
