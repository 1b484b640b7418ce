//! The token endpoint of Microsoft Entra ID, for client secrets and federated assertions.

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};

use super::world::{ASSERTION, CLIENT, CLIENT_SECRET, TENANT, World};
use crate::{Cloud, Received, Reply};

/// One authority.
#[derive(Debug)]
pub(super) struct Entra {
    pub(super) world: Arc<World>,
}

impl Cloud for Entra {
    fn answer(&self, request: &Received) -> Reply {
        let origin = format!("https://{}", request.header("host").unwrap_or_default());
        let segments = request.segments();
        let segments: Vec<_> = segments.iter().map(String::as_str).collect();
        let mut state = self.world.state();
        let id = state.next_request_id();
        let reply = match (&request.method, &segments[..]) {
            (&Method::POST, [tenant, "oauth2", "v2.0", "token"]) => {
                state.token_requests += 1;
                match refusal(tenant, &request.form()) {
                    Some((code, error, what)) => refused(code, error, what, &id),
                    None => {
                        let form = request.form();
                        // One scope, which is the audience with `/.default`:
                        // https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
                        let audience = value(&form, "scope").trim_end_matches("/.default").to_owned();
                        let token = state.grant(&audience);
                        Reply::json(
                            200,
                            &json!({ "token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token }),
                        )
                    }
                }
            }
            (&Method::GET, [tenant, "v2.0", ".well-known", "openid-configuration"]) => {
                Reply::json(200, &discovery(&origin, tenant))
            }
            _ => Reply::json(404, &json!({ "error": "not_found" })),
        };
        reply.with("x-ms-request-id", id)
    }
}

/// The number, the `error` member and the text of the refusal:
/// <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>
fn refusal(tenant: &str, form: &[(String, String)]) -> Option<(u32, &'static str, &'static str)> {
    if tenant != TENANT {
        return Some((
            90002,
            "invalid_request",
            "Tenant not found. Check to make sure you have the correct tenant ID.",
        ));
    }
    if value(form, "grant_type") != "client_credentials" || !value(form, "scope").ends_with("/.default") {
        return Some((70011, "invalid_scope", "The provided request must include a valid 'scope'."));
    }
    if value(form, "client_id") != CLIENT {
        return Some((700_016, "unauthorized_client", "Application was not found in the directory."));
    }
    let assertion = value(form, "client_assertion");
    if assertion.is_empty() {
        let fine = value(form, "client_secret") == CLIENT_SECRET;
        return (!fine).then_some((7_000_215, "invalid_client", "Invalid client secret provided."));
    }
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    match (value(form, "client_assertion_type") == kind, assertion) {
        (true, ASSERTION) => None,
        (true, "expired") => {
            Some((700_024, "invalid_client", "Client assertion is not within its valid time range."))
        }
        _ => Some((50027, "invalid_request", "JWT token is invalid or malformed.")),
    }
}

fn refused(code: u32, error: &str, what: &str, id: &str) -> Reply {
    let body = json!({
        "error": error,
        "error_description": format!("AADSTS{code}: {what} Trace ID: {id} Correlation ID: {id} Timestamp: 2026-11-22 12:00:00Z"),
        "error_codes": [code], "timestamp": "2026-11-22 12:00:00Z", "trace_id": id, "correlation_id": id,
    });
    Reply::json(if error == "invalid_client" { 401 } else { 400 }, &body)
}

/// What Microsoft's own library reads before its first request:
/// <https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc#find-your-apps-openid-configuration-document-uri>
fn discovery(origin: &str, tenant: &str) -> Value {
    json!({
        "token_endpoint": format!("{origin}/{tenant}/oauth2/v2.0/token"),
        "authorization_endpoint": format!("{origin}/{tenant}/oauth2/v2.0/authorize"),
        "issuer": format!("{origin}/{tenant}/v2.0"),
        "jwks_uri": format!("{origin}/{tenant}/discovery/v2.0/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
    })
}

fn value<'a>(form: &'a [(String, String)], name: &str) -> &'a str {
    form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
}
