//! What may be done: one call, one write, never two.

use std::fmt;

use hallpass_core::{ClientDeed, ClientDraft, SlotId, Version};

use super::document::Open;

/// One effect. Each is safe to do twice, but for [`Effect::Create`], [`Effect::CreateIdle`] and [`Effect::Reset`], whose outcome is looked for instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Moves the document beside the secret.
    Write(Change),
    /// Asks when a client was last used.
    Ask(SlotId),
    /// Makes the client of the creation that is announced.
    Create,
    /// Makes the idle one of two that take turns. It is made switched off, and its secret is thrown away: the rotation gives it one when its turn comes.
    CreateIdle,
    /// Gives a client another secret, because nobody has the present one.
    Reset(SlotId),
    /// Stores the secret in hand as PENDING.
    Store(SlotId),
    /// Makes PENDING current.
    Promote {
        /// Which version.
        pending: Version,
        /// Over which CURRENT.
        expected: Option<Version>,
        /// Whose secret it is.
        client: SlotId,
    },
    /// Makes a client what it shall be.
    Update {
        /// Which.
        id: SlotId,
        /// What it shall be.
        draft: ClientDraft,
        /// In which members it differs.
        differs: Vec<Differs>,
    },
    /// Switches a client off.
    Deactivate(SlotId),
    /// Removes a client.
    Delete(SlotId),
    /// Puts a value without any secret in the place of the secret of a client that is gone.
    Bury,
    /// Removes a version that is not CURRENT.
    Forget(Version),
}

/// How the document moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The lease is taken, or kept for longer.
    Take,
    /// A creation is announced.
    Announce(Open),
    /// The lease is given back, and nothing else is settled.
    Release,
    /// What was announced is settled, and the lease is given back.
    Close,
}

/// A member of a client that is not as it shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differs {
    /// Which.
    pub member: &'static str,
    /// What it is.
    pub is: String,
    /// What it shall be.
    pub shall: String,
}

impl Effect {
    /// Whether it changes something that a person would look for in the console or in the store.
    #[must_use]
    pub fn is_news(&self) -> bool {
        !matches!(self, Self::Write(_) | Self::Ask(_))
    }

    /// What it does at the platform, if it is a call there.
    #[must_use]
    pub fn deed(&self) -> Option<ClientDeed> {
        match self {
            Self::Ask(_) => Some(ClientDeed::LastUsed),
            Self::Create | Self::CreateIdle => Some(ClientDeed::Create),
            Self::Reset(_) => Some(ClientDeed::Reset),
            Self::Update { .. } => Some(ClientDeed::Update),
            Self::Deactivate(_) => Some(ClientDeed::Deactivate),
            Self::Delete(_) => Some(ClientDeed::Delete),
            Self::Write(_) | Self::Store(_) | Self::Promote { .. } | Self::Bury | Self::Forget(_) => None,
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(Change::Take) => f.write_str("take the lease"),
            Self::Write(Change::Announce(_)) => f.write_str("announce the creation"),
            Self::Write(Change::Release | Change::Close) => f.write_str("give the lease back"),
            Self::Ask(id) => write!(f, "ask when {id} was last used"),
            Self::Create => f.write_str("create the client"),
            Self::CreateIdle => f.write_str("create the second client, switched off"),
            Self::Reset(id) => write!(f, "give {id} another secret"),
            Self::Store(id) => write!(f, "store the secret of {id}"),
            Self::Promote { client, .. } => write!(f, "make the secret of {client} current"),
            Self::Update { id, differs, .. } => {
                let members: Vec<_> = differs.iter().map(|differs| differs.member).collect();
                write!(f, "change {} of {id}", members.join(", "))
            }
            Self::Deactivate(id) => write!(f, "switch {id} off"),
            Self::Delete(id) => write!(f, "remove {id}"),
            Self::Bury => f.write_str("take the dead secret out of the store"),
            Self::Forget(version) => write!(f, "forget version {version}"),
        }
    }
}
