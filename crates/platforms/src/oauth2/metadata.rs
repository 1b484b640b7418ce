//! Where the token endpoint of an issuer is: authorization server metadata (RFC 8414), else OpenID Connect Discovery 1.0.

use hallpass_core::sync::{Mutex, lock};
use hallpass_core::{BoxFuture, IssueFault, IssueVerdict};
use serde::Deserialize;

use super::documents::fetch;
use crate::parts::PlatformParts;
use crate::platform::Endpoint;
use crate::settings::Issuer;
use crate::token_url::TokenUrl;

/// The token endpoint that an issuer publishes, asked for once and kept until it is doubted.
#[derive(Debug)]
pub(super) struct PublishedEndpoint {
    issuer: Issuer,
    parts: PlatformParts,
    known: Mutex<Option<TokenUrl>>,
}

impl PublishedEndpoint {
    pub(super) fn of(issuer: Issuer, parts: PlatformParts) -> Self {
        Self { issuer, parts, known: Mutex::default() }
    }

    async fn ask(&self) -> Result<TokenUrl, IssueFault> {
        let places = [
            self.issuer.document_before_path("oauth-authorization-server"),
            self.issuer.document("openid-configuration"),
        ];
        for place in places.into_iter().flatten() {
            if let Some(document) = fetch(&self.parts, "the issuer's metadata", place.uri()).await? {
                return read(&document, &self.issuer);
            }
        }
        Err(refused("the issuer publishes no metadata", "check `issuer`, or name `token_url` in its place"))
    }
}

impl Endpoint for PublishedEndpoint {
    fn url(&self) -> BoxFuture<'_, Result<TokenUrl, IssueFault>> {
        Box::pin(async {
            if let Some(known) = lock(&self.known).clone() {
                return Ok(known);
            }
            let url = self.ask().await?;
            *lock(&self.known) = Some(url.clone());
            Ok(url)
        })
    }

    fn doubted(&self) {
        *lock(&self.known) = None;
    }
}

#[derive(Deserialize)]
struct Wire {
    issuer: String,
    token_endpoint: String,
}

/// RFC 8414 3.3: a document of another issuer must not be used. And the secret goes to no other host than the one that was configured.
fn read(document: &[u8], issuer: &Issuer) -> Result<TokenUrl, IssueFault> {
    let Ok(wire) = serde_json::from_slice::<Wire>(document) else {
        return Err(IssueFault {
            verdict: IssueVerdict::Passing { retry_after: None },
            detail: "the issuer's metadata cannot be read".into(),
            hint: None,
        });
    };
    if wire.issuer != issuer.as_str() {
        let hint = "`issuer` must be spelled exactly as the server spells it, a slash at the end included";
        return Err(refused("the metadata names another issuer", hint));
    }
    let url: TokenUrl = wire.token_endpoint.parse().map_err(|_| {
        refused("the metadata names no usable token endpoint", "name `token_url` in place of `issuer`")
    })?;
    if !url.origin().host().eq_ignore_ascii_case(issuer.origin().host()) {
        let hint = "if that is right, name it as `token_url` in place of `issuer`";
        return Err(refused("the metadata names a token endpoint on another host", hint));
    }
    Ok(url)
}

fn refused(detail: &str, hint: &'static str) -> IssueFault {
    IssueFault { verdict: IssueVerdict::Refused, detail: detail.to_owned(), hint: Some(hint) }
}

#[cfg(test)]
mod tests {
    use super::read;
    use hallpass_core::IssueVerdict;

    #[test]
    fn only_the_issuers_own_word_about_its_own_host_counts() {
        let issuer = "https://idp.example/a".parse().unwrap();
        let document = |issuer: &str, endpoint: &str| {
            serde_json::json!({ "issuer": issuer, "token_endpoint": endpoint, "other": [1] }).to_string()
        };
        let good = document("https://idp.example/a", "https://IDP.example:8443/token");
        assert_eq!(read(good.as_bytes(), &issuer).unwrap().uri(), "https://IDP.example:8443/token");
        let own = "https://idp.example/a";
        let refused = [
            document("https://idp.example/a/", "https://idp.example/token"),
            document("https://evil.example", "https://idp.example/token"),
            document(own, "https://evil.example/token"),
            document(own, "https://idp.example.evil/token"),
            document(own, "https://idp.example@evil.example/token"),
            document(own, "http://idp.example/token"),
            document(own, "https://idp.example"),
            document(own, "/token"),
            document(own, ""),
        ];
        for text in refused {
            let fault = read(text.as_bytes(), &issuer).unwrap_err();
            assert_eq!(fault.verdict, IssueVerdict::Refused, "{text}");
            assert!(!format!("{fault:?}").contains("evil"));
        }
        for text in ["", "<html>", "[]", "{}", "null", r#"{"issuer":"https://idp.example/a"}"#] {
            let fault = read(text.as_bytes(), &issuer).unwrap_err();
            assert!(matches!(fault.verdict, IssueVerdict::Passing { .. }), "{text}");
        }
        let twice = r#"{"issuer":"https://idp.example/a","token_endpoint":"https://idp.example/a","token_endpoint":"https://idp.example/b"}"#;
        assert!(read(twice.as_bytes(), &issuer).is_err());
    }
}
