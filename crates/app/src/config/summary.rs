//! What a checked configuration says, for people and pipelines.

use hallpass_core::Environment;
use hallpass_core::policy::Rule;
use hallpass_platforms::Place;
use hallpass_stores::Scheme;
use serde::Serialize;

use super::{Config, IntegrationConfig};

/// One integration, as `hallpass check` shows it. Nothing in here is secret.
#[derive(Clone, Debug, Serialize)]
pub struct IntegrationSummary {
    /// Its name.
    pub name: String,
    /// Its platform.
    pub platform: String,
    /// How the platform is spoken to.
    pub profile: String,
    /// The region, or the origin of the API.
    pub place: String,
    /// Where its secret rests, in the order in which the places are tried.
    pub secret: Vec<String>,
    /// What it may call.
    pub allow: Vec<String>,
}

impl Config {
    /// The environment this deployment belongs to.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The integrations, in order of their names.
    pub fn integrations(&self) -> impl Iterator<Item = IntegrationSummary> {
        self.integrations.iter().map(summary)
    }

    /// The environment variables that `env:` references name: they hold secrets, so a program that is started must not inherit them.
    pub fn secret_variables(&self) -> impl Iterator<Item = &str> {
        let references = self.integrations.iter().flat_map(|integration| &integration.secret);
        references
            .filter(|reference| reference.scheme == Scheme::Env)
            .map(|reference| reference.entry.as_str())
    }
}

fn summary(integration: &IntegrationConfig) -> IntegrationSummary {
    IntegrationSummary {
        name: integration.name.to_string(),
        platform: integration.platform.clone(),
        profile: integration.profile.clone(),
        place: match &integration.place {
            Place::Region(region) => region.clone(),
            Place::Urls { api, .. } => api.to_string(),
        },
        secret: integration.secret.iter().map(|at| format!("{}:{}", at.scheme, at.entry)).collect(),
        allow: integration.allow.iter().map(Rule::to_string).collect(),
    }
}
