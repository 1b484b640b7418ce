//! Errors in the form of Google's APIs.
//!
//! `{"error": {"code", "message", "status", "details"}}`: <https://google.aip.dev/193>, statuses and their HTTP codes:
//! <https://cloud.google.com/apis/design/errors#handling_errors>.

use serde_json::{Value, json};

use crate::message::Reply;

/// Why a request is refused.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    status: Status,
    message: String,
    details: Vec<Value>,
}

/// The canonical statuses that Secret Manager answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    InvalidArgument,
    FailedPrecondition,
    Unauthenticated,
    PermissionDenied,
    NotFound,
    AlreadyExists,
    ResourceExhausted,
}

impl Refusal {
    pub(super) fn new(status: Status, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), details: Vec::new() }
    }

    /// <https://cloud.google.com/iam/docs/permission-error-messages>: whether the resource exists is not told to whom may not see it.
    pub(super) fn denied(permission: &str, resource: &str) -> Self {
        let message =
            format!("Permission '{permission}' denied for resource '{resource}' (or it may not exist).");
        Self::new(Status::PermissionDenied, message).because(
            "IAM_PERMISSION_DENIED",
            "iam.googleapis.com",
            &json!({ "permission": permission, "resource": resource }),
        )
    }

    /// <https://cloud.google.com/docs/authentication/troubleshoot-adc>: one text for a token that is missing, expired or not ours.
    pub(super) fn unauthenticated(reason: &str) -> Self {
        let message = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid \
                       authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.";
        let service = json!({ "service": "secretmanager.googleapis.com" });
        Self::new(Status::Unauthenticated, message).because(reason, "googleapis.com", &service)
    }

    /// <https://cloud.google.com/secret-manager/quotas>; `retryDelay` is optional (AIP-193, `RetryInfo`).
    pub(super) fn throttled(retry_after: Option<u64>) -> Self {
        let message = "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute' of service \
                       'secretmanager.googleapis.com'.";
        let mut refusal = Self::new(Status::ResourceExhausted, message).because(
            "RATE_LIMIT_EXCEEDED",
            "googleapis.com",
            &json!({ "service": "secretmanager.googleapis.com" }),
        );
        if let Some(seconds) = retry_after {
            refusal.details.push(json!({
                "@type": "type.googleapis.com/google.rpc.RetryInfo",
                "retryDelay": format!("{seconds}s"),
            }));
        }
        refusal
    }

    /// The answer. `request` names it, as `RequestInfo` does where a service says it (AIP-193).
    pub(super) fn reply(mut self, request: u64) -> Reply {
        self.details.push(json!({
            "@type": "type.googleapis.com/google.rpc.RequestInfo",
            "requestId": format!("gsm-request-{request}"),
        }));
        let (code, status) = self.status.parts();
        let body = json!({ "error": {
            "code": code,
            "message": self.message,
            "status": status,
            "details": self.details,
        }});
        Reply::json(code, &body)
    }

    fn because(mut self, reason: &str, domain: &str, metadata: &Value) -> Self {
        self.details.push(json!({
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": reason,
            "domain": domain,
            "metadata": metadata,
        }));
        self
    }
}

impl Status {
    fn parts(self) -> (u16, &'static str) {
        match self {
            Self::InvalidArgument => (400, "INVALID_ARGUMENT"),
            Self::FailedPrecondition => (400, "FAILED_PRECONDITION"),
            Self::Unauthenticated => (401, "UNAUTHENTICATED"),
            Self::PermissionDenied => (403, "PERMISSION_DENIED"),
            Self::NotFound => (404, "NOT_FOUND"),
            Self::AlreadyExists => (409, "ALREADY_EXISTS"),
            Self::ResourceExhausted => (429, "RESOURCE_EXHAUSTED"),
        }
    }
}
