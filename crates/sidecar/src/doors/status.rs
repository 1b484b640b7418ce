//! `/-/status`: everything the sidecar knows about itself. Nothing in it is secret, but it is not for everybody.

use hallpass_core::{IntegrationStatus, StatusSource};
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
        integrations,
    };
    json(StatusCode::OK, &status)
}

#[derive(Serialize)]
struct Status {
    version: &'static str,
    uptime_seconds: u64,
    draining: bool,
    calls_in_flight: usize,
    integrations: Vec<IntegrationStatus>,
}
