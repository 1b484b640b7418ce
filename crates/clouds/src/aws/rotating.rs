//! One rotation as Secrets Manager runs it: the version that it made room for, and whether there is anything to do for it.
//!
//! ```text
//!   RotateSecret ── token ──▶ a version named by the token, AWSPENDING, without a value
//!                                  │ createSecret: PutSecretValue under that very token
//!                                  ▼
//!                             the value is PENDING ── finishSecret ──▶ AWSCURRENT, and AWSPENDING is taken off
//! ```
//!
//! Nothing of this stands in hallpass's own checkpoints: they name the pending version, and here that version's name is the token.

use std::collections::HashMap;
use std::fmt;

use hallpass_core::{
    BoxFuture, EntryInfo, EntryName, Fault, FaultCode, Secret, Stage, Store, StoreTraits, StoredSecret,
    Version,
};

use super::client::Settings;
use super::describing::{describe, usable};
use super::stages::{CURRENT, PENDING};
use super::store::SecretsManager;
use super::writing::Under;

/// Secrets Manager during one rotation: what is put for its secret gets the rotation's token as its version id. Everything else is [`SecretsManager`].
pub struct Rotating {
    store: SecretsManager,
    entry: EntryName,
    token: Version,
    rotation_token: Option<Secret>,
}

/// Whether a step of a rotation has anything to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has.
    Open,
    /// The token is AWSCURRENT already: a step that is repeated after the end, which is no fault.
    Finished,
    /// It may not: for this reason.
    Refused(&'static str),
}

impl Rotating {
    /// The rotation `token` of `entry`. Opens like [`SecretsManager::open`]: no I/O.
    #[must_use]
    pub fn open(settings: Settings, entry: EntryName, token: &str) -> Self {
        Self {
            store: SecretsManager::open(settings),
            entry,
            token: Version::new(token),
            rotation_token: None,
        }
    }

    /// The same, with what the event said as `RotationToken`: by it AWS knows who writes where the function has taken a role of another account (API reference,
    /// PutSecretValue). Not every event brings one.
    #[must_use]
    pub fn known_by(self, rotation_token: Option<Secret>) -> Self {
        Self { rotation_token, ..self }
    }

    /// The version that AWS made room for.
    #[must_use]
    pub fn token(&self) -> &Version {
        &self.token
    }

    /// Whether there is anything to do, by what DescribeSecret says. To be asked before every step: Lambda repeats events, and may do so late.
    ///
    /// # Errors
    /// What AWS says when it cannot be asked; `store-version-unusable` for a secret that is scheduled for deletion.
    pub async fn standing(&self) -> Result<Standing, Fault> {
        let opened = self.store.opened().await?;
        let described = describe(opened, &self.entry).await?;
        usable(opened, &self.entry, &described)?;
        let enabled = described.rotation_enabled.unwrap_or(false);
        Ok(standing(enabled, &described.version_ids_to_stages.unwrap_or_default(), self.token.as_str()))
    }
}

/// The checks of AWS's own templates, in their order (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html>).
fn standing(enabled: bool, labels: &HashMap<String, Vec<String>>, token: &str) -> Standing {
    if !enabled {
        return Standing::Refused("rotation is not switched on for it");
    }
    let Some(labels) = labels.get(token) else {
        return Standing::Refused("it has no version of this token");
    };
    let has = |label: &str| labels.iter().any(|one| one == label);
    if has(CURRENT) {
        return Standing::Finished;
    }
    if has(PENDING) {
        Standing::Open
    } else {
        Standing::Refused("the version of this token is not AWSPENDING")
    }
}

#[deny(clippy::missing_trait_methods)]
impl Store for Rotating {
    fn traits(&self) -> StoreTraits {
        self.store.traits()
    }

    fn place(&self) -> Option<&str> {
        self.store.place()
    }

    fn connect(&self) -> BoxFuture<'_, Result<(), Fault>> {
        self.store.connect()
    }

    fn read<'a>(&'a self, entry: &'a EntryName, stage: Stage) -> BoxFuture<'a, Result<StoredSecret, Fault>> {
        self.store.read(entry, stage)
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<EntryInfo>, Fault>> {
        self.store.list()
    }

    fn names(&self) -> BoxFuture<'_, Result<Option<Vec<EntryName>>, Fault>> {
        self.store.names()
    }

    fn describe<'a>(&'a self, entry: &'a EntryName) -> BoxFuture<'a, Result<EntryInfo, Fault>> {
        self.store.describe(entry)
    }

    /// Under the token, for the secret of the rotation. The same value twice is one; AWS refuses another value under one token, which is `version-conflict`.
    fn put_pending<'a>(
        &'a self,
        entry: &'a EntryName,
        value: Secret,
    ) -> BoxFuture<'a, Result<Version, Fault>> {
        let rotation_token = self.rotation_token.as_ref();
        let under = (*entry == self.entry).then_some(Under { token: self.token.as_str(), rotation_token });
        Box::pin(async move {
            let version = self.store.write_pending(entry, value, under).await?;
            if under.is_some_and(|under| under.token != version.as_str()) {
                let detail =
                    format!("`{entry}`: AWS stored the value under another version than it was told");
                return Err(Fault::new(FaultCode::StoreAnswerBad, detail));
            }
            Ok(version)
        })
    }

    fn promote<'a>(
        &'a self,
        entry: &'a EntryName,
        pending: &'a Version,
        expected: Option<&'a Version>,
    ) -> BoxFuture<'a, Result<(), Fault>> {
        self.store.promote(entry, pending, expected)
    }

    fn discard<'a>(&'a self, entry: &'a EntryName, version: &'a Version) -> BoxFuture<'a, Result<(), Fault>> {
        self.store.discard(entry, version)
    }
}

impl fmt::Debug for Rotating {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rotating")
            .field("store", &self.store)
            .field("entry", &self.entry)
            .field("token", &self.token)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{Standing, standing};
    use std::collections::HashMap;

    #[test]
    fn a_step_has_something_to_do_while_its_token_is_pending_and_not_current() {
        let labels = |of: &[(&str, &[&str])]| -> HashMap<String, Vec<String>> {
            let owned = |(id, labels): &(&str, &[&str])| {
                ((*id).to_owned(), labels.iter().map(|label| (*label).to_owned()).collect())
            };
            of.iter().map(owned).collect()
        };
        let asked = |enabled, of| standing(enabled, &labels(of), "t");
        assert_eq!(asked(true, &[("t", &["AWSPENDING"]), ("c", &["AWSCURRENT"])]), Standing::Open);
        assert_eq!(asked(true, &[("t", &["AWSCURRENT"])]), Standing::Finished);
        assert_eq!(asked(true, &[("t", &["AWSCURRENT", "AWSPENDING"])]), Standing::Finished);
        for (enabled, of) in [
            (false, &[("t", &["AWSPENDING"][..])][..]),
            (false, &[("t", &["AWSCURRENT"])]),
            (true, &[("other", &["AWSPENDING"])]),
            (true, &[("t", &["AWSPREVIOUS"])]),
            (true, &[("t", &[])]),
            (true, &[]),
        ] {
            assert!(matches!(asked(enabled, of), Standing::Refused(_)), "{enabled} {of:?}");
        }
    }
}
