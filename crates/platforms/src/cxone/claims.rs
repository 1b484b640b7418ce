//! The tenant that a token answer is about.
//!
//! The claims are read without looking at the signature. The answer came over TLS from the issuer itself, which is what OpenID Connect Core 3.1.3.7 asks
//! for in place of a signature; and what is read decides nothing but which of the issuer's own documents is asked for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::settings::TenantId;

/// The claim `tenantId` of the `id_token`, else of the `access_token`.
pub(super) fn tenant(answer: &[u8]) -> Option<TenantId> {
    let tokens: Tokens<'_> = serde_json::from_slice(answer).ok()?;
    [tokens.id_token, tokens.access_token].into_iter().flatten().find_map(of_token)
}

fn of_token(token: &str) -> Option<TenantId> {
    let mut parts = token.split('.');
    let (_header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let claims: Claims = serde_json::from_slice(&payload).ok()?;
    claims.tenant_id?.parse().ok()
}

/// A JWT has no character that JSON would escape, so borrowing copies nothing.
#[derive(Deserialize)]
struct Tokens<'a> {
    #[serde(borrow, default)]
    id_token: Option<&'a str>,
    #[serde(borrow, default)]
    access_token: Option<&'a str>,
}

#[derive(Deserialize)]
struct Claims {
    #[serde(rename = "tenantId")]
    tenant_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::tenant;
    use crate::settings::TenantId;
    use base64::Engine as _;
    use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};

    #[test]
    fn the_tenant_is_read_from_either_token() {
        let token = |claims: &str| format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims));
        let (a, b) = (token(r#"{"tenantId":"aa-1","x":"ü"}"#), token(r#"{"tenantId":"bb-2"}"#));
        let padded = format!("e30.{}.", URL_SAFE.encode(r#"{"tenantId":"cc-3"}"#));
        let cases = [
            (format!(r#"{{"id_token":"{a}","access_token":"{b}"}}"#), Some("aa-1")),
            (format!(r#"{{"id_token":"opaque","access_token":"{b}"}}"#), Some("bb-2")),
            (format!(r#"{{"id_token":null,"access_token":"{padded}"}}"#), Some("cc-3")),
            (r#"{"access_token":"opaque"}"#.to_owned(), None),
            (format!(r#"{{"access_token":"{}"}}"#, token("{}")), None),
            (format!(r#"{{"access_token":"{}"}}"#, token(r#"{"tenantId":7}"#)), None),
            (format!(r#"{{"access_token":"{}"}}"#, token(r#"{"tenantId":"a&b=c"}"#)), None),
            (format!(r#"{{"access_token":"{}"}}"#, token(r#"{"tenantId":"a","tenantId":"b"}"#)), None),
            (r#"{"access_token":"..."}"#.to_owned(), None),
            ("<html>".to_owned(), None),
        ];
        for (answer, expected) in cases {
            assert_eq!(tenant(answer.as_bytes()).as_ref().map(TenantId::as_str), expected, "{answer}");
        }
    }
}
