//! What a checked configuration says, for people and pipelines.

use hallpass_core::Environment;
use hallpass_core::policy::Rule;
use hallpass_platforms::{PlatformSettings, UpstreamPlace};
use serde::Serialize;

use super::{AckTarget, AuditTarget, Config, IntegrationConfig};

/// One integration, as `hallpass check` shows it. Nothing in here is secret.
#[derive(Clone, Debug, Serialize)]
pub struct IntegrationSummary {
    /// Its name.
    pub name: String,
    /// Its platform.
    pub platform: String,
    /// How the platform is spoken to.
    pub profile: String,
    /// The region or organisation, or where its API is: an address, several with their names, or that the platform tells.
    pub place: String,
    /// Where its secret rests, in the order in which the places are tried.
    pub secret: Vec<String>,
    /// What it may call.
    pub allow: Vec<String>,
    /// What speaks against its profile where it is, as a lower-case fragment.
    #[serde(skip)]
    pub caution: Option<&'static str>,
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

    /// What speaks against the audit log as it is configured, as a lower-case fragment.
    #[must_use]
    pub fn audit_caution(&self) -> Option<&'static str> {
        let to_file = matches!(self.audit.target, Some(AuditTarget::File(_)));
        (to_file && self.audit.key.is_none()).then_some(
            "the audit log has no key: its chain finds accidents, and nobody who forges it; name a secret in `audit.key`",
        )
    }

    /// The environment variables that `env:` and `aws-kms-env:` references name, those of bearers and of the audit log's key among them: they hold secrets, so a program that is started must not inherit them.
    pub fn secret_variables(&self) -> impl Iterator<Item = &str> {
        let references = self.integrations.iter().flat_map(|integration| &integration.secret);
        let rotations = self.integrations.iter().filter_map(|integration| integration.rotation.as_ref());
        let targets = rotations.filter_map(|rotation| rotation.acks.as_ref()).chain(&self.sidecar.acks);
        let bearers = targets.filter_map(|target| match target {
            AckTarget::Receiver { bearer, .. } => Some(bearer),
            _ => None,
        });
        references
            .chain(bearers)
            .chain(&self.audit.key)
            .filter(|reference| reference.scheme.is_variable())
            .map(|reference| reference.entry.as_str())
    }
}

fn summary(integration: &IntegrationConfig) -> IntegrationSummary {
    IntegrationSummary {
        name: integration.name.to_string(),
        platform: integration.platform.platform.clone(),
        profile: integration.platform.profile.clone(),
        place: place(&integration.platform),
        secret: integration.secret.iter().map(ToString::to_string).collect(),
        allow: integration.allow.iter().map(Rule::to_string).collect(),
        caution: hallpass_platforms::caution(&integration.platform),
    }
}

/// Where the platform is, in words.
pub(crate) fn place(settings: &PlatformSettings) -> String {
    let named = || {
        let places = settings.upstreams.iter().map(|(name, place)| match place {
            UpstreamPlace::At(origin) => format!("{name}: {origin}"),
            UpstreamPlace::Discovered => format!("{name}: told by the platform"),
        });
        (!settings.upstreams.is_empty()).then(|| places.collect::<Vec<_>>().join(", "))
    };
    let region = || settings.region.clone();
    let organization = || settings.organization.as_ref().map(ToString::to_string);
    let api = || settings.api_url.as_ref().map(ToString::to_string);
    let told = || {
        let profile = hallpass_platforms::profile(&settings.platform, &settings.profile);
        let tells = profile.is_some_and(|profile| !profile.discovers.is_empty());
        if tells { "told by the platform".to_owned() } else { "the vendor's own address".to_owned() }
    };
    region().or_else(organization).or_else(api).or_else(named).unwrap_or_else(told)
}
