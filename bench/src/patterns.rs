//! What people write by hand.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::measure::Candidate;
use crate::wait;

struct Held {
    token: Arc<str>,
    until: Instant,
}

fn held() -> Held {
    Held { token: Arc::from("token"), until: Instant::now() + Duration::from_secs(86_400) }
}

/// One clock each, which is less than ours checks.
pub fn candidates() -> Vec<Candidate> {
    let waiting = tokio::sync::Mutex::new(held());
    let blocking = std::sync::Mutex::new(held());
    vec![
        Candidate::new("one clock alone (`Instant::now`)", Instant::now),
        Candidate::new("the other (`SystemTime::now`)", SystemTime::now),
        Candidate::new("`std::sync::Mutex`, one clock", move || {
            let held = blocking.lock().expect("nobody panicked");
            (Instant::now() < held.until).then(|| Arc::clone(&held.token))
        }),
        Candidate::new("`tokio::sync::Mutex`, one clock", move || {
            wait(async {
                let held = waiting.lock().await;
                (Instant::now() < held.until).then(|| Arc::clone(&held.token))
            })
        }),
    ]
}
