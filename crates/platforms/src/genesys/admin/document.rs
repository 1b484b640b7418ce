//! A client as the platform shows it, and as it wants it back. Pure: no I/O in here.

use std::collections::BTreeMap;
use std::time::Duration;

use hallpass_core::{ClientSeen, LastUsed, Rights, RoleGrant, Secret, Slot, SlotId};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::admin::since_epoch;

/// A client, member by member, each with the bytes that it came with: what is not known here goes back as it was, numbers included.
#[derive(Debug)]
pub(super) struct ClientDocument(BTreeMap<String, Box<RawValue>>);

/// Whether a client mints, in the platform's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientState {
    Active,
    /// Mints nothing; nothing says that its tokens die.
    Inactive,
    /// Mints nothing and its tokens are dead. The vendor's support does this, says its Terraform provider.
    Disabled,
    /// Gone, but still shown.
    Deleted,
    /// A word that came later.
    Other,
}

impl ClientDocument {
    /// Reads the answer to a GET or a PUT; `None` if it is no client.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let document = Self(serde_json::from_slice(body).ok()?);
        // A client without these could not be written back.
        let whole = ["id", "name", "authorizedGrantType"].iter().all(|name| document.0.contains_key(*name));
        whole.then_some(document)
    }

    pub(super) fn state(&self) -> ClientState {
        // The model says that it is optional; a client without one is in use.
        match self.text("state").as_deref() {
            None | Some("active") => ClientState::Active,
            Some("inactive") => ClientState::Inactive,
            Some("disabled") => ClientState::Disabled,
            Some("deleted") => ClientState::Deleted,
            Some(_) => ClientState::Other,
        }
    }

    /// Whether it is gone, or will be at a date that is set.
    pub(super) fn is_going(&self) -> bool {
        let scheduled = self.text("dateToDelete").is_some() && self.state() != ClientState::Active;
        scheduled || self.state() == ClientState::Deleted
    }

    /// By which grant it gets tokens.
    pub(super) fn grant_type(&self) -> Option<String> {
        self.text("authorizedGrantType")
    }

    /// The scopes that are written on it: for other grants than client credentials, says the vendor's model, and ignored for that.
    pub(super) fn scopes(&self) -> Vec<String> {
        self.parsed::<Option<Vec<String>>>("scope").flatten().unwrap_or_default()
    }

    pub(super) fn created(&self) -> Option<Duration> {
        since_epoch(&self.text("dateCreated")?)
    }

    pub(super) fn slot(&self, id: &SlotId, last_used: LastUsed) -> Slot {
        Slot {
            id: id.clone(),
            active: self.state() == ClientState::Active,
            last_used,
            created: self.created(),
            revision: self.text("dateModified"),
        }
    }

    /// Its roles by division; those of the older member where there is no newer one.
    pub(super) fn rights(&self) -> Rights {
        let divided: Option<Vec<RoleDivision>> = self.parsed("roleDivisions");
        let undivided: Option<Vec<String>> = self.parsed("roleIds");
        let lines = match divided {
            Some(divided) if !divided.is_empty() => divided
                .iter()
                .map(|role| format!("role {} in division {}", role.role, role.division))
                .collect(),
            _ => undivided.unwrap_or_default().iter().map(|role| format!("role {role}")).collect(),
        };
        Rights(lines)
    }

    /// The body that makes this client what it is, but for its state. Members that only answers have stay behind: the request's model does not know
    /// them, and one of them is the secret.
    pub(super) fn with_state(&self, state: &str) -> Secret {
        self.with(&BTreeMap::from([("state", serde_json::Value::from(state))]))
    }

    /// The same with other members replaced, or added.
    pub(super) fn with(&self, changes: &BTreeMap<&str, serde_json::Value>) -> Secret {
        let mut body = String::from("{");
        let kept = self.0.iter().filter(|(name, _)| {
            !ANSWERS_ONLY.contains(&name.as_str()) && !changes.contains_key(name.as_str())
        });
        for (name, value) in kept {
            body.push_str(&format!("{}:{},", serde_json::Value::from(name.as_str()), value.get()));
        }
        let changed: Vec<_> = changes
            .iter()
            .map(|(name, value)| format!("{}:{value}", serde_json::Value::from(*name)))
            .collect();
        body.push_str(&changed.join(","));
        body.push('}');
        Secret::from(body)
    }

    /// What provisioning looks at; `None` if the client does not say its id.
    pub(super) fn seen(&self) -> Option<ClientSeen> {
        let divided: Vec<RoleDivision> = self.parsed("roleDivisions").unwrap_or_default();
        let grants = divided.into_iter().map(|held| RoleGrant { role: held.role, division: held.division });
        Some(ClientSeen {
            id: SlotId::new(&self.text("id")?),
            name: self.text("name").unwrap_or_default(),
            description: self.text("description").unwrap_or_default(),
            active: self.state() == ClientState::Active,
            machine_only: self.text("authorizedGrantType").is_some_and(|grant| is_for_machines(&grant)),
            grants: grants.collect(),
            token_lifetime: self.parsed("accessTokenValiditySeconds").map(Duration::from_secs),
            last_used: LastUsed::Unknown,
        })
    }

    fn text(&self, name: &str) -> Option<String> {
        self.parsed::<Option<String>>(name).flatten()
    }

    fn parsed<'a, T: Deserialize<'a>>(&'a self, name: &str) -> Option<T> {
        serde_json::from_str(self.0.get(name)?.get()).ok()
    }
}

