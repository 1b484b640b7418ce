//! What configuration, stores and rotations say of each integration.

use std::collections::BTreeSet;

use hallpass_core::{Fault, FaultCode, SlotId, Stage};
use hallpass_lifecycle::inventory::{Configured, Looked, RotationSeen, StoredEntry};
use hallpass_lifecycle::rotation::Document;

use crate::assemble::{App, Integration};
use crate::beside::beside;

impl App {
    /// Every integration, one after the other.
    pub(super) async fn configured(&self, told: &(dyn Fn(String) + Send + Sync)) -> Vec<Configured> {
        let mut all = Vec::new();
        for integration in &self.integrations {
            let described = &integration.described;
            told(format!("{}: secret and rotation", described.name));
            let rotation = described.rotation.as_ref();
            all.push(Configured {
                name: described.name.to_string(),
                platform: described.platform.platform.clone(),
                place: integration.place(),
                administers: described.administers,
                allow: described.allow.iter().map(ToString::to_string).collect(),
                references: described.secret.iter().map(ToString::to_string).collect(),
                period: rotation.map(|rotation| rotation.every),
                slots: self.taking_turns(integration).await,
                entry: looked(self.stored(integration).await),
                rotation: match rotation {
                    Some(_) => looked(self.rotation_seen(integration).await),
                    None => Looked::Seen(None),
                },
                survey: None,
            });
        }
        all
    }

    /// What the store of an integration holds for it, without any value.
    pub(crate) async fn stored(&self, integration: &Integration) -> Result<StoredEntry, Fault> {
        let credential = self.credential(integration.described.name.as_str()).await?;
        let reference = integration
            .secret
            .first()
            .ok_or_else(|| Fault::new(FaultCode::Internal, "an integration without a reference"))?;
        let described = self.stores.of(reference)?.describe(&reference.entry).await;
        let id = ["client_id", "access_key_id"].iter().find_map(|name| credential.member(name));
        Ok(StoredEntry {
            client_id: id.and_then(|id| std::str::from_utf8(id.expose()).ok()).map(str::to_owned),
            // A store that has no dates is one; it is told where the age would stand.
            written: described.ok().and_then(|info| info.written),
            version: credential.version().to_string(),
            fingerprint: credential.fingerprint().to_string(),
        })
    }

    /// What stands beside the secret; `None` where nothing ever did.
    async fn rotation_seen(&self, integration: &Integration) -> Result<Option<RotationSeen>, Fault> {
        let apart = integration.described.rotation.as_ref().and_then(|rotation| rotation.document.as_ref());
        let stored = match apart {
            Some(document) => self.stores.document(document)?.read().await?,
            None => {
                let (reference, store) = self.written(integration)?;
                match store.read(&beside(&reference, "rotation")?, Stage::Current).await {
                    Err(fault) if fault.code() == FaultCode::EntryNotFound => None,
                    stored => Some(stored?),
                }
            }
        };
        let Some(stored) = stored else { return Ok(None) };
        let document = Document::parse(&stored.value)?;
        let rotation = document.rotation.as_ref();
        Ok(Some(RotationSeen {
            ended: document.last.as_ref().map(|last| last.at.since_epoch()),
            step: rotation.map(|rotation| {
                if rotation.promoted.is_some() { "retiring the old secret" } else { "making the new secret" }
                    .to_owned()
            }),
            stuck: rotation.is_some_and(|rotation| rotation.stuck.is_some()),
        }))
    }
}

/// What was seen, or the fault in words.
pub(crate) fn looked<T>(seen: Result<T, Fault>) -> Looked<T> {
    seen.map_or_else(|fault| Looked::Not(fault.to_string()), Looked::Seen)
}

/// The clients that are known to be ours.
pub(super) fn ours(configured: &[Configured]) -> BTreeSet<SlotId> {
    let current = configured.iter().filter_map(|one| one.entry.seen()?.client_id.as_deref());
    let slots = configured.iter().flat_map(|one| one.slots.iter().map(String::as_str));
    current.chain(slots).map(SlotId::new).collect()
}
