//! A platform in front of a server of the test's.

use std::sync::Arc;

use hallpass_core::audit::NoAudit;
use hallpass_core::test_support::{FixedRandomness, ManualTime, ScriptedCredentials};
use hallpass_core::token::{CacheParts, Issuer, IssuerParts, TokenCache};
use hallpass_core::{Counters, Credential, Grant, IssueFault, Platform, Secret, Version};
use hallpass_outbound::{AddressGuard, HyperTransport, TokioSpawn, TrustedRoots};
use hallpass_platforms::{PlatformParts, PlatformSettings, connect};
use hallpass_testkit::case_folder::Outcome;

use super::server::{Answer, Server};
use crate::scripted::settings;

/// Of plain words, as an error code is.
const SECRET: &str = "canary_secret.of_the_client";

pub(super) struct Subject {
    pub(super) time: ManualTime,
    pub(super) server: Server,
    platform: Arc<dyn Platform>,
}

impl Subject {
    pub(super) async fn start(platform: &str, answers: Vec<Answer>) -> Outcome<Self> {
        let time = ManualTime::default();
        let server = Server::start(answers, time.clone()).await?;
        let guard = AddressGuard::new(vec!["127.0.0.0/8".parse()?]);
        let transport = HyperTransport::new(guard, TrustedRoots::web(), Arc::new(time.clone()));
        let parts = PlatformParts {
            integration: "queue-sync".parse()?,
            transport: Arc::new(transport),
            sleep: Arc::new(time.clone()),
            clock: Arc::new(time.clone()),
        };
        let settings = PlatformSettings {
            token_url: Some(format!("{}/oauth/token", server.origin).parse()?),
            api_url: Some(server.origin.parse()?),
            ..settings(platform, "standard")
        };
        let platform = connect(&settings, parts)?.platform;
        Ok(Self { time, server, platform })
    }

    pub(super) async fn issue(&self) -> Result<Grant, IssueFault> {
        let stored = serde_json::json!({ "client_id": "the-client", "client_secret": SECRET }).to_string();
        let credential = Credential::parse(&Secret::from(stored), Version::new("1"), &[]).unwrap();
        self.platform.issue(&credential).await
    }

    pub(super) fn cache(&self) -> TokenCache {
        let counters = Arc::new(Counters::new());
        let issuer = Issuer::new(IssuerParts {
            integration: "queue-sync".parse().unwrap(),
            credentials: Arc::new(ScriptedCredentials::new("the-client", SECRET, "1")),
            fallback: Vec::new(),
            platform: Arc::clone(&self.platform),
            clock: Arc::new(self.time.clone()),
            meter: Arc::clone(&counters) as _,
            audit: Arc::new(NoAudit),
        });
        TokenCache::new(CacheParts {
            mint: Arc::new(issuer),
            clock: Arc::new(self.time.clone()),
            sleep: Arc::new(self.time.clone()),
            spawn: Arc::new(TokioSpawn::current().unwrap()),
            randomness: Arc::new(FixedRandomness(0.0)),
            meter: counters,
        })
    }
}
