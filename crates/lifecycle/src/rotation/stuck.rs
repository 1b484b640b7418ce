//! Where a rotation cannot go on by itself, and the one command that helps.

use serde::{Deserialize, Serialize};

use super::time::WallTime;

/// Why a person is needed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stuck {
    /// Since when.
    pub at: WallTime,
    /// What is in the way.
    pub cause: Cause,
    /// Which thing exactly, in words.
    pub detail: String,
}

/// What can be in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Two new secrets in a row were refused.
    SecretRefused,
    /// A canary call failed with the new secret.
    CanaryFailed,
    /// The two slots may not do the same.
    RightsDiffer,
    /// Somebody changed something at the platform meanwhile.
    PlatformChanged,
    /// Somebody changed, switched off or removed the new secret at the platform.
    NewSecretChanged,
    /// Somebody stored another secret meanwhile.
    StoreChanged,
    /// Consumers do not prove that they have the new secret.
    NoEvidence,
    /// A consumer says it belongs to another environment.
    WrongEnvironment,
    /// The old secret still works after it was switched off.
    OldAccepted,
    /// The new secret was refused once the old one was off; the old one is on again.
    NewRefused,
    /// The secret to go back to is not there, or does not work.
    UndoImpossible,
    /// Nothing was promoted, and the time in which two secrets may live is nearly over.
    WindowSpent,
    /// That time is nearly over, and the old secret may still be needed.
    WindowEnds,
    /// The new secret was refused after the one that leaked was ended.
    NoneWorks,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::SecretRefused,
        Self::CanaryFailed,
        Self::RightsDiffer,
        Self::PlatformChanged,
        Self::NewSecretChanged,
        Self::StoreChanged,
        Self::NoEvidence,
        Self::WrongEnvironment,
        Self::OldAccepted,
        Self::NewRefused,
        Self::UndoImpossible,
        Self::WindowSpent,
        Self::WindowEnds,
        Self::NoneWorks,
    ];

    /// What is in the way, in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::SecretRefused => "the platform refuses every new secret",
            Self::CanaryFailed => "a canary call fails with the new secret",
            Self::RightsDiffer => "the new slot may not do what the old one may",
            Self::PlatformChanged => "somebody changed secrets at the platform",
            Self::NewSecretChanged => "somebody changed the new secret at the platform",
            Self::StoreChanged => "somebody stored another secret",
            Self::NoEvidence => "nothing proves that the consumers have the new secret",
            Self::WrongEnvironment => "the new secret went to another environment",
            Self::OldAccepted => "the platform accepts the old secret after it was switched off",
            Self::NewRefused => "the platform refuses the new secret; the old one is on again",
            Self::UndoImpossible => "the secret to go back to does not work",
            Self::WindowSpent => "too little is left of the time in which two secrets may live",
            Self::WindowEnds => {
                "the platform may end the old secret soon, and nothing proves that nobody needs it"
            }
            Self::NoneWorks => "the platform refuses the new secret; the one that leaked stays off",
        }
    }

    /// The word after `hallpass rotate` that goes on from here, once what is in the way has been seen to.
    #[must_use]
    pub fn verb(self) -> &'static str {
        match self {
            Self::SecretRefused
            | Self::CanaryFailed
            | Self::RightsDiffer
            | Self::PlatformChanged
            | Self::NoEvidence
            | Self::OldAccepted
            | Self::UndoImpossible
            | Self::WindowEnds
            | Self::NoneWorks => "resume",
            Self::NewSecretChanged
            | Self::StoreChanged
            | Self::WrongEnvironment
            | Self::NewRefused
            | Self::WindowSpent => "abort",
        }
    }
}
