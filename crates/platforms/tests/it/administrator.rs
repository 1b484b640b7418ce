//! An administering identity in front of the emulator: an integration of its own, with a policy of its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hallpass_core::audit::NoAudit;
use hallpass_core::policy::{Policy, Rule};
use hallpass_core::test_support::{FixedRandomness, ManualTime};
use hallpass_core::token::{CacheParts, Issuer, IssuerParts, TokenCache};
use hallpass_core::{
    BoxFuture, Counters, Credential, CredentialSource, Fault, IntegrationName, Reread, Secret, Sleep, Stage,
    Version,
};
use hallpass_emulator::{ClockSettings, Emulator, Settings, World};
use hallpass_outbound::{
    AddressGuard, HyperTransport, IntegrationClient, IntegrationParts, NamedUpstreams, Origin, TokioSpawn,
    TrustedRoots,
};
use hallpass_platforms::{IntegrationCalls, PlatformParts, PlatformSettings, connect};

/// What the clocks of both sides show at the start.
pub(crate) const START: u64 = 1_767_225_600;

pub(crate) async fn emulator(settings: Settings) -> Emulator {
    let settings = Settings { clock: ClockSettings::Frozen(START), seed: Some(1), ..settings };
    Emulator::start(settings).await.unwrap()
}

/// The name of the one upstream: administration often stands beside other hosts of a platform.
pub(crate) const UPSTREAM: &str = "/hub";

/// Calls as the identity whose credential has `members`, to `origin`; allowed is what `rules` say.
pub(crate) fn administrator(
    settings: &PlatformSettings,
    members: &serde_json::Value,
    origin: &str,
    rules: &[Rule],
    time: &ManualTime,
) -> IntegrationCalls {
    let name: IntegrationName = "rotator".parse().unwrap();
    let guard = AddressGuard::new(vec!["127.0.0.0/8".parse().unwrap()]);
    let transport = Arc::new(HyperTransport::new(guard, TrustedRoots::web(), Arc::new(time.clone())));
    let platform_parts = PlatformParts {
        integration: name.clone(),
        transport: Arc::clone(&transport) as _,
        sleep: Arc::new(time.clone()),
        clock: Arc::new(time.clone()),
    };
    let platform = connect(settings, platform_parts).unwrap().platform;
    let counters = Arc::new(Counters::new());
    let stored = Secret::from(members.to_string());
    let credential = Credential::parse(&stored, Version::new("1"), platform.required_members()).unwrap();
    let issuer = Arc::new(Issuer::new(IssuerParts {
        integration: name.clone(),
        credentials: Arc::new(Fixed(Arc::new(credential))),
        fallback: Vec::new(),
        platform: Arc::clone(&platform),
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
    let upstream = Arc::new(origin.parse::<Origin>().unwrap()) as _;
    let upstreams = BTreeMap::from([(UPSTREAM.trim_start_matches('/').to_owned(), upstream)]);
    let below = |rule: &Rule| rule.as_str().replacen(" /", &format!(" {UPSTREAM}/"), 1).parse().unwrap();
    let client = IntegrationClient::new(IntegrationParts {
        name: name.clone(),
        policy: Policy::new(name, rules.iter().map(below).collect()),
        platform,
        tokens,
        issuer,
        transport,
        upstreams: Arc::new(NamedUpstreams::new(upstreams)),
        clock: Arc::new(time.clone()),
        sleep: Arc::new(time.clone()),
        counters,
        answer_within: Duration::from_secs(30),
    });
    IntegrationCalls::new(client, Arc::new(time.clone()), UPSTREAM)
}

/// Whoever waits moves the emulator's clock on instead.
#[derive(Debug)]
pub(crate) struct Impatient(pub(crate) World);

impl Sleep for Impatient {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.0.advance(duration);
        Box::pin(std::future::ready(()))
    }
}

/// Asserts that a fault shows no secret that the emulator ever made, and returns its code.
pub(crate) fn code(fault: &Fault) -> &'static str {
    let source = std::error::Error::source(fault).map(|source| format!("{source:?}")).unwrap_or_default();
    let shown = format!("{fault:?} {fault} {} {source}", fault.hint());
    assert!(!shown.contains("emulated-1-") && !shown.contains("-secret"), "{shown}");
    fault.code().name()
}

#[derive(Debug)]
struct Fixed(Arc<Credential>);

impl CredentialSource for Fixed {
    fn credential(&self, _: Reread) -> BoxFuture<'_, Result<Arc<Credential>, Fault>> {
        Box::pin(std::future::ready(Ok(Arc::clone(&self.0))))
    }

    fn at(&self, _: Stage) -> BoxFuture<'_, Result<Option<Arc<Credential>>, Fault>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}
