//! What is done, in a word or two: for the audit log, the journal's readers and progress.

use super::document::Call;
use super::effect::Change;

impl Call {
    /// Which call it is.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Generate(_) => "generate",
            Self::Activate(_) => "activate",
            Self::Deactivate(_) => "deactivate",
            Self::Delete(_) => "delete",
            Self::Discard(_) => "reset and forget",
            Self::Copy(..) => "write copy",
            Self::Promote(..) => "promote",
        }
    }

    /// Which call it is, and of which slot or version.
    #[must_use]
    pub fn told(&self) -> String {
        match (self, self.slot()) {
            (Self::Copy(copy, _), _) => format!("{} {copy}", self.name()),
            (Self::Promote(version, _), _) => format!("{} {version}", self.name()),
            (_, Some(slot)) => format!("{} {slot}", self.name()),
            (_, None) => self.name().to_owned(),
        }
    }
}

impl Change {
    /// What is written down.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::TakeLease => "lease taken",
            Self::Renew => "lease renewed",
            Self::Release => "lease given back",
            Self::Intent(..) => "intent",
            Self::Announce(..) => "announcement",
            Self::Pending(_) => "pending",
            Self::Trying(_) => "try announced",
            Self::Uncounted => "try not counted",
            Self::Drop(..) => "pending given up",
            Self::Dropped => "pending removed",
            Self::Promoted(_) => "promoted",
            Self::Notified => "consumers told",
            Self::Copied(_) => "copy written",
            Self::Retire(_) => "retire intent",
            Self::Disabled(_) => "old one off",
            Self::Stuck(..) => "stuck",
            Self::Resume(_) => "resumed",
            Self::Undo(..) => "undo",
            Self::Abandon => "abandoned",
            Self::Forth(_) => "not gone back",
            Self::Finish(_) => "finished",
            Self::Leaked(..) => "leaked secret noted",
            Self::Revoked => "revoked",
        }
    }
}
