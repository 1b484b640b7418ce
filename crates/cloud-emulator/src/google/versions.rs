//! What can be done with the versions of a secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::checksum::crc32c;
use super::kept::{Kept, Secret, State, Version};
use super::refusal::{Refusal, Status};
use super::secrets::{not_found, page};
use crate::message::Received;

/// `POST NAME:addVersion`:
/// <https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/addVersion>
pub(super) fn add(kept: &mut Kept, secret: &str, request: &Received) -> Result<Value, Refusal> {
    let wrong = |message: &str| Refusal::new(Status::InvalidArgument, message);
    if !kept.secrets.contains_key(secret) {
        return Err(not_found(secret));
    }
    let payload = &request.json()["payload"];
    let data = payload["data"].as_str().unwrap_or_default();
    let data = STANDARD.decode(data).map_err(|_| wrong("Secret Payload is not base64."))?;
    if data.is_empty() {
        return Err(wrong("Secret Payload cannot be empty."));
    }
    // "Payload size: 64 KiB": https://cloud.google.com/secret-manager/quotas
    if data.len() > 64 * 1024 {
        return Err(wrong("The secret payload is larger than 65536 bytes."));
    }
    // "If specified, SecretManagerService will verify the integrity of the received data": field `dataCrc32c` of
    // https://cloud.google.com/secret-manager/docs/reference/rest/v1/SecretPayload
    let said = match &payload["dataCrc32c"] {
        Value::Null => None,
        Value::String(text) => Some(text.parse().map_err(|_| wrong("dataCrc32c is not a number."))?),
        number => Some(number.as_i64().ok_or_else(|| wrong("dataCrc32c is not a number."))?),
    };
    if said.is_some_and(|said| said != i64::from(crc32c(&data))) {
        return Err(wrong("The checksum of the payload does not match dataCrc32c."));
    }
    let (created, etag) = (kept.now(), kept.etag());
    let kept = kept.secrets.get_mut(secret).ok_or_else(|| not_found(secret))?;
    // "SecretVersion IDs in a Secret start at 1 and are incremented for each subsequent version". The secret's own etag stays: "updating a
    // secret version doesn't affect the secret ETag" (https://cloud.google.com/secret-manager/docs/etags).
    let version =
        Version { data, state: State::Enabled, created, destroyed: None, etag, checked: said.is_some() };
    let shown = version.json(&format!("{secret}/versions/{}", kept.versions.len() + 1));
    kept.versions.push(version);
    Ok(shown)
}

/// `GET NAME:access`: <https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/access>
pub(super) fn access(
    kept: &Kept,
    secret: &str,
    which: &str,
    lagging: bool,
    corrupt: bool,
) -> Result<Value, Refusal> {
    let (number, version) = find(kept, secret, which, lagging)?;
    let name = format!("{secret}/versions/{number}");
    if version.state != State::Enabled {
        return Err(not_in_state(&name, version.state));
    }
    // "The CRC32C checksum ... is stored as a decimal string"; the name carries the number whatever was asked for.
    let checksum = i64::from(crc32c(&version.data)) ^ i64::from(corrupt);
    let payload = json!({ "data": STANDARD.encode(&version.data), "dataCrc32c": checksum.to_string() });
    Ok(json!({ "name": name, "payload": payload }))
}

/// `GET NAME`, where NAME may end in an alias:
/// <https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/get>
pub(super) fn get(kept: &Kept, secret: &str, which: &str) -> Result<Value, Refusal> {
    let (number, version) = find(kept, secret, which, false)?;
    Ok(version.json(&format!("{secret}/versions/{number}")))
}

