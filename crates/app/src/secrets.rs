//! Putting secrets into a store, and seeing which are there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hallpass_core::audit::{AuditEvent, AuditKind};
use hallpass_core::{
    Credential, EntryInfo, EntryName, Fault, FaultCode, Fingerprint, Reread, Secret, Stage, Store, Version,
};
use hallpass_stores::{Reference, Scheme};
use serde::Serialize;
use serde_json::Value;

use crate::assemble::{App, Integration};
use crate::provisioning::{stored_by_hand, with_provisioned};

/// What was stored.
#[derive(Clone, Debug)]
pub struct Put {
    /// Where, as the configuration says it.
    pub reference: String,
    /// Under which name.
    pub entry: EntryName,
    /// As which version.
    pub version: Version,
    /// The count stored beside it, one more than before.
    pub serial: u64,
    /// Which secret it is, without saying anything about it.
    pub fingerprint: Fingerprint,
}

impl App {
    /// The members that the secret of the integration `name` must have, such as `client_id` and `client_secret`.
    ///
    /// # Errors
    /// `integration-unknown`.
    pub fn required_members(&self, name: &str) -> Result<&'static [&'static str], Fault> {
        Ok(stored_by_hand(self.integration(name)?))
    }

    /// Stores `members` as the secret of the integration `name`, in the first of its references that hallpass can write, with this environment
    /// and the next serial beside them. What a `local:` store needs is made if it is not there yet. A later reference is never written: it stands
    /// for a replica, which the store itself brings up to date.
    ///
    /// The value becomes current in one step; if the process dies before, the old one still is. Two writers cannot overwrite each other: the
    /// later one gets `version-conflict`.
    ///
    /// # Errors
    /// `integration-unknown`, `store-read-only` where no reference can be written, `environment-mismatch` where a member `environment` names
    /// another one, `credential-malformed` naming the members that are missing, `store-*`.
    pub async fn put_secret(&self, name: &str, members: &BTreeMap<String, Secret>) -> Result<Put, Fault> {
        let integration = self.integration(name)?;
        let required = stored_by_hand(integration);
        let (reference, store) = self.writable(integration)?;
        let store = self.on_record(store, &reference.entry, Some(integration), "secret put");
        let entry = &reference.entry;
        let ours = self.environment.as_str().as_bytes();
        if members.get(ENVIRONMENT).is_some_and(|name| name.expose() != ours) {
            let detail = format!("given for another one, running in `{}`", self.environment);
            return Err(Fault::new(FaultCode::EnvironmentMismatch, detail));
        }
        let present = match store.read(entry, Stage::Current).await {
            Ok(present) => Some(present),
            Err(fault) if fault.code() == FaultCode::EntryNotFound => None,
            Err(fault) => return Err(fault),
        };
        let before = present.as_ref().and_then(|present| {
            Credential::parse(&present.value, present.version.clone(), &[]).ok()?.serial()
        });
        let serial = before.unwrap_or(0).saturating_add(1);
        let members = &with_provisioned(integration, members, present.as_ref());
        let value = document(members, self.environment.as_str(), serial)?;
        let fingerprint = Credential::parse(&value, Version::new(""), required)?.fingerprint();
        if reference.scheme == Scheme::Local {
            self.stores.make_local(&*self.parts.randomness)?;
        }
        let version = store.put_pending(entry, value).await?;
        let event = AuditEvent::new(self.parts.clock.now(), AuditKind::SecretWritten)
            .about(&name)
            .fact("store", reference.scheme.name())
            .fact("version", version.as_str())
            .fact("fingerprint", fingerprint.to_string());
        // Recorded before it counts: what cannot be recorded stays pending, and is replaced by the next attempt.
        self.parts.audit.record(&event)?;
        store.promote(entry, &version, present.as_ref().map(|present| &present.version)).await?;
        Ok(Put { reference: reference.to_string(), entry: entry.clone(), version, serial, fingerprint })
    }

    /// Where the secret of an integration is written.
    fn writable<'a>(&self, integration: &'a Integration) -> Result<(&'a Reference, Arc<dyn Store>), Fault> {
        for reference in &integration.secret {
            let store = self.stores.of(reference)?;
            if store.traits().writable {
                return Ok((reference, store));
            }
        }
        Err(Fault::new(FaultCode::StoreReadOnly, format!("`{}`", integration.client.name())))
    }

    /// The credential of the integration `name`, read now from the places its references name. Nothing is sent to the platform.
    ///
    /// # Errors
    /// `integration-unknown`; what the stores say; `credential-malformed` and `environment-mismatch`.
    pub async fn credential(&self, name: &str) -> Result<Arc<Credential>, Fault> {
        self.integration(name)?.credentials.credential(Reread::Forced).await
    }

    /// Every entry of the local store, and every entry of a cloud that a reference names, without values. Clouds are asked for those
    /// entries alone: listing a whole account would need a permission that nothing else here does.
    ///
    /// # Errors
    /// `store-*` when the local store cannot be read. What a cloud says about one entry stands in its place.
    pub async fn list_secrets(&self) -> Result<Vec<Listed>, Fault> {
        let local = self.stores.local()?.list().await?;
        let local = local.into_iter().map(|info| Listed {
            reference: format!("{}:{}", Scheme::Local, info.name),
            name: info.name.clone(),
            info: Ok(info),
        });
        let mut listed: Vec<_> = local.collect();
        let references = self.integrations.iter().flat_map(|integration| &integration.secret);
        let mut seen = BTreeSet::new();
        for reference in references.filter(|reference| reference.scheme.is_cloud_store()) {
            let text = reference.to_string();
            if seen.insert(text.clone()) {
                let info = self.stores.of(reference)?.describe(&reference.entry).await;
                listed.push(Listed { reference: text, name: reference.entry.clone(), info });
            }
        }
        Ok(listed)
    }
}

