//! The fixed origin of an integration: scheme, host and port that requests may go to, and nothing else.

use std::net::IpAddr;
use std::str::FromStr;

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};

/// `https://HOST[:PORT]`, or `http://` to a loopback address literal (an emulator, a test).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    scheme: Scheme,
    authority: Authority,
}

/// Why a text is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OriginFault(&'static str);

impl OriginFault {
    /// What was expected.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl Origin {
    /// The full URI of `target` at this origin.
    #[must_use]
    pub fn uri(&self, target: &PathAndQuery) -> Uri {
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(target.clone());
        Uri::from_parts(parts).expect("scheme, authority and path together are always a URI")
    }

    /// `host[:port]`, as it stands in the Host header.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.authority.as_str()
    }

    /// The host alone, as written; an IPv6 address in its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.authority.host()
    }

    /// Whether the host is a loopback address literal.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(self.host())
    }
}

impl FromStr for Origin {
    type Err = OriginFault;

    fn from_str(text: &str) -> Result<Self, OriginFault> {
        let uri: Uri =
            text.parse().map_err(|_| OriginFault("expected a URL such as https://api.example.com"))?;
        let parts = uri.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(OriginFault("expected a URL such as https://api.example.com"));
        };
        if authority.as_str().contains('@') {
            return Err(OriginFault("expected a URL without user name or password"));
        }
        if parts.path_and_query.is_some_and(|path| path.as_str() != "/") || text.contains('#') {
            return Err(OriginFault("expected a URL without path, query or fragment"));
        }
        match scheme.as_str() {
            "https" => {}
            "http" if is_loopback(authority.host()) => {}
            "http" => return Err(OriginFault("expected https: plain http is for loopback addresses only")),
            _ => return Err(OriginFault("expected https")),
        }
        Ok(Self { scheme, authority })
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}

fn is_loopback(host: &str) -> bool {
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    literal.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::Origin;

    #[test]
    fn only_https_or_loopback_origins_are_accepted() {
        for good in [
            "https://api.mypurecloud.com",
            "https://api.mypurecloud.com/",
            "https://x:8443",
            "http://127.0.0.1:9",
            "http://[::1]:9",
        ] {
            assert!(good.parse::<Origin>().is_ok(), "{good}");
        }
        let bad = [
            "",
            "api.mypurecloud.com",
            "http://api.mypurecloud.com",
            "http://localhost:1",
            "https://u:p@x",
            "https://x/path",
            "https://x?q",
            "ftp://x",
            "https://",
            "https://x#f",
        ];
        for text in bad {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }
}
