//! `/-/status`: everything the sidecar knows about itself. Nothing in it is secret, but it is not for everybody.

use std::collections::BTreeMap;

use hallpass_core::{IntegrationName, IntegrationStatus, Phase, SecretState, StatusSource};
use hallpass_outbound::Body;
use http::{Response, StatusCode};
use serde::Serialize;

use super::Doors;
use crate::respond::json;

pub(super) fn answer(doors: &Doors) -> Response<Body> {
    let integrations = doors.integrations.sorted().into_iter().map(StatusSource::status).collect();
    let status = Status {
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: doors.uptime().as_secs(),
        draining: doors.drain.has_begun(),
        calls_in_flight: doors.drain.in_flight(),
        start_ms: Phase::ALL.into_iter().filter_map(|phase| millis(doors, phase)).collect(),
        secrets: doors
            .integrations
            .sorted()
            .into_iter()
            .filter_map(|client| secret(doors, client.name()))
            .collect(),
        integrations,
    };
    json(StatusCode::OK, &status)
}

fn millis(doors: &Doors, phase: Phase) -> Option<(&'static str, f64)> {
    Some((phase.name(), doors.start.after(phase)?.as_secs_f64() * 1000.0))
}

fn secret(doors: &Doors, name: &IntegrationName) -> Option<(String, SecretState)> {
    Some((name.to_string(), doors.start.secret_of(name.as_str())?))
}

#[derive(Serialize)]
struct Status {
    version: &'static str,
    uptime_seconds: u64,
    draining: bool,
    calls_in_flight: usize,
    /// Milliseconds from the start of the process to the end of each phase of its cold start.
    start_ms: BTreeMap<&'static str, f64>,
    /// Where the secret of each integration was when it was last looked for ahead of a call.
    secrets: BTreeMap<String, SecretState>,
    integrations: Vec<IntegrationStatus>,
}
