//! Whether a request may be sent: its target by the policy, its headers by their roles.

use hallpass_core::policy::{HeaderRole, Permit};
use hallpass_core::{Fault, FaultCode};
use hallpass_outbound::{IntegrationClient, Upstreams};
use http::header::AUTHORIZATION;
use http::uri::{PathAndQuery, Scheme};
use http::{HeaderMap, HeaderName, Method, Uri};
use http_body::Body as _;

use crate::Body;

/// A server that ignores such a body takes it for the next request on the connection (RFC 9110 9.3.1).
pub(super) fn body(method: &Method, body: &Body) -> Result<(), Fault> {
    if matches!(*method, Method::GET | Method::HEAD) && !body.is_end_stream() {
        return Err(Fault::new(FaultCode::RequestMalformed, "GET and HEAD are sent without a body only"));
    }
    Ok(())
}

/// A method for the record: known ones by name. A method can be any token, so an unknown one may hold anything.
pub(super) fn shown(method: &Method) -> &str {
    match method.as_str() {
        name if name.len() <= 16 && name.bytes().all(|byte| byte.is_ascii_uppercase()) => name,
        _ => "an unknown method",
    }
}

/// Asks the policy about `method` and `uri`. A URI with a host must name one of the integration's own upstreams.
pub(super) fn permit(
    client: &IntegrationClient,
    upstreams: &dyn Upstreams,
    method: &Method,
    uri: &Uri,
) -> Result<Permit, Fault> {
    let target = target(upstreams, uri)?;
    client.permit(method, &target)
}

/// The target that the policy knows: path and query, behind the name of the upstream where there are several.
fn target(upstreams: &dyn Upstreams, uri: &Uri) -> Result<String, Fault> {
    let path = uri.path_and_query().map_or("", PathAndQuery::as_str);
    if uri.authority().is_none() {
        return Ok(path.to_owned());
    }
    let places = upstreams.listing();
    let place = places.iter().find(|(_, place)| place.parse().is_ok_and(|place| same_origin(&place, uri)));
    match place {
        Some((name, _)) if name.is_empty() => Ok(path.to_owned()),
        Some((name, _)) => Ok(format!("/{name}{path}")),
        None => {
            let known = places.iter().map(|(_, place)| format!("`{place}`")).collect::<Vec<_>>();
            let fault =
                Fault::new(FaultCode::PathNotAllowed, "the URI names a host that is not the integration's");
            Err(fault.with_hint(format!("give path and query only, or one of {}", known.join(", "))))
        }
    }
}

fn same_origin(one: &Uri, two: &Uri) -> bool {
    let port = |uri: &Uri| {
        let usual = if uri.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 };
        uri.port_u16().unwrap_or(usual)
    };
    let host = |uri: &Uri| uri.host().map(str::to_ascii_lowercase);
    let plain = |uri: &Uri| uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    one.scheme() == two.scheme() && host(one) == host(two) && port(one) == port(two) && plain(two)
}

/// The headers that go to the platform. What belongs to the connection is dropped, because HTTP libraries set it unasked; what would change the meaning
/// of the request, or set the token beside us, is refused.
pub(super) fn headers(given: &HeaderMap) -> Result<HeaderMap, Fault> {
    let mut kept = HeaderMap::with_capacity(given.len());
    for (name, value) in given {
        match HeaderRole::of(name.as_str()) {
            HeaderRole::EndToEnd => drop(kept.append(name.clone(), value.clone())),
            HeaderRole::HopByHop => {}
            HeaderRole::Ours if is_framing(name) => {}
            _ => {
                let fault = Fault::new(FaultCode::HeaderRefused, format!("`{name}`"));
                let hint = "leave it away: hallpass sets what is needed, the token included";
                return Err(fault.with_hint(hint));
            }
        }
    }
    Ok(kept)
}

fn is_framing(name: &HeaderName) -> bool {
    name != AUTHORIZATION && !name.as_str().starts_with("hallpass")
}
