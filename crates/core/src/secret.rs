//! The only type that holds secret bytes.
//!
//! It is masked in `Debug` and `Display`, compared in constant time, wiped when dropped, and cannot be
//! serialised. What it cannot reach is said in `SECURITY.md`: copies made by a TLS stack, by a JSON parser's
//! scratch space or by the kernel.

use std::fmt;

use secrecy::{ExposeSecret, SecretSlice};
use subtle::ConstantTimeEq;

/// Secret bytes: a client secret, a token, a pass, a key.
#[derive(Clone)]
pub struct Secret(SecretSlice<u8>);

impl Secret {
    /// Takes ownership of `bytes`. The allocation is shrunk here once, and wiped on drop.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(SecretSlice::from(bytes))
    }

    /// The bytes. Every call is a place to review: what is exposed here must not be stored or printed.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.expose_secret()
    }

    /// The bytes as text, or `None` when they are not UTF-8.
    #[must_use]
    pub fn expose_str(&self) -> Option<&str> {
        std::str::from_utf8(self.expose()).ok()
    }

    /// How many bytes it holds. A length is not a secret here, but it is never printed either.
    #[must_use]
    pub fn len(&self) -> usize {
        self.expose().len()
    }

    /// Whether it holds no byte at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text.into_bytes())
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text.as_bytes().to_vec())
    }
}

impl PartialEq for Secret {
    /// Constant in time for equal lengths: a comparison must not tell how much of a guess was right.
    fn eq(&self, other: &Self) -> bool {
        self.expose().ct_eq(other.expose()).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// What is printed where a secret would stand.
const MASK: &str = "[masked]";

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn it_prints_masked_in_every_form() {
        let secret = Secret::from("canary-7f");
        for text in [format!("{secret}"), format!("{secret:?}"), format!("{:#?}", Some(&secret))] {
            assert!(!text.contains("canary"), "{text}");
            assert!(text.contains("[masked]"));
        }
    }

    #[test]
    fn equality_is_of_bytes() {
        assert_eq!(Secret::from("a"), Secret::from("a"));
        assert_ne!(Secret::from("a"), Secret::from("b"));
        assert_ne!(Secret::from("a"), Secret::from("aa"));
    }
}
