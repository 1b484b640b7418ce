//! An integration over a scripted platform.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hallpass_core::audit::NoAudit;
use hallpass_core::policy::{Permit, Policy};
use hallpass_core::test_support::{FixedRandomness, ManualTime, ScriptedCredentials, ScriptedPlatform};
use hallpass_core::token::{CacheParts, Issuer, IssuerParts, TokenCache};
use hallpass_core::{Counter, Counters};
use hallpass_outbound::test_support::ScriptedTransport;
use hallpass_outbound::{
    Body, Collected, IntegrationClient, IntegrationParts, Origin, TokioSpawn, Transport, TransportFault,
    UpstreamAnswer, collect,
};
use http::{HeaderMap, Response};

pub(crate) struct World {
    pub(crate) client: IntegrationClient,
    pub(crate) platform: ScriptedPlatform,
    pub(crate) time: ManualTime,
    pub(crate) counters: Arc<Counters>,
}

pub(crate) fn world(transport: Arc<dyn Transport>, origin: &str) -> World {
    let (time, counters) = (ManualTime::default(), Arc::new(Counters::new()));
    let platform = ScriptedPlatform::granting(Duration::from_secs(3600));
    let issuer = Arc::new(Issuer::new(IssuerParts {
        integration: "queue-sync".parse().unwrap(),
        credentials: Arc::new(ScriptedCredentials::new("id", "secret", "1")),
        fallback: Vec::new(),
        platform: Arc::new(platform.clone()),
        clock: Arc::new(time.clone()),
        meter: Arc::clone(&counters) as _,
        audit: Arc::new(NoAudit),
    }));
    let tokens = TokenCache::new(CacheParts {
        mint: Arc::clone(&issuer) as _,
        clock: Arc::new(time.clone()),
        sleep: Arc::new(time.clone()),
        spawn: Arc::new(TokioSpawn::current().unwrap()),
        randomness: Arc::new(FixedRandomness(0.0)),
        meter: Arc::clone(&counters) as _,
    });
    let rules = ["GET /**", "POST /**"].iter().map(|rule| rule.parse().unwrap()).collect();
    let client = IntegrationClient::new(IntegrationParts {
        name: "queue-sync".parse().unwrap(),
        policy: Policy::new("queue-sync".parse().unwrap(), rules),
        platform: Arc::new(platform.clone()),
        tokens,
        issuer,
        transport,
        upstreams: Arc::new(origin.parse::<Origin>().unwrap()),
        clock: Arc::new(time.clone()),
        sleep: Arc::new(time.clone()),
        counters: Arc::clone(&counters),
        answer_within: Duration::from_secs(30),
    });
    World { client, platform, time, counters }
}

impl World {
    pub(crate) fn permit(&self, method: &str, target: &str) -> Permit {
        self.client.policy().decide(&method.parse().unwrap(), target).unwrap()
    }

    pub(crate) async fn post(&self, body: Body) -> Result<UpstreamAnswer, hallpass_core::Fault> {
        self.client.send(self.permit("POST", "/api/v2/things?x=1"), HeaderMap::new(), body).await
    }

    pub(crate) fn count(&self, counter: Counter) -> u64 {
        self.counters.value(counter)
    }
}

pub(crate) fn reply(status: u16) -> Result<Response<Bytes>, TransportFault> {
    Ok(Response::builder().status(status).body(Bytes::from(format!("answer {status}"))).unwrap())
}

pub(crate) fn scripted(statuses: &[u16]) -> Arc<ScriptedTransport> {
    Arc::new(ScriptedTransport::new(statuses.iter().map(|status| reply(*status))))
}

pub(crate) async fn text(body: Body) -> String {
    match collect(body, 1 << 20).await.unwrap() {
        Collected::Whole(bytes) | Collected::Longer(bytes, _) => String::from_utf8(bytes.to_vec()).unwrap(),
    }
}
