//! What recording a call costs on the path of the call: the template, the hash of each value, the counts.

use std::sync::Arc;

use hallpass_bench::measure::{Candidate, table};
use hallpass_core::template::PathTable;
use hallpass_core::{CallObserver, Ending, IntegrationName, NoObserver, ObservedCall};
use hallpass_lifecycle::learn::Tally;

/// The call of a bulk job, with two ids, and one without.
const PATHS: [(&str, &str); 3] = [
    ("no value: /api/v2/routing/queues", "/api/v2/routing/queues"),
    ("one value", "/api/v2/routing/queues/3f2a81c4-0000-4000-8000-0123456789ab"),
    (
        "two values",
        "/api/v2/conversations/3f2a81c4-0000-4000-8000-0123456789ab/participants/9b1c81c4-0000-4000-8000-0123456789ab/attributes",
    ),
];

fn main() {
    let rounds = std::env::args().nth(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(99);
    let mut paths = PathTable::new();
    hallpass_platforms::teach_paths(&mut paths, "genesys", &[]);
    let rules = ["GET /**".parse().expect("it is a rule")];
    let tally = Arc::new(Tally::new(paths, &rules));
    let mut candidates: Vec<Candidate> = PATHS
        .into_iter()
        .map(|(name, path)| {
            let tally = Arc::clone(&tally);
            candidate(name, path, move |call| tally.note(call, 1))
        })
        .collect();
    candidates.push(candidate("nothing is recorded", PATHS[2].1, |call| NoObserver.observe(call)));
    println!("nanoseconds per call, {rounds} interleaved rounds");
    table(&candidates, rounds);
}

fn candidate(
    name: &str,
    path: &'static str,
    note: impl Fn(&ObservedCall<'_>) + Send + Sync + 'static,
) -> Candidate {
    let integration: IntegrationName = "queue-sync".parse().expect("it is a name");
    Candidate::new(name, move || {
        let ending = Ending::Answered { rule: 0, status: Default::default() };
        note(&ObservedCall { integration: &integration, method: &Default::default(), path, ending });
    })
}
