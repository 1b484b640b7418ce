//! Doing one effect.

use std::collections::BTreeMap;
use std::time::Duration;

use hallpass_core::{
    BoxFuture, Credential, Fault, FaultCode, Fingerprint, Secret, SlotId, Stage, StoredSecret, Version,
};

use super::amend::amend;
use super::document::{Call, Document};
use super::effect::{Change, Effect, Next};
use super::engine::Engine;
use super::event::Event;
use super::guard::InTime;
use super::hands::Published;
use super::state::State;
use super::time::WallTime;
use super::value::compose;

/// A new secret whose value is nowhere but here.
pub(super) struct Hand {
    slot: SlotId,
    fingerprint: Fingerprint,
    value: Secret,
}

/// One effect in its state.
pub(super) struct Performer<'a> {
    pub(super) engine: &'a Engine,
    pub(super) state: &'a State,
}

/// The longest sleep. The clock that was slept by may have stood still meanwhile, so the wall clock is asked in between.
const NAP: Duration = Duration::from_secs(300);

impl Performer<'_> {
    pub(super) async fn perform(&self, next: &Next, hand: &mut Option<Hand>) -> Result<Event, Fault> {
        match &next.effect {
            Effect::Observe => Ok(Event::Observed(Box::new(self.engine.observe().await?))),
            Effect::Write(change) => self.write(change).await,
            Effect::Call(call) => self.call(call, hand).await,
            Effect::StorePending => self.store(hand.as_ref()).await,
            Effect::Restore(version) => self.restore(version).await,
            Effect::DiscardVersion(version) => self.discard(version).await,
            Effect::Compare(one, other) => self.compare(one, other).await,
            Effect::Verify(version) => self.verify(version).await,
            Effect::Promote(version, expected) => self.promote(version, expected).await,
            Effect::Publish(version, fingerprint) => self.publish(version, *fingerprint).await,
            Effect::Collect => Ok(Event::Collected(self.engine.parts.acks.read().await?)),
            Effect::Prove(new, old) => self.prove(new, old.as_ref()).await,
            Effect::Wait(until) => self.wait(next, *until).await,
            Effect::Stop(_) => Ok(Event::Waited),
        }
    }

    async fn write(&self, change: &Change) -> Result<Event, Fault> {
        let engine = self.engine;
        let (Some(begun), Some(seen)) = (&self.state.begun, &self.state.seen) else { return Err(unread()) };
        let (expected, before) = match &seen.document {
            Some((version, document)) => (Some(version), document.clone()),
            None => {
                (None, Document::new(engine.plan.entries.secret.clone(), engine.plan.environment.clone()))
            }
        };
        let mut document = amend(before, change, begun, engine.now(), &engine.plan.pace);
        // Whoever sets a hold waits for the call that is announced. Of one that the platform answered it is known that it is over; of one that
        // failed it is not.
        document.announced.take_if(|announced| self.state.ended == Some(announced.number));
        let version = engine.replace(&document, expected).await?;
        Ok(Event::Written(change.clone(), Box::new(document), version))
    }

    /// Makes an announced call, no later than announced.
    async fn call(&self, call: &Call, hand: &mut Option<Hand>) -> Result<Event, Fault> {
        let until = self.state.announced().ok_or_else(unread)?.until;
        let admin = &self.engine.parts.admin;
        let generated = match call {
            Call::Generate(slot) => {
                let current = self.current().await?;
                let generated = self.in_time(until, admin.generate(slot.as_ref())).await?;
                let made = self.taken(&current.value, &generated.members, &current.value, generated.slot)?;
                let shown = (made.slot.clone(), made.fingerprint);
                *hand = Some(made);
                Some(shown)
            }
            Call::Activate(slot) => self.in_time(until, admin.set_active(slot, true)).await.map(|()| None)?,
            Call::Deactivate(slot) => {
                self.in_time(until, admin.set_active(slot, false)).await.map(|()| None)?
            }
            Call::Delete(slot) => self.in_time(until, admin.delete(slot)).await.map(|()| None)?,
            // The value is dropped, and wiped, here: nobody ever has it.
            Call::Discard(slot) => self.in_time(until, admin.generate(Some(slot))).await.map(|_| None)?,
            Call::Copy(copy, version) => {
                let credential = self.credential(&self.at(Stage::Current, version).await?.value)?;
                self.in_time(until, admin.write_copy(copy, &credential)).await.map(|()| None)?
            }
            Call::Promote(version, expected) => {
                let (store, secret) = (&self.engine.parts.store, &self.engine.plan.entries.secret);
                self.in_time(until, store.promote(secret, version, Some(expected))).await.map(|()| None)?
            }
        };
        Ok(Event::Called(call.clone(), generated))
    }

    async fn store(&self, hand: Option<&Hand>) -> Result<Event, Fault> {
        let hand = hand.ok_or_else(unread)?;
        let version = self.put(hand.value.clone()).await?;
        Ok(Event::Stored(version, hand.slot.clone(), hand.fingerprint))
    }

    async fn restore(&self, version: &Version) -> Result<Event, Fault> {
        let old = self.at(Stage::Previous, version).await?;
        let current = self.current().await?;
        let slot =
            super::seen::Held::of(&old, self.engine.plan.capabilities.slot_member).slot.ok_or_else(unread)?;
        let hand = self.taken(&old.value, &BTreeMap::new(), &current.value, slot)?;
        let version = self.put(hand.value.clone()).await?;
        Ok(Event::Stored(version, hand.slot, hand.fingerprint))
    }

    fn taken(
        &self,
        base: &Secret,
        members: &BTreeMap<String, Secret>,
        current: &Secret,
        slot: SlotId,
    ) -> Result<Hand, Fault> {
        let value = compose(base, members, &self.engine.plan.environment, current)?;
        let member = self.engine.plan.capabilities.slot_member;
        let credential = self.credential(&value)?;
        if credential.member(member).and_then(Secret::expose_str) != Some(slot.as_str()) {
            let detail = format!("the new secret names another slot than `{slot}` in `{member}`");
            return Err(Fault::new(FaultCode::CredentialMalformed, detail));
        }
        Ok(Hand { slot, fingerprint: credential.fingerprint(), value })
    }

    fn credential(&self, value: &Secret) -> Result<Credential, Fault> {
        Credential::parse(value, Version::new(""), &[self.engine.plan.capabilities.slot_member])
    }

    /// Writes PENDING, no later than the lease lasts.
    async fn put(&self, value: Secret) -> Result<Version, Fault> {
        let store = &self.engine.parts.store;
        self.in_time(self.lease_ends()?, store.put_pending(&self.engine.plan.entries.secret, value)).await
    }

    async fn discard(&self, version: &Version) -> Result<Event, Fault> {
        let store = &self.engine.parts.store;
        let discarded = store.discard(&self.engine.plan.entries.secret, version);
        self.in_time(self.lease_ends()?, discarded).await?;
        Ok(Event::Discarded(version.clone()))
    }

    async fn promote(&self, version: &Version, expected: &Version) -> Result<Event, Fault> {
        let store = &self.engine.parts.store;
        let promoted = store.promote(&self.engine.plan.entries.secret, version, Some(expected));
        self.in_time(self.lease_ends()?, promoted).await?;
        Ok(Event::Promoted(version.clone()))
    }

    async fn compare(&self, one: &SlotId, other: &SlotId) -> Result<Event, Fault> {
        let admin = &self.engine.parts.admin;
        let (first, second) = (admin.rights(one).await?, admin.rights(other).await?);
        if first == second {
            return Ok(Event::Compared(None));
        }
        let lacks = |from: &SlotId, some: &hallpass_core::Rights, all: &hallpass_core::Rights| {
            let missing: Vec<_> = all.0.difference(&some.0).map(String::as_str).collect();
            (!missing.is_empty()).then(|| format!("`{from}` lacks {}", missing.join(", ")))
        };
        let said = [lacks(one, &first, &second), lacks(other, &second, &first)];
        Ok(Event::Compared(Some(said.into_iter().flatten().collect::<Vec<_>>().join("; "))))
    }

    async fn verify(&self, version: &Version) -> Result<Event, Fault> {
        let stored = self.at(Stage::Pending, version).await?;
        let verdict = self.engine.parts.verify.verify(&stored).await;
        Ok(Event::Verified(version.clone(), verdict, self.engine.now()))
    }

    async fn prove(&self, new: &Version, old: Option<&Version>) -> Result<Event, Fault> {
        let verify = &self.engine.parts.verify;
        let new = verify.verify(&self.at(Stage::Current, new).await?).await;
        let old = match old {
            Some(version) => Some(verify.accepts(&self.at(Stage::Previous, version).await?).await),
            None => None,
        };
        Ok(Event::Proved(new, old))
    }

    async fn publish(&self, version: &Version, fingerprint: Fingerprint) -> Result<Event, Fault> {
        let entry = self.engine.plan.entries.secret.clone();
        let published = Published { entry, version: version.clone(), fingerprint };
        self.engine.parts.publish.publish(&published).await?;
        Ok(Event::Published)
    }

    async fn wait(&self, next: &Next, until: WallTime) -> Result<Event, Fault> {
        loop {
            let now = self.engine.now();
            if now >= until {
                return Ok(Event::Waited);
            }
            self.engine.parts.progress.waits(next.step, now, until);
            self.engine.parts.sleep.sleep(until.since(now).min(NAP)).await;
        }
    }

    async fn current(&self) -> Result<StoredSecret, Fault> {
        self.engine.parts.store.read(&self.engine.plan.entries.secret, Stage::Current).await
    }

    /// That very version at that stage; somebody else's is a lost race.
    async fn at(&self, stage: Stage, version: &Version) -> Result<StoredSecret, Fault> {
        let stored = self.engine.read(&self.engine.plan.entries.secret, stage).await?;
        stored.filter(|stored| stored.version == *version).ok_or_else(|| {
            Fault::new(FaultCode::VersionConflict, format!("{stage:?} is another version by now"))
        })
    }

    fn lease_ends(&self) -> Result<WallTime, Fault> {
        let document = self.state.seen.as_ref().and_then(|seen| seen.document.as_ref());
        let lease = document.and_then(|(_, document)| document.lease.as_ref()).ok_or_else(unread)?;
        Ok(lease.until.before(self.engine.plan.pace.skew))
    }

    async fn in_time<T>(&self, until: WallTime, call: BoxFuture<'_, Result<T, Fault>>) -> Result<T, Fault> {
        let parts = &self.engine.parts;
        InTime::new(call, &*parts.clock, &*parts.sleep, until).await.unwrap_or_else(|| {
            Err(Fault::new(FaultCode::UpstreamTimeout, "the call did not end while the lease was ours"))
        })
    }
}

fn unread() -> Fault {
    Fault::new(FaultCode::Internal, "an effect was to be done before anything was read")
}
