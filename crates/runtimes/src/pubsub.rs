//! What Google Pub/Sub pushes about secrets of Secret Manager.
//!
//! Secret Manager publishes to the topics of a secret (<https://cloud.google.com/secret-manager/docs/event-notifications>) and Pub/Sub pushes
//! what is published, wrapped (<https://cloud.google.com/pubsub/docs/push>). Reading is total: whatever a body holds, the answer is one of three.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use crate::{Named, Vouched};

/// What a push says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Push {
    /// It is time to rotate this secret.
    Rotate(Named),
    /// Something else happened.
    Other,
    /// It is no push about a secret. It is acknowledged all the same: Pub/Sub would push it again for days, and it would not get better.
    Malformed,
}

/// Reads a body whose sender is known.
#[must_use]
pub fn read(_: &Vouched, body: &[u8]) -> Push {
    let Ok(Value::Object(push)) = serde_json::from_slice(body) else { return Push::Malformed };
    let Some(message) = push.get("message").and_then(Value::as_object) else { return Push::Malformed };
    let none = Map::new();
    let attributes = message.get("attributes").and_then(Value::as_object).unwrap_or(&none);
    let text = |name: &str| attributes.get(name).and_then(Value::as_str);
    match text("eventType") {
        Some("SECRET_ROTATE") => {}
        Some(_) => return Push::Other,
        None => return Push::Malformed,
    }
    let name = text("secretId").map(str::to_owned).or_else(|| name_in_data(message));
    name.as_deref().and_then(named).map_or(Push::Malformed, Push::Rotate)
}

/// The data is the secret's description (`JSON_API_V1`), never its payload. The attribute says the same, so it is looked at where that is missing only.
fn name_in_data(message: &Map<String, Value>) -> Option<String> {
    let data = STANDARD.decode(message.get("data")?.as_str()?).ok()?;
    let secret: Value = serde_json::from_slice(&data).ok()?;
    Some(secret.get("name")?.as_str()?.to_owned())
}

/// `projects/P/secrets/S` or `projects/P/locations/L/secrets/S`.
fn named(name: &str) -> Option<Named> {
    let parts: Vec<&str> = name.split('/').collect();
    let (project, location, secret) = match parts[..] {
        ["projects", project, "secrets", secret] => (project, None, secret),
        ["projects", project, "locations", location, "secrets", secret] => (project, Some(location), secret),
        _ => return None,
    };
    if project.is_empty() || secret.is_empty() || location.is_some_and(str::is_empty) {
        return None;
    }
    Some(Named::Google { project: project.into(), location: location.map(Into::into), secret: secret.into() })
}

#[cfg(test)]
mod tests;
