//! What comes back from a call.

use http::Response;

use crate::Body;

/// The platform's answer and how it was come by.
#[derive(Debug)]
pub struct UpstreamAnswer {
    /// The answer, body still streaming. Header values that echo the token are gone.
    pub response: Response<Body>,
    /// How it was come by.
    pub report: CallReport,
}

/// How an answer was come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallReport {
    /// Requests sent upstream: one, or two after a replay.
    pub attempts: u8,
    /// The first answer was 401, the replay's was not.
    pub healed: bool,
    /// Why a 401 about the token was passed on without a replay.
    pub not_replayed: Option<&'static str>,
}
