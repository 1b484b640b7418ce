//! From an admitted call to the platform's answer.

use hallpass_core::policy::{Permit, Refusal};
use hallpass_core::{Fault, FaultCode};
use hallpass_outbound::{Body, IntegrationClient, UpstreamAnswer};
use http::request::Parts;
use http::{HeaderValue, Method, Response, Version};
use http_body::Body as _;
use http_body_util::BodyExt as _;

use crate::body::CallerBody;
use crate::caller::CallerPermit;
use crate::headers::{request_headers, strip_answer};
use crate::respond::{NOT_REPLAYED_HEADER, REPLAYED_HEADER};

/// Asks the integration's policy. `target` is decided on as received, and the permit carries those bytes to the wire.
pub(crate) fn decide(client: &IntegrationClient, method: &Method, target: &str) -> Result<Permit, Fault> {
    client.policy().decide(method, target).map_err(|refusal| match refusal {
        Refusal::Ambiguous(reason) => Fault::new(FaultCode::PathAmbiguous, reason),
        Refusal::TokenInQuery => {
            let fault = Fault::new(FaultCode::RequestMalformed, "the query carries `access_token`");
            fault.with_hint("show the pass in a header: a query ends in logs (RFC 6750 section 2.3)")
        }
        Refusal::NotAllowed => {
            let (name, shown) = (client.name(), shown(method));
            Fault::new(
                FaultCode::PathNotAllowed,
                format!("{shown}: integration `{name}` has no rule for this path"),
            )
        }
    })
}

/// Sends what `permit` allows. Two permits are demanded: the caller's, from the gate, and the call's, from the policy.
///
/// Dropping the future closes the connection to the platform; the call may have had its effect by then.
pub(crate) async fn forward(
    _caller: &CallerPermit,
    client: &IntegrationClient,
    permit: Permit,
    head: &Parts,
    body: CallerBody,
) -> Result<Response<Body>, Fault> {
    body.check_declared()?;
    let fate = body.fate();
    let sent = client.send(permit, request_headers(&head.headers), body.boxed_unsync()).await;
    let answer = sent.map_err(|fault| fate.fault().unwrap_or(fault))?;
    to_caller(answer)
}

/// A body where no reader expects one is how a second request is smuggled past an allow-list: a server that ignores it takes it for the
/// next request on the connection (RFC 9110 9.3.1, 9.3.2).
pub(crate) fn refuse_body_of_reads(method: &Method, body: &CallerBody) -> Result<(), Fault> {
    if matches!(*method, Method::GET | Method::HEAD) && !body.is_end_stream() {
        return Err(Fault::new(
            FaultCode::RequestMalformed,
            "GET and HEAD are forwarded without a body only",
        ));
    }
    Ok(())
}

fn to_caller(answer: UpstreamAnswer) -> Result<Response<Body>, Fault> {
    let UpstreamAnswer { mut response, report } = answer;
    // Nothing that asks for an upgrade is forwarded, so a 101 answers somebody else (CVE-2026-2833: bytes passed through before it).
    if response.status().is_informational() {
        return Err(Fault::new(FaultCode::UpstreamAnswerBad, "the platform switched protocols unasked"));
    }
    // Extensions carry the reason phrase of the platform's server; the version is that of our own connection.
    response.extensions_mut().clear();
    *response.version_mut() = Version::HTTP_11;
    strip_answer(response.headers_mut());
    if report.healed {
        response.headers_mut().insert(REPLAYED_HEADER, HeaderValue::from_static("1"));
    }
    if let Some(reason) = report.not_replayed {
        response.headers_mut().insert(NOT_REPLAYED_HEADER, HeaderValue::from_static(reason));
    }
    Ok(response)
}

/// A method in a text of ours: known ones by name. A method can be any token, so an unknown one may hold anything.
pub(crate) fn shown(method: &Method) -> &str {
    match method.as_str() {
        name if name.len() <= 16 && name.bytes().all(|byte| byte.is_ascii_uppercase()) => name,
        _ => "an unknown method",
    }
}
