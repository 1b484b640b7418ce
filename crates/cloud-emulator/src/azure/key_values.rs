//! App Configuration: key-values with labels and entity tags.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::Method;
use serde_json::{Map, Value, json};

use super::wire::problem;
use super::world::{State, World};
use crate::{Cloud, Received, Reply};

/// For whom a token must be, in the global cloud:
/// <https://learn.microsoft.com/azure/azure-app-configuration/rest-api-authentication-azure-ad#audience>
pub const CONFIG_AUDIENCE: &str = "https://appconfig.azure.com";
/// Reading, by its name in role definitions: <https://learn.microsoft.com/azure/azure-app-configuration/rest-api-authorization-azure-ad>
pub const CONFIG_READ: &str = "Microsoft.AppConfiguration/configurationStores/keyValues/read";
/// The content type of a reference into a vault:
/// <https://learn.microsoft.com/azure/azure-app-configuration/use-key-vault-references-dotnet-core>
pub const KEY_VAULT_REFERENCE: &str = "application/vnd.microsoft.appconfig.keyvaultref+json;charset=utf-8";

/// One store.
#[derive(Debug)]
pub(super) struct Config {
    pub(super) world: Arc<World>,
}

/// What a reader sees who has not heard of the newest writes, and how many reads that goes on: those that show no token of the newest write.
/// <https://learn.microsoft.com/azure/azure-app-configuration/rest-api-consistency>
#[derive(Debug, Default)]
pub(super) struct Behind {
    pub(super) reads: usize,
    writes: u64,
    before: BTreeMap<(String, Option<String>), Option<Value>>,
}

impl Behind {
    /// `ID=VALUE`, of which the value is opaque Base64.
    fn token(&self) -> String {
        format!("standin=MDo{:08}==", self.writes)
    }

    fn written(&mut self, place: &(String, Option<String>), present: Option<&Value>) {
        self.writes += 1;
        self.before.insert(place.clone(), present.cloned());
    }

    /// What stood there before, if this read is to be behind.
    fn sees(&mut self, request: &Received, place: &(String, Option<String>)) -> Option<Option<Value>> {
        let synced = request.header("sync-token").is_some_and(|tokens| {
            tokens.split(',').any(|token| token.split(";sn=").next() == Some(&*self.token()))
        });
        if synced || self.reads == 0 {
            return None;
        }
        self.reads -= 1;
        self.before.get(place).cloned()
    }
}

/// What a store holds, by key and label.
pub(super) type KeyValues = BTreeMap<(String, Option<String>), Value>;

impl Cloud for Config {
    fn answer(&self, request: &Received) -> Reply {
        let mut state = self.world.state();
        let id = state.next_request_id();
        let reply = route(&mut state, request).with("x-ms-request-id", id);
        reply.with("sync-token", format!("{};sn={}", state.behind.token(), state.behind.writes))
    }
}

fn route(state: &mut State, request: &Received) -> Reply {
    let origin = format!("https://{}", request.header("host").unwrap_or_default());
    let audience = state.audience(request.header("authorization"));
    if !audience.is_some_and(|audience| [CONFIG_AUDIENCE, "https://azconfig.io", &origin].contains(&audience))
    {
        let challenge =
            "Bearer error=\"invalid_token\", error_description=\"Authorization token failed validation\"";
        return Reply::bytes(401, "").with("www-authenticate", format!("HMAC-SHA256, {challenge}"));
    }
    // https://learn.microsoft.com/azure/azure-app-configuration/rest-api-versioning
    if request.parameter("api-version").is_none() {
        return problem(400, "API version is not specified", "api-version");
    }
    if let Some(after) = state.too_many() {
        let reply =
            problem(429, "Resource utilization has surpassed the assigned quota", "too many requests");
        return reply.with("retry-after", after.to_string());
    }
    let segments = request.segments();
    let segments: Vec<_> = segments.iter().map(String::as_str).collect();
    let action = if request.method == Method::GET { CONFIG_READ } else { CONFIG_WRITE };
    if state.denial(action).is_some() {
        return Reply::bytes(403, "");
    }
    match (&request.method, &segments[..]) {
        (&Method::GET, ["kv"]) => list(state, request),
        (&Method::GET, ["kv", key]) => get(state, request, key),
        (&Method::PUT, ["kv", key]) => put(state, request, key),
        (&Method::DELETE, ["kv", key]) => delete(state, request, key),
        (&Method::PUT | &Method::DELETE, ["locks", key]) => lock(state, request, key),
        _ => Reply::bytes(404, ""),
    }
}

