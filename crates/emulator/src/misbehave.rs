//! Scripted misbehaviour: what a network and a platform do on their bad days, on demand and countable.
//!
//! Rules stand in a queue. A request takes the first rule that matches it; a rule is gone after `times` uses. A
//! delay leaves the request to the rules behind it as well, so "slow, then 503" is two rules. Who takes which rule
//! is decided in `script`.

use serde::{Deserialize, Serialize};

/// One rule: whom it meets, how often, and what happens then.
///
/// As JSON: `{"on": "api", "path": "/api/v2/routing/queues", "times": 2, "act": {"kind": "fail", "status": 503}}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Misbehaviour {
    /// Which requests, by surface.
    #[serde(default)]
    pub on: Target,
    /// Only this method.
    #[serde(default)]
    pub method: Option<String>,
    /// Only this path; a segment `*` or `{name}` stands for any one segment, a final `**` for the rest.
    #[serde(default)]
    pub path: Option<String>,
    /// Only requests that name this client, by credentials or by a token it minted.
    #[serde(default)]
    pub client_id: Option<String>,
    /// How many matching requests pass unharmed first.
    #[serde(default)]
    pub after: u64,
    /// How many requests it meets; `None` for all of them, for ever. Default 1.
    #[serde(default = "once")]
    pub times: Option<u64>,
    /// What happens.
    pub act: Act,
}

impl Misbehaviour {
    /// Meets the next token request.
    pub fn on_token(act: Act) -> Self {
        Self::on(Target::Token, act)
    }

    /// Meets the next API call.
    pub fn on_api(act: Act) -> Self {
        Self::on(Target::Api, act)
    }

    /// Meets the next request to this surface.
    pub fn on(target: Target, act: Act) -> Self {
        Self { on: target, method: None, path: None, client_id: None, after: 0, times: once(), act }
    }

    /// Only this method.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// Only this path; see the field.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Only requests of this client.
    #[must_use]
    pub fn client(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = Some(client_id.into());
        self
    }

    /// Lets this many matching requests pass first.
    #[must_use]
    pub fn after(mut self, passes: u64) -> Self {
        self.after = passes;
        self
    }

    /// Meets this many requests.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Meets every matching request from now on.
    #[must_use]
    pub fn forever(mut self) -> Self {
        self.times = None;
        self
    }
}

/// Which surface a rule watches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// Every request.
    #[default]
    Any,
    /// The token endpoints, those that refresh included.
    Token,
    /// What anybody may read before having a token: discovery documents and the keys that tokens are signed with.
    Discovery,
    /// Everything else.
    Api,
}

/// What happens to a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// The connection is reset before anything happened.
    ResetBeforeEffect,
    /// The request takes effect, then the connection is reset: the answer is lost.
    ResetAfterEffect,
    /// The emulator's clock moves on by this much before the request takes effect.
    Delay {
        /// Milliseconds.
        millis: u64,
    },
    /// The request takes effect, and the answer waits this long on the emulator's clock.
    DelayAnswer {
        /// Milliseconds.
        millis: u64,
    },
    /// The platform's own error of this status, with the code it uses there (503: `service.unavailable`).
    Fail {
        /// The status.
        status: u16,
        /// Seconds for a `Retry-After`; none is sent if absent.
        #[serde(default)]
        retry_after: Option<u64>,
        /// Whether the request takes effect first.
        #[serde(default)]
        after_effect: bool,
    },
    /// The platform's throttle. Genesys Cloud: 400 `rate limit exceeded` for a token request, 429 for a call.
    /// CXone: 429 for both.
    Throttle {
        /// Seconds for the `Retry-After` of a call. CXone sends it only where
        /// [`CxoneSettings::retry_after`](crate::CxoneSettings::retry_after) says so.
        retry_after: u64,
    },
    /// The answer's body breaks off after `keep` bytes (half of it if absent) and the connection closes.
    TruncateBody {
        /// Bytes that arrive.
        #[serde(default)]
        keep: Option<usize>,
    },
    /// The token that the call carries dies before its time, so the call meets the platform's 401.
    EarlyTokenDeath,
    /// This answer, word for word, and nothing takes effect.
    Answer {
        /// The status.
        status: u16,
        /// Headers in order; those of the platform are not added.
        #[serde(default)]
        headers: Vec<(String, String)>,
        /// The body; in JSON a string, or a list of numbers where it is no text.
        #[serde(default, with = "crate::text_or_bytes")]
        body: Vec<u8>,
    },
    /// The token request mints a second token that nobody sees: for proving that somebody counts.
    PlantExtraMint,
}

impl Act {
    /// The platform's own error of this status, without effect and without `Retry-After`.
    pub fn fail(status: u16) -> Self {
        Self::Fail { status, retry_after: None, after_effect: false }
    }

    /// This answer, word for word.
    pub fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Self {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self::Answer { status, headers, body: body.into() }
    }

    /// How the witness's log calls it.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::ResetBeforeEffect => "reset_before_effect",
            Self::ResetAfterEffect => "reset_after_effect",
            Self::Delay { .. } => "delay",
            Self::DelayAnswer { .. } => "delay_answer",
            Self::Fail { .. } => "fail",
            Self::Throttle { .. } => "throttle",
            Self::TruncateBody { .. } => "truncate_body",
            Self::EarlyTokenDeath => "early_token_death",
            Self::Answer { .. } => "answer",
            Self::PlantExtraMint => "plant_extra_mint",
        }
    }

    pub(crate) fn is_delay(&self) -> bool {
        matches!(self, Self::Delay { .. } | Self::DelayAnswer { .. })
    }
}

fn once() -> Option<u64> {
    Some(1)
}
