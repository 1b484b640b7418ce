//! Fetching what an authorization server publishes about itself.

use bytes::Bytes;
use hallpass_core::{IssueFault, IssueVerdict, Secret};
use hallpass_outbound::{RETRY_AFTER_CAP, TransportFault, retry_after};
use http::header::{ACCEPT, HeaderValue};
use http::{Request, StatusCode, Uri};

use crate::parts::PlatformParts;

/// The document at `uri`, at most 64 KiB of it, or what prevented it. `what` names it for people.
///
/// The inner `None` is a server that does not have it: 4xx but 429.
pub(crate) async fn fetch(parts: &PlatformParts, what: &str, uri: Uri) -> Result<Option<Bytes>, IssueFault> {
    let mut request = Request::new(Secret::new(Vec::new()));
    *request.uri_mut() = uri;
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    let answer = parts.send(request).await.map_err(|fault: TransportFault| IssueFault {
        verdict: IssueVerdict::Passing { retry_after: None },
        detail: format!("{what}: {fault}"),
        hint: None,
    })?;
    let (status, after) =
        (answer.status(), retry_after(answer.headers(), parts.clock.now(), RETRY_AFTER_CAP));
    let verdict = match status {
        StatusCode::OK => return Ok(Some(answer.into_body())),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            IssueVerdict::Throttled { retry_after: after }
        }
        _ if status.is_client_error() => return Ok(None),
        _ if status.is_server_error() => IssueVerdict::Passing { retry_after: after },
        _ => IssueVerdict::Refused,
    };
    Err(IssueFault { verdict, detail: format!("{what}: it answered {}", status.as_u16()), hint: None })
}