/// <https://learn.microsoft.com/azure/azure-app-configuration/rest-api-key-value#get-key-value>; 304 when `If-None-Match` matches, 412 when
/// `If-Match` does not.
fn get(state: &mut State, request: &Received, key: &str) -> Reply {
    let place = (key.to_owned(), label(request));
    let behind = state.behind.sees(request, &place);
    let found = behind.as_ref().map_or_else(|| state.key_values.get(&place), Option::as_ref);
    let Some(item) = found else { return Reply::bytes(404, "") };
    let etag = quoted(item);
    if request.header("if-none-match").is_some_and(|theirs| theirs == etag || theirs == "*") {
        return Reply::bytes(304, "").with("etag", etag);
    }
    if request.header("if-match").is_some_and(|theirs| theirs != etag && theirs != "*") {
        return Reply::bytes(412, "").with("etag", etag);
    }
    let last = item["last_modified"].as_str().unwrap_or_default().to_owned();
    selected(request, item, "application/vnd.microsoft.appconfig.kv+json; charset=utf-8")
        .with("etag", etag)
        .with("x-ms-last-modified", last)
}

/// At most 100 at once; `@nextLink` while there are more; `key` and `label` may be `*` or end in it; `$select` names members.
/// <https://learn.microsoft.com/azure/azure-app-configuration/rest-api-key-value#list-key-values>
fn list(state: &mut State, request: &Received) -> Reply {
    let keys = request.parameter("key").unwrap_or("*");
    let after = request.parameter("after").unwrap_or_default();
    let wanted = |key: &str| {
        keys == "*" || key == keys || keys.strip_suffix('*').is_some_and(|it| key.starts_with(it))
    };
    let labelled = |label: &Option<String>| match request.parameter("label") {
        None | Some("*") => true,
        Some("\0") => label.is_none(),
        Some(wanted) => label.as_deref() == Some(wanted),
    };
    let matching = state.key_values.iter().filter(|((key, label), _)| wanted(key) && labelled(label));
    let mut items = matching.filter(|((key, _), _)| key.as_str() > after).peekable();
    let (mut shown, mut last) = (Vec::new(), String::new());
    while let Some(((key, _), item)) = items.next_if(|_| shown.len() < 100) {
        shown.push(chosen_members(request, item));
        key.clone_into(&mut last);
    }
    let more = items.peek().is_some();
    state.listed_values += shown.iter().filter(|item| !item["value"].is_null()).count();
    let mut body = json!({ "items": shown });
    if more {
        let version = request.parameter("api-version").unwrap_or_default();
        let mut next = format!("/kv?api-version={version}&key={}&after={}", escaped(keys), escaped(&last));
        for name in ["label", "$select"] {
            if let Some(value) = request.parameter(name) {
                next += &format!("&{name}={}", escaped(value));
            }
        }
        body["@nextLink"] = json!(next);
    }
    Reply::bytes(200, body.to_string())
        .with("content-type", "application/vnd.microsoft.appconfig.kvset+json; charset=utf-8")
}

/// <https://learn.microsoft.com/azure/azure-app-configuration/rest-api-key-value#set-key-conditionally>
fn put(state: &mut State, request: &Received, key: &str) -> Reply {
    let place = (key.to_owned(), label(request));
    let present = state.key_values.get(&place);
    if let Some(refusal) = unmet(request, present).or_else(|| locked(present)) {
        return refusal;
    }
    let (etag, body) = (state.next_version(), request.json());
    let item = key_value(key, place.1.as_deref(), &body, &etag);
    let reply = selected(request, &item, "application/vnd.microsoft.appconfig.kv+json; charset=utf-8");
    let reply = reply.with("etag", quoted(&item));
    state.behind.written(&place, state.key_values.get(&place));
    state.key_values.insert(place, item);
    reply
}

