//! The platform: slots with secrets, in a few shapes; and which kind of store each comes with.

use std::collections::BTreeMap;
use std::time::Duration;

use hallpass_core::{Capabilities, CompareAndSet};

use super::START;

/// What kind of platform, and of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shape {
    /// As many secrets as one likes, dated, with last use: the ideal.
    Overlap,
    /// Two clients of one secret each: only resets.
    TwoClients,
    /// Two keys at most, undated and without last use: only the consumers can say that nobody needs the old one.
    CappedKeys,
    /// The same, and a key cannot be switched off: there is nothing between on and gone.
    NoSwitch,
    /// One client of one secret.
    OneClient,
    /// Two clients of one secret each, in a store that cannot compare: the document rests apart.
    TwoClientsInVault,
    /// Keys that are capped, in such a store.
    CappedKeysInVault,
}

impl Shape {
    pub(crate) const SAFE: [Self; 6] = [
        Self::Overlap,
        Self::TwoClients,
        Self::CappedKeys,
        Self::NoSwitch,
        Self::TwoClientsInVault,
        Self::CappedKeysInVault,
    ];

    /// What the store of the secret says of itself.
    pub(crate) fn compare_and_set(self) -> CompareAndSet {
        match self {
            Self::TwoClientsInVault | Self::CappedKeysInVault => CompareAndSet::ByDocument,
            _ => CompareAndSet::Own,
        }
    }

    /// Whether two clients take turns.
    pub(crate) fn takes_turns(self) -> bool {
        matches!(self, Self::TwoClients | Self::TwoClientsInVault)
    }

    /// Whether the platform says when things were made, changed and used.
    pub(crate) fn tells_dates(self) -> bool {
        !matches!(self, Self::CappedKeys | Self::NoSwitch | Self::CappedKeysInVault)
    }

    pub(crate) fn capabilities(self) -> Capabilities {
        let base = Capabilities {
            slot_member: "client_id",
            max_live: None,
            can_create: true,
            can_reset: false,
            can_disable: true,
            shows_last_use: true,
            activation_delay: Duration::from_secs(15),
            revoke_delay: Duration::from_secs(30),
            tokens_outlive_secret: Some(Duration::from_secs(3600)),
            min_interval: Duration::from_secs(5),
            longest_overlap: None,
        };
        match self {
            Self::Overlap => base,
            Self::TwoClients | Self::TwoClientsInVault => {
                Capabilities { can_create: false, can_reset: true, ..base }
            }
            Self::CappedKeys | Self::CappedKeysInVault => {
                Capabilities { max_live: Some(2), shows_last_use: false, ..base }
            }
            Self::NoSwitch => {
                Capabilities { max_live: Some(2), shows_last_use: false, can_disable: false, ..base }
            }
            Self::OneClient => Capabilities { max_live: Some(1), can_create: false, can_reset: true, ..base },
        }
    }
}

/// One slot.
#[derive(Clone, Debug)]
pub(crate) struct SimSlot {
    pub(crate) active: bool,
    pub(crate) secret: String,
    pub(crate) created: Duration,
    pub(crate) usable_from: Duration,
    pub(crate) last_used: Option<Duration>,
    pub(crate) revision: u64,
    pub(crate) rights: Vec<String>,
    /// Made by somebody else.
    pub(crate) foreign: bool,
}

/// The platform.
#[derive(Clone, Debug)]
pub(crate) struct Platform {
    pub(crate) shape: Shape,
    pub(crate) slots: BTreeMap<String, SimSlot>,
    made: u64,
    /// Secrets that are made from now on are never accepted: how many of them.
    pub(crate) bad_secrets: u32,
    /// Whether a slot that is switched off goes on working.
    pub(crate) never_revokes: bool,
    /// Slot and secret that the platform goes on accepting, whatever was done to it.
    pub(crate) sticky: Option<(String, String)>,
    /// Whether the canary calls fail.
    pub(crate) canary_fails: bool,
    /// Calls that ended a secret, in order.
    pub(crate) ended: Vec<(Duration, String)>,
    /// How often a secret was made.
    pub(crate) generated: u32,
}

