//! The secrets of a vault and their versions. Pure: requests and answers are elsewhere.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::wire::error;
use crate::Reply;

/// All secrets, by lower-case name: names do not tell cases apart.
/// <https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#object-identifiers>
#[derive(Debug, Default)]
pub(super) struct Secrets {
    pub(super) lag: usize,
    live: BTreeMap<String, Secret>,
    deleted: BTreeMap<String, Secret>,
}

#[derive(Clone, Debug, Default)]
struct Secret {
    name: String,
    /// Oldest first.
    versions: Vec<Version>,
}

#[derive(Clone, Debug)]
struct Version {
    id: String,
    value: String,
    content_type: Value,
    tags: Value,
    enabled: bool,
    window: Value,
    created: u64,
    updated: u64,
}

impl Secrets {
    /// Always a new version: <https://learn.microsoft.com/rest/api/keyvault/secrets/set-secret/set-secret>
    pub(super) fn set(&mut self, origin: &str, name: &str, body: &Value, id: String, now: u64) -> Reply {
        if self.deleted.contains_key(&key(name)) {
            let message = format!(
                "Secret {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged."
            );
            return error(409, "Conflict", Some("ObjectIsDeletedButRecoverable"), &message);
        }
        let Some(value) = body["value"].as_str() else {
            return error(400, "BadParameter", None, "Property value has invalid value");
        };
        if let Some(wrong) = wrong_name(name).or_else(|| wrong_value(value)).or_else(|| wrong_tags(body)) {
            return wrong;
        }
        let version = Version {
            id,
            value: value.to_owned(),
            content_type: body["contentType"].clone(),
            tags: body["tags"].clone(),
            enabled: body["attributes"]["enabled"].as_bool().unwrap_or(true),
            window: body["attributes"].clone(),
            created: now,
            updated: now,
        };
        let secret =
            self.live.entry(key(name)).or_insert_with(|| Secret { name: name.to_owned(), versions: vec![] });
        secret.versions.push(version.clone());
        Reply::json(200, &bundle(origin, &secret.name, &version, true))
    }

    /// What is not mentioned stays: <https://learn.microsoft.com/rest/api/keyvault/secrets/update-secret/update-secret>
    pub(super) fn update(&mut self, origin: &str, name: &str, id: &str, body: &Value, now: u64) -> Reply {
        if let Some(wrong) = wrong_tags(body) {
            return wrong;
        }
        let Some(secret) = self.live.get_mut(&key(name)) else { return not_found(name) };
        let Some(version) = chosen(&mut secret.versions, id) else { return not_found(name) };
        if let Some(enabled) = body["attributes"]["enabled"].as_bool() {
            version.enabled = enabled;
        }
        if body["tags"].is_object() {
            version.tags = body["tags"].clone();
        }
        if body["contentType"].is_string() {
            version.content_type = body["contentType"].clone();
        }
        version.updated = now;
        Reply::json(200, &bundle(origin, &secret.name, version, false))
    }

    /// Without a version the newest one, enabled or not. A disabled one is refused with 403; one outside its `nbf`/`exp` window is
    /// handed out all the same: <https://learn.microsoft.com/azure/key-vault/secrets/about-secrets#secret-attributes>
    pub(super) fn get(&mut self, origin: &str, name: &str, id: &str) -> Reply {
        let behind = usize::from(id.is_empty() && self.lag > 0);
        self.lag = self.lag.saturating_sub(behind);
        let Some(secret) = self.live.get(&key(name)) else { return not_found(name) };
        let seen = &secret.versions[..secret.versions.len() - behind.min(secret.versions.len())];
        let Some(version) = (if id.is_empty() { seen.last() } else { seen.iter().find(|it| it.id == id) })
        else {
            return not_found(name);
        };
        if !version.enabled {
            let message = "Operation get is not allowed on a disabled secret.";
            return error(403, "Forbidden", Some("SecretDisabled"), message);
        }
        Reply::json(200, &bundle(origin, &secret.name, version, true))
    }

    /// The items of one list: all secrets (ids without a version) or one secret's versions, disabled ones too, never a value. Versions come
    /// ordered by id, which is no order in time.
    /// <https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret-versions/get-secret-versions>
    pub(super) fn items(&self, origin: &str, name: Option<&str>) -> Vec<Value> {
        let Some(name) = name else {
            let newest = |secret: &Secret| {
                let mut item =
                    secret.versions.last().map(|newest| bundle(origin, &secret.name, newest, false))?;
                item["id"] = json!(format!("{origin}/secrets/{}", secret.name));
                Some(item)
            };
            return self.live.values().filter_map(newest).collect();
        };
        let Some(secret) = self.live.get(&key(name)) else { return Vec::new() };
        let mut items: Vec<_> =
            secret.versions.iter().map(|version| bundle(origin, &secret.name, version, false)).collect();
        items.sort_by_key(|item| item["id"].to_string());
        items
    }

