//! The logins of CXone, as the sidecar answers them: both flows, their refreshes, and the discovery documents that lead to them.

mod answers;

use std::sync::Arc;
use std::time::Duration;

use hallpass_core::{Clock, LocalLogin, LoginAnswer, LoginAttempt, LoginReading, LoginRequest, Secret};
use http::{Method, StatusCode};
use serde::Deserialize;

use self::answers::{Tenancy, documents, refusal, refusal_of_userhub};
use super::findings::Findings;
use crate::login::{Fields, answer, attempt, client};
use crate::settings::{PlatformSettings, TenantId};

/// All of them for every profile: which of the flows a program uses does not depend on the one that hallpass uses.
#[derive(Debug)]
pub(super) struct CxoneLogin {
    tenant: Option<TenantId>,
    findings: Option<Arc<Findings>>,
    has_api: bool,
    has_userhub: bool,
    scope: String,
    clock: Arc<dyn Clock>,
}

impl CxoneLogin {
    pub(super) fn new(
        settings: &PlatformSettings,
        findings: Option<Arc<Findings>>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let has = |name: &str| settings.upstreams.keys().any(|known| known.as_str() == name);
        Self {
            tenant: settings.tenant.clone(),
            findings,
            has_api: has("api"),
            has_userhub: has("userhub"),
            scope: settings.scope.as_ref().map_or(String::new(), ToString::to_string),
            clock,
        }
    }

    fn tenancy(&self, request: &LoginRequest<'_>) -> Tenancy {
        let (found, area) = self.findings.as_ref().map_or((None, None), |findings| findings.tenant());
        let tenant = self.tenant.clone().or(found);
        Tenancy {
            base_url: request.base_url.to_owned(),
            integration: request.integration.to_string(),
            tenant: tenant.map_or(NO_TENANT.to_owned(), |tenant| tenant.to_string()),
            area,
            now: self.clock.now().wall,
        }
    }

    fn upstream(&self, request: &LoginRequest<'_>, name: &str, exists: bool) -> String {
        if exists { format!("{}/{name}", request.base_url) } else { request.base_url.to_owned() }
    }
}

impl LocalLogin for CxoneLogin {
    fn is_login_path(&self, path: &str) -> bool {
        DOCUMENTS.contains(&path) || LOGINS.contains(&path)
    }

    fn read(&self, request: &LoginRequest<'_>) -> LoginReading {
        let is_document = DOCUMENTS.contains(&request.path);
        let method = if is_document { Method::GET } else { Method::POST };
        if *request.method != method {
            let no = refusal(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", "method not allowed");
            return LoginReading::Answer(no);
        }
        let tenancy = || self.tenancy(request);
        let read = match request.path {
            OPENID => return LoginReading::Answer(documents::openid(&tenancy())),
            CONFIGURATION => {
                let api = self.upstream(request, "api", self.has_api);
                let userhub = self.upstream(request, "userhub", self.has_userhub);
                return LoginReading::Answer(documents::configuration(&tenancy(), &api, &userhub));
            }
            KEYS => return LoginReading::Answer(answer(StatusCode::OK, &documents::NO_KEYS)),
            ACCESS_KEY => access_key(request.body),
            REFRESH => refresh(request.body),
            _ => token(request),
        };
        match read {
            Ok(attempt) => LoginReading::Attempt(attempt),
            Err((error, description)) => {
                LoginReading::Answer(refusal(StatusCode::BAD_REQUEST, error, description))
            }
        }
    }

    fn granted(&self, request: &LoginRequest<'_>, pass: &Secret, lifetime: Duration) -> LoginAnswer {
        let tenancy = self.tenancy(request);
        match request.path {
            ACCESS_KEY => tenancy.userhub_token(pass, lifetime),
            REFRESH => Tenancy::refreshed(pass, lifetime),
            GUIDE => Tenancy::guide_token(pass, lifetime, &self.scope),
            _ => tenancy.token(pass, lifetime),
        }
    }

    fn refused(&self, request: &LoginRequest<'_>) -> LoginAnswer {
        match request.path {
            ACCESS_KEY | REFRESH => refusal_of_userhub(request.path),
            GUIDE => refusal(StatusCode::UNAUTHORIZED, "invalid_client", "authentication failed"),
            _ => refusal(StatusCode::UNAUTHORIZED, "invalid_grant", "authentication failed"),
        }
    }
}

type Malformed = (&'static str, &'static str);

/// `POST /auth/token`: user name = integration and password = pass, or the pass as refresh token. And the client-credentials grant of older guides, at both
/// paths: it asks for nothing that the others do not.
fn token(request: &LoginRequest<'_>) -> Result<LoginAttempt, Malformed> {
    let fields = Fields::of(request).ok_or(("invalid_request", "a field occurs twice"))?;
    let missing = ("invalid_request", "a field is missing");
    match fields.text("grant_type").ok_or(missing)? {
        "password" => {
            let (id, secret) = fields.text("username").zip(fields.get("password")).ok_or(missing)?;
            attempt(id, secret.clone()).ok_or(missing)
        }
        "refresh_token" => {
            let token = fields.get("refresh_token").ok_or(missing)?;
            Ok(LoginAttempt { client_id: None, client_secret: token.clone() })
        }
        "client_credentials" => {
            client(request.headers, &fields).ok_or(("invalid_client", "client credentials missing"))
        }
        _ => Err(("unsupported_grant_type", "unsupported grant type")),
    }
}

fn access_key(body: &[u8]) -> Result<LoginAttempt, Malformed> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct AccessKey {
        access_key_id: String,
        access_key_secret: String,
    }
    let key: AccessKey = serde_json::from_slice(body).map_err(|_| EXPECTED_JSON)?;
    Ok(LoginAttempt {
        client_id: Some(key.access_key_id),
        client_secret: Secret::from(key.access_key_secret),
    })
}

fn refresh(body: &[u8]) -> Result<LoginAttempt, Malformed> {
    #[derive(Deserialize)]
    struct Refresh {
        token: String,
    }
    let refresh: Refresh = serde_json::from_slice(body).map_err(|_| EXPECTED_JSON)?;
    Ok(LoginAttempt { client_id: None, client_secret: Secret::from(refresh.token) })
}

const EXPECTED_JSON: Malformed =
    ("invalid_request", "a JSON object with the documented members was expected");
const OPENID: &str = "/.well-known/openid-configuration";
const CONFIGURATION: &str = "/.well-known/cxone-configuration";
const KEYS: &str = "/auth/jwks";
const TOKEN: &str = "/auth/token";
const ACCESS_KEY: &str = "/authentication/v1/token/access-key";
const REFRESH: &str = "/public/user/refresh";
/// Of older guides.
const GUIDE: &str = "/oauth2/token";
const DOCUMENTS: &[&str] = &[OPENID, CONFIGURATION, KEYS];
const LOGINS: &[&str] = &[TOKEN, ACCESS_KEY, REFRESH, GUIDE];
/// The tenant that programs are told before one is known: no tenant has this id, and every UUID parser takes it.
const NO_TENANT: &str = "00000000-0000-0000-0000-000000000000";

#[cfg(test)]
mod tests;
