//! Secrets that are replaced and switched off while programs use them, with the delays that a platform of many machines has.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    clients::{ClientState, Masked},
    clock::Moment,
};

/// How long the platform takes until a change of a secret works everywhere. Both are 0 unless told otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Delays {
    /// A new secret is refused for so many seconds.
    pub activation_seconds: u64,
    /// A secret that was replaced or switched off goes on working for so many seconds.
    pub revoke_seconds: u64,
}

/// A secret, and the one before it for as long as that still works.
pub(crate) struct HeldSecret {
    value: String,
    works_from: Option<Moment>,
    before: Option<(String, Moment)>,
}

impl HeldSecret {
    /// A secret that works at once.
    pub(crate) fn new(value: String) -> Self {
        Self { value, works_from: None, before: None }
    }

    /// A secret that was made just now.
    pub(crate) fn fresh(value: String, now: Moment, delays: Delays) -> Self {
        Self { works_from: Some(now.after_seconds(delays.activation_seconds)), ..Self::new(value) }
    }

    /// Puts another one in its place.
    pub(crate) fn replace(&mut self, value: String, now: Moment, delays: Delays) {
        let until = now.after_seconds(delays.revoke_seconds);
        let before = std::mem::replace(self, Self::fresh(value, now, delays)).value;
        self.before = Some((before, until));
    }

    /// Whether it opens the door now.
    pub(crate) fn accepts(&self, given: &str, now: Moment) -> bool {
        let present = self.value == given && self.works_from.is_none_or(|from| now >= from);
        let before = self.before.as_ref().is_some_and(|(before, until)| before == given && now < *until);
        present || before
    }

    /// Whether this text is it, or was it until the last replacement. For keeping it out of logs.
    pub(crate) fn is(&self, text: &str) -> bool {
        let same = |value: &str| value == text || value.trim_end_matches('=') == text;
        same(&self.value) || self.before.as_ref().is_some_and(|(before, _)| same(before))
    }

    /// The value, in the clear, for whoever is told it.
    pub(crate) fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Debug for HeldSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Masked.fmt(f)
    }
}

/// What its holder's state is, and until when the state before still lets it in.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Standing {
    state: ClientState,
    mints_until: Option<Moment>,
}

impl Standing {
    pub(crate) fn state(self) -> ClientState {
        self.state
    }

    /// Another state, at once.
    pub(crate) fn set(&mut self, state: ClientState) {
        *self = Self { state, mints_until: None };
    }

    /// Another state, as an administrator orders it: what could mint goes on for as long as the platform takes.
    pub(crate) fn switch(&mut self, state: ClientState, now: Moment, delays: Delays) {
        let lingers = self.state == ClientState::Active && state != ClientState::Active;
        let until = now.after_seconds(delays.revoke_seconds);
        *self = Self { state, mints_until: if lingers { Some(until) } else { self.mints_until } };
    }

    pub(crate) fn may_mint(self, now: Moment) -> bool {
        self.state == ClientState::Active || self.mints_until.is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAYS: Delays = Delays { activation_seconds: 10, revoke_seconds: 30 };

    #[test]
    fn a_replaced_secret_dies_and_its_successor_lives_after_their_delays() {
        let mut held = HeldSecret::new("a".to_owned());
        held.replace("b".to_owned(), Moment::at(100), DELAYS);
        let works = |at| [held.accepts("a", Moment::at(at)), held.accepts("b", Moment::at(at))];
        assert_eq!([works(100), works(109)], [[true, false]; 2]);
        assert_eq!([works(110), works(129)], [[true, true]; 2]);
        assert_eq!([works(130), works(1_000)], [[false, true]; 2]);
        assert!(!format!("{held:?}").contains('b'));
    }

    #[test]
    fn without_delays_a_replacement_works_at_once() {
        let mut held = HeldSecret::new("a".to_owned());
        held.replace("b".to_owned(), Moment::at(100), Delays::default());
        assert!(!held.accepts("a", Moment::at(100)) && held.accepts("b", Moment::at(100)));
    }

    #[test]
    fn switching_off_lingers_and_switching_on_ends_that() {
        let mut standing = Standing::default();
        standing.switch(ClientState::Inactive, Moment::at(100), DELAYS);
        // Twice is once: the second order must not prolong what the first one ends.
        standing.switch(ClientState::Inactive, Moment::at(120), DELAYS);
        assert!(standing.may_mint(Moment::at(129)) && !standing.may_mint(Moment::at(130)));
        standing.set(ClientState::Inactive);
        assert!(!standing.may_mint(Moment::at(100)));
    }
}
