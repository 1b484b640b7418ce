//! What 64 callers at once cost in token requests, in the situations in which caches stampede. The requests are counted by the platform, not by us.

use std::sync::Arc;
use std::time::Duration;

use hallpass_core::audit::NoAudit;
use hallpass_core::test_support::{FixedRandomness, ManualTime, ScriptedCredentials, ScriptedPlatform};
use hallpass_core::token::{CacheParts, Issuer, IssuerParts, TokenCache};
use hallpass_core::{Counters, Grant, IssueVerdict, Secret};
use hallpass_outbound::TokioSpawn;

const CALLERS: usize = 64;
const LIFETIME: Duration = Duration::from_secs(3600);

struct World {
    time: ManualTime,
    platform: ScriptedPlatform,
    cache: TokenCache,
}

fn world() -> World {
    let (time, counters) = (ManualTime::default(), Arc::new(Counters::new()));
    let platform = ScriptedPlatform::granting(LIFETIME);
    let issuer = Issuer::new(IssuerParts {
        integration: "bench".parse().expect("a name"),
        credentials: Arc::new(ScriptedCredentials::new("id", "secret", "1")),
        fallback: Vec::new(),
        platform: Arc::new(platform.clone()),
        clock: Arc::new(time.clone()),
        meter: Arc::clone(&counters) as _,
        audit: Arc::new(NoAudit),
    });
    let cache = TokenCache::new(CacheParts {
        mint: Arc::new(issuer),
        clock: Arc::new(time.clone()),
        sleep: Arc::new(time.clone()),
        spawn: Arc::new(TokioSpawn::current().expect("a runtime")),
        randomness: Arc::new(FixedRandomness(0.0)),
        meter: counters,
    });
    World { time, platform, cache }
}

impl World {
    /// Everybody at once; how many were served.
    async fn stampede(&self) -> usize {
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                let cache = self.cache.clone();
                tokio::spawn(async move { cache.token().await.is_ok() })
            })
            .collect();
        let mut served = 0;
        for caller in callers {
            served += usize::from(caller.await.expect("a caller does not panic"));
        }
        served
    }

    /// The same once a second, for so many seconds.
    async fn seconds(&self, seconds: u64) -> usize {
        let mut served = 0;
        for _ in 0..seconds {
            served += self.stampede().await;
            self.time.advance(Duration::from_secs(1));
        }
        served
    }

    fn always(&self, verdict: IssueVerdict) {
        (0..10_000).for_each(|_| self.platform.then_refuse(verdict));
    }
}

async fn cold() -> (usize, usize) {
    let world = world();
    (world.stampede().await, world.platform.requests())
}

async fn wrong_secret() -> (usize, usize) {
    let world = world();
    world.always(IssueVerdict::CredentialRefused);
    (world.seconds(20).await, world.platform.requests())
}

async fn revoked() -> (usize, usize) {
    let world = world();
    world.stampede().await;
    // Each of them was answered 401 with generation 1, says so, and asks for another.
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let cache = world.cache.clone();
            tokio::spawn(async move {
                let _ = cache.reject(1);
                cache.token().await.is_ok_and(|token| token.generation() > 1)
            })
        })
        .collect();
    let mut served = 0;
    for caller in callers {
        served += usize::from(caller.await.expect("a caller does not panic"));
    }
    (served, world.platform.requests() - 1)
}

async fn throttled() -> (usize, usize) {
    let world = world();
    world.always(IssueVerdict::Throttled { retry_after: Some(Duration::from_secs(30)) });
    (world.seconds(20).await, world.platform.requests())
}

async fn no_lifetime() -> (usize, usize) {
    let world = world();
    for count in 0..1000 {
        let access_token = Secret::from(format!("endless-{count}"));
        world.platform.then(Ok(Grant { access_token, lifetime: None, scope: None }));
    }
    (world.seconds(600).await, world.platform.requests())
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    println!("| situation, {CALLERS} callers at once | token requests | calls served |");
    println!("|---|---|---|");
    let row = |situation: &str, (served, requests): (usize, usize), calls: usize| {
        println!("| {situation} | {requests} | {served} of {calls} |");
    };
    row("cold start", cold().await, CALLERS);
    row("wrong secret, 20 s, all of them every second", wrong_secret().await, 20 * CALLERS);
    row("token revoked early, all answered 401", revoked().await, CALLERS);
    row("429 with Retry-After 30, 20 s, all of them every second", throttled().await, 20 * CALLERS);
    row("no `expires_in`, 10 min, all of them every second", no_lifetime().await, 600 * CALLERS);
}
