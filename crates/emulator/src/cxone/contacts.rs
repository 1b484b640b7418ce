//! Contacts: completed ones to be read in pages, and tagged one by one, which is where exactly-once is proved.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Call, errors};
use crate::{clock::Moment, reply::Reply, state::State};

/// A completed contact, as the API shows it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Contact {
    pub(super) contact_id: u64,
    master_contact_id: u64,
    #[serde(serialize_with = "iso")]
    pub(super) contact_start_date: Moment,
    #[serde(serialize_with = "iso")]
    pub(super) last_update_time: Moment,
    agent_id: u64,
    skill_id: u64,
    campaign_id: u64,
    team_id: u64,
    media_type_id: u64,
    abandoned: bool,
    total_duration_seconds: u64,
    /// What was put on it, repetitions included.
    #[serde(skip)]
    pub(crate) tags: Vec<u64>,
    /// How many tag requests took effect.
    #[serde(skip)]
    pub(crate) tag_posts: u64,
}

impl Contact {
    /// One that began so long ago; the rest follows from its id.
    pub(super) fn sample(id: u64, seconds_ago: u64, now: Moment) -> Self {
        let start = now - Duration::from_secs(seconds_ago);
        Self {
            contact_id: id,
            master_contact_id: id,
            contact_start_date: start,
            last_update_time: start,
            agent_id: 1_000 + id % 7,
            skill_id: 2_000 + id % 3,
            campaign_id: 3_000 + id % 2,
            team_id: 4_000 + id % 2,
            media_type_id: 4,
            abandoned: id.is_multiple_of(10),
            total_duration_seconds: 30 + id % 300,
            tags: Vec::new(),
            tag_posts: 0,
        }
    }

    /// The member of this name that a listing can be narrowed by.
    pub(super) fn narrowed_by(&self, name: &str) -> Option<u64> {
        Some(match name {
            "agentId" => self.agent_id,
            "skillId" => self.skill_id,
            "campaignId" => self.campaign_id,
            "teamId" => self.team_id,
            "mediaTypeId" => self.media_type_id,
            _ => return None,
        })
    }
}

/// Answers `GET .../contacts/{id}`.
pub(super) fn read(state: &State, tenant_id: &str, id: &str) -> Reply {
    let tenant = state.cxone.tenants.get(tenant_id);
    let contact = id.parse().ok().and_then(|id: u64| tenant?.contacts.get(&id));
    contact.map_or_else(errors::not_found, |contact| Reply::json(200, contact))
}

/// Answers `POST .../contacts/{id}/tags`: without a body, like every write that has nothing to say.
pub(super) fn tag(state: &mut State, tenant_id: &str, id: &str, call: &Call<'_>) -> Reply {
    let tenant = state.cxone.tenants.get_mut(tenant_id);
    let contact = id.parse().ok().and_then(|id: u64| tenant?.contacts.get_mut(&id));
    let Some(contact) = contact else {
        return errors::not_found();
    };
    let Ok(tagging) = serde_json::from_slice::<Tagging>(&call.received.body) else {
        return errors::data(400, "InvalidRequest", "The request body must have a list of tags.");
    };
    contact.tags.extend(tagging.tags.iter().map(|tag| tag.tag_id));
    contact.tag_posts += 1;
    Reply::empty(200)
}

#[derive(Deserialize)]
struct Tagging {
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tag {
    tag_id: u64,
}

fn iso<S: serde::Serializer>(moment: &Moment, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&moment.iso())
}
