//! Copying a secret from one place to another, as it is.
//!
//! ```text
//!   plan_copy ──▶ CopyPlan (what would be written, what stands there) ──▶ copy ──▶ Copied
//! ```
//!
//! Two steps, so that whoever asks can look first: nothing is written by a plan, and a plan is carried out only if the target is still what it
//! was then.

use std::sync::Arc;

use hallpass_core::audit::{AuditEvent, AuditKind};
use hallpass_core::{
    Credential, EntryName, Fault, FaultCode, Fingerprint, Stage, Store, StoredSecret, Version,
};
use hallpass_stores::{Reference, Scheme};

use crate::assemble::{App, Integration};

/// What the audit log says of who read a secret.
const BY: &str = "secret copy";

/// What a copy would do.
#[derive(Debug)]
pub struct CopyPlan {
    /// The version that becomes current.
    pub current: Held,
    /// The version before it, where it is copied as well.
    pub previous: Option<Held>,
    /// What is current at the target now.
    pub replaces: Option<Held>,
    /// The target holds this very secret already: there is nothing to write.
    pub is_there: bool,
    target: Target,
    /// To be written, the oldest first.
    values: Vec<StoredSecret>,
}

/// One version, without its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// As its store names it.
    pub version: Version,
    /// The count stored in it, if there is one.
    pub serial: Option<u64>,
    /// Which secret it is.
    pub fingerprint: Fingerprint,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// What is current at the target now, as the target names it.
    pub version: Version,
}

#[derive(Debug)]
struct Target {
    store: Arc<dyn Store>,
    scheme: &'static str,
    entry: EntryName,
    integration: Option<String>,
}

impl CopyPlan {
    /// Whether the target holds a later secret than the one to be copied, by the counts stored in both.
    #[must_use]
    pub fn goes_back(&self) -> bool {
        let there = self.replaces.as_ref().and_then(|held| held.serial);
        !self.is_there && there > self.current.serial
    }
}

impl App {
    /// What copying the secret at the reference `from` to the reference `to` would do. Serial and environment are part of the value and stay as they are.
    ///
    /// # Errors
    /// `reference-malformed`; `store-read-only` where hallpass cannot write `to`; `entry-not-found`; `credential-malformed` and
    /// `environment-mismatch` for what could not be used once it is copied; `store-*`.
    pub async fn plan_copy(&self, from: &str, to: &str) -> Result<CopyPlan, Fault> {
        let (from, to) = (Reference::parse(from)?, Reference::parse(to)?);
        let (source, store) = (self.stores.of(&from)?, self.stores.of(&to)?);
        if !store.traits().writable {
            let fault = Fault::new(FaultCode::StoreReadOnly, format!("`{}:`", to.scheme));
            return Err(fault.with_hint("copy to a `local:`, `aws-sm:`, `azure-kv:` or `gcp-sm:` reference"));
        }
        let user = self.user_of(&to).or_else(|| self.user_of(&from));
        let source = self.on_record(source, &from.entry, user, BY);
        let store = self.on_record(store, &to.entry, user, BY);
        let required = user.map_or(&[][..], |user| user.client.platform().required_members());
        let given = source.read(&from.entry, Stage::Current).await.map_err(|fault| absent(fault, &from))?;
        let credential = Credential::parse(&given.value, given.version.clone(), required)?;
        credential.belongs_to(&self.environment)?;
        let before = optional(source.read(&from.entry, Stage::Previous).await)?;
        let there = optional(store.read(&to.entry, Stage::Current).await)?;
        let holds = |stored: &StoredSecret| there.as_ref().is_some_and(|there| there.value == stored.value);
        let is_there = holds(&given);
        // What the target holds already need not be written: promoting the next version makes it the previous one.
        let previous = before.as_ref().map(held);
        let mut values: Vec<_> = before.into_iter().filter(|before| !holds(before)).collect();
        let current = held(&given);
        values.push(given);
        let name = user.map(|user| user.client.name().to_string());
        let target = Target { store, scheme: to.scheme.name(), entry: to.entry, integration: name };
        let replaces = there.as_ref().map(held);
        Ok(CopyPlan { current, previous, replaces, is_there, target, values })
    }

    /// Carries out a plan: the previous version first, then the current one, each becoming current in one step. A reader in between meets the
    /// previous version; if the process dies there, copying again completes it.
    ///
    /// # Errors
    /// `version-conflict` when the target changed since the plan was made; `audit-unwritable`; `store-*`.
    pub async fn copy_secret(&self, plan: CopyPlan) -> Result<Copied, Fault> {
        let CopyPlan { replaces, target: Target { store, scheme, entry, integration }, values, .. } = plan;
        if scheme == Scheme::Local.name() {
            self.stores.make_local(&*self.parts.randomness)?;
        }
        let mut present = replaces.map(|held| held.version);
        for value in values {
            let mut written = held(&value);
            let version = store.put_pending(&entry, value.value).await?;
            written.version = version.clone();
            // Recorded before it counts, as in `put_secret`.
            self.record(scheme, &written, integration.as_ref())?;
            store.promote(&entry, &version, present.as_ref()).await?;
            present = Some(version);
        }
        let version = present.ok_or_else(|| Fault::new(FaultCode::Internal, "a plan without a version"))?;
        Ok(Copied { version })
    }

    /// The integration that keeps its secret there.
    fn user_of(&self, reference: &Reference) -> Option<&Integration> {
        self.integrations.iter().find(|integration| integration.secret.contains(reference))
    }

    /// What is about to become current.
    fn record(&self, store: &str, held: &Held, integration: Option<&String>) -> Result<(), Fault> {
        let event = AuditEvent::new(self.parts.clock.now(), AuditKind::SecretWritten)
            .fact("store", store)
            .fact("version", held.version.as_str())
            .fact("fingerprint", held.fingerprint.to_string());
        let event = match integration {
            Some(name) => event.about(name),
            None => event,
        };
        self.parts.audit.record(&event)
    }
}

/// What is not there is no fault here.
fn optional(read: Result<StoredSecret, Fault>) -> Result<Option<StoredSecret>, Fault> {
    match read {
        Ok(stored) => Ok(Some(stored)),
        Err(fault) if fault.code() == FaultCode::EntryNotFound => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// The usual hint says to store the entry, which is not what somebody wants who copies it.
fn absent(fault: Fault, from: &Reference) -> Fault {
    if fault.code() == FaultCode::EntryNotFound && from.scheme == Scheme::Local {
        return fault.with_hint("see what there is with `hallpass secret list`");
    }
    fault
}

/// A value that cannot be read as a credential is copied all the same where it is only the previous one; its fingerprint then says nothing.
fn held(stored: &StoredSecret) -> Held {
    let read = Credential::parse(&stored.value, stored.version.clone(), &[]).ok();
    let fingerprint = read.as_ref().map_or_else(|| Fingerprint::of(b"", b""), Credential::fingerprint);
    Held { version: stored.version.clone(), serial: read.and_then(|read| read.serial()), fingerprint }
}
