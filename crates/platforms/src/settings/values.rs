//! The values of single keys, as types that cannot be wrong.

use std::fmt;
use std::str::FromStr;

use hallpass_outbound::Origin;

/// Why a text is not such a value. Says what was expected, never what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ValueFault(pub(super) &'static str);

macro_rules! texts {
    ($($(#[$doc:meta])* $type:ident, $fits:expr, $expected:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $type(String);

        impl $type {
            /// As written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = ValueFault;

            fn from_str(text: &str) -> Result<Self, ValueFault> {
                let fits: fn(&str) -> bool = $fits;
                if fits(text) { Ok(Self(text.to_owned())) } else { Err(ValueFault($expected)) }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

texts! {
    /// An organisation's short name: one label of a host name.
    Organization, is_label, "expected an organisation's short name: letters, digits and hyphens";
    /// A tenant's id. CXone's are UUIDs; the form is left wider, since only equality matters.
    TenantId, |text| is_within(text, 64) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'),
        "expected a tenant's id, such as 11111111-2222-3333-4444-555555555555";
    /// The name of an upstream: the first path segment at the sidecar.
    UpstreamName, |text| is_label(text) && text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.contains(|each: char| each.is_ascii_uppercase()),
        "expected a name of the form [a-z][a-z0-9-]{0,62}";
    /// Scopes, separated by single spaces (RFC 6749 3.3).
    Scope, |text| is_within(text, 2048) && text.split(' ').all(is_scope_token),
        "expected scopes separated by single spaces, without quotes and backslashes";
    /// A resource: an absolute URI without fragment (RFC 8707 2).
    Resource, |text| is_within(text, 2048) && text.contains(':') && !text.contains('#')
        && text.bytes().all(|byte| byte.is_ascii_graphic()),
        "expected an absolute URI without fragment, such as https://api.example.com";
    /// For whom a token shall be: whatever the server calls it.
    Audience, |text| is_within(text, 2048) && !text.contains(char::is_control), "expected a text of 1 to 2048 bytes without control characters";
    /// A form parameter of ours to add: none that hallpass sets itself.
    ParameterName, |text| is_within(text, 64) && !RESERVED.contains(&text)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')),
        "expected a parameter's name that hallpass does not set itself: letters, digits, `_`, `-` and `.`";
}

impl TenantId {
    /// Whether both name the same tenant: hexadecimal digits come in both cases.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Scope {
    /// The scopes of `granted` that were not asked for, as far as they have the form of a scope.
    pub(crate) fn beyond<'g>(&self, granted: &'g str) -> Vec<&'g str> {
        let asked = |scope: &str| self.0.split(' ').any(|each| each == scope);
        granted.split(' ').filter(|scope| is_scope_token(scope) && !asked(scope)).collect()
    }
}

/// Where one of several upstreams is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpstreamPlace {
    /// There.
    At(Origin),
    /// Where the platform says after a login.
    Discovered,
}

impl FromStr for UpstreamPlace {
    type Err = ValueFault;

    fn from_str(text: &str) -> Result<Self, ValueFault> {
        match text {
            "discovered" => Ok(Self::Discovered),
            _ => text
                .parse()
                .map(Self::At)
                .map_err(|fault: hallpass_outbound::OriginFault| ValueFault(fault.as_str())),
        }
    }
}

/// How a client shows its id and secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    /// `Authorization: Basic`, each of the two form-encoded first (RFC 6749 2.3.1).
    Basic,
    /// `Authorization: Basic` of the two as they are: what many servers really expect.
    BasicRaw,
    /// `client_id` and `client_secret` in the form.
    Post,
}

impl ClientAuth {
    /// The choices, as they are written.
    pub const NAMES: &'static [&'static str] = &["basic", "basic-raw", "post"];
}

impl FromStr for ClientAuth {
    type Err = ValueFault;

    fn from_str(text: &str) -> Result<Self, ValueFault> {
        match text {
            "basic" => Ok(Self::Basic),
            "basic-raw" => Ok(Self::BasicRaw),
            "post" => Ok(Self::Post),
            _ => Err(ValueFault("expected \"basic\", \"basic-raw\" or \"post\"")),
        }
    }
}

/// One label of a host name (RFC 1123 2.1).
fn is_label(text: &str) -> bool {
    is_within(text, 63)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn is_scope_token(text: &str) -> bool {
    is_within(text, 256) && text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

fn is_within(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len())
}

/// The parameters that hallpass sets itself, or that would make the server take the request for another one.
const RESERVED: &[&str] = &[
    "grant_type",
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "username",
    "password",
    "refresh_token",
    "scope",
    "audience",
    "resource",
];

#[cfg(test)]
mod tests {
    use super::{
        ClientAuth, Organization, ParameterName, Resource, Scope, TenantId, UpstreamName, UpstreamPlace,
    };
    use std::str::FromStr;

    fn judge<T: FromStr>(good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(text.parse::<T>().is_ok(), "{text}");
        }
        for text in bad {
            assert!(text.parse::<T>().is_err(), "{text}");
        }
    }

    #[test]
    fn values_have_their_form() {
        judge::<Organization>(
            &["acme", "a-1", "ACME"],
            &["", "a.b", "a/b", "-a", "a-", "a@b", "ä", &"a".repeat(64)],
        );
        judge::<TenantId>(&["11111111-2222-3333-4444-555555555555"], &["", "a&b", "a b", &"a".repeat(65)]);
        judge::<UpstreamName>(&["api", "a1-b"], &["", "Api", "1a", "a_b", "a/b", "-a", ".."]);
        judge::<Scope>(&["a", "a:b c/d"], &["", " a", "a  b", "a\"b", "a\\b", "ä"]);
        judge::<Resource>(&["https://x", "urn:x:y"], &["", "x", "https://x#y", "https://x y"]);
        judge::<super::Audience>(&["https://x/", "käse a"], &["", "a\nb"]);
        judge::<ParameterName>(&["tenant", "x_y-z.1"], &["", "scope", "client_id", "a=b", "a b", "ä"]);
        judge::<ClientAuth>(ClientAuth::NAMES, &["", "Basic", "none"]);
        judge::<UpstreamPlace>(&["discovered", "https://x"], &["", "Discovered", "http://x", "https://x/y"]);
    }

    #[test]
    fn what_was_not_asked_for_is_beyond() {
        let asked: Scope = "a b".parse().unwrap();
        assert!(asked.beyond("b a").is_empty());
        assert!(asked.beyond("").is_empty());
        assert_eq!(asked.beyond("a c \"odd\" *"), ["c", "*"]);
    }
}
