//! What is known of each integration.

use std::collections::BTreeSet;
use std::time::Duration;

use hallpass_core::Fault;
use hallpass_lifecycle::scope_lint::{Custody, Subject};
use hallpass_stores::Scheme;

use crate::assemble::{App, Integration};

/// What was found, and what was in the way.
pub(super) struct Gathered {
    pub(super) subjects: Vec<Subject>,
    /// By integration.
    pub(super) faults: Vec<(String, Fault)>,
}

impl App {
    /// Every integration, one after the other: a command for people and pipelines, and gentle to stores.
    pub(super) async fn gather(&self, offline: bool) -> Gathered {
        let mut gathered = Gathered { subjects: Vec::new(), faults: Vec::new() };
        for integration in &self.integrations {
            let mut subject = described(integration);
            if !offline && let Err(fault) = self.look(integration, &mut subject).await {
                gathered.faults.push((subject.name.to_string(), fault));
            }
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
        token_lifetime_needed: rotation.and_then(|one| one.token_lifetime).unwrap_or(LIFETIME),
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
