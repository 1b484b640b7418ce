//! `hallpass-rotation-function`: rotates secrets when AWS Secrets Manager or an EventBridge schedule invokes it, as an AWS Lambda function.
//!
//! ```text
//!   Lambda ── event ──▶ rotation_function::answer ──▶ one run of the engine ──▶ answered, or an error that AWS repeats
//! ```

use std::sync::Arc;
use std::time::Duration;

use hallpass_app::{App, Config, Fault, Flags, ProcessVariables, Purpose, Sources, start_logging};
use hallpass_runtimes::rotation_function;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

fn main() -> Result<(), Error> {
    // Before anything secret is in memory and before there is a second thread.
    hallpass_app::harden();
    // One thread: a function answers one event at a time, and starts faster with it.
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Result<(), Error> {
    let app = Arc::new(assembled().await?);
    let answer = |event: LambdaEvent<Value>| {
        let app = Arc::clone(&app);
        async move { rotation_function::answer(&app, &event.payload, STAY).await.map_err(|fault| told(&fault)) }
    };
    lambda_runtime::run(service_fn(answer)).await
}

async fn assembled() -> Result<App, Error> {
    // Every fault with its line: the function's log is the only place where they can be seen.
    let config = Config::load(None, &Sources::of_process(Flags::default()));
    let config = config.map_err(|faults| faults.to_string())?;
    start_logging(&config);
    App::assemble(&config, Purpose::Command, Arc::new(ProcessVariables)).await.map_err(|fault| told(&fault))
}

/// What Lambda writes into the function's log: code, detail and hint, which name things and never values.
fn told(fault: &Fault) -> Error {
    format!("{fault}; hint: {}", fault.hint()).into()
}

/// A new secret is tried over a minute; the function's limit must leave another for everything else.
const STAY: Duration = Duration::from_secs(60);
