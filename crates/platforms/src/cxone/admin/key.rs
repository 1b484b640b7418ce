//! An access key as the platform shows it. Pure: no I/O in here.

use std::collections::BTreeMap;

use hallpass_core::{Generated, LastUsed, Secret, Slot, SlotId};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::admin::since_epoch;

/// A key, without its secret.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccessKey {
    access_key_id: String,
    user_id: Option<String>,
    #[serde(default)]
    is_active: bool,
    /// Absent and `null` say different things here.
    #[serde(default, deserialize_with = "present")]
    last_used_date: Option<Option<String>>,
}

impl AccessKey {
    /// An item of a listing; `None` if it is no key.
    pub(super) fn item(item: &Value) -> Option<Self> {
        Self::deserialize(item).ok()
    }

    /// The key in the answer to a GET, whichever wrapper is around it.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let document: Value = serde_json::from_slice(body).ok()?;
        let inner = WRAPPERS.iter().find_map(|name| document.get(*name)).unwrap_or(&document);
        Self::item(inner)
    }

    /// Whether it is a key of this user. A key that does not say whose it is was asked for by its user.
    pub(super) fn is_of(&self, user_id: &str) -> bool {
        self.user_id.as_deref().is_none_or(|of| of == user_id)
    }

    pub(super) fn slot(&self) -> Slot {
        Slot {
            id: SlotId::new(&self.access_key_id),
            active: self.is_active,
            last_used: match &self.last_used_date {
                None => LastUsed::Unknown,
                Some(None) => LastUsed::Never,
                Some(Some(date)) => since_epoch(date).map_or(LastUsed::Unknown, LastUsed::At),
            },
            created: None,
            revision: None,
        }
    }
}

/// Reads the one answer that holds a key's secret, whichever wrapper is around it; `None` if it holds none.
pub(super) fn generated(body: &[u8]) -> Option<Generated> {
    let wire: Wrapped = serde_json::from_slice(body).ok()?;
    let made = match wire {
        Wrapped { result_set: Some(made), .. } | Wrapped { access_key: Some(made), .. } => made,
        Wrapped {
            access_key_id: Some(access_key_id), access_key_secret: Some(access_key_secret), ..
        } => Made { access_key_id, access_key_secret },
        _ => return None,
    };
    if made.access_key_id.is_empty() || made.access_key_secret.is_empty() {
        return None;
    }
    let slot = SlotId::new(&made.access_key_id);
    let members = [
        ("access_key_id".to_owned(), Secret::from(made.access_key_id)),
        ("access_key_secret".to_owned(), Secret::from(made.access_key_secret)),
    ];
    Some(Generated { slot, members: BTreeMap::from(members) })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wrapped {
    result_set: Option<Made>,
    access_key: Option<Made>,
    access_key_id: Option<String>,
    access_key_secret: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    access_key_id: String,
    access_key_secret: String,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// The specification's, and that of older clients.
const WRAPPERS: [&str; 2] = ["resultSet", "accessKey"];

#[cfg(test)]
mod tests {
    use super::{AccessKey, generated};
    use hallpass_core::LastUsed;
    use std::time::Duration;

    #[test]
    fn a_new_key_is_read_in_every_wrapper() {
        let key = r#"{"accessKeyId":"ID====","accessKeySecret":"canary7====","userId":"u"}"#;
        for body in
            [format!(r#"{{"resultSet":{key}}}"#), format!(r#"{{"accessKey":{key},"x":1}}"#), key.to_owned()]
        {
            let made = generated(body.as_bytes()).unwrap();
            assert_eq!(made.slot.as_str(), "ID====");
            assert_eq!(made.members["access_key_id"].expose(), b"ID====");
            assert_eq!(made.members["access_key_secret"].expose(), b"canary7====");
            assert!(!format!("{made:?}").contains("canary"));
        }
        let empty = r#"{"resultSet":{"accessKeyId":"a","accessKeySecret":""}}"#;
        for body in ["", "[]", "{}", r#"{"resultSet":{"accessKeyId":"a"}}"#, r#"{"accessKeyId":"a"}"#, empty]
        {
            assert!(generated(body.as_bytes()).is_none(), "{body}");
        }
    }

    #[test]
    fn the_last_use_is_told_from_never_and_from_nothing_said() {
        let at = LastUsed::At(Duration::from_secs(1_767_225_600));
        for (member, last_used) in [
            ("", LastUsed::Unknown),
            (r#","lastUsedDate":null"#, LastUsed::Never),
            (r#","lastUsedDate":"2026-01-01T00:00:00.000Z""#, at),
            (r#","lastUsedDate":"yesterday""#, LastUsed::Unknown),
        ] {
            let body = format!(r#"{{"resultSet":{{"accessKeyId":"a","isActive":true{member}}}}}"#);
            let slot = AccessKey::read(body.as_bytes()).unwrap().slot();
            assert_eq!((slot.last_used, slot.active), (last_used, true), "{member}");
        }
        assert!(AccessKey::read(b"{}").is_none());
        // What is not said is said as the safer of its possibilities: a key is not taken for live.
        assert!(!AccessKey::read(br#"{"accessKeyId":"a"}"#).unwrap().slot().active);
    }
}
