//! Secrets in environment variables, where a platform has put them before the process began.
//!
//! The variables come in as a value. Reading the environment of the process is the composition root's business, so that one file
//! there can say which variables exist.

use std::ffi::OsString;
use std::fmt;

use hallpass_core::sync::Arc;
use hallpass_core::{
    BoxFuture, CompareAndSet, EntryInfo, EntryName, Fault, FaultCode, Fingerprint, Secret, Stage, Store,
    StoreTraits, StoredSecret, Version,
};
use zeroize::Zeroize;

/// Looks a variable up by its name.
pub type Variables = Arc<dyn Fn(&str) -> Option<OsString> + Send + Sync>;

/// Reads entries from environment variables: the entry's name is the variable's. Read-only, and CURRENT only.
pub struct EnvStore {
    variables: Variables,
}

impl EnvStore {
    /// A store over `variables`, which are asked anew at every read.
    #[must_use]
    pub fn over(variables: Variables) -> Self {
        Self { variables }
    }

    fn value(&self, entry: &EntryName) -> Result<StoredSecret, Fault> {
        let name = entry.as_str();
        if !is_variable_name(name) {
            // Not echoed: what is no variable's name may be a secret in the wrong place.
            let detail = "the entry of an `env` reference is not a variable's name";
            return Err(Fault::new(FaultCode::ReferenceMalformed, detail).with_hint(
                "write env:NAME with letters, digits and `_`, and put the secret into that variable",
            ));
        }
        let Some(value) = (self.variables)(name) else {
            return Err(Fault::new(FaultCode::EntryNotFound, format!("the variable `{name}` is not set"))
                .with_hint("set the variable, or correct its name in the reference"));
        };
        let malformed =
            |what: &str| Fault::new(FaultCode::CredentialMalformed, format!("the variable `{name}` {what}"));
        let value = value.into_string().map_err(|wrong| {
            wrong.into_encoded_bytes().zeroize();
            malformed("is not UTF-8")
        })?;
        if value.is_empty() {
            return Err(malformed("is set but empty"));
        }
        let value = Secret::from(value);
        let version = content_version(entry, &value);
        Ok(StoredSecret { value, version })
    }
}

impl Store for EnvStore {
    fn traits(&self) -> StoreTraits {
        StoreTraits { scheme: "env", writable: false, compare_and_set: CompareAndSet::None }
    }

    fn read<'a>(&'a self, entry: &'a EntryName, stage: Stage) -> BoxFuture<'a, Result<StoredSecret, Fault>> {
        Box::pin(
            async move { if stage == Stage::Current { self.value(entry) } else { Err(current_only("env")) } },
        )
    }

    /// Always empty: the environment does not say which of its variables are secrets.
    fn list(&self) -> BoxFuture<'_, Result<Vec<EntryInfo>, Fault>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

impl fmt::Debug for EnvStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnvStore")
    }
}

/// A version for a place that keeps none: the fingerprint of the content, equal exactly when the content is (but for one in 2^32).
pub(crate) fn content_version(entry: &EntryName, value: &Secret) -> Version {
    Version::new(&Fingerprint::of(entry.as_str().as_bytes(), value.expose()).to_string())
}

/// What a place without stages says to a reader of PREVIOUS or PENDING.
pub(crate) fn current_only(scheme: &str) -> Fault {
    Fault::new(FaultCode::EntryNotFound, format!("`{scheme}` references have a current version only"))
        .with_hint("use a `local:` reference where earlier versions are needed")
}

fn is_variable_name(name: &str) -> bool {
    let fine = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    fine && !name.starts_with(|first: char| first.is_ascii_digit())
}