impl Platform {
    /// With one slot in use, and where there are twins an idle one; yields the credential in use.
    pub(super) fn new(shape: Shape) -> (Self, String) {
        let mut platform = Self {
            shape,
            slots: BTreeMap::new(),
            made: 0,
            bad_secrets: 0,
            never_revokes: false,
            sticky: None,
            canary_fails: false,
            ended: Vec::new(),
            generated: 0,
        };
        let long_ago = START - Duration::from_secs(90 * 86_400);
        let (id, secret) = platform.make(None, long_ago);
        if shape.takes_turns() {
            let (twin, _) = platform.make(None, long_ago);
            platform.slots.get_mut(&twin).unwrap().active = false;
        }
        platform.generated = 0;
        (platform, stored(&id, &secret, 1))
    }

    /// A new secret, in a new slot or in this one.
    pub(crate) fn make(&mut self, slot: Option<&str>, now: Duration) -> (String, String) {
        self.made += 1;
        self.generated += 1;
        let id = slot.map_or_else(|| format!("slot-{}", self.made), str::to_owned);
        let bad = if self.bad_secrets > 0 { "bad" } else { "secret" };
        self.bad_secrets = self.bad_secrets.saturating_sub(1);
        let secret = format!("{bad}-{}", self.made);
        let usable_from = now + self.shape.capabilities().activation_delay;
        let before = self.slots.get(&id).cloned();
        let made = SimSlot {
            active: before.as_ref().is_none_or(|slot| slot.active),
            secret: secret.clone(),
            created: before.as_ref().map_or(now, |slot| slot.created),
            usable_from,
            last_used: before.as_ref().and_then(|slot| slot.last_used),
            revision: before.as_ref().map_or(1, |slot| slot.revision + 1),
            rights: before.map_or_else(|| vec!["role queue-sync".into()], |slot| slot.rights),
            foreign: false,
        };
        self.slots.insert(id.clone(), made);
        (id, secret)
    }

    /// Somebody makes a slot in the console.
    pub(crate) fn make_foreign(&mut self, id: &str, now: Duration) {
        let (made, _) = self.make(None, now);
        self.generated -= 1;
        let slot = self.slots.remove(&made).unwrap();
        self.slots.insert(id.to_owned(), SimSlot { foreign: true, ..slot });
    }

    /// Whether a token is given for this stored credential.
    pub(crate) fn accepts(&self, value: &[u8], now: Duration) -> bool {
        credential_of(value).is_some_and(|pair| self.accepts_pair(&pair, now))
    }

    /// As [`Self::accepts`], for slot and secret.
    pub(crate) fn accepts_pair(&self, (id, secret): &(String, String), now: Duration) -> bool {
        if self.sticky.as_ref().is_some_and(|(slot, kept)| (slot, kept) == (id, secret)) {
            return true;
        }
        let active = |slot: &SimSlot| slot.active || self.never_revokes;
        let good = |slot: &SimSlot| active(slot) && slot.secret == *secret && now >= slot.usable_from;
        !secret.starts_with("bad") && self.slots.get(id).is_some_and(good)
    }

    /// As [`Self::accepts_pair`], and remembered as a use.
    pub(crate) fn token(&mut self, pair: &(String, String), now: Duration) -> bool {
        let accepted = self.accepts_pair(pair, now);
        if let Some(slot) = self.slots.get_mut(&pair.0).filter(|_| accepted) {
            slot.last_used = Some(now);
        }
        accepted
    }
}

/// The credential as it is stored.
pub(crate) fn stored(id: &str, secret: &str, serial: u64) -> String {
    serde_json::json!({ "client_id": id, "client_secret": secret, "serial": serial, "environment": "prod" })
        .to_string()
}

/// The slot and the secret in a stored value.
pub(crate) fn credential_of(value: &[u8]) -> Option<(String, String)> {
    let value: serde_json::Value = serde_json::from_slice(value).ok()?;
    let text = |name: &str| Some(value.get(name)?.as_str()?.to_owned());
    Some((text("client_id")?, text("client_secret")?))
}
