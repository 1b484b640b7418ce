//! Orders to the world, for tests that are no part of this process.

use serde_json::{Value, json};

use super::world::{Denial, World};
use crate::Reply;

/// `{"deny": ACTION}`, `{"allow_all": true}`, `{"throttle": TIMES, "after": SECONDS}`, `{"lag": READS}`, `{"lag_key_values": READS}`, `{"expire_tokens": true}`,
/// `{"advance": SECONDS}`; the answer counts the token requests.
pub(super) fn order(world: &World, order: &Value) -> Reply {
    if let Some(action) = order["deny"].as_str() {
        world.deny(action, if order["policy"] == true { Denial::Policy } else { Denial::Rbac });
    }
    if order["allow_all"] == true {
        world.allow_all();
    }
    if order["expire_tokens"] == true {
        world.expire_tokens();
    }
    let count = |member: &str| order[member].as_u64();
    if let Some(times) = count("throttle") {
        world.throttle(usize::try_from(times).unwrap_or(0), count("after").unwrap_or(1));
    }
    if let Some(reads) = count("lag") {
        world.lag(usize::try_from(reads).unwrap_or(0));
    }
    if let Some(reads) = count("lag_key_values") {
        world.lag_key_values(usize::try_from(reads).unwrap_or(0));
    }
    if let Some(seconds) = count("advance") {
        world.advance(seconds);
    }
    Reply::json(200, &json!({ "token_requests": world.token_requests() }))
}