/// <https://learn.microsoft.com/azure/azure-app-configuration/rest-api-key-value#syntax>
pub(super) fn key_value(key: &str, label: Option<&str>, body: &Value, etag: &str) -> Value {
    json!({
        "etag": etag, "key": key, "label": label, "content_type": body["content_type"], "value": body["value"],
        "last_modified": "2026-11-22T12:00:00+00:00", "locked": false,
        "tags": if body["tags"].is_object() { body["tags"].clone() } else { json!({}) },
    })
}

fn delete(state: &mut State, request: &Received, key: &str) -> Reply {
    let place = (key.to_owned(), label(request));
    let present = state.key_values.get(&place);
    if let Some(refusal) = unmet(request, present).or_else(|| locked(present)) {
        return refusal;
    }
    match state.key_values.remove(&place) {
        Some(item) => selected(request, &item, "application/vnd.microsoft.appconfig.kv+json; charset=utf-8"),
        None => Reply::bytes(204, ""),
    }
}

/// A key-value that is locked is only read. <https://learn.microsoft.com/azure/azure-app-configuration/rest-api-locks>
fn lock(state: &mut State, request: &Received, key: &str) -> Reply {
    let Some(item) = state.key_values.get_mut(&(key.to_owned(), label(request))) else {
        return Reply::bytes(404, "");
    };
    item["locked"] = json!(request.method == Method::PUT);
    selected(request, item, "application/vnd.microsoft.appconfig.kv+json; charset=utf-8")
        .with("etag", quoted(item))
}

/// 409 for a change of what is locked.
fn locked(present: Option<&Value>) -> Option<Reply> {
    let body = json!({
        "type": "https://azconfig.io/errors/key-locked", "title": "Modifing key is not allowed", "status": 409,
        "detail": "The key is read-only. To allow modification unlock it first.",
    });
    (present?["locked"] == true).then(|| {
        Reply::bytes(409, body.to_string()).with("content-type", "application/problem+json; charset=utf-8")
    })
}

/// 412 when a condition does not hold: this is the compare-and-set of the store.
/// <https://learn.microsoft.com/azure/azure-app-configuration/rest-api-key-value#set-key-conditionally>
fn unmet(request: &Received, present: Option<&Value>) -> Option<Reply> {
    let etag = present.map(quoted);
    let is = |theirs: &str| etag.as_deref().is_some_and(|etag| theirs == "*" || theirs == etag);
    let met = request.header("if-match").is_none_or(is) && !request.header("if-none-match").is_some_and(is);
    (!met).then(|| Reply::bytes(412, ""))
}

fn selected(request: &Received, item: &Value, kind: &str) -> Reply {
    Reply::bytes(200, chosen_members(request, item).to_string()).with("content-type", kind)
}

fn chosen_members(request: &Received, item: &Value) -> Value {
    let (Some(select), Some(members)) = (request.parameter("$select"), item.as_object()) else {
        return item.clone();
    };
    let wanted: Vec<_> = select.split(',').collect();
    let chosen = members.iter().filter(|(name, _)| wanted.contains(&name.as_str()));
    Value::Object(chosen.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>())
}

/// No label, an empty one and `\0` are the same: a key-value without a label.
fn label(request: &Received) -> Option<String> {
    request.parameter("label").filter(|label| !label.is_empty() && *label != "\0").map(str::to_owned)
}

fn quoted(item: &Value) -> String {
    format!("\"{}\"", item["etag"].as_str().unwrap_or_default())
}

fn escaped(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Writing, by its name in role definitions.
pub const CONFIG_WRITE: &str = "Microsoft.AppConfiguration/configurationStores/keyValues/write";
