//! What recording a call for `hallpass learn` costs on the path of the call, beside a gateway that records nothing: which integration it is, a glance at the clock, the
//! template, the hash of each value, the counts.
//!
//! The recorder is the one that ships, taken from an assembled program.

use std::sync::Arc;

use hallpass_app::{App, Config, Flags, ProcessVariables, Purpose, Sources};
use hallpass_bench::measure::{Candidate, table};
use hallpass_core::{CallObserver, Ending, IntegrationName, ObservedCall};

/// Calls without a value, of a list, and of a bulk job with two ids.
const PATHS: [(&str, &str); 3] = [
    ("no value: /api/v2/routing/queues", "/api/v2/routing/queues"),
    ("one value", "/api/v2/routing/queues/3f2a81c4-0000-4000-8000-0123456789ab"),
    (
        "two values",
        "/api/v2/conversations/3f2a81c4-0000-4000-8000-0123456789ab/participants/9b1c81c4-0000-4000-8000-0123456789ab/attributes",
    ),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rounds = std::env::args().nth(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(99);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let folder = std::env::temp_dir().join(format!("hallpass-bench-learn-{}", std::process::id()));
    let recorder = runtime.block_on(observer(&format!("learn = \"{}\"", folder.display())))?;
    let nobody = runtime.block_on(observer(""))?;
    // The first is what the others are compared with.
    let mut candidates = vec![candidate("nothing is recorded (two values)", PATHS[2].1, &nobody)];
    candidates.extend(PATHS.into_iter().map(|(name, path)| candidate(name, path, &recorder)));
    println!(
        "nanoseconds per call, {rounds} interleaved rounds; ratios against a gateway that records nothing"
    );
    table(&candidates, rounds);
    Ok(())
}

fn candidate(name: &str, path: &'static str, observer: &Arc<dyn CallObserver>) -> Candidate {
    let integration: IntegrationName = "queue-sync".parse().expect("it is a name");
    let observer = Arc::clone(observer);
    Candidate::new(name, move || {
        let ending = Ending::Answered { rule: 0, status: Default::default() };
        observer.observe(&ObservedCall {
            integration: &integration,
            method: &Default::default(),
            path,
            ending,
        });
    })
}

/// The recorder of a gateway with this line in `[sidecar]`. Nothing is written: that is done by the gateway's own task.
async fn observer(line: &str) -> Result<Arc<dyn CallObserver>, Box<dyn std::error::Error>> {
    let text = format!(
        "version = 1\nenvironment = \"bench\"\n[sidecar]\n{line}\n[stores.local]\npath = \"store\"\n[integrations.queue-sync]\n\
         platform = \"genesys\"\nregion = \"us-east-1\"\nsecret = \"local:queue-sync\"\nallow = [\"GET /**\"]\n"
    );
    let sources = Sources::of_process(Flags::default());
    let config = Config::read(&std::env::temp_dir().join("hallpass.toml"), &text, &sources)?;
    Ok(App::assemble(&config, Purpose::Inspection, Arc::new(ProcessVariables)).await?.observer())
}
