//! What goes into a request that gives roles, what comes of it, and what it needs. Pure: no I/O in here.

use std::collections::BTreeMap;

use hallpass_core::policy::Rule;
use hallpass_core::{ClientCall, ClientDeed, ClientDraft, Fault, FaultCode, Moment};
use http::StatusCode;
use serde_json::{Value, json};

use crate::admin::{AdminReply, Errand};

/// A draft as the members that a request has for it.
pub(super) fn members(draft: &ClientDraft) -> BTreeMap<&'static str, Value> {
    let grants: Vec<_> = draft
        .grants
        .iter()
        .map(|grant| json!({ "roleId": grant.role, "divisionId": grant.division }))
        .collect();
    let mut members =
        BTreeMap::from([("authorizedGrantType", json!(MACHINES)), ("roleDivisions", json!(grants))]);
    members.extend(draft.name.as_ref().map(|name| ("name", json!(name))));
    members.extend(draft.description.as_ref().map(|text| ("description", json!(text))));
    let lifetime =
        draft.token_lifetime.map(|lifetime| ("accessTokenValiditySeconds", json!(lifetime.as_secs())));
    members.extend(lifetime);
    let state = |active| json!(if active { "active" } else { "inactive" });
    members.extend(draft.active.map(|active| ("state", state(active))));
    members
}

/// The answer to a call that gives roles, with the refusals that only such a call meets.
pub(super) fn given(reply: AdminReply, errand: &Errand<'_>, now: Moment) -> Result<AdminReply, Fault> {
    match (reply.status, errand.code(&reply).as_deref()) {
        (_, Some("auth.too.many.clients")) => {
            let detail = "the organisation has as many OAuth clients as it may have";
            Err(Fault::new(FaultCode::SlotsFull, detail)
                .with_hint("remove clients that nobody uses, or ask the vendor for more"))
        }
        (StatusCode::FORBIDDEN, Some("not.authorized")) => {
            let detail = "the administering identity may not give a role that it does not hold itself";
            Err(Fault::new(FaultCode::AdminDenied, detail).with_hint(
                    "give the administering client the same roles in the same divisions, or have a person make this client and take it over with `--adopt`",
                ))
        }
        _ => errand.judge(reply, now),
    }
}

/// The call that a deed is, and the permission that the vendor's SDK documents for it.
pub(super) fn call(deed: ClientDeed) -> ClientCall {
    let (line, permission) = match deed {
        ClientDeed::Find => ("GET /api/v2/oauth/clients/**", "oauth:client:view"),
        ClientDeed::Resolve => ("GET /api/v2/authorization/roles", "authorization:role:view"),
        ClientDeed::Create => ("POST /api/v2/oauth/clients", "oauth:client:add"),
        ClientDeed::Update => ("PUT /api/v2/oauth/clients/*", "oauth:client:edit"),
        ClientDeed::Reset => ("POST /api/v2/oauth/clients/*/secret", "oauth:client:edit"),
        ClientDeed::Deactivate => ("PUT /api/v2/oauth/clients/*", "oauth:client:edit"),
        ClientDeed::Delete => ("DELETE /api/v2/oauth/clients/*", "oauth:client:delete"),
        ClientDeed::LastUsed => ("GET /api/v2/oauth/clients/*/usage/summary", "usage:client:view"),
        ClientDeed::Permissions => ("GET /api/v2/authorization/permissions", ""),
        ClientDeed::CreateRole => ("POST /api/v2/authorization/roles", "authorization:role:add"),
        ClientDeed::UpdateRole => ("PUT /api/v2/authorization/roles/*", "authorization:role:edit"),
        ClientDeed::HoldRole => ("POST /api/v2/authorization/subjects/*/bulkadd", "authorization:grant:add"),
        ClientDeed::RoleHolders => {
            ("GET /api/v2/authorization/roles/*/subjectgrants", "authorization:role:view")
        }
        ClientDeed::DeleteRole => ("DELETE /api/v2/authorization/roles/*", "authorization:role:delete"),
    };
    ClientCall { line, permission }
}

/// The answer to a call that puts permissions into a role, with the refusal that only such a call meets.
pub(super) fn given_in_role(
    reply: AdminReply,
    errand: &Errand<'_>,
    now: Moment,
) -> Result<AdminReply, Fault> {
    match (reply.status, errand.code(&reply).as_deref()) {
        (StatusCode::FORBIDDEN, Some("not.authorized")) => {
            let detail = "the administering identity may not put a permission into a role that it does not hold itself";
            Err(Fault::new(FaultCode::AdminDenied, detail).with_hint(
                "give the administering client every permission of `provision.permissions`, or have a person make the role and take it over with `--adopt`",
            ))
        }
        _ => errand.judge(reply, now),
    }
}

/// What the administering integration must be allowed to call for provisioning; nothing else. The ids of clients that are still to come cannot be named,
/// so the platform's own permissions decide which they may be.
///
/// # Errors
/// `internal`, which does not happen: the rules are fixed.
pub fn genesys_client_rules() -> Result<Vec<Rule>, Fault> {
    let lines = [
        "GET /api/v2/oauth/clients/**",
        "POST /api/v2/oauth/clients",
        "PUT /api/v2/oauth/clients/*",
        "POST /api/v2/oauth/clients/*/secret",
        "DELETE /api/v2/oauth/clients/*",
        "GET /api/v2/authorization/roles",
        "GET /api/v2/authorization/divisions",
        "GET /api/v2/tokens/me",
        // For roles made from permissions.
        "GET /api/v2/authorization/permissions",
        "POST /api/v2/authorization/roles",
        "GET /api/v2/authorization/roles/**",
        "PUT /api/v2/authorization/roles/*",
        "DELETE /api/v2/authorization/roles/*",
        "POST /api/v2/authorization/subjects/*/bulkadd",
    ];
    let rules = lines.iter().map(|line| line.parse());
    rules
        .collect::<Result<_, _>>()
        .map_err(|fault| Fault::new(FaultCode::Internal, format!("a rule: {fault}")))
}

/// The only grant for which a function needs no person. The vendor's model spells it so.
pub(super) const MACHINES: &str = "CLIENT-CREDENTIALS";
