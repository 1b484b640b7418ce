//! An authorization server that publishes where its endpoints are.

use std::fmt;
use std::str::FromStr;

use hallpass_core::policy::ambiguity;
use hallpass_outbound::{Origin, OriginFault};

use super::values::ValueFault;
use crate::token_url::TokenUrl;

/// `https://HOST[:PORT][/PATH]`, or `http://` to a loopback address literal.
#[derive(Clone, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    origin: Origin,
    /// Begins with `/` or is empty; never ends with `/`.
    path: String,
}

impl Issuer {
    /// Exactly as written: that is how issuers are compared (RFC 8414 3.3).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Where the document `name` is, with the issuer's path in front (OpenID Connect Discovery 4).
    pub(crate) fn document(&self, name: &str) -> Option<TokenUrl> {
        TokenUrl::joined(&self.origin, &format!("{}/.well-known/{name}", self.path))
    }

    /// Where the document `name` is, with the issuer's path behind (RFC 8414 3.1).
    pub(crate) fn document_before_path(&self, name: &str) -> Option<TokenUrl> {
        TokenUrl::joined(&self.origin, &format!("/.well-known/{name}{}", self.path))
    }
}

impl FromStr for Issuer {
    type Err = ValueFault;

    fn from_str(text: &str) -> Result<Self, ValueFault> {
        let after_scheme = text.find("://").map_or(0, |at| at + 3);
        let slash = text[after_scheme..].find('/').map_or(text.len(), |at| at + after_scheme);
        let (origin, path) = text.split_at(slash);
        if text.contains(['?', '#']) || ambiguity(if path.is_empty() { "/" } else { path }).is_some() {
            return Err(ValueFault(EXPECTED));
        }
        Ok(Self {
            text: text.to_owned(),
            origin: origin.parse().map_err(|fault: OriginFault| ValueFault(fault.as_str()))?,
            path: path.trim_end_matches('/').to_owned(),
        })
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Issuer").field(&self.text).finish()
    }
}

const EXPECTED: &str = "expected a URL without query, such as https://login.example.com";

#[cfg(test)]
mod tests {
    use super::Issuer;

    #[test]
    fn documents_are_where_the_two_standards_put_them() {
        let cases = [
            ("https://idp.example", "https://idp.example/.well-known/x", "https://idp.example/.well-known/x"),
            (
                "https://idp.example/",
                "https://idp.example/.well-known/x",
                "https://idp.example/.well-known/x",
            ),
            (
                "http://127.0.0.1:9/realms/a",
                "http://127.0.0.1:9/realms/a/.well-known/x",
                "http://127.0.0.1:9/.well-known/x/realms/a",
            ),
        ];
        for (text, behind, before) in cases {
            let issuer: Issuer = text.parse().unwrap();
            assert_eq!(issuer.as_str(), text);
            assert_eq!(issuer.document("x").unwrap().uri().to_string(), behind);
            assert_eq!(issuer.document_before_path("x").unwrap().uri().to_string(), before);
        }
        for bad in [
            "",
            "idp.example",
            "http://idp.example",
            "https://idp.example/a?b",
            "https://u@x/a",
            "https://x/a/../b",
            "https://x#y",
            "https://x?y",
        ] {
            assert!(bad.parse::<Issuer>().is_err(), "{bad}");
        }
    }
}
