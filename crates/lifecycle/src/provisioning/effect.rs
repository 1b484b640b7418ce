//! What may be done: one call, one write, never two.

use std::collections::BTreeSet;
use std::fmt;

use hallpass_core::{ClientDeed, ClientDraft, RoleDraft, RoleGrant, SlotId, Version};

use super::document::Open;

/// One effect. Each is safe to do twice, but for [`Effect::Create`], [`Effect::CreateIdle`], [`Effect::CreateRole`] and
/// [`Effect::Reset`], whose outcome is looked for instead.
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
    /// Makes the role of the creation that is announced.
    CreateRole,
    /// Makes a role what it shall be.
    UpdateRole {
        /// Which.
        id: String,
        /// What it shall be.
        draft: RoleDraft,
        /// In which members it differs; of a permission that is missing, or too much, the other side is empty.
        differs: Vec<Differs>,
    },
    /// Gives the administering identity itself the role that it is to give.
    HoldRole(BTreeSet<RoleGrant>),
    /// Asks who else has a role.
    AskRole(String),
    /// Removes a role.
    DeleteRole(String),
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
        !matches!(self, Self::Write(_)) && !self.is_question()
    }

    /// Whether it changes nothing, and only its answer can tell how it goes on.
    #[must_use]
    pub fn is_question(&self) -> bool {
        matches!(self, Self::Ask(_) | Self::AskRole(_))
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
            Self::CreateRole => Some(ClientDeed::CreateRole),
            Self::UpdateRole { .. } => Some(ClientDeed::UpdateRole),
            Self::HoldRole(_) => Some(ClientDeed::HoldRole),
            Self::AskRole(_) => Some(ClientDeed::RoleHolders),
            Self::DeleteRole(_) => Some(ClientDeed::DeleteRole),
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
            Self::CreateRole => f.write_str("create the role"),
            Self::UpdateRole { id, differs, .. } => {
                let members: BTreeSet<_> = differs.iter().map(|differs| differs.member).collect();
                write!(f, "change {} of role {id}", members.into_iter().collect::<Vec<_>>().join(", "))
            }
            Self::HoldRole(_) => f.write_str("give the role to the administering identity"),
            Self::AskRole(id) => write!(f, "ask who else has role {id}"),
            Self::DeleteRole(id) => write!(f, "remove role {id}"),
            Self::Deactivate(id) => write!(f, "switch {id} off"),
            Self::Delete(id) => write!(f, "remove {id}"),
            Self::Bury => f.write_str("take the dead secret out of the store"),
            Self::Forget(version) => write!(f, "forget version {version}"),
        }
    }
}
