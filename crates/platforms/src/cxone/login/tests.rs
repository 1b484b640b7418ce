use super::CxoneLogin;
use crate::cxone::documents::Places;
use crate::cxone::findings::Findings;
use crate::login::at_upstreams;
use crate::settings::PlatformSettings;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallpass_core::test_support::ManualTime;
use hallpass_core::{IntegrationName, LocalLogin, LoginReading, LoginRequest, Secret};
use http::{HeaderMap, Method};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

fn login(settings: &PlatformSettings, findings: Option<Arc<Findings>>) -> Box<dyn LocalLogin> {
    at_upstreams(settings, CxoneLogin::new(settings, findings, Arc::new(ManualTime::default())))
}

fn with<R>(method: &Method, path: &str, body: &str, ask: impl FnOnce(&LoginRequest<'_>) -> R) -> R {
    let integration: IntegrationName = "nice".parse().unwrap();
    ask(&LoginRequest {
        method,
        path,
        headers: &HeaderMap::new(),
        body: body.as_bytes(),
        integration: &integration,
        base_url: "http://127.0.0.1:7780/nice",
    })
}

fn read(
    login: &dyn LocalLogin,
    method: &Method,
    path: &str,
    body: &str,
) -> Result<(Option<String>, Secret), (u16, Value)> {
    assert!(login.is_login_path(path), "{path}");
    match with(method, path, body, |request| login.read(request)) {
        LoginReading::Attempt(attempt) => Ok((attempt.client_id, attempt.client_secret)),
        LoginReading::Answer(answer) => {
            Err((answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap()))
        }
    }
}

fn granted(login: &dyn LocalLogin, path: &str) -> Value {
    let answer = with(&Method::POST, path, "", |request| {
        login.granted(request, &Secret::from("pass"), Duration::from_secs(86_400))
    });
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["cache-control"]),
        (200, &"no-store".parse().unwrap())
    );
    serde_json::from_slice(answer.body()).unwrap()
}

