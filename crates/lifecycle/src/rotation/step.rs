//! The sixteen steps.

use serde::{Deserialize, Serialize};

/// A step of a rotation. Each is safe to run twice; what has been done is read from the store and the platform, never from a list of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Take the lease that stands beside the secret.
    Lease,
    /// Write down that a rotation begins, and from what.
    Intent,
    /// List what lives at the platform.
    List,
    /// Remove what an earlier run left behind.
    ClearOrphans,
    /// Make the new secret, in a new slot or in the idle one.
    Generate,
    /// Store it where no reader of CURRENT sees it.
    StorePending,
    /// Try it with the integration's real permissions.
    Verify,
    /// Make it CURRENT.
    Promote,
    /// Tell the consumers.
    Notify,
    /// Read what proves that nobody needs the old one.
    CollectEvidence,
    /// Wait until nobody can.
    Soak,
    /// Write down which slot is about to be retired.
    RetireIntent,
    /// Switch the old one off, undoably.
    Disable,
    /// See that the new one is accepted and the old one is not.
    Prove,
    /// Remove the old one for good.
    Delete,
    /// Write down that it is done, and give the lease back.
    Done,
}

impl Step {
    /// All of them, in order.
    pub const ALL: [Self; 16] = [
        Self::Lease,
        Self::Intent,
        Self::List,
        Self::ClearOrphans,
        Self::Generate,
        Self::StorePending,
        Self::Verify,
        Self::Promote,
        Self::Notify,
        Self::CollectEvidence,
        Self::Soak,
        Self::RetireIntent,
        Self::Disable,
        Self::Prove,
        Self::Delete,
        Self::Done,
    ];

    /// Its number, from 1.
    #[must_use]
    pub fn number(self) -> usize {
        // The order of declaration is the order of the protocol.
        self as usize + 1
    }

    /// What people read, such as `clear orphans`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lease => "lease",
            Self::Intent => "intent",
            Self::List => "list",
            Self::ClearOrphans => "clear orphans",
            Self::Generate => "generate",
            Self::StorePending => "store pending",
            Self::Verify => "verify",
            Self::Promote => "promote",
            Self::Notify => "notify",
            Self::CollectEvidence => "collect evidence",
            Self::Soak => "soak",
            Self::RetireIntent => "retire intent",
            Self::Disable => "disable",
            Self::Prove => "prove",
            Self::Delete => "delete",
            Self::Done => "done",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Step;

    #[test]
    fn steps_are_numbered_in_their_order() {
        for (index, step) in Step::ALL.into_iter().enumerate() {
            assert_eq!(step.number(), index + 1);
        }
    }
}
