//! The role that an integration's client has at present, by its platform.

use std::collections::BTreeSet;

use hallpass_core::{Fault, FaultCode, SurveyedClient, SurveyedRole};
use hallpass_lifecycle::learn::HeldRole;

use crate::assemble::App;

/// What a client holds, and by which roles.
#[derive(Clone, Debug)]
pub struct Held {
    /// Every permission of every role.
    pub role: HeldRole,
    /// The roles, as people call them: `Queues` in `Sales`.
    pub names: Vec<String>,
}

impl App {
    /// What the client of the integration `name` holds, by what its administrator may see; `None` where nobody is named who could look, or the platform has no roles
    /// that can be read. Reads the secret for the client's id; nothing is changed.
    ///
    /// # Errors
    /// `integration-unknown`; `slot-unknown` where the platform does not show that client; `admin-denied` naming the permission that is missing; `store-*`, `upstream-*`.
    pub async fn held_role(&self, name: &str) -> Result<Option<Held>, Fault> {
        let integration = self.integration(name)?;
        let has_roles = integration.described.platform.platform == "genesys";
        let Some(view) = crate::survey::view_of(integration).filter(|_| has_roles) else { return Ok(None) };
        let id = self.stored(integration).await?.client_id;
        let clients = self.looked_at(integration, &view, &BTreeSet::new(), &|_| ()).await?;
        let client = clients.iter().find(|client| Some(client.seen.id.as_str()) == id.as_deref());
        let client = client.ok_or_else(|| {
            let detail =
                format!("the client whose secret is stored for `{name}` is not among those of the platform");
            Fault::new(FaultCode::SlotUnknown, detail)
        })?;
        held(client).map(Some)
    }
}

fn held(client: &SurveyedClient) -> Result<Held, Fault> {
    let mut permissions = BTreeSet::new();
    for role in &client.roles {
        let known = role.permissions.as_ref().ok_or_else(|| {
            let detail = format!("what is in role {} may not be read", spoken(role));
            Fault::new(FaultCode::AdminDenied, detail)
                .with_hint("give the administering identity `authorization:role:view`")
        })?;
        permissions.extend(known.iter().cloned());
    }
    Ok(Held { role: HeldRole::of(permissions), names: client.roles.iter().map(spoken).collect() })
}

fn spoken(role: &SurveyedRole) -> String {
    match &role.division {
        Some(division) => format!("`{}` in `{division}`", role.name),
        None => format!("`{}` in every division", role.name),
    }
}

#[cfg(test)]
mod tests {
    use super::held;
    use hallpass_core::{ClientSeen, FaultCode, LastUsed, SlotId, SurveyedClient, SurveyedRole};
    use std::collections::BTreeSet;

    fn client(roles: Vec<SurveyedRole>) -> SurveyedClient {
        let seen = ClientSeen {
            id: SlotId::new("c"),
            name: String::new(),
            description: String::new(),
            active: true,
            machine_only: true,
            grants: BTreeSet::new(),
            token_lifetime: None,
            last_used: LastUsed::Unknown,
        };
        SurveyedClient { seen, created: None, grant_type: None, scopes: Vec::new(), roles }
    }

    fn role(name: &str, division: Option<&str>, permissions: Option<&[&str]>) -> SurveyedRole {
        SurveyedRole {
            name: name.to_owned(),
            division: division.map(str::to_owned),
            permissions: permissions.map(|all| all.iter().map(|one| (*one).to_owned()).collect()),
        }
    }

    #[test]
    fn the_roles_of_a_client_are_held_together() {
        let held = held(&client(vec![
            role("Queues", Some("Sales"), Some(&["a:b:view"])),
            role("More", None, Some(&["a:b:view", "c:d:edit"])),
        ]))
        .unwrap();
        assert_eq!(held.names, ["`Queues` in `Sales`", "`More` in every division"]);
        assert_eq!(held.role.permissions().collect::<Vec<_>>(), ["a:b:view", "c:d:edit"]);
    }

    #[test]
    fn a_role_that_may_not_be_read_is_no_empty_role() {
        let fault = held(&client(vec![role("Queues", None, None)])).unwrap_err();
        assert_eq!(fault.code(), FaultCode::AdminDenied);
        assert!(fault.detail().contains("Queues") && fault.hint().contains("authorization:role:view"));
    }
}
