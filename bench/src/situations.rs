//! The situations in which caches of tokens stampede, in real time, counted by the endpoint.

use std::time::{Duration, Instant};

use crate::crowd::{CALLERS, Crowd};
use crate::token_server::{Endpoint, Mode};

/// What was seen.
pub struct Seen(String);

impl Seen {
    /// For a table.
    #[must_use]
    pub fn shown(self) -> String {
        self.0
    }
}

/// The situations, in the order of the table.
pub const SITUATIONS: [&str; 6] = [
    "cold start",
    "wrong secret for 10 s; then it is taken",
    "token revoked, all answered 401",
    "429 with Retry-After 30, for 10 s",
    "no `expires_in`, for 10 s",
    "endpoint down for 3 s; then up",
];

/// Plays the situation of that number on a client that has done nothing yet.
pub async fn play(situation: usize, crowd: &dyn Crowd, endpoint: &Endpoint) -> Seen {
    match situation {
        0 => cold(crowd, endpoint).await,
        1 => failing(crowd, endpoint, Mode::Refuses, 10).await,
        2 => revoked(crowd, endpoint).await,
        3 => every_second(crowd, endpoint, Mode::Throttles).await,
        4 => every_second(crowd, endpoint, Mode::GrantsWithoutLifetime).await,
        _ => failing(crowd, endpoint, Mode::Down, 3).await,
    }
}

async fn cold(crowd: &dyn Crowd, endpoint: &Endpoint) -> Seen {
    let served = crowd.burst(CALLERS, None).await.len();
    Seen(format!("{}, {served} of {CALLERS} served", endpoint.asked()))
}

async fn revoked(crowd: &dyn Crowd, endpoint: &Endpoint) -> Seen {
    let Some(revoked) = crowd.burst(1, None).await.pop() else {
        return Seen("no token to revoke".to_owned());
    };
    let before = endpoint.asked();
    let served = crowd.burst(CALLERS, Some(&revoked)).await;
    let healed = served.iter().filter(|token| **token != revoked).count();
    Seen(format!("{}, {healed} of {CALLERS} got another", endpoint.asked() - before))
}

async fn every_second(crowd: &dyn Crowd, endpoint: &Endpoint, mode: Mode) -> Seen {
    endpoint.turn(mode);
    let (calls, served) = seconds(crowd, 10).await;
    Seen(format!("{}, {served} of {calls} served", endpoint.asked()))
}

/// All of them call every second while it fails; then one of them calls until it is served.
async fn failing(crowd: &dyn Crowd, endpoint: &Endpoint, mode: Mode, length: u64) -> Seen {
    endpoint.turn(mode);
    let (calls, _) = seconds(crowd, length).await;
    let asked = endpoint.asked();
    endpoint.turn(Mode::Grants);
    let repaired = Instant::now();
    let recovered = loop {
        if !crowd.burst(1, None).await.is_empty() {
            break format!("served {:.1} s after", repaired.elapsed().as_secs_f64());
        }
        if repaired.elapsed() > LONGEST_RECOVERY {
            break format!("not served within {} s", LONGEST_RECOVERY.as_secs());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    Seen(format!("{asked} for {calls} calls; {recovered}"))
}

/// A burst at the beginning of each second, as far as the burst before has ended; how many called, and how many were served.
async fn seconds(crowd: &dyn Crowd, length: u64) -> (usize, usize) {
    let begun = tokio::time::Instant::now();
    let (mut calls, mut served) = (0, 0);
    for second in 0..length {
        if begun.elapsed() >= Duration::from_secs(length) {
            break;
        }
        tokio::time::sleep_until(begun + Duration::from_secs(second)).await;
        calls += CALLERS;
        served += crowd.burst(CALLERS, None).await.len();
    }
    tokio::time::sleep_until(begun + Duration::from_secs(length)).await;
    (calls, served)
}

/// The longest back-off of ours after a few refusals, and half as much again.
const LONGEST_RECOVERY: Duration = Duration::from_secs(45);
