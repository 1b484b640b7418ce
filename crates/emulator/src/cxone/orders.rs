//! The control door's orders about CXone; what they are is in the table there.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{keys::NewAccessKey, tenants::NewCxoneTenant};
use crate::{
    clients::NewClient,
    control::{Refused, encoded, read},
    world::World,
};

/// Carries one order out; `None` if it is not about CXone.
pub(crate) fn order(
    world: &World,
    method: &str,
    segments: &[&str],
    body: &[u8],
) -> Option<Result<Value, Refused>> {
    Some(match (method, segments) {
        ("POST", ["access-keys"]) => {
            read::<NewAccessKey>(body).and_then(|new| encoded(&world.add_access_key(new)))
        }
        ("POST", ["cxone-clients"]) => read::<NewClient>(body).map(|new| {
            let keys = world.add_cxone_client(new);
            json!({ "id": keys.id, "secret": keys.secret })
        }),
        ("POST", ["cxone-tenants"]) => {
            read::<NewCxoneTenant>(body).and_then(|new| encoded(&world.add_cxone_tenant(new)))
        }
        ("POST", ["cxone-users", id, "active"]) => read::<UserActive>(body).map(|order| {
            world.set_cxone_user_active(id, order.active);
            Value::Null
        }),
        ("POST", ["contacts"]) => read::<NewContacts>(body).map(|new| {
            let tenant_id = new.tenant_id.unwrap_or_else(|| world.cxone_tenant_id());
            json!({ "ids": world.add_contacts_of(&tenant_id, new.count) })
        }),
        ("GET", ["contacts", id]) => contact(world, id),
        _ => return None,
    })
}

fn contact(world: &World, id: &str) -> Result<Value, Refused> {
    let state = world.state();
    let found = id.parse().ok().and_then(|id| state.cxone.contact(id));
    let found = found.ok_or_else(|| Refused::not_found("no such contact"))?;
    let mut value = encoded(found)?;
    value["tags"] = json!(found.tags);
    value["tagPosts"] = found.tag_posts.into();
    Ok(value)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserActive {
    active: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewContacts {
    count: u64,
    #[serde(default)]
    tenant_id: Option<String>,
}
