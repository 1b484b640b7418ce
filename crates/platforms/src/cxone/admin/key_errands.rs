//! Which call about access keys needs which permission, and where it goes. Pure: no I/O in here.

use hallpass_core::policy::Rule;
use hallpass_core::{Fault, FaultCode, Secret};
use http::Method;
use serde_json::{Value, json};

use crate::admin::{AdminCall, Dialect, Errand, query_value, segment};

/// What is done with a key. The permissions are those of the product's help; for keys of one's own they begin with `My`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    View,
    Create,
    Edit,
    Delete,
}

impl Deed {
    pub(super) fn errand(self, id: &str) -> Errand<'_> {
        let permission = match self {
            Self::View => "Access Key: View",
            Self::Create => "Access Key: Create",
            Self::Edit => "Access Key: Edit",
            Self::Delete => "Access Key: Delete",
        };
        let denied_hint = "; for a key of its own user `My Access Key` will do";
        Errand { dialect: Dialect::Cxone, permission, kind: "access key", id, denied_hint }
    }
}

/// One page of a listing.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) items: Vec<Value>,
    /// How many there are on all pages, where the platform says so.
    pub(super) total: Option<usize>,
}

/// The page of keys in an answer.
pub(super) fn page(document: &Value) -> Option<Page> {
    let items = document.get("accessKeys")?.as_array()?.clone();
    let total = document.get("totalRecords").and_then(Value::as_u64);
    Some(Page { items, total: total.and_then(|total| usize::try_from(total).ok()) })
}

pub(super) fn listing(user_id: &str) -> String {
    format!("userId={}", query_value(user_id))
}

pub(super) fn read(id: &str) -> Result<AdminCall, Fault> {
    Ok(AdminCall::new(Method::GET, format!("{KEYS}/{}", segment(id)?)))
}

pub(super) fn create(user_id: &str, tenant_id: Option<&str>) -> AdminCall {
    let mut body = json!({ "userId": user_id });
    if let Some(tenant_id) = tenant_id {
        body["tenantId"] = tenant_id.into();
    }
    AdminCall::new(Method::POST, KEYS).with_body(Secret::from(body.to_string()))
}

pub(super) fn switch(id: &str, user_id: &str, active: bool) -> Result<AdminCall, Fault> {
    let id = query_value(segment(id)?);
    let target = format!("{KEYS}?accessKeyId={id}&userId={}", query_value(user_id));
    let body = json!({ "isActive": active }).to_string();
    Ok(AdminCall::new(Method::PATCH, target).with_body(Secret::from(body)))
}

pub(super) fn delete(id: &str) -> Result<AdminCall, Fault> {
    Ok(AdminCall::new(Method::DELETE, format!("{KEYS}/{}", segment(id)?)))
}

/// What the administering integration must be allowed to call for access keys; nothing else. The ids of keys that are still to come cannot be named, so
/// the platform's own permissions decide whose keys they may be.
///
/// # Errors
/// `internal`, which does not happen: the rules are fixed.
pub fn cxone_key_rules() -> Result<Vec<Rule>, Fault> {
    let lines = [
        // Pages have queries of the platform's choosing.
        format!("GET {KEYS}"),
        format!("POST {KEYS}"),
        format!("PATCH {KEYS}"),
        format!("GET {KEYS}/*"),
        format!("DELETE {KEYS}/*"),
    ];
    let rules = lines.iter().map(|line| line.parse());
    rules
        .collect::<Result<_, _>>()
        .map_err(|fault| Fault::new(FaultCode::Internal, format!("a rule: {fault}")))
}

pub(super) const KEYS: &str = "/access-key-management/v1/access-keys";