fn claims(token: &Value) -> Value {
    let parts: Vec<_> = token.as_str().unwrap().split('.').collect();
    let [header, payload, ""] = parts[..] else { panic!("{parts:?}") };
    assert_eq!(URL_SAFE_NO_PAD.decode(header).unwrap(), br#"{"alg":"none","typ":"JWT"}"#);
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[test]
fn every_flow_shows_the_integration_and_the_pass() {
    let login = login(&PlatformSettings::default(), None);
    let named = Some("nice".to_owned());
    let cases = [
        ("/auth/token", "grant_type=password&username=nice&password=a%3D%3D&scope=x", named.clone()),
        ("/auth/token", "grant_type=refresh_token&refresh_token=a%3D%3D&client_id=any&scope=openid", None),
        ("/auth/token", "grant_type=client_credentials&client_id=nice&client_secret=a%3D%3D", named.clone()),
        ("/oauth2/token", "grant_type=client_credentials&client_id=nice&client_secret=a==", named.clone()),
        ("/authentication/v1/token/access-key", r#"{"accessKeyId":"nice","accessKeySecret":"a=="}"#, named),
        ("/public/user/refresh", r#"{"token":"a=="}"#, None),
    ];
    for (path, body, id) in cases {
        assert_eq!(read(&*login, &Method::POST, path, body), Ok((id, Secret::from("a=="))), "{path} {body}");
    }
}

#[test]
fn what_is_no_login_is_answered_in_the_platforms_form() {
    let login = login(&PlatformSettings::default(), None);
    let cases = [
        (Method::GET, "/auth/token", "", 405),
        (Method::POST, "/auth/token", "", 400),
        (Method::POST, "/auth/token", "grant_type=password&username=nice", 400),
        (Method::POST, "/auth/token", "grant_type=password&password=p", 400),
        (Method::POST, "/auth/token", "grant_type=password&username=a&password=p&password=q", 400),
        (Method::POST, "/auth/token", "grant_type=authorization_code&code=x", 400),
        (Method::POST, "/oauth2/token", "grant_type=client_credentials", 400),
        (Method::POST, "/authentication/v1/token/access-key", "accessKeyId=nice", 400),
        (Method::POST, "/authentication/v1/token/access-key", r#"{"accessKeyId":"nice"}"#, 400),
        (Method::POST, "/public/user/refresh", "{}", 400),
        (Method::POST, "/.well-known/openid-configuration", "", 405),
    ];
    for (method, path, body, status) in cases {
        let (found, document) = read(&*login, &method, path, body).unwrap_err();
        assert_eq!(found, status, "{path} {body}");
        assert_eq!(document["error_description"], document["errorDescription"]);
        assert!(document["error"].is_string());
    }
    for path in ["/", "/auth", "/auth/token/", "/AUTH/token", "/.well-known/other", "/userhub/auth/token"] {
        assert!(!login.is_login_path(path), "{path}");
    }
}

#[test]
fn the_documents_name_the_sidecar() {
    let mut settings = PlatformSettings::default();
    let (_, openid) =
        read(&*login(&settings, None), &Method::GET, "/.well-known/openid-configuration", "").unwrap_err();
    assert_eq!(openid["issuer"], "http://127.0.0.1:7780/nice");
    assert_eq!(openid["token_endpoint"], "http://127.0.0.1:7780/nice/auth/token");
    let path = "/.well-known/cxone-configuration";
    let (_, plain) = read(&*login(&settings, None), &Method::GET, path, "").unwrap_err();
    assert_eq!(plain["api_endpoint"], "http://127.0.0.1:7780/nice");
    assert_eq!(plain["tenantId"], "00000000-0000-0000-0000-000000000000");
    let (_, keys) = read(&*login(&settings, None), &Method::GET, "/auth/jwks", "").unwrap_err();
    assert_eq!(keys, json!({ "keys": [] }));

    for name in ["api", "userhub"] {
        settings.upstreams.insert(name.parse().unwrap(), "discovered".parse().unwrap());
    }
    let (_, several) = read(&*login(&settings, None), &Method::GET, path, "").unwrap_err();
    assert_eq!(several["api_endpoint"], "http://127.0.0.1:7780/nice/api");
    assert_eq!(several["auth_endpoint"], "http://127.0.0.1:7780/nice/userhub");
    let body = r#"{"accessKeyId":"nice","accessKeySecret":"p"}"#;
    let below = "/userhub/authentication/v1/token/access-key";
    assert!(read(&*login(&settings, None), &Method::POST, below, body).is_ok());
}

#[test]
fn the_replies_have_every_member_of_the_platforms_own() {
    let findings = Arc::new(Findings::default());
    findings.found_tenant("11111111-2222-3333-4444-555555555555".parse().unwrap());
    let place = |text: &str| text.parse().unwrap();
    let places =
        Places { api: place("https://api-na1.niceincontact.com"), userhub: None, area: Some("na1".into()) };
    findings.found_places("11111111-2222-3333-4444-555555555555".parse().unwrap(), places);
    let login = login(&PlatformSettings::default(), Some(findings));

    let mut token = granted(&*login, "/auth/token");
    let claims = claims(&token["id_token"].take());
    let expected = json!({
        "iss": "http://127.0.0.1:7780/nice", "aud": "nice", "name": "nice", "area": "na1",
        "sub": "user:00000000-0000-0000-0000-000000000000", "tenantId": "11111111-2222-3333-4444-555555555555",
        "iat": 1_800_000_000, "exp": 1_800_086_400,
    });
    assert_eq!(claims, expected);
    let expected = json!({ "access_token": "pass", "token_type": "Bearer", "expires_in": 86_400, "refresh_token": "pass", "id_token": null });
    assert_eq!(token, expected);

    let mut token = granted(&*login, "/authentication/v1/token/access-key");
    assert!(token["id_token"].take().is_string());
    let expected = json!({
        "access_token": "pass", "token_type": "Bearer", "expires_in": 86_400, "refresh_token": "pass",
        "refresh_token_expires_in": 86_400, "id_token": null,
    });
    assert_eq!(token, expected);

    let expected = json!({
        "token": "pass", "tokenExpirationTimeSec": 86_400, "refreshToken": "pass",
        "refreshTokenExpirationTimeSec": 86_400, "sessionId": "00000000-0000-0000-0000-000000000000",
    });
    assert_eq!(granted(&*login, "/public/user/refresh"), expected);
    let expected =
        json!({ "access_token": "pass", "token_type": "Bearer", "expires_in": 86_400, "scope": "" });
    assert_eq!(granted(&*login, "/oauth2/token"), expected);
}
