//! `/-/health`: the process serves. It says nothing about platforms, so that an outage there does not get the sandbox killed.

use hallpass_outbound::Body;
use http::{Response, StatusCode};
use serde::Serialize;

use crate::respond::json;

pub(super) fn answer() -> Response<Body> {
    json(StatusCode::OK, &Health { status: "ok" })
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
}
