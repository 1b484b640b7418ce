//! The gate: is this a program on this machine that means to talk to us?
//!
//! Everything here is decided on the head alone and before the pass is looked at, so a page in a browser or a proxy that was pointed
//! at us by mistake learns nothing, not even whether its pass was right.
//!
//! hyper hides two things from it: a fragment in the target, and a `Content-Length` beside `Transfer-Encoding: chunked`. Neither is refused, and neither
//! does harm: the target without the fragment is both what is decided on and what is sent, and the body is framed anew from the chunks
//! (RFC 9112 6.3). A parser of our own in front of hyper's would be a second opinion on framing, which is how desynchronisation begins.

use hallpass_core::{Fault, FaultCode};
use http::request::Parts;
use http::{HeaderMap, Method, header};

use crate::Listen;
use crate::names::OwnNames;
use crate::refused_headers::refuse_headers;

/// Checks request heads.
#[derive(Debug)]
pub(crate) struct Gate {
    names: OwnNames,
    max_target: usize,
}

/// The proof that a head has passed the gate. What comes later demands it, and only [`Gate::admit`] makes one.
#[derive(Debug)]
pub(crate) struct Admitted<'a> {
    target: &'a str,
}

impl<'a> Admitted<'a> {
    /// Path and query exactly as received.
    pub(crate) fn target(&self) -> &'a str {
        self.target
    }
}

impl Gate {
    /// The gate of the listener at `listen`.
    pub(crate) fn new(listen: &Listen, max_target: usize) -> Self {
        Self { names: OwnNames::of(listen), max_target }
    }

    /// Admits a head or says why not.
    ///
    /// HTTP/1.0 is admitted when it brings the right Host, although it need not have one (RFC 9112 3.2): the check of Host
    /// is what keeps a rebound name out, so no version may go without.
    pub(crate) fn admit<'a>(&self, head: &'a Parts) -> Result<Admitted<'a>, Fault> {
        let target = self.target(head)?;
        self.check_host(head)?;
        refuse_web_pages(&head.headers)?;
        refuse_headers(&head.headers)?;
        Ok(Admitted { target })
    }

    /// The target as a slice of what was received. It never passes through a URL parser: one of those takes the path of `//x/y` for a host
    /// (CVE-2026-26205).
    fn target<'a>(&self, head: &'a Parts) -> Result<&'a str, Fault> {
        if head.method == Method::CONNECT || head.method == Method::TRACE {
            return Err(malformed("CONNECT and TRACE are not for gateways"));
        }
        // RFC 9112 3.2.2: the absolute form is what a client sends to a proxy, and some SDKs to whatever base URL they were given. Who is
        // meant is then said twice, and `check_host` has both say us.
        if head.uri.scheme_str().is_some_and(|scheme| scheme != "http") {
            return Err(Fault::new(FaultCode::HostForeign, "the request target is not one of plain http"));
        }
        let target = head.uri.path_and_query().map_or("", |target| target.as_str());
        if !target.starts_with('/') {
            return Err(malformed("the request target does not begin with `/`"));
        }
        if target.len() > self.max_target {
            return Err(malformed(format!("the request target has more than {} bytes", self.max_target)));
        }
        Ok(target)
    }

    /// RFC 9112 3.2: exactly one Host. In the absolute form it must agree with the target, too; RFC 9112 lets the target win, but two
    /// names for one request are what a desynchronised proxy produces.
    fn check_host(&self, head: &Parts) -> Result<(), Fault> {
        let mut hosts = head.headers.get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return Err(malformed("there is not exactly one Host header"));
        };
        let agrees = head
            .uri
            .authority()
            .is_none_or(|authority| authority.as_str().as_bytes().eq_ignore_ascii_case(host.as_bytes()));
        if !agrees || !self.names.contain(host.as_bytes()) {
            return Err(Fault::new(FaultCode::HostForeign, ""));
        }
        Ok(())
    }
}

/// A browser adds these itself and a page cannot take them away. `none` is a person at the address bar, `same-origin` cannot come from a
/// page of another program; both still need the pass.
fn refuse_web_pages(headers: &HeaderMap) -> Result<(), Fault> {
    if headers.contains_key(header::ORIGIN) {
        return Err(Fault::new(FaultCode::OriginPresent, "it has an Origin header"));
    }
    let harmless = |value: &header::HeaderValue| matches!(value.as_bytes(), b"none" | b"same-origin");
    if !headers.get_all("sec-fetch-site").iter().all(harmless) {
        return Err(Fault::new(
            FaultCode::OriginPresent,
            "its Sec-Fetch-Site says it comes from another site",
        ));
    }
    Ok(())
}

fn malformed(detail: impl Into<String>) -> Fault {
    Fault::new(FaultCode::RequestMalformed, detail)
}
