//! What is known of each integration.

use std::collections::BTreeSet;
use std::time::Duration;

use hallpass_core::SurveyedRole;
use hallpass_lifecycle::inventory::{Configured, Looked};
use hallpass_lifecycle::scope_lint::{Custody, Granted, GrantedRole, Needed, Subject};
use hallpass_stores::Scheme;

use crate::assemble::{App, Integration};
use crate::inventory::looked;
use crate::learn::upstreams;
use crate::survey::Surveys;

use super::Tables;
use super::worded::worded;

/// What was found, and what was in the way.
pub(super) struct Gathered {
    pub(super) subjects: Vec<Subject>,
    /// By integration.
    pub(super) faults: Vec<(String, String)>,
}

impl App {
    /// Every integration, one after the other: a command for people and pipelines, and gentle to stores.
    pub(super) async fn gather(
        &self,
        offline: bool,
        seen: Option<(&Surveys, &[Configured])>,
        tables: &Tables,
    ) -> Gathered {
        let mut gathered = Gathered { subjects: Vec::new(), faults: Vec::new() };
        for (index, integration) in self.integrations.iter().enumerate() {
            let mut subject = described(integration, tables);
            let entry = match seen.and_then(|(_, configured)| configured.get(index)) {
                Some(one) => Some(one.entry.clone()),
                None if offline => None,
                None => Some(looked(self.stored(integration).await)),
            };
            match entry {
                Some(Looked::Seen(entry)) => {
                    let now = self.parts.clock.now().wall;
                    subject.age = entry.written.map(|written| now.saturating_sub(written));
                    subject.client_id = entry.client_id;
                }
                Some(Looked::Not(why)) => gathered.faults.push((subject.name.to_string(), why)),
                None => {}
            }
            // What was seen goes before what is written.
            if let Some(granted) = seen.and_then(|(surveys, _)| granted(integration, &subject, surveys)) {
                subject.granted = Some(granted);
            }
            gathered.subjects.push(subject);
        }
        gathered
    }
}

/// What the platform grants its client; `None` where that does not show, as of an access key, which has the rights of its user.
fn granted(integration: &Integration, subject: &Subject, surveys: &Surveys) -> Option<Granted> {
    if !roles_decide(integration) {
        return None;
    }
    let survey = surveys.seen.get(surveys.index_for(integration)?)?;
    let id = subject.client_id.as_deref()?;
    let client = survey.clients.seen()?.iter().find(|client| client.seen.id.as_str() == id)?;
    let role = |role: &SurveyedRole| GrantedRole {
        name: role.name.clone(),
        division: role.division.clone(),
        permissions: role.permissions.clone(),
    };
    Some(Granted {
        roles: client.roles.iter().map(role).collect(),
        scopes: client.scopes.iter().cloned().collect(),
        grant_types: client.grant_type.iter().cloned().collect(),
        token_lifetime: client.seen.token_lifetime,
        ..Granted::default()
    })
}

/// What the configuration says.
fn described(integration: &Integration, tables: &Tables) -> Subject {
    let described = &integration.described;
    let rotation = described.rotation.as_ref();
    Subject {
        name: described.name.clone(),
        administers: described.administers,
        allow: described.allow.clone(),
        custody: described.secret.iter().map(|reference| custody(reference.scheme)).collect(),
        places: described.secret.iter().map(ToString::to_string).collect::<BTreeSet<_>>(),
        client_id: None,
        period: rotation.map(|rotation| rotation.every),
        canaries: rotation
            .is_some_and(|rotation| !rotation.verify.is_empty() || !rotation.verify_command.is_empty()),
        age: None,
        token_lifetime_needed: described
            .provision
            .as_ref()
            .and_then(|one| one.token_lifetime)
            .or_else(|| rotation.and_then(|one| one.token_lifetime))
            .unwrap_or(LIFETIME),
        roles_decide: roles_decide(integration),
        needed: roles_decide(integration)
            .then(|| Needed::of(&described.allow, &tables.genesys, &upstreams(described))),
        granted: worded(described),
    }
}

/// Whether roles of named permissions decide what its client may do.
fn roles_decide(integration: &Integration) -> bool {
    let settings = &integration.described.platform;
    settings.platform == "genesys" && settings.profile != "guide"
}

fn custody(scheme: Scheme) -> Custody {
    match scheme {
        Scheme::Env => Custody::PlainVariable,
        Scheme::AwsKmsEnv => Custody::EncryptedVariable,
        _ => Custody::Store,
    }
}

/// How long a token has to live where nobody says otherwise: the gateway refreshes one of an hour half an hour before its end, and no single call takes
/// longer.
const LIFETIME: Duration = Duration::from_secs(3600);
