//! The administration of clients and keys: how secrets are made, switched off and removed where a platform keeps them.
//!
//! ```text
//!   SecretAdmin (core) ◀── GenesysAdmin, CxoneKeyAdmin, CxoneApplicationAdmin     build requests and read replies: pure
//!                                     │
//!                                 AdminCalls ◀── IntegrationCalls ── IntegrationClient   sends as the administering identity
//! ```
//!
//! The administering identity is an integration of its own: what rotates a secret must not die with it. Its policy lists exactly the calls of one
//! administration, made by the `..._rules` function beside each, so that its token opens nothing else.
//!
//! Nothing here sends a call twice by itself. Making a secret is not idempotent on any of these platforms, and none of them takes an idempotency key.

mod calls;
mod dates;
mod faults;
mod pages;

#[cfg(test)]
pub(crate) mod double;

use std::fmt;

use hallpass_core::{BoxFuture, Fault, FaultCode, Secret};
use http::{HeaderMap, Method, StatusCode};

pub use calls::IntegrationCalls;
pub(crate) use dates::since_epoch;
pub(crate) use faults::{Dialect, Errand};
pub(crate) use pages::{LARGEST_LISTING, next_target};

/// Sends authenticated calls as the administering identity.
///
/// Each call is sent once. An implementation may send it again only where the platform said that it did not act: after a 401 about the token, with
/// another token. It never repeats a call whose answer is lost.
pub trait AdminCalls: Send + Sync + fmt::Debug {
    /// Sends one call and collects its answer. Every status is an answer and not a fault.
    ///
    /// Dropping the future, and a call that took too long, may leave the effect done and unseen; so may the end of the process.
    ///
    /// # Errors
    /// No token, no permit, no connection, no answer (`upstream-*`). Only `upstream-unreachable` means that nothing was sent.
    fn call(&self, call: AdminCall) -> BoxFuture<'_, Result<AdminReply, Fault>>;
}

/// One administrative call.
#[derive(Clone, Debug)]
pub struct AdminCall {
    /// Its method.
    pub method: Method,
    /// Path and query at the platform.
    pub target: String,
    /// A JSON document, or nothing. It may hold a secret, so it is wiped after it was sent.
    pub body: Option<Secret>,
}

impl AdminCall {
    /// A call without a body.
    #[must_use]
    pub fn new(method: Method, target: impl Into<String>) -> Self {
        Self { method, target: target.into(), body: None }
    }

    /// The same call with a JSON document.
    #[must_use]
    pub fn with_body(self, body: Secret) -> Self {
        Self { body: Some(body), ..self }
    }
}

/// What the platform answered.
pub struct AdminReply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body. Some answers hold a secret that is in no other, so it is treated as one.
    pub body: Secret,
}

impl fmt::Debug for AdminReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminReply").field("status", &self.status).finish_non_exhaustive()
    }
}

/// `id` as one segment of a path. Ids are UUIDs and base32; whatever else comes here is not an id, and must not become part of a path.
pub(crate) fn segment(id: &str) -> Result<&str, Fault> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~=".contains(&byte);
    let dots = id.bytes().all(|byte| byte == b'.');
    if id.len() <= LONGEST_ID && id.bytes().all(plain) && !dots {
        return Ok(id);
    }
    Err(Fault::new(FaultCode::SlotUnknown, "an id with characters that no platform uses"))
}

/// `text` as a value in a query.
pub(crate) fn query_value(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// An access key's id has 56 characters, a UUID 36; twice that leaves room.
const LONGEST_ID: usize = 128;

#[cfg(test)]
mod tests {
    use super::{query_value, segment};

    #[test]
    fn an_id_is_one_plain_segment_or_none() {
        for good in ["00000001-0001-4000-8000-000000000001", "QUEUE====", "a.b~c_d"] {
            assert_eq!(segment(good).unwrap(), good);
        }
        for bad in ["", ".", "..", "a/b", "a?b", "a%2fb", "a b", "é", &"a".repeat(129)] {
            assert_eq!(segment(bad).unwrap_err().code().name(), "slot-unknown", "{bad}");
        }
    }

    #[test]
    fn what_would_end_a_query_value_is_encoded() {
        assert_eq!(query_value("AB=&+ é"), "AB%3D%26%2B%20%C3%A9");
    }
}
