//! Doing one effect, once.

use std::collections::BTreeMap;

use hallpass_core::{BoxFuture, Fault, FaultCode, Generated, Secret, Stage, Version};

use super::decide::CALL;
use super::effect::{Change, Effect};
use super::engine::{Engine, Run};
use super::pair::idle_name;
use super::predict::moved;
use super::wanted::Wanted;
use crate::rotation::compose;
use crate::rotation::guard::InTime;

impl Engine {
    pub(super) async fn perform(&self, wanted: &Wanted, run: &mut Run, effect: &Effect) -> Result<(), Fault> {
        let wanted = &*wanted.given(&run.seen);
        let (admin, store) = (&self.parts.admin, &self.parts.store);
        let entry = &wanted.entries.secret;
        match effect {
            Effect::Write(change) => self.write(wanted, run, change).await,
            Effect::Ask(_) | Effect::AskRole(_) => Ok(()),
            Effect::CreateRole | Effect::UpdateRole { .. } | Effect::HoldRole(_) | Effect::DeleteRole(_) => {
                self.perform_role(wanted, run, effect).await
            }
            Effect::Create => {
                run.in_hand = Some(self.create(wanted, run, &wanted.name, true).await?);
                Ok(())
            }
            Effect::CreateIdle => {
                let name = idle_name(wanted, &run.seen);
                // The secret of one that is off is nobody's: it is wiped here, and was never of any use.
                let made = self.create(wanted, run, &name, false).await?;
                run.made.insert(made.slot);
                Ok(())
            }
            Effect::Reset(id) => {
                run.in_hand = Some(self.in_time(admin.reset(id)).await?);
                Ok(())
            }
            Effect::Store(_) => self.store(wanted, run).await,
            Effect::Promote { pending, expected, .. } => {
                store.promote(entry, pending, expected.as_ref()).await
            }
            Effect::Update { id, draft, .. } => self.in_time(admin.update(id, draft)).await,
            Effect::Deactivate(id) => self.in_time(admin.deactivate(id)).await,
            Effect::Delete(id) => self.in_time(admin.delete(id)).await,
            Effect::Bury => self.bury(wanted).await,
            Effect::Forget(version) => store.discard(entry, version).await,
        }
    }

    /// Sends the creation that is announced.
    async fn create(
        &self,
        wanted: &Wanted,
        run: &mut Run,
        name: &str,
        active: bool,
    ) -> Result<Generated, Fault> {
        // From here on it may have been sent, whatever becomes of the answer.
        let nonce = run.seen.unsent.take().unwrap_or_default();
        let draft = wanted.draft(name, Some(wanted.mark(&nonce).to_string()), Some(active));
        let made = self.in_time(self.parts.admin.create(&draft)).await;
        if made.as_ref().is_err_and(had_no_effect) {
            run.seen.unsent = Some(nonce);
        }
        made
    }

    /// A call that is not polled once its time is over: a sandbox that was frozen between the look at the lease and the call would otherwise act
    /// beside whoever took over.
    pub(super) async fn in_time<T>(&self, call: BoxFuture<'_, Result<T, Fault>>) -> Result<T, Fault> {
        let until = self.now().after(CALL);
        match InTime::new(call, &*self.parts.clock, &*self.parts.sleep, until).await {
            Some(done) => done,
            None => Err(Fault::new(FaultCode::UpstreamTimeout, "an administrative call")),
        }
    }

    async fn write(&self, wanted: &Wanted, run: &mut Run, change: &Change) -> Result<(), Fault> {
        let (entry, store) = (&wanted.entries.document, &self.parts.store);
        let (version, before) = run.seen.document.clone().unzip();
        let document = moved(change, before, wanted, &run.seen, self.me(""));
        let pending = store.put_pending(entry, document.stored()).await?;
        store.promote(entry, &pending, version.as_ref()).await?;
        if let Change::Announce(open) = change {
            run.seen.unsent = Some(open.nonce.clone());
        }
        Ok(())
    }

    /// The secret in hand becomes durable. If that fails it stays in hand, and is stored at the next try.
    async fn store(&self, wanted: &Wanted, run: &mut Run) -> Result<(), Fault> {
        let Some(made) = &run.in_hand else { return Ok(()) };
        let value = self.value(wanted, &made.members).await?;
        self.parts.store.put_pending(&wanted.entries.secret, value).await?;
        run.in_hand = None;
        Ok(())
    }

    /// CURRENT with `members` in place of its own: an application's pair beside an access key stays.
    async fn value(&self, wanted: &Wanted, members: &BTreeMap<String, Secret>) -> Result<Secret, Fault> {
        let current = self.read(&wanted.entries.secret, Stage::Current).await?;
        let base = current.map_or_else(|| Secret::from("{}"), |stored| stored.value);
        compose(&base, members, &wanted.environment, &base)
    }

    /// A store does not let go of CURRENT, so something without a secret is made CURRENT, and the secret forgotten as PREVIOUS.
    async fn bury(&self, wanted: &Wanted) -> Result<(), Fault> {
        let (entry, store) = (&wanted.entries.secret, &self.parts.store);
        let Some(current) = self.read(entry, Stage::Current).await? else { return Ok(()) };
        let serial = hallpass_core::Credential::parse(&current.value, current.version.clone(), &[])?.serial();
        let stone = serde_json::json!({ "serial": serial });
        let stone = Secret::from(stone.to_string());
        let value = compose(&stone, &BTreeMap::new(), &wanted.environment, &stone)?;
        let pending: Version = store.put_pending(entry, value).await?;
        store.promote(entry, &pending, Some(&current.version)).await
    }
}

/// Whether the platform said that it did not act, or never heard of it. Whatever else goes wrong may have had its effect.
pub(super) fn had_no_effect(fault: &Fault) -> bool {
    use FaultCode as F;
    matches!(
        fault.code(),
        F::UpstreamUnreachable | F::UpstreamThrottled | F::UpstreamRefused | F::AdminDenied | F::SlotsFull
    )
}
