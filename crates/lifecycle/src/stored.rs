//! Documents that stand beside a secret, as a store keeps them.

use hallpass_core::{Fault, FaultCode, Secret};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A kind of document.
pub(crate) struct Form {
    /// What it is called, such as `a rotation's document`.
    pub(crate) called: &'static str,
    /// The newest schema that is known here.
    pub(crate) newest: u32,
    /// What a newer one is: a refusal of whatever was asked for.
    pub(crate) refused: FaultCode,
    /// What to do about an entry that is something else.
    pub(crate) remedy: &'static str,
}

impl Form {
    /// Reads what a store holds.
    ///
    /// # Errors
    /// [`Form::refused`] for a newer schema; `store-corrupted` for anything that is not such a document.
    pub(crate) fn parse<T: DeserializeOwned>(&self, stored: &Secret) -> Result<T, Fault> {
        #[derive(Deserialize)]
        struct Head {
            schema: u32,
        }
        // The parser's own words are dropped: they quote what they stumble over, and nobody knows what somebody put there.
        let broken = || {
            let detail = format!("what stands beside the secret is not {}", self.called);
            Fault::new(FaultCode::StoreCorrupted, detail).with_hint(self.remedy)
        };
        let Head { schema } = serde_json::from_slice(stored.expose()).map_err(|_| broken())?;
        if schema > self.newest {
            let detail = format!(
                "a newer hallpass wrote the document beside the secret (schema {schema}, this one knows {})",
                self.newest
            );
            return Err(Fault::new(self.refused, detail).with_hint("use that newer hallpass for this secret"));
        }
        serde_json::from_slice(stored.expose()).map_err(|_| broken())
    }
}
