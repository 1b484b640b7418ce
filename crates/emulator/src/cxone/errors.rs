//! Error bodies: each family of CXone's endpoints has its own.

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    routes::Place,
    settings::{CxoneSettings, DescriptionSpelling},
};
use crate::{clock::Moment, reply::Reply};

/// The token endpoint's.
pub(super) fn oauth(settings: &CxoneSettings, status: u16, error: &str, description: &str) -> Reply {
    let (snake, camel) = match settings.description {
        DescriptionSpelling::Snake => (Some(description), None),
        DescriptionSpelling::Camel => (None, Some(description)),
        DescriptionSpelling::Both => (Some(description), Some(description)),
    };
    Reply::json(status, &OauthError { error, error_description: snake, camel_description: camel })
}

/// UserHub's, which the discovery documents share.
pub(super) fn userhub(status: u16, message: &str, place: &Place, now: Moment) -> Reply {
    if status == 400 {
        let body = json!({
            "code": "BAD_REQUEST", "details": [], "entityType": null, "errors": [message], "hostName": "emulator",
        });
        return Reply::json(status, &body);
    }
    let error = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    Reply::json(
        status,
        &UserhubError {
            timestamp: now.iso(),
            status,
            error: error.unwrap_or("Error"),
            message,
            path: &place.path,
        },
    )
}

/// UserHub's, unless the settings have a body for it.
pub(super) fn userhub_or(
    planted: &Option<Value>,
    status: u16,
    message: &str,
    place: &Place,
    now: Moment,
) -> Reply {
    planted.as_ref().map_or_else(|| userhub(status, message, place, now), |body| Reply::json(status, body))
}

/// The data API's: what a person should know stands in a header.
pub(super) fn data(status: u16, error: &str, description: &str) -> Reply {
    let body = OauthError { error, error_description: Some(description), camel_description: None };
    Reply::json(status, &body).with("icstatusdescription", description)
}

/// No token, an unknown one, an expired or a revoked one: all alike.
pub(super) fn unauthorized() -> Reply {
    data(401, "invalid_token", "The access token is missing, invalid or expired.")
}

/// The same in the words of whoever answers.
pub(super) fn no_token(settings: &CxoneSettings, place: &Place, now: Moment) -> Reply {
    of_status(settings, 401, place, now)
}

pub(super) fn not_acceptable() -> Reply {
    data(406, "NotAcceptable", "The data cannot be rendered as the Accept header demands.")
}

pub(super) fn not_found() -> Reply {
    data(404, "NotFound", "The requested resource was not found.")
}

pub(super) fn method_not_allowed(allowed: &str) -> Reply {
    data(405, "MethodNotAllowed", "The method is not allowed on this resource.").with("allow", allowed)
}

/// The throttle's: what, and where.
pub(super) fn throttled(place: &Place, retry_after: Option<u64>) -> Reply {
    let reply = Reply::json(429, &Throttled { message: "API rate limit exceeded", route: &place.path });
    match retry_after {
        Some(seconds) => reply.with("retry-after", seconds.to_string()),
        None => reply,
    }
}

/// An error of this status without a cause.
pub(super) fn of_status(settings: &CxoneSettings, status: u16, place: &Place, now: Moment) -> Reply {
    match status {
        429 => return throttled(place, None),
        _ if place.is_userhub() => return userhub(status, "The request failed.", place, now),
        401 if place.is_oauth() => {
            return oauth(settings, 401, "invalid_client", "Client authentication failed.");
        }
        _ if place.is_oauth() => {
            let error = if status < 500 { "invalid_request" } else { "server_error" };
            return oauth(settings, status, error, "The request failed.");
        }
        401 => return unauthorized(),
        404 => return not_found(),
        _ => {}
    }
    let (error, description) = match status {
        403 => ("Forbidden", "The user has no permission for this."),
        409 => ("Conflict", "The request conflicts with the state of the resource."),
        502 => ("BadGateway", "The service could not be reached."),
        503 => ("ServiceUnavailable", "The service is unavailable."),
        504 => ("GatewayTimeout", "The request timed out."),
        500.. => ("InternalServerError", "The server encountered an unexpected condition."),
        _ => ("BadRequest", "The request could not be understood by the server."),
    };
    data(status, error, description)
}

#[derive(Serialize)]
struct OauthError<'a> {
    error: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_description: Option<&'a str>,
    #[serde(rename = "errorDescription", skip_serializing_if = "Option::is_none")]
    camel_description: Option<&'a str>,
}

#[derive(Serialize)]
struct UserhubError<'a> {
    timestamp: String,
    status: u16,
    error: &'a str,
    message: &'a str,
    path: &'a str,
}

#[derive(Serialize)]
struct Throttled<'a> {
    message: &'a str,
    route: &'a str,
}
