//! Whose client is whose, and what belongs to nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hallpass_core::{LastUsed, SurveyedClient};

use super::{ClientFacts, Configured, EntryFacts, LastUse, Looked, Row, RowKind, Surveyed, areas};
use crate::provisioning::Mark;

/// The lines of an inventory: the integrations in their order, each with its clients, then what belongs to none of them, by platform and id.
#[must_use]
pub fn join(configured: &[Configured], surveys: &[Surveyed]) -> Vec<Row> {
    let mut taken: BTreeSet<(usize, &str)> = BTreeSet::new();
    let mut rows = Vec::new();
    for one in configured {
        let current = one.entry.seen().and_then(|entry| entry.client_id.as_deref());
        let survey = one.survey.and_then(|index| Some((index, surveys.get(index)?)));
        let mut row = row_of(one, survey.map(|(_, survey)| survey));
        if let Some((index, survey)) = survey {
            let twins = one.slots.iter().map(String::as_str).filter(|id| Some(*id) != current);
            let standby: Vec<_> = twins.filter_map(|id| find(survey, id)).collect();
            taken.extend(current.map(|id| (index, id)));
            taken.extend(standby.iter().map(|client| (index, client.seen.id.as_str())));
            if let Some(client) = current.and_then(|id| find(survey, id)) {
                row.drift.extend(drift(client, &standby));
            }
            rows.push(row);
            rows.extend(
                standby
                    .into_iter()
                    .map(|client| of_client(client, survey, RowKind::Standby, Some(one.name.clone()))),
            );
        } else {
            rows.push(row);
        }
    }
    for (index, survey) in surveys.iter().enumerate() {
        // Several surveys of one place show the same clients.
        let same_place = |other: usize| {
            surveys
                .get(other)
                .is_some_and(|one| (&one.platform, &one.place) == (&survey.platform, &survey.place))
        };
        if (0..index).any(same_place) {
            continue;
        }
        for client in survey.clients.seen().into_iter().flatten() {
            let id = client.seen.id.as_str();
            if taken.iter().any(|(other, taken)| same_place(*other) && *taken == id) {
                continue;
            }
            let mark = Mark::read(&client.seen.description);
            let kind = if mark.is_some() { RowKind::OrphanClient } else { RowKind::Foreign };
            rows.push(of_client(client, survey, kind, mark.map(|mark| mark.owner)));
        }
    }
    rows
}

fn find<'s>(survey: &'s Surveyed, id: &str) -> Option<&'s SurveyedClient> {
    let clients = survey.clients.seen()?;
    clients.iter().find(|client| client.seen.id.as_str() == id)
}

fn row_of(one: &Configured, survey: Option<&Surveyed>) -> Row {
    let entry = one.entry.seen();
    let id = entry.and_then(|entry| entry.client_id.as_deref());
    let client = survey.and_then(|survey| find(survey, id?));
    let looked = survey.is_some_and(|survey| survey.clients.seen().is_some());
    let kind = match (entry, client) {
        (None, _) => RowKind::NoSecret,
        (Some(_), Some(_)) => RowKind::InUse,
        (Some(_), None) if looked && id.is_some() => RowKind::OrphanSecret,
        (Some(_), None) => RowKind::NotVerified,
    };
    let written = entry.and_then(|entry| entry.written);
    let rotation = one.rotation.seen().and_then(Option::as_ref);
    let mut row = Row {
        kind,
        owner: Some(one.name.clone()),
        platform: one.platform.clone(),
        place: one.place.clone(),
        client: client.map(facts),
        entry: entry.map(|entry| EntryFacts {
            references: one.references.clone(),
            version: entry.version.clone(),
            fingerprint: entry.fingerprint.clone(),
            written_at: entry.written.map(|at| at.as_secs()),
        }),
        period_seconds: one.period.map(|period| period.as_secs()),
        rotated_at: rotation.and_then(|rotation| rotation.ended).map(|at| at.as_secs()),
        due_at: written.zip(one.period).map(|(written, period)| (written + period).as_secs()),
        rotation_step: rotation.and_then(|rotation| {
            rotation
                .step
                .as_ref()
                .map(|step| if rotation.stuck { format!("{step} (needs a person)") } else { step.clone() })
        }),
        reach: client.map(reach).unwrap_or_default(),
        allow: one.allow.clone(),
        drift: Vec::new(),
        unknown: unknown(one, survey),
    };
    row.drift
        .extend(client.filter(|client| !client.seen.active).map(|_| "its client is switched off".to_owned()));
    row
}

fn unknown(one: &Configured, survey: Option<&Surveyed>) -> Vec<String> {
    let mut unknown = Vec::new();
    if let Looked::Not(why) = &one.entry {
        unknown.push(format!("its secret: {why}"));
    }
    if let Looked::Not(why) = &one.rotation {
        unknown.push(format!("its rotation: {why}"));
    }
    match survey.map(|survey| &survey.clients) {
        None => unknown.push("its client: no integration administers this platform for it".to_owned()),
        Some(Looked::Not(why)) => unknown.push(format!("its client: {why}")),
        Some(Looked::Seen(_)) => {}
    }
    unknown
}

fn of_client(client: &SurveyedClient, survey: &Surveyed, kind: RowKind, owner: Option<String>) -> Row {
    let bare = Row::bare(kind, &survey.platform, &survey.place);
    Row { owner, client: Some(facts(client)), reach: reach(client), ..bare }
}

fn facts(client: &SurveyedClient) -> ClientFacts {
    let roles = client.roles.iter().map(|role| match &role.division {
        Some(division) => format!("{} in {division}", role.name),
        None => format!("{} in every division", role.name),
    });
    ClientFacts {
        id: client.seen.id.to_string(),
        name: client.seen.name.clone(),
        active: client.seen.active,
        grant_type: client.grant_type.clone(),
        token_lifetime_seconds: client.seen.token_lifetime.as_ref().map(Duration::as_secs),
        created_at: client.created.as_ref().map(Duration::as_secs),
        last_used: match client.seen.last_used {
            LastUsed::Unknown => LastUse::Unknown,
            LastUsed::Never => LastUse::Never,
            LastUsed::At(at) => LastUse::At(at.as_secs()),
        },
        roles: roles.collect(),
    }
}

fn reach(client: &SurveyedClient) -> BTreeMap<String, super::Access> {
    areas(client.roles.iter().filter_map(|role| role.permissions.as_ref()).flatten().map(String::as_str))
}

/// Two clients that take turns must have equal rights, or the next rotation changes what the integration may do.
fn drift(client: &SurveyedClient, standby: &[&SurveyedClient]) -> Vec<String> {
    let others = standby.iter().filter(|other| other.seen.grants != client.seen.grants);
    others.map(|other| format!("`{}`, which takes turns with it, has other roles", other.seen.id)).collect()
}
