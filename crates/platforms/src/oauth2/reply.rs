//! Token endpoint answers, read without trusting them.

use hallpass_core::token::read_lifetime;
use hallpass_core::{Grant, Secret};
use serde::Deserialize;
use serde_json::Value;

/// What a token endpoint's body says.
#[derive(Debug)]
pub(crate) enum TokenReply {
    /// A token.
    Granted(Grant),
    /// An error document.
    Refused(ErrorReply),
    /// A token of a type that is sent in another way: asking again yields the same.
    NotBearer,
    /// Neither; the text says why.
    Unusable(&'static str),
}

/// The members of an error document (RFC 6749 5.2).
#[derive(Debug)]
pub(crate) struct ErrorReply {
    /// The `error` member, if it is a plain word; it is the only text of the answer that may be shown.
    pub(crate) error: String,
    /// Everything that describes it, in lower case, for recognising; never shown, since a server may echo a secret there.
    pub(crate) description: String,
}

/// Reads the body of a token endpoint's answer.
///
/// The status is not asked: an `error` member is an error whatever came with it. Known members that occur twice make the body unusable, because two
/// readers could take different ones.
pub(crate) fn read_reply(body: &[u8]) -> TokenReply {
    let Ok(wire) = serde_json::from_slice::<Wire>(body) else {
        return TokenReply::Unusable("the answer is not a JSON object of the expected form");
    };
    if let Some(error) = wire.error.filter(|error| !error.is_empty()) {
        let texts = [wire.error_description, wire.camel_case_description, wire.description, wire.message];
        let texts = texts.iter().flatten().filter_map(Value::as_str);
        let description = texts.collect::<Vec<_>>().join("\n");
        return TokenReply::Refused(ErrorReply {
            error: plain_word(&error),
            description: description.to_ascii_lowercase(),
        });
    }
    match (wire.access_token, wire.token_type) {
        (None, _) => TokenReply::Unusable("the answer has no access token"),
        (Some(_), Some(kind)) if !kind.eq_ignore_ascii_case("bearer") => TokenReply::NotBearer,
        (Some(token), _) => TokenReply::Granted(Grant {
            access_token: Secret::from(token),
            lifetime: read_lifetime(wire.expires_in.as_ref()),
            scope: wire.scope.and_then(|scope| scope.as_str().map(str::to_owned)),
        }),
    }
}

#[derive(Deserialize)]
struct Wire {
    access_token: Option<String>,
    token_type: Option<String>,
    expires_in: Option<Value>,
    scope: Option<Value>,
    error: Option<String>,
    error_description: Option<Value>,
    /// As CXone's specification spells it.
    #[serde(rename = "errorDescription")]
    camel_case_description: Option<Value>,
    description: Option<Value>,
    message: Option<Value>,
}

fn plain_word(error: &str) -> String {
    let plain = error.len() <= 64
        && error.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'.'));
    if plain { error.to_owned() } else { "an unknown error".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{TokenReply, read_reply};

    #[test]
    fn a_token_is_read() {
        let reply = read_reply(
            br#"{"access_token":"t","token_type":"Bearer","expires_in":"300","scope":"a b","extra":1}"#,
        );
        let TokenReply::Granted(grant) = reply else { panic!("{reply:?}") };
        assert_eq!(grant.lifetime.map(|life| life.as_secs()), Some(300));
        assert_eq!(grant.scope.as_deref(), Some("a b"));
    }

    #[test]
    fn a_description_is_found_under_every_name() {
        for name in ["error_description", "errorDescription", "description", "message"] {
            let body = format!(r#"{{"error":"invalid_grant","{name}":"Wrong KEY"}}"#);
            let TokenReply::Refused(refused) = read_reply(body.as_bytes()) else { panic!("{body}") };
            assert_eq!(refused.description, "wrong key");
        }
    }

    #[test]
    fn a_token_of_another_type_is_told_apart() {
        for kind in ["mac", "BEARER ", "N_A", ""] {
            let body = format!(r#"{{"access_token":"a","token_type":"{kind}"}}"#);
            assert!(matches!(read_reply(body.as_bytes()), TokenReply::NotBearer), "{kind}");
        }
    }

    #[test]
    fn what_is_neither_token_nor_error_is_unusable() {
        let bad: [&[u8]; 12] = [
            b"",
            b"<html>",
            b"null",
            b"[]",
            b"{}",
            br#"{"access_token":1}"#,
            br#"{"access_token":"a","access_token":"b"}"#,
            b"\xef\xbb\xbf{\"access_token\":\"a\"}",
            b"\xff\xfe{\0",
            br#"{"access_token":"a""#,
            br#"{"access_token":null}"#,
            br#"{"access_token":"a"}{"access_token":"b"}"#,
        ];
        for body in bad {
            assert!(matches!(read_reply(body), TokenReply::Unusable(_)), "{}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn an_error_member_wins_over_a_token_and_only_plain_words_are_kept() {
        let reply = read_reply(br#"{"error":"invalid_client","access_token":"t"}"#);
        let TokenReply::Refused(refused) = reply else { panic!("{reply:?}") };
        assert_eq!(refused.error, "invalid_client");
        let TokenReply::Refused(refused) = read_reply(br#"{"error":"Canary-Secret 123"}"#) else { panic!() };
        assert_eq!(refused.error, "an unknown error");
    }
}
