//! A secret that the platform refused, to be known again.

use crate::credential::{Credential, Fingerprint};
use crate::names::Version;

/// A refused secret. The same one under another version, in a replica or after it was stored again, is no other secret.
#[derive(Clone, Debug)]
pub(super) struct Suspect {
    version: Version,
    fingerprint: Fingerprint,
}

impl Suspect {
    /// The suspicion against `credential`.
    pub(super) fn of(credential: &Credential) -> Self {
        Self { version: credential.version().clone(), fingerprint: credential.fingerprint() }
    }

    /// Whether `credential` is the same secret.
    pub(super) fn is(&self, credential: &Credential) -> bool {
        self.version == *credential.version() || self.fingerprint == credential.fingerprint()
    }
}
