//! What a chain is sealed with.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac as _};
use sha2::Sha256;

use super::line::Mac;
use crate::fault::{Fault, FaultCode};
use crate::secret::Secret;

/// The key of a chain, prepared: one seal costs no set-up of the key again.
#[derive(Clone)]
pub struct ChainKey {
    mac: Hmac<Sha256>,
    id: KeyId,
}

/// Which key it was, without saying anything about it: 8 hex digits, or `public`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId(String);

impl ChainKey {
    /// The key in what a store holds: the text `key` of a JSON object, or else all of it without a final line end.
    ///
    /// # Errors
    /// `credential-malformed` below 32 bytes: RFC 2104 section 3 wants a key as long as the hash's output. Nothing of it is quoted.
    pub fn from_stored(value: &Secret) -> Result<Self, Fault> {
        let malformed =
            |what: &str| Fault::new(FaultCode::CredentialMalformed, format!("`audit.key`: {what}"));
        let bytes = value.expose();
        if bytes.first() == Some(&b'{') {
            // The parser's own message may quote what it stumbled over.
            let document: Result<Document, _> = serde_json::from_slice(bytes);
            let document = document.map_err(|_| malformed("the stored object has no text `key`"))?;
            return Self::new(document.key.expose(), &malformed);
        }
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        Self::new(bytes.strip_suffix(b"\r").unwrap_or(bytes), &malformed)
    }

    fn new(bytes: &[u8], malformed: &dyn Fn(&str) -> Fault) -> Result<Self, Fault> {
        if bytes.len() < SHORTEST {
            let fault = malformed("it is shorter than 32 bytes");
            return Err(fault.with_hint("make one with `openssl rand -hex 32`"));
        }
        let mac = prepared(bytes);
        let digest = sealed(&mac, &[b"hallpass audit key"]);
        let id = digest.0[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { mac, id: KeyId(id) })
    }

    /// The key that everybody has: it finds accidents, and no forger.
    #[must_use]
    pub fn public() -> Self {
        Self { mac: prepared(b"hallpass audit chain without a key"), id: KeyId(PUBLIC.to_owned()) }
    }

    /// Which key it is.
    #[must_use]
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The seal of `bytes` behind `previous`.
    pub(super) fn seal(&self, previous: &Mac, bytes: &[u8]) -> Mac {
        sealed(&self.mac, &[&previous.0, bytes])
    }
}

impl KeyId {
    /// Whether it is the key that everybody has.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.0 == PUBLIC
    }

    pub(super) fn of_text(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ChainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChainKey").field("id", &self.id).finish_non_exhaustive()
    }
}

#[derive(serde::Deserialize)]
struct Document {
    #[serde(deserialize_with = "secret")]
    key: Secret,
}

fn secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    serde::Deserialize::deserialize(deserializer).map(|text: String| Secret::from(text))
}

fn prepared(key: &[u8]) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length")
}

fn sealed(prepared: &Hmac<Sha256>, pieces: &[&[u8]]) -> Mac {
    let mut mac = prepared.clone();
    pieces.iter().for_each(|piece| mac.update(piece));
    Mac(mac.finalize().into_bytes().into())
}

const PUBLIC: &str = "public";
/// The length of what SHA-256 puts out.
const SHORTEST: usize = 32;

#[cfg(test)]
mod tests {
    use super::ChainKey;
    use crate::secret::Secret;

    #[test]
    fn a_key_is_the_same_in_an_object_and_alone() {
        let text = "0123456789abcdef0123456789abcdef";
        let keys = [text.to_owned(), format!("{text}\n"), format!("{{\"key\":\"{text}\",\"serial\":3}}")]
            .map(|stored| ChainKey::from_stored(&Secret::from(stored)).unwrap().id().clone());
        assert!(keys[0] == keys[1] && keys[1] == keys[2] && !keys[0].is_public());
    }

    #[test]
    fn a_key_that_is_too_short_or_no_key_is_refused_and_not_quoted() {
        for stored in ["canary", "", "{\"key\":\"canary\"}", "{\"canary\":1}", "{canary"] {
            let fault = ChainKey::from_stored(&Secret::from(stored)).unwrap_err();
            assert!(!format!("{fault} {fault:?}").contains("canary"), "{fault:?}");
        }
    }
}
