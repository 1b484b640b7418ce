//! The listing of completed contacts: a range of time, a page of it, and nothing at all past its end.

use serde::Serialize;
use serde_json::Value;

use super::{Call, contacts::Contact, errors, settings::PastTheEnd};
use crate::{clock::Moment, forms, reply::Reply, state::State};

/// Answers `GET .../contacts/completed`. `orderBy` is accepted and not looked at: the order is that of the ids.
pub(super) fn list(state: &State, tenant_id: &str, call: &Call<'_>) -> Reply {
    let query = forms::parse(&call.received.query);
    let asked = match Asked::read(&query) {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    let Some(tenant) = state.cxone.tenants.get(tenant_id) else {
        return errors::unauthorized();
    };
    let wanted: Vec<&Contact> = tenant.contacts.values().filter(|contact| asked.wants(contact)).collect();
    let start = asked.skip.min(wanted.len());
    let end = asked.skip.saturating_add(asked.top).min(wanted.len());
    if start == end && call.settings.past_the_end == PastTheEnd::NoContent {
        return Reply::empty(204);
    }
    let at = |skip: usize| asked.address(call, &query, skip);
    Reply::json(
        200,
        &Listing {
            total_records: wanted.len(),
            links: Links {
                own: at(asked.skip),
                next: (end < wanted.len()).then(|| at(end)),
                previous: (start > 0).then(|| at(start.saturating_sub(asked.top))),
            },
            business_unit_id: tenant.business_unit,
            last_poll_time: call.now.iso(),
            completed_contacts: wanted[start..end].iter().map(|contact| asked.row(contact)).collect(),
        },
    )
}

/// What a listing is asked for.
struct Asked<'a> {
    top: usize,
    skip: usize,
    from: Option<Moment>,
    until: Option<Moment>,
    updated_since: Option<Moment>,
    /// Members and the value they must have.
    narrowed: Vec<(&'a str, u64)>,
    /// The members a row is cut down to.
    fields: Option<Vec<&'a str>>,
}

impl<'a> Asked<'a> {
    fn read(query: &'a [(String, String)]) -> Result<Self, Reply> {
        let value =
            |name: &str| query.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str());
        let number = |name: &'static str, default: usize| {
            let number = value(name).map_or(Some(default), |value| value.parse().ok());
            number.ok_or_else(|| invalid("InvalidParameter", &format!("The value of {name} is invalid.")))
        };
        let date = |name: &'static str, error: &'static str| {
            let date = value(name).map(|value| moment(name, value).ok_or(()));
            date.transpose()
                .map_err(|()| invalid(error, &format!("The value of {name} is no UTC date-time.")))
        };
        let (from, until) = (date("startDate", DATE_RANGE)?, date("endDate", DATE_RANGE)?);
        if from.zip(until).is_some_and(|(from, until)| from > until) {
            return Err(invalid(DATE_RANGE, "The startDate must not be after the endDate."));
        }
        let mut narrowed = Vec::new();
        for (name, value) in query.iter().filter(|(name, _)| NARROWING.contains(&name.as_str())) {
            let wrong = || invalid("InvalidParameter", &format!("The value of {name} is invalid."));
            narrowed.push((name.as_str(), value.parse().map_err(|_| wrong())?));
        }
        Ok(Self {
            top: number("top", LARGEST)?.min(LARGEST),
            skip: number("skip", 0)?,
            from,
            until,
            updated_since: date("updatedSince", "InvalidUpdatedSince")?,
            narrowed,
            fields: value("fields").map(|fields| fields.split(',').map(str::trim).collect()),
        })
    }

    fn wants(&self, contact: &Contact) -> bool {
        self.from.is_none_or(|from| contact.contact_start_date >= from)
            && self.until.is_none_or(|until| contact.contact_start_date <= until)
            && self.updated_since.is_none_or(|since| contact.last_update_time >= since)
            && self.narrowed.iter().all(|(name, wanted)| contact.narrowed_by(name) == Some(*wanted))
    }

    fn row(&self, contact: &Contact) -> Value {
        let mut row = serde_json::to_value(contact).unwrap_or_default();
        if let (Some(fields), Some(members)) = (&self.fields, row.as_object_mut()) {
            members.retain(|name, _| fields.contains(&name.as_str()));
        }
        row
    }

    /// The same question with another `skip`.
    fn address(&self, call: &Call<'_>, query: &[(String, String)], skip: usize) -> String {
        let others = query.iter().filter(|(name, _)| name != "top" && name != "skip");
        let mut address = format!("{}{}?", call.origins.api, call.received.path);
        for (name, value) in others {
            address.push_str(&format!("{name}={}&", forms::encode(value)));
        }
        address.push_str(&format!("top={}&skip={skip}", self.top));
        address
    }
}

/// Date-times are in UTC and say so by a `Z`. Clients in the field write `updatedSince` with `+00:00` and are served.
fn moment(name: &str, value: &str) -> Option<Moment> {
    match value.strip_suffix("+00:00").filter(|_| name == "updatedSince") {
        Some(bare) => Moment::parse(&format!("{bare}Z")),
        None => Moment::parse(value),
    }
}

fn invalid(error: &str, description: &str) -> Reply {
    errors::data(400, error, description)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listing {
    total_records: usize,
    #[serde(rename = "_links")]
    links: Links,
    business_unit_id: u64,
    last_poll_time: String,
    completed_contacts: Vec<Value>,
}

#[derive(Serialize)]
struct Links {
    #[serde(rename = "self")]
    own: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<String>,
}

const DATE_RANGE: &str = "InvalidDateRange";
const NARROWING: [&str; 5] = ["agentId", "skillId", "campaignId", "teamId", "mediaTypeId"];
const LARGEST: usize = 10_000;
