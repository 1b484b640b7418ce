//! Errors as these services write them.

use serde_json::json;

use crate::Reply;

/// `{"error":{"code","message","innererror":{"code"}}}`: <https://learn.microsoft.com/azure/key-vault/general/rest-error-codes>
pub(super) fn error(status: u16, code: &str, inner: Option<&str>, message: &str) -> Reply {
    let mut error = json!({ "code": code, "message": message });
    if let Some(inner) = inner {
        error["innererror"] = json!({ "code": inner });
    }
    Reply::json(status, &json!({ "error": error }))
}

/// `application/problem+json`, as App Configuration writes it:
/// <https://learn.microsoft.com/azure/azure-app-configuration/rest-api-throttling>
pub(super) fn problem(status: u16, title: &str, detail: &str) -> Reply {
    let body = json!({ "type": "https://azconfig.io/errors/problem", "title": title, "detail": detail, "status": status });
    Reply::bytes(status, body.to_string()).with("content-type", "application/problem+json; charset=utf-8")
}
