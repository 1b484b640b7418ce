//! What is known of each integration.

use std::collections::BTreeSet;
use std::time::Duration;

use hallpass_core::{Fault, SurveyedRole};
use hallpass_lifecycle::scope_lint::{Custody, Granted, GrantedRole, Subject};
use hallpass_stores::Scheme;

use crate::assemble::{App, Integration};
use crate::survey::Surveys;

/// What was found, and what was in the way.
pub(super) struct Gathered {
    pub(super) subjects: Vec<Subject>,
    /// By integration.
    pub(super) faults: Vec<(String, Fault)>,
}

impl App {
    /// Every integration, one after the other: a command for people and pipelines, and gentle to stores.
    pub(super) async fn gather(&self, offline: bool, surveys: Option<&Surveys>) -> Gathered {
        let mut gathered = Gathered { subjects: Vec::new(), faults: Vec::new() };
        for integration in &self.integrations {
            let mut subject = described(integration);
            if !offline && let Err(fault) = self.look(integration, &mut subject).await {
                gathered.faults.push((subject.name.to_string(), fault));
            }
            subject.granted = surveys.and_then(|surveys| granted(integration, &subject, surveys));
            gathered.subjects.push(subject);
        }
        gathered
    }

    /// Adds what the store says: whose secret it is, and how old.
    async fn look(&self, integration: &Integration, subject: &mut Subject) -> Result<(), Fault> {
        let credential = self.credential(subject.name.as_str()).await?;
        let id = ["client_id", "access_key_id"].iter().find_map(|name| credential.member(name));
        subject.client_id = id.and_then(|id| std::str::from_utf8(id.expose()).ok()).map(str::to_owned);
        // A variable has no date, and the first place is the one that is written.
        let Some(reference) = integration.secret.first() else { return Ok(()) };
        let written = self.stores.of(reference)?.describe(&reference.entry).await?.written;
        subject.age = written.map(|written| self.parts.clock.now().wall.saturating_sub(written));
        Ok(())
    }
}

/// What the platform grants its client; before that is made, what it shall be granted.
fn granted(integration: &Integration, subject: &Subject, surveys: &Surveys) -> Option<Granted> {
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
        grant_types: client.grant_type.iter().cloned().collect(),
        token_lifetime: client.seen.token_lifetime,
        ..Granted::default()
    })
}

/// What the configuration says.
fn described(integration: &Integration) -> Subject {
    let described = &integration.described;
    let rotation = described.rotation.as_ref();
    let settings = &described.platform;
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
        roles_decide: settings.platform == "genesys" && settings.profile != "guide",
        needed: None,
        granted: None,
    }
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
