//! A role as the platform shows it, and as it wants it. Pure: no I/O in here.

use std::collections::{BTreeMap, BTreeSet};

use hallpass_core::{RoleDraft, RoleSeen};
use serde_json::{Map, Value, json};

/// A role in an answer; `None` if it is none.
pub(super) fn seen(role: &Value) -> Option<RoleSeen> {
    let text = |name: &str| role[name].as_str().unwrap_or_default().to_owned();
    let policies = role["permissionPolicies"].as_array().into_iter().flatten();
    let mut permissions: BTreeSet<String> = policies.flat_map(of_policy).collect();
    // The older form, whose names stand for more than one permission, such as `admin`.
    let older = role["permissions"].as_array().into_iter().flatten();
    permissions.extend(older.filter_map(Value::as_str).map(str::to_owned));
    Some(RoleSeen {
        id: role["id"].as_str()?.to_owned(),
        name: text("name"),
        description: text("description"),
        permissions,
    })
}

/// The permissions of one policy. Without actions it allows all of them.
fn of_policy(policy: &Value) -> Vec<String> {
    let part = |name: &str| policy[name].as_str().unwrap_or("*");
    let start = format!("{}:{}", part("domain"), part("entityName"));
    let conditional = policy["resourceConditionNode"].is_object();
    let condition = if conditional { " (under a condition)" } else { "" };
    let actions: Vec<&str> =
        policy["actionSet"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    match actions.as_slice() {
        [] => vec![format!("{start}:*{condition}")],
        actions => actions.iter().map(|action| format!("{start}:{action}{condition}")).collect(),
    }
}

/// The body that makes a role what `draft` says. Whatever else `present` has goes back as it was.
pub(super) fn body(draft: &RoleDraft, present: Option<&Value>) -> Value {
    let mut body: Map<String, Value> = present.and_then(Value::as_object).cloned().unwrap_or_default();
    for answered in ANSWERS_ONLY {
        body.remove(answered);
    }
    body.insert("name".to_owned(), json!(draft.name));
    if let Some(description) = &draft.description {
        body.insert("description".to_owned(), json!(description));
    }
    if body.contains_key("permissions") {
        body.insert("permissions".to_owned(), json!([]));
    }
    body.insert("permissionPolicies".to_owned(), policies(&draft.permissions));
    Value::Object(body)
}

/// One policy for each entity.
fn policies(permissions: &BTreeSet<String>) -> Value {
    let mut actions: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for permission in permissions {
        let mut parts = permission.splitn(3, ':');
        let mut part = || parts.next().unwrap_or_default();
        let (domain, entity, action) = (part(), part(), part());
        actions.entry((domain, entity)).or_default().push(action);
    }
    let policy = |((domain, entity), actions): ((&str, &str), Vec<&str>)| json!({ "domain": domain, "entityName": entity, "actionSet": actions });
    actions.into_iter().map(policy).collect()
}

/// The permissions that a catalogue's entities name.
pub(super) fn catalogue(entities: &[Value]) -> BTreeSet<String> {
    let domains = entities.iter().filter_map(|entity| entity["permissionMap"].as_object());
    let entries = domains.flat_map(Map::values).filter_map(Value::as_array).flatten();
    let spelled = |entry: &Value| {
        let part = |name: &str| entry[name].as_str();
        Some(format!("{}:{}:{}", part("domain")?, part("entityType")?, part("action")?))
    };
    entries.filter_map(spelled).collect()
}

/// What the platform counts or draws by itself.
const ANSWERS_ONLY: [&str; 5] = ["id", "selfUri", "userCount", "unusedPermissions", "dateLicenseLastUpdated"];

#[cfg(test)]
mod tests {
    use super::{body, catalogue, seen};
    use hallpass_core::RoleDraft;
    use serde_json::json;

    #[test]
    fn a_role_tells_every_way_in_which_it_gives_rights() {
        let role = json!({ "id": "r", "name": "n", "permissions": ["admin"], "permissionPolicies": [
            { "domain": "routing", "entityName": "queue", "actionSet": ["view", "edit"] },
            { "domain": "users", "entityName": "user", "actionSet": [] },
            { "domain": "quality", "entityName": "evaluation", "actionSet": ["view"], "resourceConditionNode": {} },
        ]});
        let permissions: Vec<_> = seen(&role).unwrap().permissions.into_iter().collect();
        assert_eq!(
            permissions,
            [
                "admin",
                "quality:evaluation:view (under a condition)",
                "routing:queue:edit",
                "routing:queue:view",
                "users:user:*"
            ]
        );
        assert!(seen(&json!({ "name": "n" })).is_none());
    }

    #[test]
    fn a_changed_role_has_exactly_what_the_draft_says_and_keeps_the_rest() {
        let draft = RoleDraft {
            name: "hallpass queue-sync".into(),
            description: None,
            permissions: ["routing:queue:view", "routing:queue:edit", "users:user:view"]
                .map(String::from)
                .into(),
        };
        let present = json!({ "id": "r", "name": "x", "description": "d", "permissions": ["admin"], "userCount": 3, "base": false });
        assert_eq!(
            body(&draft, Some(&present)),
            json!({ "name": "hallpass queue-sync", "description": "d", "permissions": [], "base": false, "permissionPolicies": [
                { "domain": "routing", "entityName": "queue", "actionSet": ["edit", "view"] },
                { "domain": "users", "entityName": "user", "actionSet": ["view"] },
            ]})
        );
    }

    #[test]
    fn a_catalogue_is_read_from_its_maps() {
        let entry = json!({ "domain": "routing", "entityType": "queue", "action": "view" });
        let entities = [json!({ "domain": "routing", "permissionMap": { "queue": [entry, {}] } }), json!({})];
        assert_eq!(catalogue(&entities), ["routing:queue:view".to_owned()].into());
    }
}
