//! Headers that a direct caller does not send, and what their presence means.

use hallpass_core::{Fault, FaultCode};
use http::{HeaderMap, Version, header};

/// Refuses heads with a header that says the request is not what it seems.
pub(crate) fn refuse_headers(headers: &HeaderMap) -> Result<(), Fault> {
    for name in headers.keys() {
        refuse_name(name.as_str())?;
    }
    // RFC 9110 10.1.1: 100-continue is the only expectation there is.
    if headers
        .get_all(header::EXPECT)
        .iter()
        .any(|value| !value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
    {
        return Err(refused("Expect, other than 100-continue"));
    }
    // RFC 9112 6.1: a coding we do not undo would be passed on with its name removed. hyper has refused other finals than `chunked`.
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let only_chunked = codings.next().is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"chunked"));
    if !only_chunked || codings.next().is_some() {
        return Err(refused("Transfer-Encoding, other than chunked"));
    }
    // RFC 9110 5.3: a field that is not a list may stand once. Of two, each reader believes another.
    for single in [header::AUTHORIZATION, header::CONTENT_TYPE, header::CONTENT_LENGTH] {
        if headers.get_all(&single).iter().nth(1).is_some() {
            return Err(refused(&format!("{single}, twice")));
        }
    }
    Ok(())
}

/// Whether the client waits for `100 Continue` before it sends its body.
pub(crate) fn expects_continue(headers: &HeaderMap, version: Version) -> bool {
    version >= Version::HTTP_11 && headers.contains_key(header::EXPECT)
}

fn refuse_name(name: &str) -> Result<(), Fault> {
    if is_forwarding(name) {
        return Err(Fault::new(FaultCode::ForwardedRequest, format!("it has the header `{name}`")));
    }
    if is_override(name) || name == "upgrade" || name == "http2-settings" {
        return Err(refused(name));
    }
    // A server behind us that turns headers into variables reads `_` as `-`: `X_Forwarded_For` arrives there as the real one
    // (CVE-2025-64484 in oauth2-proxy).
    if name.contains('_') && acted_on(&name.replace('_', "-")) {
        return Err(refused(name));
    }
    Ok(())
}

/// Names by which proxies tell of another request than the one they send. Whoever believes them decides on other bytes than it
/// forwards (CVE-2026-40575); and a request that has them has been somewhere else first.
fn is_forwarding(name: &str) -> bool {
    const NAMES: [&str; 7] = [
        "forwarded",
        "via",
        "x-real-ip",
        "x-original-url",
        "x-original-uri",
        "x-original-host",
        "x-rewrite-url",
    ];
    NAMES.contains(&name) || name.starts_with("x-forwarded")
}

/// A method allowed by a rule must be the method the platform acts on.
fn is_override(name: &str) -> bool {
    matches!(name, "x-http-method-override" | "x-http-method" | "x-method-override")
}

fn acted_on(name: &str) -> bool {
    const NAMES: [&str; 9] = [
        "authorization",
        "host",
        "origin",
        "content-length",
        "transfer-encoding",
        "connection",
        "upgrade",
        "expect",
        "sec-fetch-site",
    ];
    NAMES.contains(&name)
        || is_forwarding(name)
        || is_override(name)
        || name.starts_with("proxy-")
        || name.starts_with("hallpass")
}

fn refused(what: &str) -> Fault {
    Fault::new(FaultCode::HeaderRefused, format!("`{what}`"))
}
