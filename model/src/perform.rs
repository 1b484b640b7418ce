//! What effects do in this world: the counterpart of the shell, with the same order of checks.

use hallpass_core::{LastUsed, Slot, SlotId, Version};
use hallpass_lifecycle::rotation::{
    Call, Change, Document, Effect, Event, Failure, Seen, State, Trouble, Verdict, WallTime, amend,
};

use crate::world::{Flaw, Model, Secret, Shape, Value, World, print};

fn failed(world: &World, code: &str, lost: bool) -> Event {
    let trouble = Trouble { code: code.into(), detail: String::new(), hint: String::new() };
    Event::Failed(Failure { trouble, at: world.now, again: None, lost, parting: false })
}

fn number(version: &Version) -> u64 {
    version.as_str().parse().unwrap_or(0)
}

fn version(number: u64) -> Version {
    Version::new(&number.to_string())
}

impl World {
    /// The event that doing `effect` makes.
    pub(crate) fn perform(
        &mut self,
        model: &Model,
        state: &State,
        effect: &Effect,
        hand: &mut Option<(SlotId, u8)>,
        looked: Option<Value>,
    ) -> Event {
        match effect {
            Effect::Observe => Event::Observed(Box::new(self.seen(model))),
            Effect::Write(change) => self.write(model, state, change),
            Effect::Call(Call::Promote(which, expected)) => {
                self.promote_in_steps(model, state, (which, expected), looked)
            }
            Effect::Call(call) => self.call(model, state, call, hand),
            Effect::StorePending => self.store(model, state, hand.clone()),
            Effect::Restore(_) | Effect::Stop(_) | Effect::Wait(_) => Event::Waited,
            Effect::DiscardVersion(which) => self.discard(model, state, which),
            Effect::Compare(..) => Event::Compared(None),
            Effect::Verify(which) => self.verify(model, which),
            Effect::Promote(which, expected) => self.promote(model, state, which, expected),
            Effect::Publish(..) => Event::Published,
            Effect::Collect => Event::Collected(self.report(model)),
            Effect::Prove(..) => {
                let judge = |good| if good { Verdict::Good } else { Verdict::Refused };
                let old = self.previous.as_ref().map(|value| judge(self.is_good(model, value)));
                Event::Proved(judge(self.is_good(model, &self.current)), old)
            }
        }
    }

    pub(crate) fn seen(&self, model: &Model) -> Seen {
        let stages = [Some(&self.current), self.previous.as_ref(), self.pending.as_ref()];
        let named = |id: &SlotId| stages.iter().flatten().any(|value| value.slot == *id);
        let shown =
            |id: &SlotId| model.flaw != Flaw::NoReconcile || named(id) || model.shape == Shape::Clients;
        let slots = self.slots.iter().filter(|(id, _)| shown(id)).map(|(id, slot)| Slot {
            id: id.clone(),
            active: slot.active,
            last_used: LastUsed::Unknown,
            created: None,
            revision: None,
        });
        Seen {
            at: self.now,
            document: self.document.clone().map(|(number, document)| (version(number), document)),
            current: Some(self.current.held()),
            previous: self.previous.as_ref().map(Value::held),
            pending: self.pending.as_ref().map(Value::held),
            written: None,
            slots: slots.collect(),
        }
    }

    /// Whether the time is over until which the effect may be done.
    fn too_late(&self, model: &Model, until: Option<WallTime>) -> bool {
        model.flaw != Flaw::NoGuard && until.is_none_or(|until| self.now >= until)
    }

    fn lease_ends(state: &State) -> Option<WallTime> {
        let (_, document) = state.seen.as_ref()?.document.as_ref()?;
        Some(document.lease.as_ref()?.until)
    }

    fn write(&mut self, model: &Model, state: &State, change: &Change) -> Event {
        let (Some(begun), Some(seen)) = (&state.begun, &state.seen) else {
            return failed(self, "internal", false);
        };
        let expected = seen.document.as_ref().map(|(version, _)| number(version));
        let there = self.document.as_ref().map(|(number, _)| *number);
        if model.flaw != Flaw::NoCompareAndSet && expected != there {
            return failed(self, "version-conflict", true);
        }
        let plan = model.plan();
        let before = seen.document.as_ref().map(|(_, document)| document.clone());
        let before = before.unwrap_or_else(|| Document::new(plan.entries.secret, plan.environment));
        let after = amend(before, change, begun, self.now, &plan.pace);
        let written = there.unwrap_or(0) + 1;
        self.document = Some((written, after.clone()));
        Event::Written(change.clone(), Box::new(after), version(written))
    }

