//! What can happen, as one table: the names that stand in the log, and how surely each must be on record before anybody goes on.

use serde::Serialize;

/// How surely an event is on record when [`AuditSink::record`](super::AuditSink::record) returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Recording {
    /// Written a moment later. If the process is killed, the events of that moment are lost, and the chain shows where it ends.
    Queued,
    /// It has left the process: it survives the process being killed, but perhaps not the machine losing power.
    Written,
    /// It is on the disk: what follows cannot be had without a record of it.
    Durable,
}

macro_rules! kinds {
    ($($variant:ident = $name:literal, $recording:ident, $summary:literal;)*) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
        #[serde(rename_all = "kebab-case")]
        #[non_exhaustive]
        pub enum AuditKind { $(#[doc = $summary] $variant,)* }

        impl AuditKind {
            /// All of them, in the order of the reference page.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable name, such as `token-granted`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// How surely it is on record before whoever asked goes on.
            #[must_use]
            pub fn recording(self) -> Recording {
                match self { $(Self::$variant => Recording::$recording,)* }
            }

            /// One line for the reference page.
            #[must_use]
            pub fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)* }
            }
        }
    };
}

kinds! {
    Started = "started", Written, "A sidecar or command began to act.";
    Stopped = "stopped", Written, "It stopped.";
    SecretRead = "secret-read", Written, "A secret was read from its store, or could not be.";
    SecretWritten = "secret-written", Durable, "A secret was written to its store; recorded before it becomes current.";
    TokenGranted = "token-granted", Queued, "A token was granted.";
    TokenRefused = "token-refused", Queued, "A token request was refused.";
    TokenRejected = "token-rejected", Queued, "The platform rejected a token we held.";
    LoginGranted = "login-granted", Written, "A local login was granted.";
    LoginRefused = "login-refused", Queued, "A local login was refused.";
    CallRefused = "call-refused", Queued, "A call was refused by policy or gate.";
    RotationStep = "rotation-step", Durable, "A rotation is about to do something at the platform or in the store, did it, or gave up trying.";
    RevocationStep = "revocation-step", Durable, "A secret that leaked is being ended: the consent, each change until it is gone, those of a rotation that is part of it included, and the evidence.";
    ProvisioningStep = "provisioning-step", Durable, "Provisioning is about to change something at a platform, did it, or gave up trying.";
    ChainBegun = "chain-begun", Written, "A process began a chain: the line that says who writes it.";
    ChainContinued = "chain-continued", Written, "A chain goes on in a new file.";
    ChainEnded = "chain-ended", Written, "A process ended its chain: nothing of it can follow, and nothing was cut off.";
}

impl AuditKind {
    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::{AuditKind, Recording};

    #[test]
    fn a_kind_is_called_the_same_everywhere() {
        for kind in AuditKind::ALL {
            assert_eq!(serde_json::to_string(kind).unwrap(), format!("\"{}\"", kind.name()));
            assert_eq!(AuditKind::named(kind.name()), Some(*kind));
        }
    }

    #[test]
    fn what_changes_a_secret_is_on_the_disk_first_and_what_a_call_does_may_wait() {
        for kind in [
            AuditKind::SecretWritten,
            AuditKind::RotationStep,
            AuditKind::RevocationStep,
            AuditKind::ProvisioningStep,
        ] {
            assert_eq!(kind.recording(), Recording::Durable, "{kind:?}");
        }
        for kind in [AuditKind::TokenGranted, AuditKind::CallRefused, AuditKind::TokenRejected] {
            assert_eq!(kind.recording(), Recording::Queued, "{kind:?}");
        }
    }
}