/// `GET NAME/versions`, filtered by state (<https://cloud.google.com/secret-manager/docs/filtering>). The order is not documented; this
/// is the oldest first, so that whoever takes the first for the newest is found out.
pub(super) fn list(
    kept: &Kept,
    secret: &str,
    request: &Received,
    limit: Option<usize>,
) -> Result<Value, Refusal> {
    let found = kept.secrets.get(secret).ok_or_else(|| not_found(secret))?;
    let wanted = match request.parameter("filter").unwrap_or_default() {
        "" => None,
        filter => match filter.trim_start_matches("state").trim_start_matches([':', '=']) {
            "ENABLED" => Some(State::Enabled),
            "DISABLED" => Some(State::Disabled),
            "DESTROYED" => Some(State::Destroyed),
            _ => return Err(Refusal::new(Status::InvalidArgument, "The filter is not valid.")),
        },
    };
    let numbered = found.versions.iter().enumerate();
    let shown = numbered.filter(|(_, version)| wanted.is_none_or(|wanted| version.state == wanted));
    let shown = shown.map(|(at, version)| version.json(&format!("{secret}/versions/{}", at + 1)));
    page("versions", shown.collect(), request, limit)
}

/// `POST NAME:enable`, `:disable`, `:destroy`:
/// <https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/disable>
pub(super) fn change(
    kept: &mut Kept,
    secret: &str,
    which: &str,
    to: State,
    request: &Received,
) -> Result<Value, Refusal> {
    // Aliases serve reading only: "Access by alias is only supported on GetSecretVersion and AccessSecretVersion."
    let number: u64 = which.parse().map_err(|_| invalid_name(secret, which))?;
    let (now, etag) = (kept.now(), kept.etag());
    let name = format!("{secret}/versions/{number}");
    let found = kept.secrets.get_mut(secret).ok_or_else(|| not_found(secret))?;
    let at = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    let version = at.and_then(|at| found.versions.get_mut(at)).ok_or_else(|| no_version(&name))?;
    let known = request.json()["etag"].as_str().unwrap_or_default().to_owned();
    if !known.is_empty() && known != version.etag {
        let message = format!("The etag of Secret Version [{name}] does not match the one in the request.");
        return Err(Refusal::new(Status::FailedPrecondition, message));
    }
    // "This operation cannot be undone": https://cloud.google.com/secret-manager/docs/destroy-secret-version
    if version.state == State::Destroyed {
        return Err(not_in_state(&name, State::Destroyed));
    }
    if to == State::Destroyed {
        version.data.clear();
        version.destroyed = Some(now);
    }
    version.state = to;
    version.etag = etag;
    Ok(version.json(&name))
}

/// `latest` is the highest number whatever its state; anything else that is no number is an alias:
/// <https://cloud.google.com/secret-manager/docs/access-secret-version>,
/// <https://github.com/external-secrets/external-secrets/issues/4042>.
fn find<'a>(kept: &'a Kept, secret: &str, which: &str, lagging: bool) -> Result<(u64, &'a Version), Refusal> {
    let found = kept.secrets.get(secret).ok_or_else(|| not_found(secret))?;
    let aliases = if lagging { &found.aliases_before } else { &found.aliases };
    let number = match which {
        "latest" => u64::try_from(found.versions.len()).unwrap_or_default(),
        _ => match which.parse() {
            Ok(number) => number,
            Err(_) => *aliases.get(which).ok_or_else(|| no_version(&format!("{secret}/versions/{which}")))?,
        },
    };
    let version = Secret::version(found, number);
    Ok((number, version.ok_or_else(|| no_version(&format!("{secret}/versions/{which}")))?))
}

fn no_version(name: &str) -> Refusal {
    Refusal::new(Status::NotFound, format!("Secret Version [{name}] not found."))
}

/// As seen in <https://github.com/external-secrets/external-secrets/issues/1951>.
fn not_in_state(name: &str, state: State) -> Refusal {
    let message = format!("Secret Version [{name}] is in {} state.", state.name());
    Refusal::new(Status::FailedPrecondition, message)
}

fn invalid_name(secret: &str, which: &str) -> Refusal {
    let message = format!("Resource ID [{secret}/versions/{which}] is not in a valid format.");
    Refusal::new(Status::InvalidArgument, message)
}