    /// Soft delete, always on: <https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview>
    pub(super) fn delete(&mut self, origin: &str, name: &str) -> Reply {
        let Some(secret) = self.live.remove(&key(name)) else { return not_found(name) };
        self.deleted.insert(key(name), secret);
        self.deleted_bundle(origin, name)
    }

    pub(super) fn deleted_bundle(&self, origin: &str, name: &str) -> Reply {
        let Some(secret) = self.deleted.get(&key(name)) else { return not_found(name) };
        let Some(newest) = secret.versions.last() else { return not_found(name) };
        let mut body = bundle(origin, &secret.name, newest, false);
        body["recoveryId"] = json!(format!("{origin}/deletedsecrets/{}", secret.name));
        body["deletedDate"] = json!(newest.updated);
        body["scheduledPurgeDate"] = json!(newest.updated + 90 * 86_400);
        Reply::json(200, &body)
    }

    pub(super) fn recover(&mut self, origin: &str, name: &str) -> Reply {
        let Some(secret) = self.deleted.remove(&key(name)) else { return not_found(name) };
        let newest = secret.versions.last().map(|newest| bundle(origin, &secret.name, newest, false));
        self.live.insert(key(name), secret);
        Reply::json(200, &newest.unwrap_or_default())
    }

    pub(super) fn purge(&mut self, name: &str) -> Reply {
        match self.deleted.remove(&key(name)) {
            Some(_) => Reply::bytes(204, ""),
            None => not_found(name),
        }
    }

    pub(super) fn enabled_holding(&self, value: &str) -> usize {
        let versions = self.live.values().flat_map(|secret| &secret.versions);
        versions.filter(|version| version.enabled && version.value == value).count()
    }

    pub(super) fn expiry(&self, name: &str) -> Option<u64> {
        self.live.get(&key(name))?.versions.last()?.window["exp"].as_u64()
    }
}

fn bundle(origin: &str, name: &str, version: &Version, with_value: bool) -> Value {
    let mut attributes = json!({
        "enabled": version.enabled, "created": version.created, "updated": version.updated,
        "recoveryLevel": "Recoverable+Purgeable", "recoverableDays": 90,
    });
    for bound in ["nbf", "exp"] {
        if version.window[bound].is_u64() {
            attributes[bound] = version.window[bound].clone();
        }
    }
    let mut body =
        json!({ "id": format!("{origin}/secrets/{name}/{}", version.id), "attributes": attributes });
    if with_value {
        body["value"] = json!(version.value);
    }
    for (member, value) in [("tags", &version.tags), ("contentType", &version.content_type)] {
        if !value.is_null() {
            body[member] = value.clone();
        }
    }
    body
}

fn chosen<'a>(versions: &'a mut [Version], id: &str) -> Option<&'a mut Version> {
    if id.is_empty() { versions.last_mut() } else { versions.iter_mut().find(|version| version.id == id) }
}

fn not_found(name: &str) -> Reply {
    let message = format!(
        "A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command."
    );
    error(404, "SecretNotFound", None, &message)
}

/// 1 to 127 of 0-9, a-z, A-Z and `-`: <https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#object-identifiers>
fn wrong_name(name: &str) -> Option<Reply> {
    let fine = (1..=127).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let message = "The request URI contains an invalid name";
    (!fine).then(|| error(400, "BadParameter", None, message))
}

/// 25k bytes: <https://learn.microsoft.com/azure/key-vault/secrets/about-secrets>
fn wrong_value(value: &str) -> Option<Reply> {
    (value.len() > 25_600).then(|| error(400, "BadParameter", None, "Property value has invalid value"))
}

/// At most 15 tags, name and value of 256 characters each: <https://learn.microsoft.com/azure/key-vault/secrets/about-secrets#secret-tags>
fn wrong_tags(body: &Value) -> Option<Reply> {
    let tags = body["tags"].as_object()?;
    let fits = |text: &str| text.chars().count() <= 256;
    let fine =
        tags.len() <= 15 && tags.iter().all(|(name, value)| fits(name) && value.as_str().is_some_and(fits));
    (!fine).then(|| error(400, "BadParameter", None, "Property tags has invalid value"))
}

fn key(name: &str) -> String {
    name.to_ascii_lowercase()
}
