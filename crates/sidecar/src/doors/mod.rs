//! Doors: paths below `/-/` that the sidecar answers about itself.
//!
//! `/-/health` and `/-/ready` are open because a probe has no pass; that is decided by exact path alone, never by a header a caller could
//! send (GHSA-5hvv-m4w4-gf6v: an exemption by User-Agent).

mod health;
mod metrics;
mod ready;
mod status;

use std::sync::Arc;
use std::time::Duration;

use hallpass_core::{Clock, ColdStart, Fault, FaultCode, Moment};
use hallpass_outbound::Body;
use http::request::Parts;
use http::{Method, Response};

use crate::caller::CallerPermit;
use crate::drain::Drain;
use crate::respond::problem;
use crate::route::Integrations;

/// One of the doors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// Whether the process serves.
    Health,
    /// Whether calls would find a token.
    Ready,
    /// Everything about everything, for whoever has the pass.
    Status,
    /// The same figures for a collector.
    Metrics,
}

/// What the doors speak about.
#[derive(Debug)]
pub(crate) struct Doors {
    pub(crate) integrations: Integrations,
    pub(crate) drain: Drain,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) started: Moment,
    pub(crate) start: Arc<ColdStart>,
}

impl Door {
    /// The door at `path`, compared whole.
    pub(crate) fn find(path: &str) -> Result<Self, Fault> {
        match path {
            "/-/health" => Ok(Self::Health),
            "/-/ready" => Ok(Self::Ready),
            "/-/status" => Ok(Self::Status),
            "/-/metrics" => Ok(Self::Metrics),
            _ => Err(Fault::new(FaultCode::IntegrationUnknown, "there is no such door below `/-/`")),
        }
    }

    /// Whether it opens without the pass.
    pub(crate) fn is_open(self) -> bool {
        match self {
            Self::Health | Self::Ready => true,
            Self::Status | Self::Metrics => false,
        }
    }
}

impl Doors {
    /// Answers at a door that needs no pass.
    pub(crate) fn open(&self, door: Door, method: &Method) -> Result<Response<Body>, Fault> {
        only_reading(method)?;
        match door {
            Door::Health => Ok(health::answer()),
            Door::Ready => Ok(ready::answer(self)),
            Door::Status | Door::Metrics => Err(Fault::new(FaultCode::PassMissing, "")),
        }
    }

    /// Answers at any door, for whoever has the pass.
    pub(crate) fn answer(
        &self,
        door: Door,
        _caller: &CallerPermit,
        method: &Method,
    ) -> Result<Response<Body>, Fault> {
        only_reading(method)?;
        match door {
            Door::Status => Ok(status::answer(self)),
            Door::Metrics => Ok(metrics::answer(self)),
            Door::Health | Door::Ready => self.open(door, method),
        }
    }

    /// Answers on the health listener: open doors by exact path, and nothing else. No Host is checked: a probe may use any name, and what it
    /// learns is not secret.
    pub(crate) fn probe(&self, head: &Parts) -> Response<Body> {
        let answer = match Door::find(head.uri.path()) {
            Ok(door) if door.is_open() => self.open(door, &head.method),
            _ => Err(Fault::new(FaultCode::IntegrationUnknown, "only `/-/health` and `/-/ready` are here")),
        };
        answer.unwrap_or_else(|fault| problem(&fault))
    }

    fn uptime(&self) -> Duration {
        self.clock.now().monotonic.saturating_sub(self.started.monotonic)
    }
}

fn only_reading(method: &Method) -> Result<(), Fault> {
    if matches!(*method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    Err(Fault::new(FaultCode::PathNotAllowed, "doors answer GET and HEAD only"))
}
