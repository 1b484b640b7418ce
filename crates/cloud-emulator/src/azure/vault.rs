//! Key Vault on the wire.

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};

use super::wire::error;
use super::world::{Denial, State, TENANT, World};
use crate::{Cloud, Received, Reply};

/// For whom a token must be.
pub const VAULT_AUDIENCE: &str = "https://vault.azure.net";
/// Reading a value, by its name in role definitions:
/// <https://learn.microsoft.com/azure/role-based-access-control/permissions/security#microsoftkeyvault>
pub const GET: &str = "Microsoft.KeyVault/vaults/secrets/getSecret/action";
/// Listing secrets and versions.
pub const LIST: &str = "Microsoft.KeyVault/vaults/secrets/readMetadata/action";
/// Writing a version.
pub const SET: &str = "Microsoft.KeyVault/vaults/secrets/setSecret/action";
/// Changing a version's attributes and tags.
pub const UPDATE: &str = "Microsoft.KeyVault/vaults/secrets/update/action";

/// One vault.
#[derive(Debug)]
pub(super) struct Vault {
    pub(super) world: Arc<World>,
    /// The authority that the challenge names.
    pub(super) entra: String,
}

impl Cloud for Vault {
    fn answer(&self, request: &Received) -> Reply {
        let mut state = self.world.state();
        let id = state.next_request_id();
        let reply = match self.refusal(&state, request) {
            Some(refusal) => refusal,
            None => route(&mut state, request),
        };
        reply
            .with("x-ms-request-id", id)
            .with("x-ms-keyvault-region", "westeurope")
            .with("x-ms-keyvault-service-version", "1.9.2000.1")
    }
}

impl Vault {
    /// Without a token for this audience there is a challenge that names where to get one.
    /// <https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses>
    fn refusal(&self, state: &State, request: &Received) -> Option<Reply> {
        let message = match (request.header("authorization"), state.audience(request.header("authorization")))
        {
            (_, Some(VAULT_AUDIENCE)) => return None,
            (None, _) => "AKV10000: Request is missing a Bearer or PoP token.",
            (Some(_), None) => "[BearerReadAccessTokenFailed] Error validating token: 'S2S12005'.",
            (Some(_), Some(_)) => "AKV10022: Invalid audience.",
        };
        let challenge =
            format!("Bearer authorization=\"{}/{TENANT}\", resource=\"{VAULT_AUDIENCE}\"", self.entra);
        Some(error(401, "Unauthorized", None, message).with("www-authenticate", challenge))
    }
}

fn route(state: &mut State, request: &Received) -> Reply {
    if request.parameter("api-version").is_none_or(|version| !is_version(version)) {
        return error(400, "BadParameter", None, "api-version must be specified");
    }
    if let Some(after) = state.too_many() {
        let message = "The request was not processed because too many requests were received.";
        return error(429, "Throttled", None, message).with("retry-after", after.to_string());
    }
    let segments = request.segments();
    let segments: Vec<_> = segments.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    let action = match (&request.method, &segments[..]) {
        (&Method::GET, ["secrets"] | ["secrets", _, "versions"]) => LIST,
        (&Method::GET, _) => GET,
        (&Method::PUT, _) => SET,
        (&Method::PATCH, _) => UPDATE,
        (&Method::DELETE, _) => "Microsoft.KeyVault/vaults/secrets/delete",
        _ => "Microsoft.KeyVault/vaults/secrets/recover/action",
    };
    if let Some(how) = state.denial(action) {
        return denied(action, how);
    }
    dispatch(state, request, &segments)
}

fn dispatch(state: &mut State, request: &Received, segments: &[&str]) -> Reply {
    let origin = format!("https://{}", request.header("host").unwrap_or_default());
    let (body, now) = (request.json(), state.now());
    match (&request.method, segments) {
        (&Method::GET, ["secrets"]) => page(request, &origin, state.secrets.items(&origin, None)),
        (&Method::GET, ["secrets", name, "versions"]) => {
            page(request, &origin, state.secrets.items(&origin, Some(name)))
        }
        (&Method::GET, ["secrets", name]) => state.secrets.get(&origin, name, ""),
        (&Method::GET, ["secrets", name, version]) => state.secrets.get(&origin, name, version),
        (&Method::PUT, ["secrets", name]) => {
            let id = state.next_version();
            let reply = state.secrets.set(&origin, name, &body, id, now);
            state.written(name);
            reply
        }
        (&Method::PATCH, ["secrets", name]) => state.secrets.update(&origin, name, "", &body, now),
        (&Method::PATCH, ["secrets", name, version]) => {
            state.secrets.update(&origin, name, version, &body, now)
        }
        (&Method::DELETE, ["secrets", name]) => state.secrets.delete(&origin, name),
        (&Method::GET, ["deletedsecrets", name]) => state.secrets.deleted_bundle(&origin, name),
        (&Method::POST, ["deletedsecrets", name, "recover"]) => state.secrets.recover(&origin, name),
        (&Method::DELETE, ["deletedsecrets", name]) => state.secrets.purge(name),
        _ => error(404, "NotFound", None, "no such resource"),
    }
}

/// At most 25 items at once, and a `nextLink` while there are more.
/// <https://learn.microsoft.com/rest/api/keyvault/secrets/get-secrets/get-secrets>
fn page(request: &Received, origin: &str, items: Vec<Value>) -> Reply {
    let most = request.parameter("maxresults").map_or(Some(25), |most| most.parse().ok());
    let Some(most) = most.filter(|most| (1..=25).contains(most)) else {
        return error(400, "BadParameter", None, "maxresults is out of range");
    };
    let from: usize = request.parameter("$skiptoken").and_then(|token| token.parse().ok()).unwrap_or(0);
    let more = items.len() > from + most;
    let next = || {
        let version = request.parameter("api-version").unwrap_or_default();
        let path = &request.path;
        format!("{origin}{path}?api-version={version}&$skiptoken={}&maxresults={most}", from + most)
    };
    let shown: Vec<_> = items.into_iter().skip(from).take(most).collect();
    Reply::json(200, &json!({ "value": shown, "nextLink": more.then(next) }))
}

/// What a vault says to whom it does not let in: <https://learn.microsoft.com/azure/key-vault/general/rest-error-codes>
fn denied(action: &str, how: Denial) -> Reply {
    let (inner, message) = match how {
        Denial::Rbac => (
            "ForbiddenByRbac",
            format!(
                "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: appid=22222222-2222-4222-8222-222222222222;oid=33333333-3333-4333-8333-333333333333;iss=https://sts.windows.net/{TENANT}/\r\nAction: '{action}'\r\nResource: '/subscriptions/s/resourcegroups/g/providers/microsoft.keyvault/vaults/v/secrets/n'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: 'DeniedWithNoValidRBAC' \r\nVault: v;location=westeurope\r\n"
            ),
        ),
        Denial::Policy => (
            "ForbiddenByPolicy",
            format!(
                "The user, group or application 'appid=22222222-2222-4222-8222-222222222222;iss=https://sts.windows.net/{TENANT}/' does not have secrets get permission on key vault 'v;location=westeurope'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287"
            ),
        ),
        Denial::Firewall => (
            "ForbiddenByFirewall",
            "Client address is not authorized and caller is not a trusted service.\r\nClient address: 203.0.113.7\r\nVault: v;location=westeurope"
                .to_owned(),
        ),
    };
    error(403, "Forbidden", Some(inner), &message)
}

/// `7.4` and the like, or a date.
fn is_version(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
}
