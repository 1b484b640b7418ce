//! What the sidecar answers in CXone's place. Every member of the platform's own answers is there; none of it is secret but the pass.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallpass_core::{LoginAnswer, Secret};
use http::StatusCode;
use serde::Serialize;
use serde_json::json;

use crate::login::{answer, text};

/// Who logs in, as far as it is known.
#[derive(Debug)]
pub(super) struct Tenancy {
    pub(super) base_url: String,
    pub(super) integration: String,
    pub(super) tenant: String,
    pub(super) area: Option<String>,
    /// Since the Unix epoch.
    pub(super) now: Duration,
}

impl Tenancy {
    /// The answer of `/auth/token`. The pass is access token and refresh token in one: it is worth the same in both places, which is nothing outside of this
    /// sandbox.
    pub(super) fn token(&self, pass: &Secret, lifetime: Duration) -> LoginAnswer {
        #[derive(Serialize)]
        struct Token<'a> {
            access_token: &'a str,
            token_type: &'a str,
            expires_in: u64,
            refresh_token: &'a str,
            id_token: &'a str,
        }
        let (pass, id_token) = (text(pass), self.id_token(lifetime));
        let token = Token {
            access_token: pass,
            token_type: "Bearer",
            expires_in: lifetime.as_secs(),
            refresh_token: pass,
            id_token: &id_token,
        };
        answer(StatusCode::OK, &token)
    }

    /// The answer of UserHub.
    pub(super) fn userhub_token(&self, pass: &Secret, lifetime: Duration) -> LoginAnswer {
        #[derive(Serialize)]
        struct Token<'a> {
            access_token: &'a str,
            token_type: &'a str,
            expires_in: u64,
            refresh_token: &'a str,
            refresh_token_expires_in: u64,
            id_token: &'a str,
        }
        let (pass, id_token) = (text(pass), self.id_token(lifetime));
        let token = Token {
            access_token: pass,
            token_type: "Bearer",
            expires_in: lifetime.as_secs(),
            refresh_token: pass,
            refresh_token_expires_in: lifetime.as_secs(),
            id_token: &id_token,
        };
        answer(StatusCode::OK, &token)
    }

    /// The answer of UserHub's refresh, whose members have other names.
    pub(super) fn refreshed(pass: &Secret, lifetime: Duration) -> LoginAnswer {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Refreshed<'a> {
            token: &'a str,
            token_expiration_time_sec: u64,
            refresh_token: &'a str,
            refresh_token_expiration_time_sec: u64,
            session_id: &'a str,
        }
        let pass = text(pass);
        let refreshed = Refreshed {
            token: pass,
            token_expiration_time_sec: lifetime.as_secs(),
            refresh_token: pass,
            refresh_token_expiration_time_sec: lifetime.as_secs(),
            session_id: super::NO_TENANT,
        };
        answer(StatusCode::OK, &refreshed)
    }

    /// The answer that older guides describe: four members, the scope among them.
    pub(super) fn guide_token(pass: &Secret, lifetime: Duration, scope: &str) -> LoginAnswer {
        #[derive(Serialize)]
        struct Token<'a> {
            access_token: &'a str,
            token_type: &'a str,
            expires_in: u64,
            scope: &'a str,
        }
        let token =
            Token { access_token: text(pass), token_type: "Bearer", expires_in: lifetime.as_secs(), scope };
        answer(StatusCode::OK, &token)
    }

    /// An unsigned JWT (RFC 7519 6.1): programs decode it to find their tenant; it opens nothing.
    fn id_token(&self, lifetime: Duration) -> String {
        let mut claims = json!({
            "iss": self.base_url,
            "aud": self.integration,
            "sub": format!("user:{}", super::NO_TENANT),
            "name": self.integration,
            "tenantId": self.tenant,
            "iat": self.now.as_secs(),
            "exp": (self.now + lifetime).as_secs(),
        });
        if let Some(area) = &self.area {
            claims["area"] = json!(area);
        }
        let encoded = |part: &serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
        format!("{}.{}.", encoded(&json!({ "alg": "none", "typ": "JWT" })), encoded(&claims))
    }
}

/// An error document, with the description in both of its spellings.
pub(super) fn refusal(status: StatusCode, error: &str, description: &str) -> LoginAnswer {
    answer(
        status,
        &json!({ "error": error, "error_description": description, "errorDescription": description }),
    )
}

/// UserHub says it as its other APIs do.
pub(super) fn refusal_of_userhub(path: &str) -> LoginAnswer {
    let body =
        json!({ "status": 401, "error": "Unauthorized", "message": "authentication failed", "path": path });
    answer(StatusCode::UNAUTHORIZED, &body)
}

/// The documents that lead to the logins: they name the sidecar, as the caller reached it.
pub(super) mod documents {
    use super::{LoginAnswer, StatusCode, Tenancy, answer, json};
    use serde::Serialize;

    /// `/.well-known/openid-configuration`.
    pub(in super::super) fn openid(tenancy: &Tenancy) -> LoginAnswer {
        let base = &tenancy.base_url;
        let document = json!({
            "issuer": base,
            "authorization_endpoint": format!("{base}/auth/authorize"),
            "token_endpoint": format!("{base}/auth/token"),
            "userinfo_endpoint": format!("{base}/auth/userinfo"),
            "end_session_endpoint": format!("{base}/auth/authorize/logout"),
            "jwks_uri": format!("{base}/auth/jwks"),
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
            "id_token_signing_alg_values_supported": ["none"],
            "request_object_signing_alg_values_supported": ["none"],
            "scopes_supported": ["openid"],
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "display_values_supported": ["page", "popup"],
            "claim_types_supported": ["normal"],
        });
        answer(StatusCode::OK, &document)
    }

    /// `/.well-known/cxone-configuration`. Programs that build `https://api-{area}.{domain}` for themselves cannot be led here; those that use `api_endpoint` can.
    pub(in super::super) fn configuration(tenancy: &Tenancy, api: &str, userhub: &str) -> LoginAnswer {
        let host = tenancy.base_url.split('/').nth(2).unwrap_or_default();
        let mut document = json!({
            "private": false,
            "ui_endpoint": tenancy.base_url,
            "auth_endpoint": userhub,
            "api_endpoint": api,
            "domain": host,
            "uhDomain": host,
            "acdDomain": host,
            "globaldomain": host,
            "tenantId": tenancy.tenant,
        });
        if let Some(area) = &tenancy.area {
            document["area"] = json!(area);
        }
        answer(StatusCode::OK, &document)
    }

    /// `/auth/jwks`: nothing here is signed.
    #[derive(Serialize)]
    pub(in super::super) struct Keys {
        keys: [(); 0],
    }

    pub(in super::super) const NO_KEYS: Keys = Keys { keys: [] };
}
