//! `/-/ready`: whether a call would find a token, by integration, and what is missing where it would not.

use hallpass_core::{IntegrationStatus, StatusSource};
use hallpass_outbound::Body;
use http::{Response, StatusCode};
use serde::Serialize;

use super::Doors;
use crate::respond::json;

pub(super) fn answer(doors: &Doors) -> Response<Body> {
    let integrations: Vec<_> =
        doors.integrations.sorted().into_iter().map(|client| Line::of(client.status())).collect();
    let draining = doors.drain.has_begun();
    let ready = !draining && integrations.iter().all(|line| line.ready);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    json(status, &Ready { ready, draining, integrations })
}

#[derive(Serialize)]
struct Ready {
    ready: bool,
    draining: bool,
    integrations: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    name: String,
    ready: bool,
    /// What stands in the way, by the name of its fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<Missing>,
}

#[derive(Serialize)]
struct Missing {
    token: &'static str,
    fault: Option<&'static str>,
}

impl Line {
    fn of(status: IntegrationStatus) -> Self {
        let ready = status.is_ready();
        let missing = (!ready).then_some(Missing { token: status.token.state, fault: status.last_fault });
        Self { name: status.name, ready, missing }
    }
}
