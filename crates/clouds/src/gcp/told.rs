//! What an error of Google's SDK tells, as plain data.
//!
//! Nothing is kept but what is known to be harmless: statuses, reasons and ids of a narrow alphabet, and words we looked for. Messages may
//! repeat what was sent, so none is ever copied.

use std::error::Error as StdError;
use std::time::Duration;

use google_cloud_gax::error::Error;
use google_cloud_gax::error::rpc::{Code, Status, StatusDetails};

use super::identity::Trouble;

/// What happened to one request.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Told {
    pub(super) kind: Kind,
    /// The HTTP status, where one came.
    pub(super) http: Option<u16>,
    /// Google's machine-readable reason (`ErrorInfo.reason`), such as `IAM_PERMISSION_DENIED`.
    pub(super) reason: Option<String>,
    /// What Google calls this request (`RequestInfo.request_id`, AIP-193), where it says so.
    pub(super) request: Option<String>,
    /// When to come back (`RetryInfo.retry_delay`, or the header `Retry-After` in seconds).
    pub(super) retry_after: Option<Duration>,
    /// Words found in the message.
    pub(super) words: Words,
}

/// The sort of trouble.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// Google refused, with a status of its own.
    Refused(Code),
    /// Something answered with an HTTP status and no error of Google's form.
    Strange,
    /// No access token could be had.
    NoToken(Trouble),
    /// No connection: why, in words.
    NoConnection(&'static str),
    /// No answer within the time there was, in seconds.
    Late(Duration),
    /// The connection broke before an answer was whole.
    Broken,
    /// What came was not HTTP, or not what was asked for.
    Unreadable,
    /// The SDK could not be opened: it found no certificate authorities to trust.
    NoRoots,
}

/// Words that Google's messages are known to contain: <https://github.com/external-secrets/external-secrets/issues/4042> shows the first two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) disabled: bool,
    pub(super) destroyed: bool,
    /// The message speaks of an encryption key of the customer's.
    pub(super) key: bool,
}

impl Told {
    pub(super) fn of(kind: Kind) -> Self {
        Self { kind, http: None, reason: None, request: None, retry_after: None, words: Words::default() }
    }

    /// Reads an error of the SDK.
    pub(super) fn by(error: &Error) -> Self {
        if let Some(trouble) = in_chain(error, |cause| cause.downcast_ref::<Trouble>().cloned()) {
            return Self::of(Kind::NoToken(trouble));
        }
        let mut told = match error.status() {
            Some(status) => Self::by_status(status),
            None => Self::of(Self::kind_without_status(error)),
        };
        told.http = error.http_status_code();
        let header = |name: &str| error.http_headers()?.get(name)?.to_str().ok();
        if told.retry_after.is_none() {
            told.retry_after =
                header("retry-after").and_then(|value| value.parse().ok()).map(Duration::from_secs);
        }
        told
    }

    /// Whether Google knows nothing of that name. An alias that is unknown may also be answered as one that is malformed: before there were
    /// aliases, everything but numbers was.
    pub(super) fn is_absent(&self) -> bool {
        matches!(self.kind, Kind::Refused(Code::NotFound))
    }

    /// Whether the access token was refused, which says nothing about the next one.
    pub(super) fn is_unauthenticated(&self) -> bool {
        matches!(self.kind, Kind::Refused(Code::Unauthenticated))
            || (self.kind == Kind::Strange && self.http == Some(401))
    }

    fn by_status(status: &Status) -> Self {
        let mut told = Self::of(Kind::Refused(status.code));
        let upper = status.message.to_ascii_uppercase();
        told.words = Words {
            disabled: upper.contains("DISABLED"),
            destroyed: upper.contains("DESTROYED"),
            key: upper.contains("KMS") || upper.contains("CRYPTOKEY"),
        };
        for detail in &status.details {
            match detail {
                StatusDetails::ErrorInfo(info) => told.reason = harmless(&info.reason),
                StatusDetails::RequestInfo(info) => told.request = harmless(&info.request_id),
                StatusDetails::RetryInfo(info) => {
                    let seconds = info.retry_delay.as_ref().map(google_cloud_wkt::Duration::seconds);
                    told.retry_after =
                        seconds.and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs);
                }
                _ => {}
            }
        }
        told
    }

    fn kind_without_status(error: &Error) -> Kind {
        let says = |words: &[&str]| {
            let found = |cause: &(dyn StdError + 'static)| {
                let text = cause.to_string().to_ascii_lowercase();
                words.iter().any(|word| text.contains(word)).then_some(())
            };
            in_chain(error, found).is_some()
        };
        if error.http_status_code().is_some() {
            Kind::Strange
        } else if error.is_connect() {
            Kind::NoConnection(if says(&["dns", "lookup address"]) {
                "its name does not resolve"
            } else if says(&["certificate", "tls", "handshake"]) {
                "no TLS connection can be made"
            } else if says(&["refused"]) {
                "the connection is refused"
            } else {
                "no connection can be made"
            })
        } else if error.is_deserialization() || says(&["invalid http", "parse"]) {
            Kind::Unreadable
        } else {
            Kind::Broken
        }
    }
}

/// A word of Google's that may be shown: of the alphabet of identifiers, and not long.
fn harmless(text: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte);
    (!text.is_empty() && text.len() <= 128 && text.bytes().all(plain)).then(|| text.to_owned())
}

/// The first finding in an error or what caused it.
pub(super) fn in_chain<T>(
    error: &(dyn StdError + 'static),
    find: impl Fn(&(dyn StdError + 'static)) -> Option<T>,
) -> Option<T> {
    let mut cause = Some(error);
    while let Some(present) = cause {
        if let Some(found) = find(present) {
            return Some(found);
        }
        cause = present.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io;

    use google_cloud_gax::error::Error;

    use super::{Kind, Told, harmless};

    #[test]
    fn only_identifiers_are_shown() {
        assert_eq!(harmless("IAM_PERMISSION_DENIED").as_deref(), Some("IAM_PERMISSION_DENIED"));
        for odd in ["", "two words", "{\"client_secret\"", "line\nbreak", &"x".repeat(129)] {
            assert_eq!(harmless(odd), None, "{odd}");
        }
    }

    #[test]
    fn an_error_that_quotes_a_value_tells_none_of_it() {
        let told = Told::by(&Error::deser(io::Error::other("invalid type: string \"canary\"")));
        assert_eq!(told.kind, Kind::Unreadable);
        assert!(!format!("{told:?}").contains("canary"));
    }

    #[test]
    fn connections_fail_for_reasons_with_names() {
        let cases = [
            ("dns error: failed to lookup address", "its name does not resolve"),
            ("invalid peer certificate: UnknownIssuer", "no TLS connection can be made"),
            ("Connection refused (os error 111)", "the connection is refused"),
            ("no route to host", "no connection can be made"),
        ];
        for (text, expected) in cases {
            assert_eq!(Told::by(&Error::connect(io::Error::other(text))).kind, Kind::NoConnection(expected));
        }
        assert_eq!(Told::by(&Error::io(io::Error::other("connection closed"))).kind, Kind::Broken);
        assert_eq!(
            Told::by(&Error::io(io::Error::other("invalid HTTP version parsed"))).kind,
            Kind::Unreadable
        );
    }
}
