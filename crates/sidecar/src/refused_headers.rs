//! Headers that a direct caller does not send, and what their presence means.

use hallpass_core::policy::HeaderRole;
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
    match HeaderRole::of(name) {
        HeaderRole::Forwarding => {
            Err(Fault::new(FaultCode::ForwardedRequest, format!("it has the header `{name}`")))
        }
        HeaderRole::Override | HeaderRole::Twin => Err(refused(name)),
        HeaderRole::EndToEnd | HeaderRole::HopByHop | HeaderRole::Ours => Ok(()),
    }
}

fn refused(what: &str) -> Fault {
    Fault::new(FaultCode::HeaderRefused, format!("`{what}`"))
}
