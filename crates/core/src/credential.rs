//! Credentials as they rest in a store: a JSON object of secret members, a serial and an environment.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use sha2::Sha256;

use crate::fault::{Fault, FaultCode};
use crate::names::{Environment, Version};
use crate::secret::Secret;
use crate::unresolved::unresolved_reference;

/// A client id and secret (or whatever members the platform's profile needs), as one atomic value.
///
/// All members come from one read of one version: an id of one version is never combined with a secret of another.
#[derive(Clone, Debug)]
pub struct Credential {
    members: BTreeMap<Box<str>, Secret>,
    serial: Option<u64>,
    environment: Option<Environment>,
    version: Version,
}

impl Credential {
    /// Reads the JSON object a store holds. `required` are the members the platform's profile needs.
    ///
    /// # Errors
    /// [`FaultCode::CredentialMalformed`] names every member that is missing, empty or not a string, and never a value.
    pub fn parse(stored: &Secret, version: Version, required: &[&str]) -> Result<Self, Fault> {
        let malformed = |what: String| {
            let hint = format!("store a JSON object with {}", in_words(required));
            Fault::new(FaultCode::CredentialMalformed, what).with_hint(hint)
        };
        // The parser's own message is dropped on purpose: it may quote the text it stumbled over.
        let Ok(Value::Object(object)) = serde_json::from_slice(stored.expose()) else {
            let fault = malformed("it is not a JSON object".into());
            return Err(match unresolved_reference(stored.expose()) {
                Some(origin) => fault.with_hint(format!(
                    "the platform did not resolve a reference to {origin} and passed its text on: let the app's identity read what it names, then restart the app"
                )),
                None => fault,
            });
        };
        let mut credential = Self { members: BTreeMap::new(), serial: None, environment: None, version };
        for (name, value) in object {
            match (name.as_str(), value) {
                ("serial", Value::Number(serial)) => credential.serial = serial.as_u64(),
                ("environment", Value::String(name)) => credential.environment = name.parse().ok(),
                (_, Value::String(text)) => {
                    credential.members.insert(name.into(), Secret::from(text));
                }
                _ => {}
            }
        }
        let usable = |member: &&&str| credential.members.get(**member).is_none_or(Secret::is_empty);
        let missing: Vec<_> = required.iter().filter(usable).copied().collect();
        if missing.is_empty() {
            Ok(credential)
        } else {
            Err(malformed(format!("it lacks {}", in_words(&missing))))
        }
    }

    /// A member, such as `client_secret`.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Secret> {
        self.members.get(name)
    }

    /// The store's version this came from.
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// The count that only the primary store may lower, when the stored value carries one.
    #[must_use]
    pub fn serial(&self) -> Option<u64> {
        self.serial
    }

    /// The environment it was stored for, when the stored value says so.
    #[must_use]
    pub fn environment(&self) -> Option<&Environment> {
        self.environment.as_ref()
    }

    /// Refuses a credential that was stored for another environment. One without an environment is accepted: it was stored by
    /// something that does not know ours.
    ///
    /// # Errors
    /// [`FaultCode::EnvironmentMismatch`], naming both environments.
    pub fn belongs_to(&self, environment: &Environment) -> Result<(), Fault> {
        match &self.environment {
            Some(stored) if stored != environment => Err(Fault::new(
                FaultCode::EnvironmentMismatch,
                format!("stored for `{stored}`, running in `{environment}`"),
            )),
            _ => Ok(()),
        }
    }

    /// Which secret this is, without saying anything about it. Where there are two pairs, an application's and an access key, it changes with either.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let bytes = |name: &str| self.member(name).map(Secret::expose);
        let key = (bytes("access_key_id"), bytes("access_key_secret"));
        match (bytes("client_id"), bytes("client_secret"), key) {
            (Some(id), Some(secret), (Some(key_id), Some(key_secret))) => {
                let joined = Secret::new([secret, b"\0", key_id, b"\0", key_secret].concat());
                Fingerprint::of(id, joined.expose())
            }
            (Some(id), secret, _) => Fingerprint::of(id, secret.unwrap_or_default()),
            (None, _, (id, secret)) => Fingerprint::of(id.unwrap_or_default(), secret.unwrap_or_default()),
        }
    }
}

/// The first eight hexadecimal digits of HMAC-SHA-256 with the client id as key over the secret.
///
/// The same everywhere for the same pair, so that two processes can compare what they hold; 32 bits reveal nothing usable.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 4]);