    fn call(&mut self, model: &Model, state: &State, call: &Call, hand: &mut Option<(SlotId, u8)>) -> Event {
        let announced = state.seen.as_ref().and_then(|seen| seen.document.as_ref()?.1.announced.as_ref());
        if self.too_late(model, announced.map(|announced| announced.until)) {
            return failed(self, "upstream-timeout", true);
        }
        let mut generated = None;
        match call {
            Call::Generate(target) => {
                if target.is_none() && self.slots.len() >= 2 {
                    return failed(self, "slots-full", false);
                }
                self.made += 1;
                let id = target.clone().unwrap_or_else(|| SlotId::new(&format!("s{}", self.made)));
                let active = self.slots.get(&id).is_none_or(|slot| slot.active);
                self.slots.insert(id.clone(), Secret { number: self.made, active });
                generated = Some((id.clone(), print(&id, self.made)));
                *hand = Some((id, self.made));
            }
            Call::Activate(id) | Call::Deactivate(id) => {
                if let Some(slot) = self.slots.get_mut(id) {
                    slot.active = matches!(call, Call::Activate(_));
                }
            }
            Call::Delete(id) => drop(self.slots.remove(id)),
            // This platform keeps none.
            Call::Copy(..) => {}
            Call::Discard(id) => {
                if let Some(slot) = self.slots.get_mut(id) {
                    // Nobody has its value.
                    slot.number = u8::MAX;
                }
            }
            // Done before: it takes two events.
            Call::Promote(..) => return failed(self, "internal", false),
        }
        Event::Called(call.clone(), generated)
    }

    fn store(&mut self, model: &Model, state: &State, hand: Option<(SlotId, u8)>) -> Event {
        if self.too_late(model, Self::lease_ends(state)) {
            return failed(self, "upstream-timeout", true);
        }
        let Some((slot, secret)) = hand else { return failed(self, "internal", false) };
        self.versions += 1;
        let fingerprint = print(&slot, secret);
        self.pending = Some(Value { version: self.versions, slot: slot.clone(), secret });
        Event::Stored(version(self.versions), slot, fingerprint)
    }

    fn discard(&mut self, model: &Model, state: &State, which: &Version) -> Event {
        if self.too_late(model, Self::lease_ends(state)) {
            return failed(self, "upstream-timeout", true);
        }
        if self.current.version == number(which) {
            return failed(self, "version-conflict", true);
        }
        for stage in [&mut self.previous, &mut self.pending] {
            *stage = stage.take().filter(|value| value.version != number(which));
        }
        Event::Discarded(which.clone())
    }

    fn verify(&self, model: &Model, which: &Version) -> Event {
        let Some(value) = self.pending.as_ref().filter(|value| value.version == number(which)) else {
            return failed(self, "version-conflict", true);
        };
        let good = model.flaw == Flaw::NoVerify || self.is_good(model, value);
        let verdict = if good { Verdict::Good } else { Verdict::Refused };
        Event::Verified(which.clone(), verdict, self.now)
    }

    /// The first half of a promotion in a store that cannot compare: what it is about to write, if this is where it stands and nothing speaks against it.
    pub(crate) fn look(
        &self,
        model: &Model,
        state: &State,
        effect: &Effect,
        looked: Option<&Value>,
    ) -> Option<Value> {
        let Effect::Call(Call::Promote(which, expected)) = effect else { return None };
        let waits = self.pending.clone().filter(|value| value.version == number(which));
        let fine = looked.is_none() && self.current.version == number(expected);
        waits.filter(|_| fine && !self.promotes_too_late(model, state))
    }

    /// The second half, which compares nothing; without the first half the refusal of the first.
    fn promote_in_steps(
        &mut self,
        model: &Model,
        state: &State,
        (which, expected): (&Version, &Version),
        looked: Option<Value>,
    ) -> Event {
        if self.promotes_too_late(model, state) {
            return failed(self, "upstream-timeout", true);
        }
        let promoted = Event::Called(Call::Promote(which.clone(), expected.clone()), None);
        let Some(value) = looked else {
            if self.current.version == number(which) {
                return promoted;
            }
            return failed(self, "version-conflict", true);
        };
        self.pending.take_if(|pending| pending.version == value.version);
        if self.current.version != value.version {
            self.previous = Some(std::mem::replace(&mut self.current, value));
        }
        promoted
    }

    fn promotes_too_late(&self, model: &Model, state: &State) -> bool {
        let announced = state.seen.as_ref().and_then(|seen| seen.document.as_ref()?.1.announced.as_ref());
        model.flaw != Flaw::LatePromotion && self.too_late(model, announced.map(|announced| announced.until))
    }

    fn promote(&mut self, model: &Model, state: &State, which: &Version, expected: &Version) -> Event {
        if self.too_late(model, Self::lease_ends(state)) {
            return failed(self, "upstream-timeout", true);
        }
        if self.current.version == number(which) {
            return Event::Promoted(which.clone());
        }
        let there = self.pending.as_ref().is_some_and(|value| value.version == number(which));
        if !there || self.current.version != number(expected) {
            return failed(self, "version-conflict", true);
        }
        if let Some(promoted) = self.pending.take() {
            self.previous = Some(std::mem::replace(&mut self.current, promoted));
        }
        Event::Promoted(which.clone())
    }
}
