//! A sidecar with an upstream behind it, both on ports of their own.

mod panicking;
mod upstream;
mod wire;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hallpass_core::audit::{AuditEvent, AuditSink};
use hallpass_core::policy::Policy;
use hallpass_core::test_support::{FixedRandomness, ManualTime, ScriptedCredentials, ScriptedPlatform};
use hallpass_core::token::{CacheParts, Issuer, IssuerParts, TokenCache};
use hallpass_core::{Clock, ColdStart, Counters, Fault, NoObserver, Platform};
use hallpass_outbound::{
    AddressGuard, HyperTransport, IntegrationClient, IntegrationParts, Origin, TokioSpawn, TrustedRoots,
};
use hallpass_sidecar::{Bound, Drained, Limits, Listen, Server, Settings};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) use panicking::Panicking;
pub(crate) use upstream::Upstream;
pub(crate) use wire::{Answer, Wire};

pub(crate) const PASS: &str = "the-pass-of-this-sidecar";

/// A running sidecar. Its time stands still unless it is moved.
pub(crate) struct Rig {
    pub(crate) address: SocketAddr,
    pub(crate) health: SocketAddr,
    pub(crate) upstream: Upstream,
    pub(crate) platform: ScriptedPlatform,
    pub(crate) time: ManualTime,
    pub(crate) counters: Arc<Counters>,
    pub(crate) audit: Arc<Records>,
    pub(crate) start: Arc<ColdStart>,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<Drained>,
}

impl Rig {
    /// With an integration `queue-sync` that may call nearly everything, so that what is refused is refused by the gate, and one
    /// called `narrow` that may call one thing.
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let upstream = Upstream::start().await;
        let parts = Parts::new(upstream.address);
        let mut settings = parts.settings();
        change(&mut settings);
        let bound = Server::bind(settings).await.expect("the addresses are free");
        let Listen::Tcp(address) = *bound.listen() else { panic!("a TCP listener") };
        let health = bound.health_address().expect("a health listener");
        let (stop, serving) = run(bound);
        let Parts { platform, time, counters, audit, start, .. } = parts;
        Self { address, health, upstream, platform, time, counters, audit, start, stop: Some(stop), serving }
    }

    /// A connection.
    pub(crate) async fn connect(&self) -> Wire {
        Wire::connect(self.address).await
    }

    /// One request on a connection of its own.
    pub(crate) async fn ask(&self, request: impl AsRef<str>) -> Answer {
        self.connect().await.ask(self.fill(request.as_ref())).await
    }

    /// `GET PATH` with the pass.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(get(path)).await
    }

    /// A template with the host and the pass filled in.
    pub(crate) fn fill(&self, template: &str) -> Vec<u8> {
        template.replace("{H}", &self.address.to_string()).replace("{P}", PASS).into_bytes()
    }

    /// Tells the sidecar to stop; it drains from now on.
    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
    }

    /// How stopping went.
    pub(crate) async fn drained(mut self) -> Drained {
        self.stop();
        let drained = tokio::time::timeout(Duration::from_secs(20), self.serving).await;
        drained.expect("stopping ends by itself").expect("serving does not panic")
    }
}

/// What a sidecar is built of.
pub(crate) struct Parts {
    pub(crate) upstream: SocketAddr,
    pub(crate) platform: ScriptedPlatform,
    pub(crate) time: ManualTime,
    pub(crate) counters: Arc<Counters>,
    pub(crate) audit: Arc<Records>,
    pub(crate) start: Arc<ColdStart>,
}

impl Parts {
    pub(crate) fn new(upstream: SocketAddr) -> Self {
        Self {
            upstream,
            platform: ScriptedPlatform::granting(Duration::from_secs(3600)),
            time: ManualTime::default(),
            counters: Arc::default(),
            audit: Arc::default(),
            start: Arc::new(ColdStart::begun(ManualTime::default().now())),
        }
    }

    pub(crate) fn settings(&self) -> Settings {
        let wide = ["GET /**", "HEAD /**", "POST /**", "PUT /**", "DELETE /**", "OPTIONS /**", "PATCH /**"];
        let integrations =
            vec![self.client("queue-sync", &wide), self.client("narrow", &["GET /api/v2/routing/queues/**"])];
        Settings {
            listen: Listen::Tcp(([127, 0, 0, 1], 0).into()),
            health_listen: Some(([127, 0, 0, 1], 0).into()),
            pass: PASS.into(),
            integrations,
            clock: Arc::new(self.time.clone()),
            sleep: Arc::new(self.time.clone()),
            audit: Arc::clone(&self.audit) as Arc<dyn AuditSink>,
            calls: Arc::new(NoObserver),
            start: Arc::clone(&self.start),
            limits: Limits::default(),
        }
    }

    fn client(&self, name: &str, rules: &[&str]) -> IntegrationClient {
        let platform: Arc<dyn Platform> = Arc::new(Panicking(self.platform.clone()));
        self.client_of(name, rules, platform)
    }

    fn client_of(&self, name: &str, rules: &[&str], platform: Arc<dyn Platform>) -> IntegrationClient {
        let name: hallpass_core::IntegrationName = name.parse().unwrap();
        let rules = rules.iter().map(|rule| rule.parse().unwrap()).collect();
        let time = Arc::new(self.time.clone());
        let issuer = Arc::new(Issuer::new(IssuerParts {
            integration: name.clone(),
            credentials: Arc::new(ScriptedCredentials::new("id", "secret", "1")),
            fallback: Vec::new(),
            platform: Arc::clone(&platform),
            clock: time.clone(),
            meter: self.counters.clone(),
            audit: self.audit.clone(),
        }));
        let tokens = TokenCache::new(CacheParts {
            mint: issuer.clone(),
            clock: time.clone(),
            sleep: time.clone(),
            spawn: Arc::new(TokioSpawn::current().expect("a runtime")),
            randomness: Arc::new(FixedRandomness(0.5)),
            meter: self.counters.clone(),
        });
        let guard = AddressGuard::new(vec!["127.0.0.0/8".parse().unwrap()]);
        IntegrationClient::new(IntegrationParts {
            policy: Policy::new(name.clone(), rules),
            name,
            platform,
            tokens,
            issuer,
            transport: Arc::new(HyperTransport::new(guard, TrustedRoots::web(), time.clone())),
            upstreams: Arc::new(format!("http://{}", self.upstream).parse::<Origin>().unwrap()),
            clock: time.clone(),
            sleep: time,
            counters: self.counters.clone(),
            answer_within: Duration::from_secs(30),
        })
    }
}

/// Keeps audit events as lines.
#[derive(Debug, Default)]
pub(crate) struct Records(Mutex<Vec<String>>);

impl Records {
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn contain(&self, parts: &[&str]) -> bool {
        self.lines().iter().any(|line| parts.iter().all(|part| line.contains(part)))
    }
}

impl AuditSink for Records {
    fn record(&self, event: &AuditEvent) -> Result<(), Fault> {
        self.0.lock().unwrap().push(event.line());
        Ok(())
    }
}

/// Serves in a task of its own until the sender is dropped.
pub(crate) fn run(bound: Bound) -> (oneshot::Sender<()>, JoinHandle<Drained>) {
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(bound.serve(async move { drop(stopped.await) }));
    (stop, serving)
}

/// `GET PATH` with Host and pass.
pub(crate) fn get(path: &str) -> String {
    request(&format!("GET {path}"), "", "")
}

/// A request with Host and pass, more header lines (each with its line end) and a body.
pub(crate) fn request(line: &str, headers: &str, body: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: {{H}}\r\nHallpass: {{P}}\r\n{headers}\r\n{body}")
}
