//! Answers in AWS JSON 1.1: an error is its code in `__type` and a message.

use serde_json::{Value, json};

use crate::Reply;

/// An error to answer with.
#[derive(Debug)]
pub(super) struct Refused {
    status: u16,
    code: String,
    message: String,
}

impl Refused {
    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { status: 400, code: code.to_owned(), message: message.into() }
    }

    /// With a status of its own, as services answer whose operations are paths.
    pub(super) fn rest(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, ..Self::new(code, message) }
    }

    /// As IAM words it.
    pub(super) fn denied(action: &str, resource: &str) -> Self {
        let who = format!("arn:aws:sts::{}:assumed-role/function/session", super::ACCOUNT);
        let why = format!("because no identity-based policy allows the {action} action");
        let message =
            format!("User: {who} is not authorized to perform: {action} on resource: {resource} {why}");
        Self::new("AccessDeniedException", message)
    }

    pub(super) fn code(&self) -> &str {
        &self.code
    }

    pub(super) fn reply(&self) -> Reply {
        json_1_1(self.status, &json!({ "__type": self.code, "message": self.message }))
    }
}

/// An error of AWS's shape, for a script: status, code, message.
#[must_use]
pub fn refusal(status: u16, code: &str, message: &str) -> Reply {
    let refused = Refused { status, code: code.to_owned(), message: message.to_owned() };
    refused.reply().with("x-amzn-RequestId", request_id(0))
}

/// AWS's request ids are UUIDs.
pub(super) fn request_id(number: u64) -> String {
    format!("5ee00000-0000-4000-8000-{number:012x}")
}

/// An answer in the service's own content type.
pub(super) fn json_1_1(status: u16, body: &Value) -> Reply {
    Reply::bytes(status, body.to_string()).with("content-type", "application/x-amz-json-1.1")
}

/// A member that has to be text.
pub(super) fn required<'a>(asked: &'a Value, name: &str) -> Result<&'a str, Refused> {
    asked[name].as_str().ok_or_else(|| {
        let message = format!("1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null");
        Refused::new("ValidationException", message)
    })
}
