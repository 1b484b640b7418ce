//! What is known of one chain while its lines go by.

use super::super::super::AuditKind;
use super::super::anchor::Anchor;
use super::super::key::ChainKey;
use super::super::line::{ChainId, Head, Mac};
use super::finding::{Place, What};
use super::opening::{Opening, Origin};
use super::report::KeyState;

/// What is known of one chain.
#[derive(Debug)]
pub(super) struct State {
    pub(super) id: ChainId,
    pub(super) origin: Option<Origin>,
    pub(super) key_state: KeyState,
    /// Which of the keys; none as long as nothing fitted.
    key: Option<usize>,
    /// Which line was the first.
    pub(super) from: u64,
    /// How many lines it has, those counted that are missing.
    pub(super) count: u64,
    /// The seal that the last line shows.
    head: Mac,
    /// The seal that it should show, where that is another: then the next line tells which of the two was changed.
    other: Option<Mac>,
    pub(super) verified: u64,
    pub(super) first_ms: u64,
    pub(super) last_ms: u64,
    pub(super) last: Place,
    pub(super) ended: bool,
    pub(super) anchor: Option<Anchor>,
    /// Until which count an anchor was found to fit.
    pub(super) anchored: u64,
    /// How many lines a later chain saw.
    pub(super) vouched: u64,
}

type Whats = [Option<What>; 2];

impl State {
    /// The state after the first line there is.
    pub(super) fn first(
        keys: &[ChainKey],
        anchor: Option<Anchor>,
        place: Place,
        head: &Head<'_>,
        opening: Option<&Opening>,
    ) -> (Self, bool, Whats) {
        let key = opening.and_then(|opening| keys.iter().position(|key| *key.id() == opening.key));
        let key_state = match (opening, key) {
            (Some(opening), Some(_)) if opening.key.is_public() => KeyState::Public,
            (_, Some(_)) => KeyState::Secret,
            _ => KeyState::Unknown,
        };
        let mut state = Self {
            id: head.chain,
            origin: None,
            key_state,
            key,
            from: head.sequence,
            count: head.sequence,
            head: opening.map_or(Mac::NONE, |opening| opening.previous),
            other: None,
            verified: 0,
            first_ms: head.at_ms,
            last_ms: head.at_ms,
            last: place,
            ended: false,
            anchor,
            anchored: 0,
            vouched: 0,
        };
        let begins = opening.is_some_and(|opening| opening.begins) && head.sequence == 0;
        let missing = (!begins).then_some(What::BeginningMissing { sequence: head.sequence });
        let Some(opening) = opening else {
            state.take(head, place);
            return (state, false, [missing, None]);
        };
        state.origin = Some(opening.origin.clone());
        if key.is_none() {
            state.take(head, place);
            return (state, false, [missing, Some(What::KeyUnknown(opening.key.clone()))]);
        }
        let (verified, [what, _]) = state.next(keys, place, head);
        (state, verified, [missing, what])
    }

    /// A further line. Whatever it is, the chain goes on from it, so that one change is one finding.
    pub(super) fn next(&mut self, keys: &[ChainKey], place: Place, head: &Head<'_>) -> (bool, Whats) {
        let sequence = head.sequence;
        if sequence < self.count {
            return (false, [Some(What::OutOfPlace { sequence, due: self.count }), None]);
        }
        if self.ended {
            self.take(head, place);
            return (false, [Some(What::AfterEnd { sequence }), None]);
        }
        if sequence > self.count {
            let what = What::Missing { from: self.count, until: sequence - 1 };
            self.take(head, place);
            return (false, [Some(what), self.anchor_check()]);
        }
        let Some(expected) = self.seal(keys, head) else {
            self.take(head, place);
            // A key that was not given was told at the beginning; without one there is nothing to compare.
            return (false, [None, None]);
        };
        let fits = expected == head.mac;
        self.take(head, place);
        if fits {
            self.verified += 1;
            self.ended = head.kind == AuditKind::ChainEnded.name().as_bytes();
            return (true, [None, self.anchor_check()]);
        }
        self.other = Some(expected);
        (false, [Some(What::Changed { sequence }), self.anchor_check()])
    }

    /// Takes note that a later chain saw `count` lines, the last with `mac`. Whether that contradicts what is here.
    pub(super) fn vouch(&mut self, count: u64, mac: Mac) -> bool {
        self.vouched = self.vouched.max(count);
        self.count == count && self.head != mac && self.other != Some(mac)
    }

    /// The seal that the line should show. Where it is not known which key it is, the one that fits.
    fn seal(&mut self, keys: &[ChainKey], head: &Head<'_>) -> Option<Mac> {
        let Some(key) = self.key else {
            self.key = keys.iter().position(|key| key.seal(&self.head, head.canonical) == head.mac);
            let key = &keys[self.key?];
            self.key_state = if key.id().is_public() { KeyState::Public } else { KeyState::Secret };
            return Some(head.mac);
        };
        let expected = keys[key].seal(&self.head, head.canonical);
        match self.other.filter(|_| expected != head.mac) {
            // The line before it had its seal changed, and this one still rests on the right one.
            Some(other) if keys[key].seal(&other, head.canonical) == head.mac => Some(head.mac),
            _ => Some(expected),
        }
    }

    fn take(&mut self, head: &Head<'_>, place: Place) {
        self.count = head.sequence.saturating_add(1);
        self.head = head.mac;
        self.other = None;
        self.last_ms = head.at_ms;
        self.last = place;
    }

    fn anchor_check(&mut self) -> Option<What> {
        let anchor = self.anchor.filter(|anchor| anchor.count == self.count)?;
        if anchor.head == self.head || self.other == Some(anchor.head) {
            self.anchored = self.count;
            return None;
        }
        Some(What::Contradicted { count: self.count })
    }
}
