//! Names that cannot be wrong: parsed once at the edge, never checked again.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::fault::{Fault, FaultCode};

macro_rules! name {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(Box<str>);

        impl $type {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
    };
}

/// Reads a name back by the rule that any text of a person has to pass.
macro_rules! parsed_name {
    ($($type:ident),*) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

parsed_name!(IntegrationName, Environment, EntryName);

name! {
    /// The name of an integration: `[a-z][a-z0-9-]{0,62}`. It is the first path segment at the sidecar and the client id
    /// of a local login, so it must survive both unescaped.
    IntegrationName
}

name! {
    /// The name of a deployment environment such as `prod`; written beside a stored secret so that a secret of one environment is
    /// refused in another. Letters, digits, `-` and `_`, at most 63.
    Environment
}

name! {
    /// What a store calls an entry. Any printable text without control characters, at most 512 bytes: each store knows its own rules.
    EntryName
}

name! {
    /// A store's own identifier of one version of an entry. Opaque; equal means equal content.
    Version
}

impl FromStr for IntegrationName {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let mut bytes = text.bytes();
        let first = bytes.next().is_some_and(|byte| byte.is_ascii_lowercase());
        let rest = bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if first && rest && text.len() <= 63 {
            return Ok(Self(text.into()));
        }
        Err(Fault::new(
            FaultCode::ConfigurationInvalid,
            "an integration's name is not of the form [a-z][a-z0-9-]{0,62}",
        ))
    }
}

impl FromStr for Environment {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let fine = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if fine && (1..=63).contains(&text.len()) {
            return Ok(Self(text.into()));
        }
        Err(Fault::new(
            FaultCode::ConfigurationInvalid,
            "an environment is 1 to 63 letters, digits, `-` or `_`",
        ))
    }
}

impl FromStr for EntryName {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        if (1..=512).contains(&text.len()) && !text.chars().any(char::is_control) {
            return Ok(Self(text.into()));
        }
        Err(Fault::new(
            FaultCode::ReferenceMalformed,
            "an entry's name is 1 to 512 bytes without control characters",
        ))
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::deserialize(deserializer).map(Self)
    }
}

impl Version {
    /// A version as the store names it.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self(id.into())
    }
}

#[cfg(test)]
mod tests {
    use super::{EntryName, Environment, IntegrationName};

    #[test]
    fn integration_names_are_path_segments() {
        for good in ["a", "queue-sync", "q2", &"a".repeat(63)] {
            assert!(good.parse::<IntegrationName>().is_ok(), "{good}");
        }
        for bad in ["", "Queue", "2q", "-a", "a_b", "a/b", "a.b", "é", &"a".repeat(64)] {
            assert!(bad.parse::<IntegrationName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn other_names_refuse_control_characters() {
        assert!("prod/queue-sync".parse::<EntryName>().is_ok());
        assert!("a\nb".parse::<EntryName>().is_err());
        assert!("prod".parse::<Environment>().is_ok());
        assert!("prod env".parse::<Environment>().is_err());
    }
}
