//! `/-/ready`: whether a call would find a token, by integration, and what is missing where it would not.

use hallpass_core::{IntegrationStatus, SecretState, StatusSource};
use hallpass_outbound::Body;
use http::{Response, StatusCode};
use serde::Serialize;

use super::Doors;
use crate::respond::json;

pub(super) fn answer(doors: &Doors) -> Response<Body> {
    let line = |status: IntegrationStatus| {
        let secret = doors.start.secret_of(&status.name);
        Line::of(status, secret.as_ref())
    };
    let clients = doors.integrations.sorted().into_iter();
    let integrations: Vec<_> = clients.map(|client| line(client.status())).collect();
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
    /// `reading`, or the name of the fault of the last read.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'static str>,
    token: &'static str,
    fault: Option<&'static str>,
}

impl Line {
    /// A secret that was missing at the start and was read for a call since is not missing any more.
    fn of(status: IntegrationStatus, secret: Option<&SecretState>) -> Self {
        let secret = match secret {
            None | Some(SecretState::Read) => None,
            Some(_) if status.credential.is_some() => None,
            Some(SecretState::Reading) => Some("reading"),
            Some(SecretState::Missing { fault, .. }) => Some(*fault),
        };
        let ready = secret.is_none() && status.is_ready();
        let missing =
            (!ready).then_some(Missing { secret, token: status.token.state, fault: status.last_fault });
        Self { name: status.name, ready, missing }
    }
}
