//! What a run knows, and the one function that changes it.

use hallpass_core::{CopyId, Fingerprint, SlotId, Version};

use super::checkpoints::Outcome;
use super::document::{Announced, Call};
use super::effect::{Change, Trouble};
use super::event::{Begun, Event, Failure, Verdict};
use super::evidence::AckReport;
use super::seen::{Held, Seen};
use super::tries::Tries;

/// What a run knows. Nearly all of it is [`Seen`]; the rest is what this process did itself and would do again after a crash.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct State {
    /// Who acts, and for what.
    pub begun: Option<Begun>,
    /// What store and platform said last, with our own writes on top.
    pub seen: Option<Seen>,
    /// Whether that must be read again before anything is decided.
    pub stale: bool,
    /// The announcement that was already used.
    pub spent: Option<u64>,
    /// The announced call of which the platform said that it is done: nobody has to wait for it.
    pub ended: Option<u64>,
    /// The secret whose value the shell holds.
    pub in_hand: Option<(SlotId, Fingerprint)>,
    /// Whether the slots were compared, and how they differ.
    pub compared: Option<Option<String>>,
    /// The tries with the pending version.
    pub tries: Tries,
    /// Whether the consumers were told.
    pub published: bool,
    /// The copy that was written last, and which version into it.
    pub copied: Option<(CopyId, Version)>,
    /// Whether telling them failed where a revocation could not wait for it.
    pub unpublished: bool,
    /// What the consumers say.
    pub acks: Option<AckReport>,
    /// The verdicts on the new secret and the old one.
    pub proof: Option<(Verdict, Option<Verdict>)>,
    /// Whether the old slot was reset and its value thrown away.
    pub discarded: bool,
    /// Whether the order to resume or to abort was carried out.
    pub obeyed: bool,
    /// Failures since something last succeeded.
    pub failures: u8,
    /// The last of them.
    pub failure: Option<Failure>,
    /// Whether giving the lease back failed.
    pub parted: bool,
    /// How it ended.
    pub finished: Option<Outcome>,
}

/// An event that cannot have happened in that state. A live run never meets one; a journal that was tampered with may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Nothing was begun or read before.
    OutOfOrder,
    /// It is about another version than the one there is.
    AnotherVersion,
    /// There is no value in hand that could have been stored.
    NothingInHand,
    /// A call that was not announced.
    NotAnnounced,
}

/// The state after `event`. Live run and replay use this function, so what was replayed is what was lived.
///
/// # Errors
/// An event that does not fit leaves the state as it was.
pub fn apply(state: &State, event: &Event) -> Result<State, Refusal> {
    if let Event::Begun(begun) = event {
        return Ok(State { begun: Some(begun.clone()), ..State::default() });
    }
    if state.begun.is_none() {
        return Err(Refusal::OutOfOrder);
    }
    let mut next = state.clone();
    match event {
        Event::Begun(_) => {}
        Event::Observed(seen) => next.observed(seen),
        Event::Failed(failure) => next.failed(failure),
        Event::Waited => next.waited(),
        other => {
            next.done(other)?;
            if is_progress(other) {
                next.failures = 0;
                next.failure = None;
            }
        }
    }
    Ok(next)
}

impl State {
    fn observed(&mut self, seen: &Seen) {
        self.seen = Some(seen.clone());
        self.stale = false;
    }

    fn failed(&mut self, failure: &Failure) {
        if failure.parting {
            // Why the run ends is known already, and this is not it.
            self.parted = true;
            return;
        }
        self.failures = self.failures.saturating_add(1);
        self.failure = Some(failure.clone());
        // Whatever failed may have had its effect.
        self.stale = true;
        self.spent = self.announced().map(|announced| announced.number);
    }

    fn waited(&mut self) {
        // Nobody knows what happened meanwhile.
        self.stale = true;
        self.acks = None;
        self.proof = None;
    }

