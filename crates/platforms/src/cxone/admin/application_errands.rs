//! Which call about applications needs which right, and where it goes. Pure: no I/O in here.

use hallpass_core::policy::Rule;
use hallpass_core::{Fault, FaultCode, Secret};
use http::Method;
use serde_json::Value;

use super::key_errands::Page;
use crate::admin::{AdminCall, Dialect, Errand, segment};

/// Where the applications are: a path at UserHub that the platform does not publish.
#[derive(Clone, Debug)]
pub(super) struct Applications(String);

impl Applications {
    /// Below `base`, a path such as `/some-service/v1`.
    pub(super) fn below(base: &str) -> Result<Self, Fault> {
        let path = format!("{}/applications", base.trim_end_matches('/'));
        match hallpass_core::policy::ambiguity(&path) {
            None if !path.contains(['?', '*']) => Ok(Self(path)),
            _ => Err(Fault::new(
                FaultCode::ConfigurationInvalid,
                "the path of the applications is not a plain one",
            )),
        }
    }

    pub(super) fn path(&self) -> &str {
        &self.0
    }

    pub(super) fn read(&self, id: &str) -> Result<AdminCall, Fault> {
        Ok(AdminCall::new(Method::GET, self.one(id)?))
    }

    pub(super) fn create(&self, document: &Value) -> AdminCall {
        AdminCall::new(Method::POST, self.0.as_str()).with_body(Secret::from(document.to_string()))
    }

    pub(super) fn switch(&self, id: &str, active: bool) -> Result<AdminCall, Fault> {
        let order = if active { "enable" } else { "disable" };
        Ok(AdminCall::new(Method::POST, format!("{}-{order}", self.one(id)?)))
    }

    pub(super) fn delete(&self, id: &str) -> Result<AdminCall, Fault> {
        Ok(AdminCall::new(Method::DELETE, self.one(id)?))
    }

    fn one(&self, id: &str) -> Result<String, Fault> {
        Ok(format!("{}/{}", self.0, segment(id)?))
    }
}

/// What the call is for. The platform does not publish what its permissions for this are called.
pub(super) fn errand(id: &str) -> Errand<'_> {
    Errand {
        dialect: Dialect::Cxone,
        permission: "application registration",
        kind: "application",
        id,
        denied_hint: "; ask the vendor what it is called in your tenant",
    }
}

/// The page of applications in an answer: a bare list, or one in a member.
pub(super) fn page(document: &Value) -> Option<Page> {
    let inner = document.get("resultSet").unwrap_or(document);
    let items = inner.get("applications").unwrap_or(inner).as_array()?.clone();
    let total = document.get("totalRecords").and_then(Value::as_u64);
    Some(Page { items, total: total.and_then(|total| usize::try_from(total).ok()) })
}

/// What the administering integration must be allowed to call for applications below `base_path`; nothing else. The ids of applications that are still
/// to come cannot be named.
///
/// # Errors
/// `configuration-invalid`: `base_path` is not a plain path.
pub fn cxone_application_rules(base_path: &str) -> Result<Vec<Rule>, Fault> {
    let Applications(path) = Applications::below(base_path)?;
    let lines = [
        format!("GET {path}"),
        format!("POST {path}"),
        format!("GET {path}/*"),
        // The orders to enable and to disable are part of the segment.
        format!("POST {path}/*"),
        format!("DELETE {path}/*"),
    ];
    let rules = lines.iter().map(|line| line.parse());
    rules
        .collect::<Result<_, _>>()
        .map_err(|fault| Fault::new(FaultCode::Internal, format!("a rule: {fault}")))
}