/// One entry that is listed.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Where it is, as a reference says it.
    pub reference: String,
    /// What its store calls it.
    pub name: EntryName,
    /// Its versions, or why they are not known.
    pub info: Result<EntryInfo, Fault>,
}

/// The members of a secret that is given whole, as a JSON object of texts. A `serial` is left out: the store's own count goes on. An
/// `environment` stays, since whoever names one means it: [`App::put_secret`] refuses another than its own.
///
/// # Errors
/// `credential-malformed`; nothing of the text is quoted.
pub fn members_of(document: &Secret) -> Result<BTreeMap<String, Secret>, Fault> {
    let malformed = |what: &str| Fault::new(FaultCode::CredentialMalformed, what);
    // The parser's own message is dropped on purpose: it may quote the text it stumbled over.
    let Ok(Value::Object(object)) = serde_json::from_slice(document.expose()) else {
        return Err(malformed("it is not a JSON object"));
    };
    let members = object.into_iter().filter(|(name, _)| name != SERIAL);
    let texts = members.map(|(name, value)| match value {
        Value::String(text) => Ok((name, Secret::from(text))),
        _ => Err(malformed("a member of the JSON object is not a text")),
    });
    texts.collect()
}

/// The stored value: the members as they are, and what hallpass keeps beside them.
fn document(members: &BTreeMap<String, Secret>, environment: &str, serial: u64) -> Result<Secret, Fault> {
    // Escaping makes a byte six at most.
    let room = members.iter().map(|(name, secret)| 6 * (name.len() + secret.len()) + 8).sum::<usize>();
    let malformed = || Fault::new(FaultCode::CredentialMalformed, "a member is not UTF-8 text");
    let mut texts = BTreeMap::new();
    for (name, secret) in members.iter().filter(|(name, _)| ![ENVIRONMENT, SERIAL].contains(&name.as_str())) {
        texts.insert(name.as_str(), secret.expose_str().ok_or_else(malformed)?);
    }
    // Room for all of it at once: a buffer that grows leaves copies behind that nobody wipes.
    let mut bytes = Vec::with_capacity(room + 256);
    let document = Document { members: texts, environment, serial };
    serde_json::to_writer(&mut bytes, &document).map_err(|_| malformed())?;
    Ok(Secret::new(bytes))
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    members: BTreeMap<&'a str, &'a str>,
    environment: &'a str,
    serial: u64,
}

const ENVIRONMENT: &str = "environment";
const SERIAL: &str = "serial";

#[cfg(test)]
mod tests {
    use super::{document, members_of};
    use hallpass_core::{Credential, Secret, Version};

    #[test]
    fn a_document_is_read_back_as_it_was_given() {
        let given = Secret::from(
            r#"{"client_id":"a","client_secret":"\"\\ \u00e9","serial":9,"environment":"other"}"#,
        );
        let members = members_of(&given).unwrap();
        assert_eq!(members.keys().collect::<Vec<_>>(), ["client_id", "client_secret", "environment"]);
        let stored = document(&members, "test", 3).unwrap();
        let credential =
            Credential::parse(&stored, Version::new("1"), &["client_id", "client_secret"]).unwrap();
        assert_eq!(credential.member("client_secret"), Some(&Secret::from("\"\\ é")));
        assert_eq!(credential.serial(), Some(3));
        assert!(credential.belongs_to(&"test".parse().unwrap()).is_ok());
    }

    #[test]
    fn a_malformed_document_is_not_quoted() {
        for text in ["canary", "[\"canary\"]", "{\"client_secret\": 4242}", "{\"a\": \"canary"] {
            let fault = members_of(&Secret::from(text)).unwrap_err();
            assert!(!format!("{fault} {fault:?}").contains("canary"), "{fault}");
        }
    }
}
