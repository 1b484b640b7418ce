//! What stands beside the secret while it is provisioned: who may act, and which creation may have had an effect that nobody saw.

use std::collections::BTreeSet;

use hallpass_core::{Environment, Fault, FaultCode, IntegrationName, Secret, SlotId};
use serde::{Deserialize, Serialize};

use crate::rotation::{Lease, WallTime};
use crate::stored::Form;

/// The newest form of the document. Since 2 it names the clients of the integration.
pub const SCHEMA: u32 = 2;

/// The document. Never a value: names, ids, times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Its form.
    pub schema: u32,
    /// Whose it is.
    pub integration: IntegrationName,
    /// For which environment.
    pub environment: Environment,
    /// Who may act.
    pub lease: Option<Lease>,
    /// The creation that may be under way, or that may have had an effect.
    pub open: Option<Open>,
    /// The client that was made last.
    pub made: Option<Made>,
    /// The two clients that take turns in the rotation, which learns of them here; empty where there is one.
    #[serde(default)]
    pub clients: BTreeSet<SlotId>,
    /// The role of the integration's own, by its id.
    #[serde(default)]
    pub role: Option<String>,
}

/// A creation that was announced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// What the client carries in its description.
    pub nonce: String,
    /// The clients that were there before: none of them came of it.
    pub known: BTreeSet<SlotId>,
    /// When it was announced. A client that came of it shows in the platform's listing some time after that.
    pub at: WallTime,
}

/// A client that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// Which.
    pub id: SlotId,
    /// When that was known.
    pub at: WallTime,
}

impl Document {
    /// One that says nothing yet.
    #[must_use]
    pub fn new(integration: IntegrationName, environment: Environment) -> Self {
        Self {
            schema: SCHEMA,
            integration,
            environment,
            lease: None,
            open: None,
            made: None,
            clients: BTreeSet::new(),
            role: None,
        }
    }

    /// Reads what a store holds.
    ///
    /// # Errors
    /// `provision-refused` for a newer schema; `store-corrupted` for anything that is not such a document. Nothing of it is quoted.
    pub fn parse(stored: &Secret) -> Result<Self, Fault> {
        FORM.parse(stored)
    }

    /// As a store keeps it.
    #[must_use]
    pub fn stored(&self) -> Secret {
        Secret::new(serde_json::to_vec(self).expect("names, ids and numbers always serialise"))
    }
}

const FORM: Form = Form {
    called: "a provisioning's document",
    newest: SCHEMA,
    refused: FaultCode::ProvisionRefused,
    remedy: "look at the entry; if nothing else uses it, remove it and apply again",
};

#[cfg(test)]
mod tests {
    use super::Document;
    use hallpass_core::{FaultCode, Secret};

    fn document() -> Document {
        Document::new("queue-sync".parse().unwrap(), "prod".parse().unwrap())
    }

    #[test]
    fn it_survives_being_stored_and_nothing_cut_off_does() {
        let whole = document().stored();
        assert_eq!(Document::parse(&whole).unwrap(), document());
        for end in 0..whole.len() {
            let cut = Secret::new(whole.expose()[..end].to_vec());
            assert_eq!(Document::parse(&cut).unwrap_err().code(), FaultCode::StoreCorrupted, "{end}");
        }
    }

    #[test]
    fn one_of_the_first_form_is_read() {
        let first = r#"{"schema":1,"integration":"queue-sync","environment":"prod","lease":null,"open":null,"made":null}"#;
        assert_eq!(Document::parse(&Secret::from(first)).unwrap(), Document { schema: 1, ..document() });
    }

    #[test]
    fn a_newer_one_is_refused_and_a_strange_one_is_not_quoted() {
        let newer = Document::parse(&Secret::from(r#"{"schema":3,"things":"unheard of"}"#)).unwrap_err();
        assert_eq!(newer.code(), FaultCode::ProvisionRefused);
        let strange = document().stored().expose_str().unwrap().replace("\"lease\"", "\"canary\"");
        let fault = Document::parse(&Secret::from(strange)).unwrap_err();
        assert!(!format!("{fault} {fault:?} {}", fault.hint()).contains("canary"));
    }
}
