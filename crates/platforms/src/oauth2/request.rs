//! Token requests as forms (RFC 6749 2.3.1, 4.3, 4.4): the one function that builds them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hallpass_core::{Credential, IssueFault, IssueVerdict, Secret};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request};

use crate::form::{FormWriter, encode_into, longest};
use crate::settings::ClientAuth;
use crate::token_url::TokenUrl;

/// A form to a token endpoint.
#[derive(Clone, Debug)]
pub(crate) struct TokenForm<'a> {
    /// How the client shows `client_id` and `client_secret`.
    pub(crate) auth: ClientAuth,
    /// The `grant_type`, which comes first.
    pub(crate) grant: &'static str,
    /// The other fields, in this order; those of the client come before them.
    pub(crate) fields: &'a [(&'a str, &'a [u8])],
    /// Whether to say that JSON is wanted.
    pub(crate) asks_for_json: bool,
}

impl TokenForm<'_> {
    /// The request to `url`, with the client of `credential`.
    pub(crate) fn request(
        &self,
        url: &TokenUrl,
        credential: &Credential,
    ) -> Result<Request<Secret>, IssueFault> {
        let (id, secret) = (member(credential, "client_id"), member(credential, "client_secret"));
        let lengths = self.fields.iter().map(|(name, value)| name.len() + value.len() + 2).sum::<usize>();
        let mut form =
            FormWriter::with_room_for(longest(64 + self.grant.len() + lengths + id.len() + secret.len()));
        form.field("grant_type", self.grant.as_bytes());
        if self.auth == ClientAuth::Post {
            form.field("client_id", id);
            form.field("client_secret", secret);
        }
        for (name, value) in self.fields {
            form.field(name, value);
        }
        let mut request = Request::new(form.finish());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = url.uri();
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        if self.asks_for_json {
            headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        }
        match self.auth {
            ClientAuth::Post => {}
            ClientAuth::Basic => drop(headers.insert(AUTHORIZATION, basic(&encoded(id), &encoded(secret))?)),
            ClientAuth::BasicRaw => drop(headers.insert(AUTHORIZATION, basic(id, secret)?)),
        }
        Ok(request)
    }
}

/// A member of a credential. All members that a profile needs were found there when it was read.
pub(crate) fn member<'c>(credential: &'c Credential, name: &str) -> &'c [u8] {
    credential.member(name).map_or(&b""[..], Secret::expose)
}

/// `Basic` over `id:secret` (RFC 7617), marked so that it is never printed.
fn basic(id: &[u8], secret: &[u8]) -> Result<HeaderValue, IssueFault> {
    let mut pair = Vec::with_capacity(id.len() + 1 + secret.len());
    pair.extend_from_slice(id);
    pair.push(b':');
    pair.extend_from_slice(secret);
    let pair = Secret::new(pair);
    let text = Secret::from(format!("Basic {}", STANDARD.encode(pair.expose())));
    let value = HeaderValue::from_bytes(text.expose());
    let mut value = value.map_err(|_| IssueFault {
        verdict: IssueVerdict::Refused,
        detail: "the credential cannot stand in a header".into(),
        hint: None,
    })?;
    value.set_sensitive(true);
    Ok(value)
}

fn encoded(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(longest(text.len()));
    encode_into(&mut out, text);
    out
}

#[cfg(test)]
mod tests {
    use super::TokenForm;
    use crate::settings::ClientAuth;
    use hallpass_core::{Credential, Secret, Version};

    fn sent(auth: ClientAuth, id: &str, secret: &str) -> (Option<String>, String) {
        let stored = Secret::from(serde_json::json!({"client_id": id, "client_secret": secret}).to_string());
        let credential =
            Credential::parse(&stored, Version::new("1"), &["client_id", "client_secret"]).unwrap();
        let form = TokenForm {
            auth,
            grant: "client_credentials",
            fields: &[("scope", b"a b")],
            asks_for_json: true,
        };
        let request = form.request(&"https://x/token".parse().unwrap(), &credential).unwrap();
        let shown = format!("{request:?}");
        assert!(!shown.contains(secret) && !shown.contains("Basic "), "{shown}");
        let header = request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
        (header, request.body().expose_str().unwrap().to_owned())
    }

    /// The expected texts are from Python: `urllib.parse.quote_plus` and `base64.b64encode`.
    #[test]
    fn every_id_and_secret_arrives_in_every_encoding() {
        let cases = [
            ("id", "s3cret", "aWQ6czNjcmV0", "aWQ6czNjcmV0", "client_id=id&client_secret=s3cret"),
            ("i:d", "a:b=", "aSUzQWQ6YSUzQWIlM0Q=", "aTpkOmE6Yj0=", "client_id=i%3Ad&client_secret=a%3Ab%3D"),
            ("a%b", "c+d e", "YSUyNWI6YyUyQmQrZQ==", "YSViOmMrZCBl", "client_id=a%25b&client_secret=c%2Bd+e"),
            (
                "ü",
                "käse&",
                "JUMzJUJDOmslQzMlQTRzZSUyNg==",
                "w7w6a8Okc2Um",
                "client_id=%C3%BC&client_secret=k%C3%A4se%26",
            ),
        ];
        for (id, secret, encoded, raw, posted) in cases {
            let plain = "grant_type=client_credentials&scope=a+b".to_owned();
            assert_eq!(
                sent(ClientAuth::Basic, id, secret),
                (Some(format!("Basic {encoded}")), plain.clone())
            );
            assert_eq!(sent(ClientAuth::BasicRaw, id, secret), (Some(format!("Basic {raw}")), plain));
            let body = format!("grant_type=client_credentials&{posted}&scope=a+b");
            assert_eq!(sent(ClientAuth::Post, id, secret), (None, body));
        }
    }
}
