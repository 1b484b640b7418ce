//! What is at the platform and in no record of ours: whoever had the secret may have made it. Told, and never touched. Pure.

use std::collections::BTreeSet;
use std::fmt;

use hallpass_core::{ClientSeen, LastUsed, Slot, SlotId};

use super::super::dated::Dated;
use super::super::document::Document;
use super::super::orphans::{Newcomers, is_marked, newcomers};
use super::super::plan::Plan;
use super::super::seen::Seen;
use super::super::time::WallTime;
use super::Revocation;
use super::exposure::used;
use crate::provisioning::Mark;

/// What was looked at besides the slots of the integration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lookout {
    /// What the integration's clients are called.
    pub names: BTreeSet<String>,
    /// Clients of the platform that are called so, or carry a mark of hallpass. None where a platform's clients have neither name nor mark.
    pub clients: Vec<ClientSeen>,
    /// Which of them configuration and provisioning name.
    pub known: BTreeSet<SlotId>,
    /// The creation that was announced, by what its client carries, if one may be under way.
    pub announced: Option<String>,
    /// What could not be looked at, in words.
    pub unseen: Vec<String>,
}

/// A client or key that no record names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// Its name at the platform.
    pub slot: SlotId,
    /// Whether its secret can be used.
    pub active: bool,
    /// When it was made, where the platform says so.
    pub made: Option<WallTime>,
    /// When it was last used.
    pub last_used: LastUsed,
    /// Why it is told.
    pub why: Why,
}

/// Why a stranger is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It lives beside the secret in use: another key of the same user, another application of the same name.
    Beside,
    /// It says that hallpass made it for this integration.
    Marked,
    /// It is called as the integration's clients are.
    Namesake,
}

/// Everything that is there and in no record, in order of the names.
pub(super) fn strangers(
    (seen, document): (&Seen, &Document),
    revocation: &Revocation,
    plan: &Plan,
    lookout: &Lookout,
) -> Vec<Stranger> {
    let named = |id: &SlotId| {
        seen.names(id)
            || is_marked(document, id)
            || lookout.known.contains(id)
            || revocation.leaked.iter().any(|leaked| leaked.slot == *id)
    };
    let ours = match newcomers(seen, document, None, plan.pace.skew) {
        Newcomers::Ours(slots) => slots,
        Newcomers::None | Newcomers::Strange(_) => BTreeSet::new(),
    };
    // Where nothing can be made beside it, the slots are those that the configuration names.
    let slots = seen.slots.iter().filter(|_| plan.capabilities.can_create);
    let beside = slots.filter(|slot| !named(&slot.id) && !ours.contains(&slot.id)).map(Stranger::beside);
    let owner = format!("{}/{}", plan.environment, plan.integration);
    let clients =
        lookout.clients.iter().filter(|client| !named(&client.id) && seen.slot(&client.id).is_none());
    let others = clients.filter_map(|client| Stranger::of(client, &owner, lookout));
    let mut all: Vec<_> = beside.chain(others).collect();
    all.sort_by(|one, other| one.slot.cmp(&other.slot));
    all
}

impl Stranger {
    /// When the platform last saw it being used, in words.
    #[must_use]
    pub fn used(&self) -> String {
        used(self.last_used)
    }

    fn beside(slot: &Slot) -> Self {
        Self {
            slot: slot.id.clone(),
            active: slot.active,
            made: slot.created.map(WallTime::at),
            last_used: slot.last_used,
            why: Why::Beside,
        }
    }

    fn of(client: &ClientSeen, owner: &str, lookout: &Lookout) -> Option<Self> {
        let mark = Mark::read(&client.description);
        let why = match &mark {
            Some(mark) if mark.owner == owner && lookout.announced.as_ref() != Some(&mark.nonce) => {
                Why::Marked
            }
            // The mark of another integration says whose it is, and it is not this one's to judge.
            Some(_) => return None,
            None if lookout.names.contains(&client.name) => Why::Namesake,
            None => return None,
        };
        let (slot, active, last_used) = (client.id.clone(), client.active, client.last_used);
        Some(Self { slot, active, made: None, last_used, why })
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Beside => "it lives beside the secret in use",
            Self::Marked => "it carries the mark of this integration",
            Self::Namesake => "it is called as this integration's clients are",
        })
    }
}

impl fmt::Display for Stranger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.active { "ON" } else { "off" };
        write!(f, "{}, {state}: {}, and no record names it", self.slot, self.why)?;
        if let Some(made) = self.made {
            write!(f, "; made {}", Dated(made))?;
        }
        if self.last_used != LastUsed::Unknown {
            write!(f, "; last used: {}", self.used())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Lookout, Stranger, Why};
    use hallpass_core::{ClientSeen, LastUsed, SlotId};
    use std::collections::BTreeSet;

    fn client(id: &str, name: &str, description: &str) -> ClientSeen {
        ClientSeen {
            id: SlotId::new(id),
            name: name.into(),
            description: description.into(),
            active: true,
            machine_only: true,
            grants: BTreeSet::new(),
            token_lifetime: None,
            last_used: LastUsed::Unknown,
        }
    }

    #[test]
    fn a_client_is_told_for_its_mark_or_its_name_and_the_mark_of_another_is_none_of_ours() {
        let lookout = Lookout {
            names: ["queue-sync".into()].into(),
            announced: Some("2b".into()),
            ..Lookout::default()
        };
        for (name, description, why) in [
            ("x", "hallpass:prod/queue-sync#1a", Some(Why::Marked)),
            ("queue-sync", "do not touch hallpass:prod/queue-sync#1a", Some(Why::Marked)),
            ("queue-sync", "", Some(Why::Namesake)),
            ("queue-sync", "hallpass:prod/queue-sync#2b", None),
            ("queue-sync", "hallpass:test/queue-sync#1a", None),
            ("x", "hallpass:prod/billing#1a", None),
            ("queue-sync 2", "", None),
        ] {
            let told = Stranger::of(&client("c", name, description), "prod/queue-sync", &lookout);
            assert_eq!(told.map(|told| told.why), why, "{name} {description}");
        }
    }

    #[test]
    fn a_line_says_what_is_known_and_no_more() {
        let mut stranger = Stranger::of(
            &client("c-1", "q", ""),
            "prod/q",
            &Lookout { names: ["q".into()].into(), ..Lookout::default() },
        )
        .unwrap();
        assert_eq!(
            stranger.to_string(),
            "c-1, ON: it is called as this integration's clients are, and no record names it"
        );
        stranger.active = false;
        stranger.made = Some(super::WallTime::at(std::time::Duration::ZERO));
        stranger.last_used = LastUsed::Never;
        let line = stranger.to_string();
        assert!(
            line.starts_with("c-1, off: ")
                && line.contains("; made 1970-01-01")
                && line.ends_with("; last used: never"),
            "{line}"
        );
    }
}
