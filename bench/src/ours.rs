//! The cache that ships, over a platform that grants at once.

use std::sync::Arc;
use std::time::Duration;

use hallpass_core::test_support::FixedRandomness;
use hallpass_core::token::{CacheParts, Mint, MintFault, Minted, Occasion, TokenCache};
use hallpass_core::{BoxFuture, Clock, Counters, Grant, Secret};
use hallpass_outbound::{SystemClock, TokioSleep, TokioSpawn};
use rustix::time::{ClockId, clock_gettime};

use crate::measure::Candidate;
use crate::token_server::{Endpoint, Mode};
use crate::{clients, wait};

#[derive(Debug)]
struct Granting(SystemClock);

impl Mint for Granting {
    fn mint(&self, _: Occasion) -> BoxFuture<'_, Result<Minted, MintFault>> {
        let grant = Grant {
            access_token: Secret::from("token"),
            lifetime: Some(Duration::from_secs(86_400)),
            scope: None,
        };
        let asked = self.0.now();
        Box::pin(async move { Ok(Minted { grant, asked }) })
    }
}

/// A warm cache with the machine's clocks.
///
/// # Panics
/// Outside of a tokio runtime.
pub async fn cache(clock: SystemClock) -> TokenCache {
    let cache = TokenCache::new(CacheParts {
        mint: Arc::new(Granting(clock)),
        clock: Arc::new(clock),
        sleep: Arc::new(TokioSleep),
        spawn: Arc::new(TokioSpawn::current().expect("a runtime")),
        randomness: Arc::new(FixedRandomness(0.0)),
        meter: Arc::new(Counters::new()),
    });
    cache.token().await.expect("the platform grants");
    cache
}

/// The read that ships, two of them at once so that the second finds nothing kept, and the floor: reading the clocks that it reads.
pub async fn candidates() -> Vec<Candidate> {
    let clock = SystemClock::start();
    let cache = cache(clock).await;
    let busy = cache.clone();
    let endpoint = Endpoint::new(Mode::Grants, Duration::ZERO);
    let library = clients::tokens(&endpoint).expect("its description is whole");
    library.token().await.expect("the endpoint grants");
    vec![
        Candidate::new("**hallpass**, both clocks checked", move || wait(cache.token()).expect("it is warm")),
        Candidate::new("the library's lease, which brings its clock", move || {
            wait(library.token()).expect("it is warm")
        }),
        Candidate::new("two reads, both tokens out at once", move || {
            let out = wait(busy.token()).expect("it is warm");
            (wait(busy.token()).expect("it is warm"), out).0.generation()
        }),
        Candidate::new("two bare coarse clocks, through libc", || {
            (clock_gettime(ClockId::RealtimeCoarse), clock_gettime(ClockId::MonotonicCoarse))
        }),
        Candidate::new("the same as hallpass reads them", move || clock.glance()),
        Candidate::new("two exact clocks", move || clock.now()),
    ]
}