    fn done(&mut self, event: &Event) -> Result<(), Refusal> {
        match event {
            Event::Begun(_) | Event::Observed(_) | Event::Failed(_) | Event::Waited => {}
            Event::Written(change, document, version) => {
                let seen = self.seen.as_mut().ok_or(Refusal::OutOfOrder)?;
                seen.document = Some((version.clone(), (**document).clone()));
                self.written(change);
            }
            Event::Called(call, generated) => return self.called(call, generated.as_ref()),
            Event::Stored(version, slot, fingerprint) => return self.stored(version, slot, *fingerprint),
            Event::Discarded(version) => {
                let seen = self.seen.as_mut().ok_or(Refusal::OutOfOrder)?;
                for stage in [&mut seen.pending, &mut seen.previous] {
                    *stage = stage.take().filter(|held| held.version != *version);
                }
            }
            Event::Compared(difference) => self.compared = Some(difference.clone()),
            Event::Verified(version, verdict, at) => self.tries.add(version, verdict, *at),
            Event::Promoted(version) => return self.promoted(version),
            Event::Published => self.published = true,
            Event::Unpublished(_) => self.unpublished = true,
            Event::Collected(acks) => self.acks = Some(acks.clone()),
            Event::Proved(new, old) => self.proof = Some((new.clone(), old.clone())),
        }
        Ok(())
    }

    fn written(&mut self, change: &Change) {
        match change {
            // Between what was read and the lease somebody may have acted; after the intent the slots are listed anew.
            Change::TakeLease => {
                self.stale = true;
                // Whoever had the lease meanwhile may have taken it for an orphan and deleted it.
                self.in_hand = None;
            }
            Change::Intent(..) => self.stale = true,
            Change::Resume(_) | Change::Undo(..) | Change::Forth(_) | Change::Abandon => self.restart(true),
            Change::Stuck(..) | Change::Leaked(..) | Change::Revoked => self.revoking(change),
            // A revocation is not over with the rotation that it hurried.
            Change::Finish(_) if self.has_leaks() => self.restart(self.obeyed),
            Change::Finish(outcome) => self.finished = Some(*outcome),
            Change::Dropped => self.tries = Tries::default(),
            Change::Trying(version) => self.tries.of(version).announced = true,
            Change::Uncounted => self.tries.uncounted = true,
            _ => {}
        }
    }

    fn called(&mut self, call: &Call, generated: Option<&(SlotId, Fingerprint)>) -> Result<(), Refusal> {
        let announced =
            self.announced().filter(|announced| announced.call == *call).ok_or(Refusal::NotAnnounced)?;
        let number = Some(announced.number);
        (self.spent, self.ended) = (number, number);
        self.stale = true;
        match call {
            Call::Generate(_) => {
                self.in_hand = generated.cloned();
                self.compared = None;
            }
            Call::Discard(_) => self.discarded = true,
            Call::Copy(copy, version) => self.copied = Some((copy.clone(), version.clone())),
            Call::Promote(version, _) => return self.promoted(version),
            Call::Activate(_) | Call::Deactivate(_) | Call::Delete(_) => {}
        }
        Ok(())
    }

    fn stored(&mut self, version: &Version, slot: &SlotId, fingerprint: Fingerprint) -> Result<(), Refusal> {
        let seen = self.seen.as_mut().ok_or(Refusal::OutOfOrder)?;
        let restored = seen.rotation().is_some_and(|rotation| rotation.undo);
        if self.in_hand.as_ref() != Some(&(slot.clone(), fingerprint)) && !restored {
            return Err(Refusal::NothingInHand);
        }
        seen.pending = Some(Held {
            version: version.clone(),
            slot: Some(slot.clone()),
            fingerprint: Some(fingerprint),
            environment: None,
        });
        self.in_hand = None;
        Ok(())
    }

    fn promoted(&mut self, version: &Version) -> Result<(), Refusal> {
        let seen = self.seen.as_mut().ok_or(Refusal::OutOfOrder)?;
        let promoted =
            seen.pending.take_if(|held| held.version == *version).ok_or(Refusal::AnotherVersion)?;
        seen.previous = seen.current.replace(promoted);
        self.stale = true;
        Ok(())
    }

    /// The call announced in the document.
    pub(super) fn announced(&self) -> Option<&Announced> {
        let (_, document) = self.seen.as_ref()?.document.as_ref()?;
        document.announced.as_ref()
    }

    /// What failed for good, if something did.
    pub(super) fn given_up(&self, tries: u8) -> Option<&Trouble> {
        let failure = self.failure.as_ref()?;
        let hopeless = failure.again.is_none() && !failure.lost;
        // Losing to somebody else is no failure, but for ever is too often.
        let limit = if failure.lost { tries.saturating_mul(4) } else { tries };
        (hopeless || self.failures >= limit).then_some(&failure.trouble)
    }
}

/// Whether an event brings the rotation on. Announcing a call that then fails does not: else it would be announced for ever.
fn is_progress(event: &Event) -> bool {
    !matches!(
        event,
        Event::Written(Change::TakeLease | Change::Renew | Change::Release | Change::Announce(..), ..)
    )
}
