//! An application as the platform shows it, and its twin. Pure: no I/O in here.

use std::collections::{BTreeMap, BTreeSet};

use hallpass_core::{Generated, LastUsed, Rights, Secret, Slot, SlotId};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::admin::since_epoch;

/// An application, without its secret.
#[derive(Clone, Debug)]
pub(super) struct Application {
    pub(super) id: String,
    name: String,
    members: Map<String, Value>,
}

impl Application {
    /// An item of a listing; `None` if it is no application.
    pub(super) fn item(item: &Value) -> Option<Self> {
        let members = item.as_object()?.clone();
        let text = |name: &str| members.get(name)?.as_str().map(str::to_owned);
        Some(Self { id: text("id")?, name: text("name")?, members })
    }

    /// The application in the answer to a GET.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let document: Value = serde_json::from_slice(body).ok()?;
        let inner = WRAPPERS.iter().find_map(|name| document.get(*name)).unwrap_or(&document);
        Self::item(inner)
    }

    /// Its place among the applications of an integration: 1 for `NAME` itself, n for `NAME-n`; `None` if it is not one of them.
    pub(super) fn number(&self, of: &str) -> Option<u64> {
        let rest = self.name.strip_prefix(of)?;
        if rest.is_empty() {
            return Some(1);
        }
        let number = rest.strip_prefix('-')?;
        let plain = !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit());
        number.parse().ok().filter(|number| plain && *number > 1)
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.members.get("isEnabled").and_then(Value::as_bool).unwrap_or_default()
    }

    /// Whether the platform will delete it by itself.
    pub(super) fn is_scheduled(&self) -> bool {
        self.members.get("scheduledDeletionTime").is_some_and(|time| !time.is_null())
    }

    pub(super) fn slot(&self) -> Slot {
        let text = |name: &str| self.members.get(name).and_then(Value::as_str);
        Slot {
            id: SlotId::new(&self.id),
            active: self.is_enabled(),
            last_used: LastUsed::Unknown,
            created: text("createdTime").and_then(since_epoch),
            revision: text("lastModifiedTime").map(str::to_owned),
        }
    }

    /// What a token of it may do: its scopes, and how it stands to tenants and clients.
    pub(super) fn rights(&self) -> Rights {
        let mut lines = BTreeSet::new();
        for name in ["type", "tenancy", "authMethod"] {
            lines.extend(
                self.members.get(name).and_then(Value::as_str).map(|value| format!("{name} {value}")),
            );
        }
        match self.members.get("scope") {
            Some(Value::String(scopes)) => {
                lines.extend(scopes.split_whitespace().map(|scope| format!("scope {scope}")));
            }
            Some(Value::Array(scopes)) => {
                lines.extend(scopes.iter().filter_map(Value::as_str).map(|scope| format!("scope {scope}")));
            }
            _ => {}
        }
        Rights(lines)
    }

    /// The body that registers another one like it, under another name.
    pub(super) fn twin(&self, name: &str) -> Value {
        let kept = self.members.iter().filter(|(name, _)| !ANSWERS_ONLY.contains(&name.as_str()));
        let mut members: Map<String, Value> =
            kept.map(|(name, value)| (name.clone(), value.clone())).collect();
        members.insert("name".to_owned(), name.into());
        Value::Object(members)
    }
}

/// The application to copy, and what the copy is called: the youngest in use, or the youngest of all; `None` if there is none.
pub(super) fn template<'a>(applications: &'a [Application], name: &str) -> Option<(&'a Application, String)> {
    let numbered = || applications.iter().filter_map(|known| Some((known.number(name)?, known)));
    let youngest = |enabled: bool| {
        numbered().filter(|(_, known)| known.is_enabled() || !enabled).max_by_key(|(number, _)| *number)
    };
    let (_, template) = youngest(true).or_else(|| youngest(false))?;
    let last = numbered().map(|(number, _)| number).max()?;
    Some((template, format!("{name}-{}", last.saturating_add(1))))
}

/// Reads the one answer that holds an application's secret; `None` if it holds none.
pub(super) fn generated(body: &[u8]) -> Option<Generated> {
    let wire: Wrapped = serde_json::from_slice(body).ok()?;
    let made = match wire {
        Wrapped { result_set: Some(made), .. } | Wrapped { application: Some(made), .. } => made,
        Wrapped { id: Some(id), secret: Some(secret), .. } => Made { id, secret },
        _ => return None,
    };
    if made.id.is_empty() || made.secret.is_empty() {
        return None;
    }
    let slot = SlotId::new(&made.id);
    let members = [
        ("client_id".to_owned(), Secret::from(made.id)),
        ("client_secret".to_owned(), Secret::from(made.secret)),
    ];
    Some(Generated { slot, members: BTreeMap::from(members) })
}

