//! The address of a token endpoint: a fixed origin and a fixed path.

use std::str::FromStr;

use hallpass_outbound::{Origin, OriginFault};
use http::Uri;
use http::uri::PathAndQuery;

/// `https://HOST[:PORT]/PATH`, or `http://` to a loopback address literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenUrl {
    origin: Origin,
    path: PathAndQuery,
}

/// Why a text is no token URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenUrlFault {
    /// Its origin is wrong.
    #[error(transparent)]
    Origin(#[from] OriginFault),
    /// It has no path, or a query or fragment.
    #[error("expected a URL with a path and without query, such as https://login.example.com/oauth/token")]
    Path,
}

impl TokenUrl {
    /// The URL of `path` at `origin`.
    pub(crate) fn at(origin: Origin, path: &'static str) -> Self {
        Self { origin, path: PathAndQuery::from_static(path) }
    }

    /// The URL of `path`, which comes from elsewhere, at `origin`. `None` when it is no path.
    pub(crate) fn joined(origin: &Origin, path: &str) -> Option<Self> {
        Some(Self { origin: origin.clone(), path: path.parse().ok()? })
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    pub(crate) fn uri(&self) -> Uri {
        self.origin.uri(&self.path)
    }
}

impl FromStr for TokenUrl {
    type Err = TokenUrlFault;

    fn from_str(text: &str) -> Result<Self, TokenUrlFault> {
        let after_scheme = text.find("://").map_or(0, |at| at + 3);
        let slash = text[after_scheme..].find('/').ok_or(TokenUrlFault::Path)? + after_scheme;
        let (origin, path) = text.split_at(slash);
        if path.len() < 2 || path.contains(['?', '#']) || hallpass_core::policy::ambiguity(path).is_some() {
            return Err(TokenUrlFault::Path);
        }
        Ok(Self { origin: origin.parse()?, path: path.parse().map_err(|_| TokenUrlFault::Path)? })
    }
}

#[cfg(test)]
mod tests {
    use super::TokenUrl;

    #[test]
    fn a_token_url_has_an_origin_and_a_path() {
        for good in ["https://login.mypurecloud.com/oauth/token", "http://127.0.0.1:9/oauth/token"] {
            assert_eq!(good.parse::<TokenUrl>().unwrap().uri().to_string(), good);
        }
        for bad in [
            "",
            "https://x",
            "https://x/",
            "https://x/a?b",
            "http://x.example/a",
            "https://x/a/../b",
            "https://u@x/a",
        ] {
            assert!(bad.parse::<TokenUrl>().is_err(), "{bad}");
        }
    }
}
