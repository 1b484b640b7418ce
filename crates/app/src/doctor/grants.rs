//! What has to be granted so that the places can be read, or written.

use std::sync::Arc;

use hallpass::clouds::{self, Purpose};
use hallpass_core::Fault;
use serde::Serialize;

use crate::assemble::App;

/// What one reference needs granted.
#[derive(Clone, Debug, Serialize)]
pub struct Granting {
    /// Whose secret it is.
    pub integration: String,
    /// As the configuration says it.
    pub reference: String,
    /// The policy or the commands, in the cloud's own words.
    pub policy: String,
}

impl App {
    /// The least that has to be granted for the secrets of the integration `name`, or of all of them; for `writing` as well as reading. References
    /// to this machine need nothing. No cloud is asked.
    ///
    /// # Errors
    /// `integration-unknown`; `reference-malformed` for a name that the cloud does not accept.
    pub fn grants(&self, name: Option<&str>, writing: bool) -> Result<Vec<Granting>, Fault> {
        let wanted: Vec<_> = match name {
            Some(name) => vec![self.integration(name)?],
            None => self.integrations.iter().collect(),
        };
        let purpose = if writing { Purpose::Write } else { Purpose::Read };
        let variables = Arc::clone(&self.variables);
        let variables: clouds::Variables = Arc::new(move |name| variables.value(name));
        let mut grants = Vec::new();
        for integration in wanted {
            let document =
                integration.described.rotation.as_ref().and_then(|rotation| rotation.document.as_ref());
            let document = document.filter(|_| writing).map(|document| (document, Purpose::Document));
            let places = integration.secret.iter().map(|reference| (reference, purpose)).chain(document);
            for (reference, purpose) in places {
                if let Some(policy) = clouds::policy(reference, purpose, &variables)? {
                    let (integration, reference) =
                        (integration.client.name().to_string(), reference.to_string());
                    grants.push(Granting { integration, reference, policy });
                }
            }
        }
        Ok(grants)
    }
}