/// Older answers spell it with an underscore.
fn is_for_machines(grant: &str) -> bool {
    grant.to_ascii_uppercase().replace('_', "-") == super::give::MACHINES
}

/// A secret that was just made.
#[derive(Deserialize)]
pub(super) struct Made {
    pub(super) id: String,
    secret: String,
}

impl Made {
    /// Reads the one answer that holds a secret; `None` if it holds none.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Self>(body).ok().filter(|made| !made.secret.is_empty())
    }

    pub(super) fn into_secret(self) -> Secret {
        Secret::from(self.secret)
    }
}

#[derive(Deserialize)]
struct RoleDivision {
    #[serde(rename = "roleId")]
    role: String,
    #[serde(rename = "divisionId")]
    division: String,
}

/// What the model `OAuthClient` has and `OAuthClientRequest` has not, in the vendor's Python SDK 269.0.0.
const ANSWERS_ONLY: [&str; 7] =
    ["id", "secret", "dateCreated", "dateModified", "createdBy", "modifiedBy", "selfUri"];

#[cfg(test)]
mod tests {
    use super::{ClientDocument, ClientState, Made};
    use hallpass_core::{LastUsed, SlotId};
    use std::time::Duration;

    const CLIENT: &str = r#"{"id":"a","name":"queue \"sync\"","secret":"canary","authorizedGrantType":"CLIENT-CREDENTIALS",
        "dateCreated":"2026-01-01T00:00:00.000Z","dateModified":"2026-01-02T00:00:00Z","createdBy":{"id":"x"},
        "modifiedBy":null,"selfUri":"/x","state":"active","accessTokenValiditySeconds":3600,"ratio":1.50,
        "huge":123456789012345678901234567890,"later":{"b":[1, 2.0e3],"a":null},
        "roleDivisions":[{"roleId":"r","divisionId":"*"},{"divisionId":"d","roleId":"s"}]}"#;

    fn read(text: &str) -> ClientDocument {
        ClientDocument::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn everything_but_the_state_goes_back_byte_for_byte() {
        let body = read(CLIENT).with_state("inactive");
        assert_eq!(
            body.expose_str().unwrap(),
            concat!(
                r#"{"accessTokenValiditySeconds":3600,"authorizedGrantType":"CLIENT-CREDENTIALS","#,
                r#""huge":123456789012345678901234567890,"later":{"b":[1, 2.0e3],"a":null},"#,
                r#""name":"queue \"sync\"","ratio":1.50,"#,
                r#""roleDivisions":[{"roleId":"r","divisionId":"*"},{"divisionId":"d","roleId":"s"}],"#,
                r#""state":"inactive"}"#
            )
        );
    }

    #[test]
    fn a_slot_says_what_the_client_says() {
        let slot = read(CLIENT).slot(&SlotId::new("a"), LastUsed::Never);
        assert!(slot.active);
        assert_eq!(slot.created, Some(Duration::from_secs(1_767_225_600)));
        assert_eq!(slot.revision.as_deref(), Some("2026-01-02T00:00:00Z"));
    }

    #[test]
    fn rights_are_roles_by_division() {
        let lines = |text: &str| read(text).rights().0.into_iter().collect::<Vec<_>>();
        assert_eq!(lines(CLIENT), ["role r in division *", "role s in division d"]);
        let head = r#"{"id":"a","name":"b","authorizedGrantType":"c""#;
        assert_eq!(lines(&format!(r#"{head},"roleDivisions":[],"roleIds":["r"]}}"#)), ["role r"]);
        assert!(lines(&format!("{head}}}")).is_empty());
    }

    #[test]
    fn states_are_told_apart() {
        let head = r#"{"id":"a","name":"b","authorizedGrantType":"c""#;
        let client = |more: &str| read(&format!("{head}{more}}}"));
        for (word, state, going) in [
            (r#","state":"active""#, ClientState::Active, false),
            (r#","state":null"#, ClientState::Active, false),
            ("", ClientState::Active, false),
            (r#","state":"inactive""#, ClientState::Inactive, false),
            (r#","state":"inactive","dateToDelete":"2026-01-08T00:00:00Z""#, ClientState::Inactive, true),
            (r#","state":"active","dateToDelete":"2026-01-08T00:00:00Z""#, ClientState::Active, false),
            (r#","state":"disabled","dateToDelete":null"#, ClientState::Disabled, false),
            (r#","state":"deleted""#, ClientState::Deleted, true),
            (r#","state":"asleep""#, ClientState::Other, false),
        ] {
            assert_eq!((client(word).state(), client(word).is_going()), (state, going), "{word}");
        }
    }

    #[test]
    fn what_is_no_client_is_not_read() {
        for text in ["", "[]", "{}", "<html>", r#"{"id":"a","name":"b"}"#] {
            assert!(ClientDocument::read(text.as_bytes()).is_none(), "{text}");
        }
        for text in ["", "{}", r#"{"id":"a"}"#, r#"{"id":"a","secret":""}"#, r#"{"id":"a","secret":null}"#] {
            assert!(Made::read(text.as_bytes()).is_none(), "{text}");
        }
    }
}
