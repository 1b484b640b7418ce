//! Looking for clients that could be the work of whoever had a secret that leaked. Nothing is changed.

use std::collections::BTreeSet;
use std::sync::Arc;

use hallpass_core::{ClientAdmin, ClientQuery, EntryName, Fault, FaultCode, SlotId, Stage, Store};
use hallpass_lifecycle::provisioning::{Document, Mark, second_name};
use hallpass_lifecycle::rotation::Lookout;
use hallpass_platforms::GenesysClients;
use hallpass_stores::Reference;

use crate::administration::administrative_calls;
use crate::assemble::{App, Integration};
use crate::beside::beside;
use crate::config::RotationConfig;
use crate::provisioning::takes_provisioned_turns;

/// How one integration's clients are told from others, and by whom.
#[derive(Debug)]
pub(super) struct Watch {
    /// None where clients have neither name nor mark: the keys of a CXone user are all looked at anyway.
    clients: Option<GenesysClients>,
    names: BTreeSet<String>,
    mark: String,
    configured: BTreeSet<SlotId>,
    store: Arc<dyn Store>,
    /// Where provisioning keeps its document; none where the name would be too long for one.
    document: Option<EntryName>,
}

impl Watch {
    /// Nothing is read or sent yet.
    ///
    /// # Errors
    /// `integration-unknown` for an administrator that is none.
    pub(super) fn over(
        app: &App,
        integration: &Integration,
        config: &RotationConfig,
        (reference, store): (&Reference, &Arc<dyn Store>),
    ) -> Result<Self, Fault> {
        let described = &integration.described;
        let clients = if described.platform.platform == "genesys" {
            let calls = administrative_calls(app, &config.administrator, config.upstream.as_deref())?;
            let (clock, sleep) = (Arc::clone(&app.parts.clock), Arc::clone(&app.parts.sleep));
            Some(GenesysClients::new(calls, clock, sleep))
        } else {
            None
        };
        let provision = described.provision.as_ref();
        let name = provision.and_then(|provision| provision.name.clone());
        let name = name.unwrap_or_else(|| described.name.to_string());
        Ok(Self {
            clients,
            names: takes_provisioned_turns(config)
                .then(|| second_name(&name))
                .into_iter()
                .chain([name])
                .collect(),
            mark: Mark::prefix(&app.environment, &described.name),
            configured: config.clients.iter().map(|id| SlotId::new(id)).collect(),
            store: Arc::clone(store),
            document: beside(reference, "provision").ok(),
        })
    }

    /// What there is. Whatever cannot be looked at is told as such, and no fault: in an incident the rest counts.
    pub(super) async fn look(&self) -> Lookout {
        let mut lookout =
            Lookout { names: self.names.clone(), known: self.configured.clone(), ..Lookout::default() };
        let Some(clients) = &self.clients else { return lookout };
        match self.provisioned().await {
            Ok(Some(document)) => {
                lookout.known.extend(document.made.map(|made| made.id));
                lookout.known.extend(document.clients);
                lookout.announced = document.open.map(|open| open.nonce);
            }
            Ok(None) => {}
            Err(fault) => lookout.unseen.push(format!("which client provisioning made: {fault}")),
        }
        let query =
            ClientQuery { listed: Some((self.names.clone(), self.mark.clone())), ids: BTreeSet::new() };
        match clients.find(&query).await {
            Ok(found) => lookout.clients = found,
            Err(fault) => lookout.unseen.push(format!("the platform's other clients: {fault}")),
        }
        lookout
    }

    /// What provisioning keeps beside the secret, if it ever ran.
    async fn provisioned(&self) -> Result<Option<Document>, Fault> {
        let Some(document) = &self.document else { return Ok(None) };
        match self.store.read(document, Stage::Current).await {
            Err(fault) if fault.code() == FaultCode::EntryNotFound => Ok(None),
            stored => Document::parse(&stored?.value).map(Some),
        }
    }
}
