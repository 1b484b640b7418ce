//! What can be done with a secret itself.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::kept::{Kept, Secret};
use super::refusal::{Refusal, Status};
use crate::message::Received;

/// `POST PARENT/secrets?secretId=S`:
/// <https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/create>
pub(super) fn create(kept: &mut Kept, parent: &str, request: &Received) -> Result<Value, Refusal> {
    let id = request.parameter("secretId").unwrap_or_default();
    // "A secret ID is a string with a maximum length of 255 characters and can contain uppercase and lowercase letters, numerals, and
    // the hyphen (-) and underscore (_) characters."
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if id.is_empty() || id.len() > 255 || !id.bytes().all(plain) {
        return Err(Refusal::new(Status::InvalidArgument, "Secret ID is not in a valid format."));
    }
    let name = format!("{parent}/secrets/{id}");
    if kept.secrets.contains_key(&name) {
        return Err(Refusal::new(Status::AlreadyExists, format!("Secret [{name}] already exists.")));
    }
    let body = request.json();
    let regional = parent.contains("/locations/");
    // "Immutable. The replication policy of the secret data"; a global secret must say one, a regional one must not:
    // https://cloud.google.com/secret-manager/regional-secrets/create-regional-secret
    if body["replication"].is_object() == regional {
        let message = if regional {
            "Replication must not be set for a regional secret."
        } else {
            "Secret replication is required."
        };
        return Err(Refusal::new(Status::InvalidArgument, message));
    }
    let created = kept.now();
    let secret = Secret {
        labels: object(&body["labels"]),
        annotations: object(&body["annotations"]),
        aliases: BTreeMap::new(),
        aliases_before: BTreeMap::new(),
        replication: (!regional).then(|| body["replication"].clone()),
        created,
        etag: kept.etag(),
        versions: Vec::new(),
    };
    let shown = secret.json(&name);
    kept.secrets.insert(name, secret);
    Ok(shown)
}

/// `GET PARENT/secrets`, in the order of their names, page by page.
pub(super) fn list(
    kept: &Kept,
    parent: &str,
    request: &Received,
    limit: Option<usize>,
) -> Result<Value, Refusal> {
    if request.parameter("filter").is_some_and(|filter| !filter.is_empty()) {
        return Err(Refusal::new(Status::InvalidArgument, "This stand-in filters no secrets."));
    }
    let prefix = format!("{parent}/secrets/");
    let shown = kept.secrets.iter().filter(|(name, _)| name.starts_with(&prefix));
    page("secrets", shown.map(|(name, secret)| secret.json(name)).collect(), request, limit)
}

/// `PATCH NAME?updateMask=...`: <https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/patch>
pub(super) fn patch(kept: &mut Kept, name: &str, request: &Received) -> Result<Value, Refusal> {
    let etag = kept.etag();
    let secret = kept.secrets.get_mut(name).ok_or_else(|| not_found(name))?;
    let body = request.json();
    // "In a secrets.patch request, the request ETag is embedded in the Secret data." Another one fails with FAILED_PRECONDITION and
    // HTTP 400: https://cloud.google.com/secret-manager/docs/etags
    if body["etag"].as_str().is_some_and(|known| !known.is_empty() && known != secret.etag) {
        let message = format!("The etag of Secret [{name}] does not match the one in the request.");
        return Err(Refusal::new(Status::FailedPrecondition, message));
    }
    let mask = request.parameter("updateMask").unwrap_or_default();
    if mask.is_empty() {
        return Err(Refusal::new(Status::InvalidArgument, "Required field updateMask is missing."));
    }
    // A mask is comma-separated, in camel case or as the fields are called: https://google.aip.dev/161
    let mut aliases = None;
    for path in mask.split(',') {
        match path {
            "labels" | "annotations" => {}
            "versionAliases" | "version_aliases" => {
                aliases = Some(aliases_of(secret, &body["versionAliases"])?);
            }
            _ => {
                let message = format!("The field [{path}] cannot be updated here.");
                return Err(Refusal::new(Status::InvalidArgument, message));
            }
        }
    }
    for path in mask.split(',') {
        match path {
            "labels" => secret.labels = object(&body["labels"]),
            "annotations" => secret.annotations = object(&body["annotations"]),
            _ => {}
        }
    }
    if let Some(aliases) = aliases {
        secret.aliases_before = std::mem::replace(&mut secret.aliases, aliases);
    }
    // "Even when an update doesn't change a resource's state, it still updates the resource ETag."
    secret.etag = etag;
    Ok(secret.json(name))
}

/// "A version alias is a string with a maximum length of 63 characters and can contain uppercase and lowercase letters, numerals, and the
/// hyphen (-) and underscore (_) characters. An alias string must start with a letter and cannot be the string 'latest' or 'NEW'. No more
/// than 50 aliases can be assigned to a given secret." (field `versionAliases`)
fn aliases_of(secret: &Secret, wanted: &Value) -> Result<BTreeMap<String, u64>, Refusal> {
    let wrong = |message: &str| Refusal::new(Status::InvalidArgument, message);
    let mut aliases = BTreeMap::new();
    for (alias, number) in object(wanted) {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let starts = alias.starts_with(|first: char| first.is_ascii_alphabetic());
        if !starts || alias.len() > 63 || !alias.bytes().all(plain) || alias == "latest" || alias == "NEW" {
            return Err(wrong("Version alias is not in a valid format."));
        }
        // int64 is a string in JSON: https://protobuf.dev/programming-guides/json/
        let number = number.as_str().and_then(|text| text.parse().ok()).or_else(|| number.as_u64());
        let number = number.ok_or_else(|| wrong("Version alias does not name a version."))?;
        // Stricter than the page, which is silent about aliases that lead nowhere.
        if secret.version(number).is_none() {
            return Err(wrong("Version alias names a version that does not exist."));
        }
        aliases.insert(alias, number);
    }
    if aliases.len() > 50 {
        return Err(wrong("At most 50 version aliases can be assigned."));
    }
    Ok(aliases)
}

/// One page. A server may send fewer than asked for, and the token is opaque: <https://google.aip.dev/158>.
pub(super) fn page(
    key: &str,
    all: Vec<Value>,
    request: &Received,
    limit: Option<usize>,
) -> Result<Value, Refusal> {
    let wrong = |what: &str| Refusal::new(Status::InvalidArgument, format!("{what} is not valid."));
    let size = match request.parameter("pageSize") {
        None | Some("" | "0") => MOST,
        Some(text) => text.parse().map_err(|_| wrong("The page size"))?,
    };
    let size = size.min(MOST).min(limit.unwrap_or(MOST));
    let from = match request.parameter("pageToken") {
        None | Some("") => 0,
        Some(token) => token
            .strip_prefix("after-")
            .and_then(|at| at.parse().ok())
            .ok_or_else(|| wrong("The page token"))?,
    };
    let total = all.len();
    let shown: Vec<_> = all.into_iter().skip(from).take(size).collect();
    let next = from + shown.len();
    let mut body = json!({ "totalSize": total });
    if !shown.is_empty() {
        body[key] = Value::Array(shown);
    }
    if next < total {
        body["nextPageToken"] = json!(format!("after-{next}"));
    }
    Ok(body)
}

/// "If set to 0, the server decides the number of results to return. If the number is greater than 25000, it is capped at 25000."
const MOST: usize = 25_000;

pub(super) fn not_found(name: &str) -> Refusal {
    Refusal::new(Status::NotFound, format!("Secret [{name}] not found."))
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}