impl Fingerprint {
    /// The fingerprint of `secret` under the client `id`.
    #[must_use]
    pub fn of(id: &[u8], secret: &[u8]) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(id).expect("HMAC takes a key of any length");
        mac.update(secret);
        let digest = mac.finalize().into_bytes();
        Self([digest[0], digest[1], digest[2], digest[3]])
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl FromStr for Fingerprint {
    type Err = Fault;

    /// Reads what [`fmt::Display`] writes, and nothing else.
    fn from_str(text: &str) -> Result<Self, Fault> {
        let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let number = text.bytes().all(digit).then(|| u32::from_str_radix(text, 16).ok()).flatten();
        match number {
            Some(number) if text.len() == 8 => Ok(Self(number.to_be_bytes())),
            _ => Err(Fault::new(
                FaultCode::ConfigurationInvalid,
                "a fingerprint is eight hexadecimal digits in lower case",
            )),
        }
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

fn in_words(members: &[&str]) -> String {
    members.iter().map(|member| format!("`{member}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::{Credential, Fingerprint};
    use crate::{FaultCode, Secret, Version};

    const NEEDED: &[&str] = &["client_id", "client_secret"];

    fn parse(text: &str) -> Result<Credential, crate::Fault> {
        Credential::parse(&Secret::from(text), Version::new("1"), NEEDED)
    }

    #[test]
    fn members_serial_and_environment_are_read() {
        let text =
            r#"{"client_id":"id","client_secret":"a:b%+= \n","serial":7,"environment":"prod","note":3}"#;
        let credential = parse(text).unwrap();
        assert_eq!(credential.member("client_secret"), Some(&Secret::from("a:b%+= \n")));
        assert_eq!(credential.serial(), Some(7));
        assert!(credential.belongs_to(&"prod".parse().unwrap()).is_ok());
        let fault = credential.belongs_to(&"test".parse().unwrap()).unwrap_err();
        assert_eq!(fault.code(), FaultCode::EnvironmentMismatch);
    }

    #[test]
    fn what_is_missing_is_named_and_nothing_is_echoed() {
        for text in [
            "",
            "canary",
            "[]",
            "{}",
            r#"{"client_id":"canary"}"#,
            r#"{"client_secret":"","CLIENT_ID":"canary"}"#,
        ] {
            let fault = parse(text).unwrap_err();
            assert_eq!(fault.code(), FaultCode::CredentialMalformed);
            assert!(!format!("{fault} {} {fault:?}", fault.hint()).contains("canary"));
        }
        assert!(parse(r#"{"client_id":"x"}"#).unwrap_err().detail().contains("`client_secret`"));
    }

    #[test]
    fn a_reference_that_the_platform_did_not_resolve_is_named_as_such() {
        let fault =
            parse("@Microsoft.KeyVault(SecretUri=https://canary.vault.azure.net/secrets/a)").unwrap_err();
        assert_eq!(fault.code(), FaultCode::CredentialMalformed);
        assert!(fault.hint().contains("did not resolve a reference to Key Vault"), "{}", fault.hint());
        assert!(!format!("{fault} {}", fault.hint()).contains("canary"));
        assert!(!parse("canary").unwrap_err().hint().contains("resolve"));
    }

    #[test]
    fn a_fingerprint_changes_with_either_pair() {
        let print = |client_secret: &str, key_secret: &str| {
            let text = serde_json::json!({
                "client_id": "a", "client_secret": client_secret, "access_key_id": "b", "access_key_secret": key_secret,
            });
            let stored = Secret::from(text.to_string());
            Credential::parse(&stored, Version::new("1"), NEEDED).unwrap().fingerprint()
        };
        assert_eq!(print("x", "y"), print("x", "y"));
        assert_ne!(print("x", "y"), print("x", "z"));
        assert_ne!(print("x", "y"), print("z", "y"));
    }

    #[test]
    fn a_fingerprint_tells_pairs_apart() {
        let print = Fingerprint::of(b"id", b"secret");
        assert_eq!(print, Fingerprint::of(b"id", b"secret"));
        assert_ne!(print, Fingerprint::of(b"id2", b"secret"));
        assert_eq!(print.to_string().len(), 8);
        assert_eq!(print.to_string().parse::<Fingerprint>().unwrap(), print);
        for bad in ["", "0123456", "012345678", "0123456G", "0123456F", "+1234567"] {
            assert!(bad.parse::<Fingerprint>().is_err(), "{bad}");
        }
    }
}
