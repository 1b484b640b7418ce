//! What has to be granted so that the places can be read, or written.

use std::sync::Arc;

use hallpass::clouds::{self, Purpose};
use hallpass_core::Fault;
use serde::Serialize;

use crate::acks;
use crate::assemble::{App, Integration};

/// What one reference needs granted.
#[derive(Clone, Debug, Serialize)]
pub struct Granting {
    /// Whose secret it is.
    pub integration: String,
    /// As the configuration says it; for a function that gets the secret, its name.
    pub reference: String,
    /// The policy or the commands, in the cloud's own words.
    pub policy: String,
}

impl App {
    /// The least that has to be granted for the secrets of the integration `name`, or of all of them; for `writing` as well as reading. References
    /// to this machine need nothing. With them comes what acknowledgements need: writing what this configuration's consumer says, and for `writing`, reading what all say. No cloud is asked.
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
            let document = document.filter(|_| writing).map(|document| (document.clone(), Purpose::Document));
            let secrets = integration.secret.iter().map(|reference| (reference.clone(), purpose));
            for (reference, purpose) in
                secrets.chain(document).chain(acks::references(self, integration, writing)?)
            {
                if let Some(policy) = clouds::policy(&reference, purpose, &variables)? {
                    let (integration, reference) =
                        (integration.client.name().to_string(), reference.to_string());
                    grants.push(Granting { integration, reference, policy });
                }
            }
            if writing {
                grants.extend(functions(integration, &variables));
            }
        }
        Ok(grants)
    }
}

/// What the functions need that get the secret by their environment: who writes the secret writes them, too.
#[cfg(feature = "aws")]
fn functions(integration: &Integration, variables: &clouds::Variables) -> Vec<Granting> {
    let rotation = integration.described.rotation.as_ref();
    let one = |one: &crate::config::PublishConfig| Granting {
        integration: integration.client.name().to_string(),
        reference: format!("aws-lambda:{}", one.function),
        policy: clouds::publishing(&one.target(), one.region.as_deref(), variables),
    };
    rotation.into_iter().flat_map(|rotation| &rotation.publish).map(one).collect()
}

#[cfg(not(feature = "aws"))]
fn functions(_: &Integration, _: &clouds::Variables) -> Vec<Granting> {
    Vec::new()
}