#[derive(Deserialize)]
struct Wrapped {
    #[serde(rename = "resultSet")]
    result_set: Option<Made>,
    application: Option<Made>,
    id: Option<String>,
    secret: Option<String>,
}

#[derive(Deserialize)]
struct Made {
    id: String,
    secret: String,
}

/// No source says which there is, if any; these are those of the platform's other registers.
const WRAPPERS: [&str; 2] = ["resultSet", "application"];

/// Members that only answers have. A copy must not claim them, and `id` with `secret` would import an application instead of making one.
const ANSWERS_ONLY: [&str; 8] = [
    "id",
    "secret",
    "isEnabled",
    "createdBy",
    "createdTime",
    "lastModifiedBy",
    "lastModifiedTime",
    "scheduledDeletionTime",
];

#[cfg(test)]
mod tests {
    use super::{Application, generated, template};
    use serde_json::json;

    fn named(name: &str, enabled: bool) -> Application {
        Application::item(&json!({ "id": format!("id-{name}"), "name": name, "isEnabled": enabled })).unwrap()
    }

    #[test]
    fn an_integrations_applications_are_told_by_name_and_number() {
        for (name, number) in [
            ("queue", Some(1)),
            ("queue-2", Some(2)),
            ("queue-10", Some(10)),
            ("queue-1", None),
            ("queue-0", None),
            ("queue-02", None),
            ("queue-+2", None),
            ("queue-sync", None),
            ("queues", None),
            ("my queue", None),
        ] {
            assert_eq!(named(name, true).number("queue"), number, "{name}");
        }
    }

    #[test]
    fn the_youngest_in_use_is_copied_and_the_copy_gets_the_next_number() {
        let applications = [named("q", true), named("q-3", false), named("q-2", true), named("other", true)];
        let (copied, name) = template(&applications, "q").unwrap();
        assert_eq!((copied.id.as_str(), name.as_str()), ("id-q-2", "q-4"));
        let unused = [named("q", false)];
        assert_eq!(template(&unused, "q").unwrap().1, "q-2");
        assert!(template(&applications, "none").is_none());
    }

    #[test]
    fn a_twin_has_everything_but_what_is_the_others_own() {
        let known = json!({
            "id": "a", "name": "q", "secret": "canary7", "isEnabled": true, "createdBy": "x", "createdTime": "t",
            "lastModifiedBy": "x", "lastModifiedTime": "t", "scheduledDeletionTime": null,
            "type": "backend", "scope": ["a", "b"], "later": { "x": 1 },
        });
        let twin = Application::item(&known).unwrap().twin("q-2");
        let wanted = json!({ "name": "q-2", "type": "backend", "scope": ["a", "b"], "later": { "x": 1 } });
        assert_eq!(twin, wanted);
    }

    #[test]
    fn rights_are_scopes_and_standing_in_both_spellings() {
        let lines = |scope: serde_json::Value| {
            let known =
                json!({ "id": "a", "name": "q", "type": "backend", "tenancy": "single", "scope": scope });
            Application::item(&known).unwrap().rights().0.into_iter().collect::<Vec<_>>()
        };
        let wanted = ["scope a", "scope b", "tenancy single", "type backend"];
        assert_eq!(
            (lines(json!("b a")), lines(json!(["a", "b"]))),
            (wanted.map(str::to_owned).into(), wanted.map(str::to_owned).into())
        );
    }

    #[test]
    fn a_new_application_is_read_with_its_secret_or_not_at_all() {
        for body in [r#"{"id":"a","secret":"s","name":"q"}"#, r#"{"resultSet":{"id":"a","secret":"s"}}"#] {
            let made = generated(body.as_bytes()).unwrap();
            assert_eq!((made.slot.as_str(), made.members["client_secret"].expose()), ("a", &b"s"[..]));
        }
        for body in ["", "{}", r#"{"id":"a"}"#, r#"{"application":{"id":"a","secret":""}}"#] {
            assert!(generated(body.as_bytes()).is_none(), "{body}");
        }
    }
}
