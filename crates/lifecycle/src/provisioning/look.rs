//! Looking: what the store and the platform hold now, and what is wanted by the platform's own ids.

use std::collections::{BTreeMap, BTreeSet};

use hallpass_core::{
    ClientQuery, CompareAndSet, Credential, EntryName, Fault, FaultCode, Secret, SlotId, Stage, StoredSecret,
};

use super::decide::Goal;
use super::document::Document;
use super::engine::{Engine, Run};
use super::findings::refusals;
use super::mark::Mark;
use super::refused::lacked_by_all;
use super::seen::Held;
use super::wanted::Wanted;

impl Engine {
    /// What is there now: the store always, the platform's listing where it may have changed without us.
    pub(super) async fn look(&self, wanted: &Wanted, run: &mut Run) -> Result<(), Fault> {
        let document = match self.read(&wanted.entries.document, Stage::Current).await? {
            Some(stored) => Some((stored.version, Document::parse(&stored.value)?)),
            None => None,
        };
        let previous = self.read(&wanted.entries.secret, Stage::Previous).await?;
        run.seen.document = document;
        run.seen.current = self.held(wanted, Stage::Current).await?;
        run.seen.pending = self.held(wanted, Stage::Pending).await?;
        run.seen.previous = previous.map(|stored| stored.version);
        run.seen.in_hand = run.in_hand.as_ref().map(|made| made.slot.clone());
        let held = [&run.seen.current, &run.seen.pending];
        let stored = held.into_iter().filter_map(|held| held.as_ref()?.client.clone());
        let made = run.seen.noted().and_then(|noted| Some(noted.made.as_ref()?.id.clone()));
        let mut ids: BTreeSet<SlotId> = stored.chain(wanted.also.iter().cloned()).chain(made).collect();
        ids.extend(run.seen.clients.keys().cloned());
        ids.extend(run.seen.in_hand.clone());
        ids.extend(run.made.iter().cloned());
        ids.extend(run.seen.noted().into_iter().flat_map(|noted| noted.clients.iter().cloned()));
        let prefix = Mark::prefix(&wanted.environment, &wanted.integration);
        let listed = run.stale.then(|| (wanted.names(), prefix));
        let mut found: BTreeMap<_, _> = BTreeMap::new();
        for mut client in self.parts.admin.find(&ClientQuery { listed, ids }).await? {
            if let Some(known) =
                run.seen.clients.get(&client.id).filter(|_| run.seen.asked.contains(&client.id))
            {
                client.last_used = known.last_used;
            }
            found.insert(client.id.clone(), client);
        }
        run.seen.clients = found;
        self.look_at_roles(wanted, run).await?;
        run.stale = false;
        Ok(())
    }

    async fn held(&self, wanted: &Wanted, stage: Stage) -> Result<Option<Held>, Fault> {
        let Some(stored) = self.read(&wanted.entries.secret, stage).await? else { return Ok(None) };
        let credential = Credential::parse(&stored.value, stored.version.clone(), &[])?;
        credential.belongs_to(&wanted.environment)?;
        let client = credential.member(wanted.nature.slot_member).and_then(Secret::expose_str);
        Ok(Some(Held { version: stored.version, client: client.map(SlotId::new) }))
    }

    pub(super) async fn read(&self, entry: &EntryName, stage: Stage) -> Result<Option<StoredSecret>, Fault> {
        match self.parts.store.read(entry, stage).await {
            Ok(stored) => Ok(Some(stored)),
            Err(fault) if fault.code() == FaultCode::EntryNotFound => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    pub(super) async fn ask(&self, id: &SlotId, run: &mut Run) {
        let last_used = self.parts.admin.last_used(id).await;
        if let Some(client) = run.seen.clients.get_mut(id) {
            client.last_used = last_used;
        }
        run.seen.asked.insert(id.clone());
    }

    /// What is wanted, with the ids of its roles; refused before anything is sent where it is too much.
    pub(super) async fn resolved(&self, goal: Goal) -> Result<Wanted, Fault> {
        let mut wanted = self.wanted.clone();
        if self.parts.store.traits().compare_and_set != CompareAndSet::Own {
            let detail =
                format!("a store `{}` cannot keep two machines apart", self.parts.store.traits().scheme);
            return Err(Fault::new(FaultCode::ProvisionRefused, detail)
                .with_hint("keep the secret in a store that hallpass can write, such as `local:`"));
        }
        // What is too much may still be removed.
        if goal == Goal::Destroy {
            return Ok(wanted);
        }
        if let Some(first) = refusals(&wanted).first() {
            let detail = format!("`integrations.{}.{}`: {}", wanted.integration, first.key, first.detail);
            return Err(Fault::new(FaultCode::ProvisionRefused, detail).with_hint(first.hint.clone()));
        }
        if let Some(own) = &mut wanted.own_role {
            let roles = self.roles()?;
            let lacking = roles.lacking(&own.permissions).await?;
            if !lacking.is_empty() {
                return Err(lacked_by_all(&lacking));
            }
            own.division_ids = roles.divisions(&own.divisions).await?;
        } else if wanted.nature.takes_grants {
            wanted.granted = self.parts.admin.resolve(&wanted.grants).await?;
        }
        Ok(wanted)
    }
}
