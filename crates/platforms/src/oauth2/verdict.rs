//! What a token endpoint's answer means (RFC 6749 5.2), before a platform adds what it knows better.

use std::time::Duration;

use bytes::Bytes;
use hallpass_core::{Grant, IssueFault, IssueVerdict, Moment};
use hallpass_outbound::{RETRY_AFTER_CAP, retry_after};
use http::{Response, StatusCode};

use super::reply::{ErrorReply, TokenReply, read_reply};
use crate::platform::Messages;

/// An answer that grants nothing.
#[derive(Debug)]
pub(crate) struct Refusal<'a> {
    pub(crate) status: StatusCode,
    pub(crate) error: Option<&'a ErrorReply>,
    pub(crate) retry_after: Option<Duration>,
}

/// What a platform says about a refusal.
#[derive(Debug)]
pub(crate) struct Judgement {
    pub(crate) verdict: IssueVerdict,
    pub(crate) hint: Option<&'static str>,
}

impl Refusal<'_> {
    /// The `error` member.
    pub(crate) fn error(&self) -> Option<&str> {
        self.error.map(|error| error.error.as_str())
    }

    /// What describes it, in lower case.
    pub(crate) fn description(&self) -> &str {
        self.error.map_or("", |error| error.description.as_str())
    }

    fn detail(&self) -> String {
        let status = self.status.as_u16();
        match self.error() {
            Some(error) => format!("it answered {status} `{error}`"),
            None if self.status.is_redirection() => {
                format!("it answered {status}, and redirects are not followed with a secret")
            }
            None if self.status.is_client_error() && self.status != StatusCode::TOO_MANY_REQUESTS => {
                format!("it answered {status} without an OAuth error")
            }
            None => format!("it answered {status}"),
        }
    }
}

/// Reads an answer. The body's `error` member decides before the status does: Genesys Cloud throttles with 400, and the status of a refused client
/// is settled nowhere.
pub(crate) fn read_answer(
    answer: &Response<Bytes>,
    now: Moment,
    messages: &dyn Messages,
) -> Result<Grant, IssueFault> {
    let (status, after) = (answer.status(), retry_after(answer.headers(), now, RETRY_AFTER_CAP));
    let passing = IssueVerdict::Passing { retry_after: after };
    let error = match read_reply(answer.body()) {
        TokenReply::Granted(grant) if status.is_success() => return Ok(grant),
        TokenReply::NotBearer if status.is_success() => {
            return Err(fault(IssueVerdict::Refused, "the token is not a bearer token".into(), None));
        }
        TokenReply::Unusable(why) if status.is_success() => return Err(fault(passing, why.into(), None)),
        TokenReply::Refused(error) => Some(error),
        _ => None,
    };
    let refusal = Refusal { status, error: error.as_ref(), retry_after: after };
    let throttled = IssueVerdict::Throttled { retry_after: after };
    let (verdict, hint) = match messages.judge(&refusal) {
        _ if status == StatusCode::TOO_MANY_REQUESTS => (throttled, None),
        Some(judgement) => (judgement.verdict, judgement.hint),
        None => match refusal.error() {
            Some("invalid_client") => (IssueVerdict::CredentialRefused, None),
            None if status == StatusCode::SERVICE_UNAVAILABLE => (throttled, None),
            _ if status.is_server_error() => (passing, None),
            Some(_) => (IssueVerdict::Refused, None),
            None => (IssueVerdict::Refused, messages.doubt()),
        },
    };
    Err(fault(verdict, refusal.detail(), hint))
}

fn fault(verdict: IssueVerdict, detail: String, hint: Option<&'static str>) -> IssueFault {
    IssueFault { verdict, detail, hint }
}
