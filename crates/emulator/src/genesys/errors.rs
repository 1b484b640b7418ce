//! The API's error bodies. Each names the request in `contextId`, which is its `ININ-Correlation-Id`.

use serde::Serialize;

use crate::reply::Reply;

/// No bearer, or an empty one: the Python SDK sends that when it has none.
pub(crate) fn authentication_required(context: &str) -> Reply {
    error(
        401,
        "authentication.required",
        "No authentication bearer token specified in authorization header.",
        context,
    )
}

/// Invalid, expired and revoked tokens look alike.
pub(crate) fn bad_credentials(context: &str) -> Reply {
    error(401, "bad.credentials", "Invalid login credentials.", context)
}

pub(crate) fn not_found(context: &str) -> Reply {
    error(404, "not.found", "The requested resource was not found.", context)
}

pub(crate) fn method_not_allowed(allowed: &str, context: &str) -> Reply {
    error(405, "method.not.allowed", "The method is not allowed on this resource.", context)
        .with("allow", allowed)
}

pub(crate) fn bad_request(message: &str, context: &str) -> Reply {
    error(400, "bad.request", message, context)
}

pub(crate) fn invalid_query(name: &str, context: &str) -> Reply {
    let message = format!("The value of the query parameter {name} is invalid.");
    error(400, "invalid.query.param.value", &message, context)
}

/// Client credentials have no user behind them.
pub(crate) fn no_user(context: &str) -> Reply {
    bad_request("This request requires a user context, which client credentials do not have.", context)
}

pub(crate) fn too_large(context: &str) -> Reply {
    error(413, "request.entity.too.large", "The request body is larger than 512000 bytes.", context)
}

pub(crate) fn unsupported_media_type(context: &str) -> Reply {
    error(415, "unsupported.media.type", "The media type of the request body is not supported.", context)
}

/// `Retry-After` is always a whole number of seconds, never a date.
pub(crate) fn too_many_requests(retry_after: u64, context: &str) -> Reply {
    let message = format!("Rate limit exceeded the maximum. Retry the request in [{retry_after}] seconds");
    error(429, "too.many.requests.retry.after", &message, context)
        .with("retry-after", retry_after.to_string())
}

/// An error of this status with the code that the platform uses there.
pub(crate) fn of_status(status: u16, context: &str) -> Reply {
    let (code, message) = match status {
        401 => return bad_credentials(context),
        404 => return not_found(context),
        413 => return too_large(context),
        415 => return unsupported_media_type(context),
        403 => ("not.authorized", "You are not authorized to perform the requested action."),
        409 => ("conflict", "The request conflicts with the state of the resource."),
        429 => ("too.many.requests.retry.after", "Rate limit exceeded the maximum."),
        501 => ("not.implemented", "The requested feature is not implemented."),
        502 => ("bad.gateway", "The service could not be reached."),
        503 => ("service.unavailable", "The service is unavailable."),
        504 => ("request.timeout", "The request timed out."),
        500.. => ("internal.server.error", "The server encountered an unexpected condition."),
        _ => ("bad.request", "The request could not be understood by the server."),
    };
    error(status, code, message, context)
}

/// One operation's own refusal.
pub(crate) fn coded(status: u16, code: &str, message: &str, context: &str) -> Reply {
    error(status, code, message, context)
}

fn error(status: u16, code: &str, message: &str, context: &str) -> Reply {
    Reply::json(status, &ErrorBody { message, code, status, context_id: context, details: [], errors: [] })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorBody<'a> {
    message: &'a str,
    code: &'a str,
    status: u16,
    context_id: &'a str,
    details: [(); 0],
    errors: [(); 0],
}
