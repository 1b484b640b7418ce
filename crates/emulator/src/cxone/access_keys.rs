//! Access keys, as their administration shows and changes them.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Call,
    administration::{Administrator, bad_request, body, not_found},
    keys::AccessKey,
    settings::KeyWrapper,
};
use crate::{clients::ClientState, forms, reply::Reply, standing::HeldSecret, state::State};

/// Keys in the order of their ids, a page at a time.
pub(super) fn list(state: &State, who: &Administrator, call: &Call<'_>) -> Result<Reply, Reply> {
    let query = forms::parse(&call.received.query);
    let user_id = forms::only(&query, "userId");
    who.may_with_keys("View", user_id.unwrap_or_default(), call)?;
    let page: usize = match forms::only(&query, "page").map_or(Ok(1), str::parse) {
        Ok(page @ 1..) => page,
        _ => return Err(bad_request("The page is not a number.", call)),
    };
    let lag = call.settings.listing_lag_seconds;
    let wanted = |key: &AccessKey| {
        let shows = key.made.is_none_or(|made| call.now >= made.after_seconds(lag));
        shows && key.tenant_id == who.tenant_id && user_id.is_none_or(|user_id| key.user_id == user_id)
    };
    let keys = state.cxone.keys.iter().filter(|(_, key)| wanted(key));
    let shown: Vec<Value> = keys.map(|(id, key)| shown(id, key, call)).collect();
    let size = call.settings.keys_per_page.max(1);
    let link = |page: usize| {
        let user = user_id.map(|id| format!("userId={}&", forms::encode(id))).unwrap_or_default();
        format!("{}?{user}page={page}", call.place.path)
    };
    let start = size.saturating_mul(page - 1).min(shown.len());
    let end = start.saturating_add(size).min(shown.len());
    Ok(Reply::json(
        200,
        &json!({
            "totalRecords": shown.len(),
            "_links": {
                "self": link(page),
                "next": (end < shown.len()).then(|| link(page + 1)),
                "previous": (page > 1).then(|| link(page - 1)),
            },
            "accessKeys": shown[start..end],
        }),
    ))
}

/// The only answer that holds the key's secret.
pub(super) fn create(state: &mut State, who: &Administrator, call: &Call<'_>) -> Result<Reply, Reply> {
    let asked: NewKey = body(call)?;
    who.may_with_keys("Create", &asked.user_id, call)?;
    if asked.tenant_id.is_some_and(|tenant_id| tenant_id != who.tenant_id) {
        return Err(not_found(call));
    }
    let of_user = |key: &&AccessKey| key.user_id == asked.user_id && key.tenant_id == who.tenant_id;
    let present = state.cxone.keys.values().filter(of_user).count();
    if call.settings.most_keys.is_some_and(|most| present >= most) {
        return Err(bad_request("The maximum number of access keys is reached.", call));
    }
    let (id, secret) = (state.draws.access_key_half(), state.draws.access_key_half());
    let held = HeldSecret::fresh(secret.clone(), call.now, call.settings.delays);
    let mut key = AccessKey::new(asked.user_id.clone(), held, who.tenant_id.clone(), asked.user_id);
    // What is made here may administer nothing.
    key.permissions = Some(std::collections::BTreeSet::new());
    key.made = Some(call.now);
    state.journal.know(&id, &key.name);
    state.journal.secret_made(&id);
    let mut value = shown(&id, &key, call);
    value["accessKeySecret"] = secret.into();
    state.cxone.keys.insert(id, key);
    let wrapper = match call.settings.key_wrapper {
        KeyWrapper::ResultSet => "resultSet",
        KeyWrapper::AccessKey => "accessKey",
    };
    Ok(Reply::json(200, &json!({ wrapper: value })))
}

/// Switches a key, which the query names, on or off.
pub(super) fn switch(state: &mut State, who: &Administrator, call: &Call<'_>) -> Result<Reply, Reply> {
    let query = forms::parse(&call.received.query);
    let id =
        forms::only(&query, "accessKeyId").ok_or_else(|| bad_request("accessKeyId is missing.", call))?;
    let asked: Switch = body(call)?;
    let key = found(state, who, id, "Edit", call)?;
    if forms::only(&query, "userId").is_some_and(|user_id| user_id != key.user_id) {
        return Err(not_found(call));
    }
    let to = if asked.is_active { ClientState::Active } else { ClientState::Inactive };
    key.standing.switch(to, call.now, call.settings.delays);
    Ok(Reply::empty(200))
}

pub(super) fn read(state: &mut State, who: &Administrator, call: &Call<'_>) -> Result<Reply, Reply> {
    let id = id(call);
    let key = found(state, who, &id, "View", call)?;
    Ok(Reply::json(200, &json!({ "resultSet": shown(&id, key, call) })))
}

/// Removes a key at once; tokens minted with it live on unless the settings say otherwise.
pub(super) fn delete(state: &mut State, who: &Administrator, call: &Call<'_>) -> Result<Reply, Reply> {
    let id = id(call);
    found(state, who, &id, "Delete", call)?;
    state.cxone.remove(&id, call.now);
    Ok(Reply::empty(204))
}

fn found<'a>(
    state: &'a mut State,
    who: &Administrator,
    id: &str,
    action: &str,
    call: &Call<'_>,
) -> Result<&'a mut AccessKey, Reply> {
    let key = state.cxone.keys.get_mut(id).filter(|key| key.tenant_id == who.tenant_id);
    let user_id = key.as_ref().map(|key| key.user_id.clone()).unwrap_or_default();
    who.may_with_keys(action, &user_id, call)?;
    key.ok_or_else(|| not_found(call))
}

/// The key that the path names; its `=` may come percent-encoded.
fn id(call: &Call<'_>) -> String {
    call.place.ids.iter().find(|id| !id.is_empty()).map(|id| forms::decoded(id)).unwrap_or_default()
}

/// A key as the API shows it: never its secret.
fn shown(id: &str, key: &AccessKey, call: &Call<'_>) -> Value {
    let known_until = call.now - std::time::Duration::from_secs(call.settings.last_use_lag_seconds);
    json!({
        "accessKeyId": id,
        "userId": key.user_id,
        "tenantId": key.tenant_id,
        "agentId": null,
        "billingId": null,
        "isActive": key.standing.state() == ClientState::Active,
        "lastUsedDate": key.last_used(known_until).map(crate::clock::Moment::iso),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewKey {
    user_id: String,
    #[serde(default)]
    tenant_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Switch {
    is_active: bool,
}
