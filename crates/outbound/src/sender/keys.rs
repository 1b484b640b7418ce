//! The public halves of an identity provider's keys, as it publishes them (RFC 7517).

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde::Deserialize;

/// RSA keys that sign, by their id.
#[derive(Clone, Debug, Default)]
pub struct SigningKeys(BTreeMap<String, Numbers>);

#[derive(Clone, Debug)]
struct Numbers {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl SigningKeys {
    /// The keys of a key set that sign with RS256. Others are left out: a provider may publish whatever it likes beside them.
    ///
    /// `None` when `bytes` is no key set.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let set: KeySet = serde_json::from_slice(bytes).ok()?;
        let keys = set.keys.into_iter().filter_map(|key| {
            let key: Key = serde_json::from_value(key).ok()?;
            key.numbers()
        });
        Some(Self(keys.take(MOST_KEYS).collect()))
    }

    /// Whether there is a key of this id.
    #[must_use]
    pub fn holds(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// Whether the key `id` made `signature` of `signed`, with RSASSA-PKCS1-v1_5 and SHA-256 (RS256). A modulus of less than 2048 bits never did.
    pub(super) fn verify(&self, id: &str, signed: &[u8], signature: &[u8]) -> bool {
        self.0.get(id).is_some_and(|Numbers { modulus, exponent }| {
            let key = RsaPublicKeyComponents { n: modulus, e: exponent };
            key.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature).is_ok()
        })
    }
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Key {
    kty: String,
    kid: String,
    n: String,
    e: String,
    // Entra leaves `alg` out, and some providers `use`.
    alg: Option<String>,
    r#use: Option<String>,
}

impl Key {
    fn numbers(self) -> Option<(String, Numbers)> {
        let fits = self.kty == "RSA"
            && self.alg.as_deref().is_none_or(|alg| alg == "RS256")
            && self.r#use.as_deref().is_none_or(|purpose| purpose == "sig");
        if !fits {
            return None;
        }
        let [modulus, exponent] = [&self.n, &self.e].map(|number| URL_SAFE_NO_PAD.decode(number).ok());
        // ring counts leading zeros as part of a number and refuses it.
        let [modulus, exponent] = [modulus?, exponent?].map(without_leading_zeros);
        Some((self.kid, Numbers { modulus, exponent }))
    }
}

fn without_leading_zeros(number: Vec<u8>) -> Vec<u8> {
    number.into_iter().skip_while(|byte| *byte == 0).collect()
}

/// Google publishes two or three, Entra under ten.
const MOST_KEYS: usize = 64;
