//! Where a target leads: a door of our own, or below an integration.

use std::collections::HashMap;

use hallpass_core::policy::ambiguity;
use hallpass_core::{Fault, FaultCode};
use hallpass_outbound::IntegrationClient;

use crate::doors::Door;
use crate::gate::Admitted;

/// The integrations by name.
#[derive(Debug)]
pub(crate) struct Integrations(HashMap<String, IntegrationClient>);

/// Where a target leads.
#[derive(Debug)]
pub(crate) enum Route<'a> {
    /// Below `/-/`.
    Door(Door),
    /// Below `/INTEGRATION`.
    Below {
        /// The integration.
        client: &'a IntegrationClient,
        /// Path and query below it: the very slice that was received, and the very bytes that are decided on and sent.
        target: &'a str,
    },
}

impl Integrations {
    /// # Errors
    /// `configuration-invalid` when two have the same name.
    pub(crate) fn new(clients: Vec<IntegrationClient>) -> Result<Self, Fault> {
        let mut by_name = HashMap::new();
        for client in clients {
            let name = client.name().to_string();
            if by_name.insert(name.clone(), client).is_some() {
                return Err(Fault::new(
                    FaultCode::ConfigurationInvalid,
                    format!("two integrations are called `{name}`"),
                ));
            }
        }
        Ok(Self(by_name))
    }

    /// All of them, sorted by name.
    pub(crate) fn sorted(&self) -> Vec<&IntegrationClient> {
        let mut clients: Vec<_> = self.0.values().collect();
        clients.sort_by(|one, other| one.name().cmp(other.name()));
        clients
    }

    /// Finds where an admitted target leads. Nothing is decoded: a name is found by its own bytes or not at all.
    pub(crate) fn route<'a>(&'a self, admitted: &Admitted<'a>) -> Result<Route<'a>, Fault> {
        let target = admitted.target();
        let path = target.split('?').next().unwrap_or(target);
        if let Some(reason) = ambiguity(path) {
            return Err(Fault::new(FaultCode::PathAmbiguous, reason));
        }
        let rest = target.strip_prefix('/').unwrap_or(target);
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (name, below) = rest.split_at(end);
        if name == "-" {
            return Door::find(path).map(Route::Door);
        }
        let Some(client) = self.0.get(name) else {
            return Err(Fault::new(
                FaultCode::IntegrationUnknown,
                "the first path segment is not the name of an integration",
            ));
        };
        Ok(Route::Below { client, target: below })
    }
}
