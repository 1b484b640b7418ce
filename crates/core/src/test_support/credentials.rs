//! A credential source the test writes.

use std::collections::HashMap;

use crate::credential::Credential;
use crate::fault::Fault;
use crate::names::Version;
use crate::runtime::BoxFuture;
use crate::secret::Secret;
use crate::store::{CredentialSource, Reread, Stage};
use crate::sync::{Arc, Mutex, lock};

/// Holds what the store holds and what was read last; counts both kinds of read.
#[derive(Clone, Debug)]
pub struct ScriptedCredentials(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    stored: Arc<Credential>,
    stages: HashMap<Stage, Arc<Credential>>,
    read: Option<Arc<Credential>>,
    rereads: u32,
    fault: Option<Fault>,
}

impl ScriptedCredentials {
    /// A source whose store holds `version` of the client `id` with `secret`.
    #[must_use]
    pub fn new(id: &str, secret: &str, version: &str) -> Self {
        Self(Arc::new(Mutex::new(State {
            stored: credential(id, secret, version),
            stages: HashMap::new(),
            read: None,
            rereads: 0,
            fault: None,
        })))
    }

    /// Replaces what the store holds. What was read before stays in the source's memory until it is re-read.
    pub fn store(&self, id: &str, secret: &str, version: &str) {
        lock(&self.0).stored = credential(id, secret, version);
    }

    /// Puts a version at another stage.
    pub fn store_at(&self, stage: Stage, id: &str, secret: &str, version: &str) {
        lock(&self.0).stages.insert(stage, credential(id, secret, version));
    }

    /// Every read fails from now on.
    pub fn fail(&self, fault: Fault) {
        lock(&self.0).fault = Some(fault);
    }

    /// How often a forced re-read was asked for.
    #[must_use]
    pub fn rereads(&self) -> u32 {
        lock(&self.0).rereads
    }
}

impl CredentialSource for ScriptedCredentials {
    fn credential(&self, reread: Reread) -> BoxFuture<'_, Result<Arc<Credential>, Fault>> {
        Box::pin(async move {
            let mut state = lock(&self.0);
            if let Some(fault) = &state.fault {
                return Err(fault.clone());
            }
            if reread != Reread::Cached {
                state.rereads += u32::from(reread == Reread::Forced);
                state.read = None;
            }
            let stored = Arc::clone(&state.stored);
            Ok(Arc::clone(state.read.get_or_insert(stored)))
        })
    }

    fn at(&self, stage: Stage) -> BoxFuture<'_, Result<Option<Arc<Credential>>, Fault>> {
        Box::pin(async move { Ok(lock(&self.0).stages.get(&stage).cloned()) })
    }
}

fn credential(id: &str, secret: &str, version: &str) -> Arc<Credential> {
    let text = serde_json::json!({ "client_id": id, "client_secret": secret }).to_string();
    let parsed =
        Credential::parse(&Secret::from(text), Version::new(version), &["client_id", "client_secret"]);
    Arc::new(parsed.expect("the members are there"))
}
