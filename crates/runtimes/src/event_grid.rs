//! What Azure Event Grid delivers about secrets of a Key Vault, in both of its forms.
//!
//! The Event Grid schema comes as an array, CloudEvents 1.0 as one object or an array of them
//! (<https://learn.microsoft.com/azure/event-grid/cloud-event-schema>); what is inside is the same
//! (<https://learn.microsoft.com/azure/event-grid/event-schema-key-vault>). Reading is total: whatever a body holds, the answer is one of three.

use serde_json::{Map, Value};

use crate::{Named, Vouched};

/// What a delivery says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The subscription is being made, and wants this code back.
    Handshake(String),
    /// Secrets that are near their expiry or beyond it. Empty where the delivery is about something else.
    Secrets(Vec<Named>),
    /// It is no delivery of Event Grid.
    Malformed,
}

/// Reads a body whose sender is known.
#[must_use]
pub fn read(_: &Vouched, body: &[u8]) -> Delivery {
    let events = match serde_json::from_slice(body) {
        Ok(Value::Array(events)) => events,
        Ok(event @ Value::Object(_)) => vec![event],
        _ => return Delivery::Malformed,
    };
    if events.len() > MOST_EVENTS {
        return Delivery::Malformed;
    }
    let (mut secrets, mut unread) = (Vec::new(), false);
    for event in &events {
        let Some(kind) = kind(event) else { return Delivery::Malformed };
        let data = event.get("data").and_then(Value::as_object);
        match kind {
            "Microsoft.EventGrid.SubscriptionValidationEvent" => {
                let code = data.and_then(|data| text(data, "validationCode"));
                // Some eight bytes more than a UUID; whoever wants pages echoed wants something else.
                let code = code.filter(|code| !code.is_empty() && code.len() <= 256);
                return code.map_or(Delivery::Malformed, |code| Delivery::Handshake(code.to_owned()));
            }
            "Microsoft.KeyVault.SecretNearExpiry" | "Microsoft.KeyVault.SecretExpired" => {
                match data.and_then(named) {
                    Some(named) if secrets.contains(&named) => {}
                    Some(named) => secrets.push(named),
                    // It must not cost the others of its batch their turn.
                    None => unread = true,
                }
            }
            _ => {}
        }
    }
    if unread && secrets.is_empty() { Delivery::Malformed } else { Delivery::Secrets(secrets) }
}

/// The value of `WebHook-Allowed-Origin` for a subscription in the CloudEvents form that asks `WebHook-Request-Origin: origin`; `None` for anybody but
/// Event Grid (<https://learn.microsoft.com/azure/event-grid/end-point-validation-cloud-events-schema>).
///
/// The handshake protects us from being flooded by a sender who mistook our address. It proves nothing about who asks.
#[must_use]
pub fn allowed_origin(origin: &str) -> Option<&str> {
    let host = origin.strip_prefix("eventgrid.azure.")?;
    let plain = !host.is_empty() && host.len() <= 32;
    (plain && host.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'.')).then_some(origin)
}

/// `eventType` in the one form, `type` in the other.
fn kind(event: &Value) -> Option<&str> {
    let event = event.as_object()?;
    text(event, "eventType")
        .or_else(|| text(event, "type").filter(|_| text(event, "specversion") == Some("1.0")))
}

/// Where the members of `data` say what it is about. `NBF` and `EXP`, numbers in the schema and texts in the vendor's own example, are not looked at: whether a
/// secret is due is not the message's business.
fn named(data: &Map<String, Value>) -> Option<Named> {
    if text(data, "ObjectType").is_some_and(|kind| !kind.eq_ignore_ascii_case("Secret")) {
        return None;
    }
    let id = text(data, "Id").and_then(|id| {
        let mut parts = id.strip_prefix("https://")?.split('/');
        let (host, kind, secret) = (parts.next()?, parts.next()?, parts.next()?);
        (kind.eq_ignore_ascii_case("secrets") && !host.is_empty() && !secret.is_empty())
            .then_some((host, secret))
    });
    let vault = text(data, "VaultName");
    match (id, vault, text(data, "ObjectName")) {
        (Some((host, secret)), vault, _) => {
            let vault = vault.or_else(|| host.split('.').next()).unwrap_or_default();
            Some(Named::KeyVault { host: Some(host.into()), vault: vault.into(), secret: secret.into() })
        }
        (None, Some(vault), Some(secret)) if !vault.is_empty() && !secret.is_empty() => {
            Some(Named::KeyVault { host: None, vault: vault.into(), secret: secret.into() })
        }
        _ => None,
    }
}

/// A text by its name. One of the vendor's examples has the name `ObjectName ` with a blank.
fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    let found = object
        .get(name)
        .or_else(|| object.iter().find(|(key, _)| key.trim() == name).map(|(_, value)| value));
    found?.as_str()
}

/// Event Grid batches 5,000 at most (<https://learn.microsoft.com/azure/event-grid/delivery-and-retry>, output batching).
const MOST_EVENTS: usize = 5000;

#[cfg(test)]
mod tests;
