//! KMS: keys, and what they seal. A ciphertext here is readable by anybody; what counts is who may open it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::answer::{Refused, required};
use super::{ACCOUNT, Aws};

/// All keys of the account.
#[derive(Debug, Default)]
pub(super) struct Keys(BTreeMap<String, Key>);

#[derive(Debug)]
struct Key {
    region: String,
    enabled: bool,
}

impl Aws {
    /// What `sealed`, a ciphertext of KMS as Base64, holds under the encryption context; none where it is another's.
    #[must_use]
    pub fn decrypt(&self, region: &str, sealed: &str, context: &BTreeMap<String, String>) -> Option<String> {
        self.change(|state| {
            let asked = json!({ "CiphertextBlob": sealed, "EncryptionContext": context });
            let answer = state.keys.answer(region, "Decrypt", &asked, 0).ok()?;
            let plain = STANDARD.decode(answer["Plaintext"].as_str()?).ok()?;
            String::from_utf8(plain).ok()
        })
    }
}

impl Keys {
    pub(super) fn create(&mut self, region: &str, number: u64) -> String {
        let id = format!("4e700000-0000-4000-8000-{number:012x}");
        self.0.insert(id.clone(), Key { region: region.to_owned(), enabled: true });
        id
    }

    pub(super) fn set_enabled(&mut self, id: &str, enabled: bool) {
        if let Some(key) = self.0.get_mut(bare(id)) {
            key.enabled = enabled;
        }
    }

    /// Whether a secret under this key can be read: AWS's own key always can.
    pub(super) fn opens(&self, id: Option<&str>) -> bool {
        id.is_none_or(|id| {
            id.starts_with("alias/aws/") || self.0.get(bare(id)).is_some_and(|key| key.enabled)
        })
    }

    pub(super) fn seal(&self, id: &str, plain: &[u8], context: &BTreeMap<String, String>) -> String {
        let sealed = json!({ "key": bare(id), "context": context, "plain": STANDARD.encode(plain) });
        STANDARD.encode(sealed.to_string())
    }

    pub(super) fn answer(
        &mut self,
        region: &str,
        operation: &str,
        asked: &Value,
        number: u64,
    ) -> Result<Value, Refused> {
        match operation {
            "CreateKey" => {
                let id = self.create(region, number);
                Ok(json!({ "KeyMetadata": { "KeyId": id, "Arn": arn(region, &id), "Enabled": true } }))
            }
            "EnableKey" | "DisableKey" => {
                let id = required(asked, "KeyId")?;
                self.key(region, id)?;
                self.set_enabled(id, operation == "EnableKey");
                Ok(json!({}))
            }
            "Encrypt" => {
                let id = required(asked, "KeyId")?;
                self.usable(region, id)?;
                let plain = STANDARD.decode(required(asked, "Plaintext")?);
                let plain = plain.map_err(|_| Refused::new("SerializationException", ""))?;
                Ok(
                    json!({ "CiphertextBlob": self.seal(id, &plain, &context(asked)), "KeyId": arn(region, bare(id)) }),
                )
            }
            "Decrypt" => self.decrypt(region, asked),
            _ => Err(Refused::new("UnknownOperationException", "")),
        }
    }

    fn decrypt(&self, region: &str, asked: &Value) -> Result<Value, Refused> {
        // One answer for everything that is wrong with it, as KMS has it.
        let invalid = || Refused::new("InvalidCiphertextException", "");
        let sealed = STANDARD.decode(required(asked, "CiphertextBlob")?).map_err(|_| invalid())?;
        let sealed: Value = serde_json::from_slice(&sealed).map_err(|_| invalid())?;
        let id = sealed["key"].as_str().ok_or_else(invalid)?;
        if self.0.get(id).is_none_or(|key| key.region != region) {
            return Err(invalid());
        }
        if sealed["context"] != json!(context(asked)) {
            return Err(invalid());
        }
        if asked["KeyId"].as_str().is_some_and(|said| bare(said) != id) {
            let message =
                "The key ID in the request does not identify a CMK that can perform this operation.";
            return Err(Refused::new("IncorrectKeyException", message));
        }
        self.usable(region, id)?;
        Ok(
            json!({ "Plaintext": sealed["plain"], "KeyId": arn(region, id), "EncryptionAlgorithm": "SYMMETRIC_DEFAULT" }),
        )
    }

    fn key(&self, region: &str, id: &str) -> Result<&Key, Refused> {
        self.0.get(bare(id)).filter(|key| key.region == region).ok_or_else(|| {
            Refused::new("NotFoundException", format!("Key '{}' does not exist", arn(region, bare(id))))
        })
    }

    fn usable(&self, region: &str, id: &str) -> Result<(), Refused> {
        if self.key(region, id)?.enabled {
            return Ok(());
        }
        Err(Refused::new("DisabledException", format!("{} is disabled.", arn(region, bare(id)))))
    }
}

fn context(asked: &Value) -> BTreeMap<String, String> {
    let pairs = asked["EncryptionContext"].as_object().into_iter().flatten();
    pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

fn bare(id: &str) -> &str {
    id.rsplit_once("key/").map_or(id, |(_, id)| id)
}

fn arn(region: &str, id: &str) -> String {
    format!("arn:aws:kms:{region}:{ACCOUNT}:key/{id}")
}
