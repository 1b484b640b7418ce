//! The control door's orders about Genesys Cloud's administration; what they are is in the table there.

use serde_json::{Value, json};

use super::{credentials::NewIntegrationCredential, divisions::NewDivision, roles::NewRole};
use crate::{
    control::{Refused, encoded, read},
    world::World,
};

/// Carries one order out; `None` if it is not about this.
pub(crate) fn order(
    world: &World,
    method: &str,
    segments: &[&str],
    body: &[u8],
) -> Option<Result<Value, Refused>> {
    Some(match (method, segments) {
        ("POST", ["roles"]) => read::<NewRole>(body).map(|new| json!({ "id": world.add_role(new) })),
        ("POST", ["divisions"]) => {
            read::<NewDivision>(body).map(|new| json!({ "id": world.add_division(new) }))
        }
        ("POST", ["integration-credentials"]) => read::<NewIntegrationCredential>(body)
            .map(|new| json!({ "id": world.add_integration_credential(new) })),
        ("GET", ["integration-credentials", id]) => encoded(&world.integration_credential(id)),
        _ => return None,
    })
}
