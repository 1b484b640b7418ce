//! The stores that the configuration names, looked through for entries that it does not.

use std::collections::BTreeMap;
use std::sync::Arc;

use hallpass_core::{EntryName, Store};
use hallpass_lifecycle::inventory::{Looked, Shelf};
use hallpass_stores::{Reference, Scheme};

use super::looked;
use crate::acks::entry_of;
use crate::assemble::App;
use crate::beside::{companions, plain_name};
use crate::config::{AckTarget, Config};

/// What the configuration names of one store.
struct Named<'c> {
    /// One of the references, which stands for all: they differ in their entries alone.
    example: &'c Reference,
    entries: Vec<&'c Reference>,
    /// Below these hallpass keeps entries of its own.
    below: Vec<&'c Reference>,
}

impl App {
    /// Every store that `config` names, with the names of what it holds. One request for each page of a list, and none about a single entry.
    pub(super) async fn shelves(&self, config: &Config, told: &(dyn Fn(String) + Send + Sync)) -> Vec<Shelf> {
        let mut shelves = Vec::new();
        for named in by_store(config).into_values() {
            let scheme = named.example.scheme;
            told(format!("{scheme}: names"));
            let store = self.stores.of(named.example);
            let place = store.as_ref().ok().and_then(|store| store.place()).map_or_else(
                || if scheme == Scheme::Local { self.stores.local_place() } else { String::new() },
                str::to_owned,
            );
            let entries = match store {
                Ok(store) => names(&store, named.example).await,
                Err(fault) => Looked::Not(fault.to_string()),
            };
            shelves.push(Shelf {
                store: scheme.name(),
                place,
                is_ours: scheme == Scheme::Local,
                named: named.entries.iter().map(|reference| plain_name(reference).to_owned()).collect(),
                kept: named.below.iter().filter_map(|base| beginning_of_acks(base)).collect(),
                companions: companions(scheme),
                entries,
            });
        }
        shelves
    }
}

async fn names(store: &Arc<dyn Store>, example: &Reference) -> Looked<BTreeMap<String, String>> {
    let reference = |name: EntryName| {
        let text = name.to_string();
        (text, Reference { entry: name, ..example.clone() }.to_string())
    };
    match looked(store.names().await) {
        Looked::Seen(Some(names)) => Looked::Seen(names.into_iter().map(reference).collect()),
        Looked::Seen(None) => Looked::Not("it answers only for what it is asked by name".to_owned()),
        Looked::Not(why) => Looked::Not(why),
    }
}

/// What the names of all entries below `base` begin with, by the name of one of them.
fn beginning_of_acks(base: &Reference) -> Option<String> {
    let sample = entry_of(base, "i", "c").ok()?;
    sample.entry.as_str().rsplit_once('i').map(|(beginning, _)| beginning.to_owned())
}

/// The references of `config`, by everything but their entries.
fn by_store<'c>(config: &'c Config) -> BTreeMap<String, Named<'c>> {
    let mut stores: BTreeMap<String, Named<'c>> = BTreeMap::new();
    let mut add = |reference: &'c Reference, is_below: bool| {
        let Reference { scheme, house, options, .. } = reference;
        let named = stores.entry(format!("{scheme} {house:?} {options:?}")).or_insert_with(|| Named {
            example: reference,
            entries: Vec::new(),
            below: Vec::new(),
        });
        if is_below { &mut named.below } else { &mut named.entries }.push(reference);
    };
    config.audit.key.iter().for_each(|key| add(key, false));
    let acks = config.integrations.iter().filter_map(|one| one.rotation.as_ref()?.acks.as_ref());
    for target in acks.chain(&config.sidecar.acks) {
        match target {
            AckTarget::Folder(_) => {}
            AckTarget::Receiver { bearer, .. } => add(bearer, false),
            AckTarget::Entries(base) => add(base, true),
        }
    }
    for integration in &config.integrations {
        integration.secret.iter().for_each(|secret| add(secret, false));
        let document = integration.rotation.as_ref().and_then(|rotation| rotation.document.as_ref());
        document.into_iter().for_each(|document| add(document, false));
    }
    stores
}
