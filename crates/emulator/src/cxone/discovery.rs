//! The discovery documents: where everything is, as seen by whoever asks.

use serde::Serialize;

use super::{Call, errors, issue::issuer};
use crate::{forms, reply::Reply, state::State};

/// The OpenID document. The platform lists no grant types, and of the ways to authenticate only Basic.
pub(super) fn openid(call: &Call<'_>) -> Reply {
    let at = |path: &str| format!("{}{path}", call.origins.identity);
    let planted = &call.settings.discovery;
    Reply::json(
        200,
        &OpenidConfiguration {
            issuer: issuer(call.settings, call.origins),
            authorization_endpoint: at("/auth/authorize"),
            token_endpoint: planted.token_endpoint.clone().unwrap_or_else(|| at("/auth/token")),
            userinfo_endpoint: at("/auth/userinfo"),
            end_session_endpoint: at("/auth/authorize/logout"),
            jwks_uri: at("/auth/jwks"),
            token_endpoint_auth_methods_supported: ["client_secret_basic"],
            token_endpoint_auth_signing_alg_values_supported: ["RS256"],
            id_token_signing_alg_values_supported: ["RS256"],
            scopes_supported: ["openid"],
            response_types_supported: ["code"],
            subject_types_supported: ["public"],
            request_object_signing_alg_values_supported: ["none"],
            display_values_supported: ["page", "popup"],
            claim_types_supported: ["normal"],
            code_challenge_methods_supported: ["S256"],
        },
    )
}

/// A tenant's document. Without a tenant it still says where the API is.
pub(super) fn tenant(state: &State, call: &Call<'_>) -> Reply {
    let query = forms::parse(&call.received.query);
    let asked = forms::only(&query, "tenantId");
    let tenant = asked.and_then(|id| state.cxone.tenants.get(id));
    if asked.is_some() && tenant.is_none() {
        return errors::userhub(404, "There is no such tenant.", call.place, call.now);
    }
    let planted = &call.settings.discovery;
    let said = |planted: &Option<String>, truth: &str| planted.clone().unwrap_or_else(|| truth.to_owned());
    Reply::json(
        200,
        &TenantConfiguration {
            private: false,
            ui_endpoint: call.origins.userhub.clone(),
            auth_endpoint: said(&planted.auth_endpoint, &call.origins.userhub),
            api_endpoint: said(&planted.api_endpoint, &call.origins.api),
            domain: "niceincontact.com",
            uh_domain: "nice-incontact.com",
            area: tenant.map(|tenant| tenant.area.as_str()),
            cluster: tenant.map(|tenant| tenant.cluster.as_str()),
            acd_domain: tenant.map(|_| "nice-incontact.com"),
            tenant_id: asked.map(|asked| said(&planted.tenant_id, asked)),
            globaldomain: "niceincontact.com",
        },
    )
}

#[derive(Serialize)]
struct OpenidConfiguration {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    end_session_endpoint: String,
    jwks_uri: String,
    token_endpoint_auth_methods_supported: [&'static str; 1],
    token_endpoint_auth_signing_alg_values_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 1],
    scopes_supported: [&'static str; 1],
    response_types_supported: [&'static str; 1],
    subject_types_supported: [&'static str; 1],
    request_object_signing_alg_values_supported: [&'static str; 1],
    display_values_supported: [&'static str; 2],
    claim_types_supported: [&'static str; 1],
    code_challenge_methods_supported: [&'static str; 1],
}

#[derive(Serialize)]
struct TenantConfiguration<'a> {
    private: bool,
    ui_endpoint: String,
    auth_endpoint: String,
    api_endpoint: String,
    domain: &'static str,
    #[serde(rename = "uhDomain")]
    uh_domain: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    area: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<&'a str>,
    #[serde(rename = "acdDomain", skip_serializing_if = "Option::is_none")]
    acd_domain: Option<&'static str>,
    #[serde(rename = "tenantId", skip_serializing_if = "Option::is_none")]
    tenant_id: Option<String>,
    globaldomain: &'static str,
}
