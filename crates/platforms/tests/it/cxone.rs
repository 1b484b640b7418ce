//! CXone's discovery and both of its flows, over a scripted transport.

use crate::scripted::{Reply, Stage, answer, settings, token};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallpass_core::{IssueVerdict, RejectionVerdict};
use hallpass_outbound::TransportFault;
use hallpass_platforms::PlatformSettings;
use http::HeaderMap;
use serde_json::{Value, json};

const TENANT: &str = "11111111-2222-3333-4444-555555555555";
const OTHER: &str = "99999999-2222-3333-4444-555555555555";

fn openid() -> Reply {
    answer(
        200,
        json!({ "issuer": "https://cxone.niceincontact.com", "token_endpoint": "https://cxone.niceincontact.com/auth/token" }),
    )
}

fn token_of(tenant: &str) -> Reply {
    let claims = URL_SAFE_NO_PAD.encode(json!({ "tenantId": tenant }).to_string());
    answer(
        200,
        json!({ "access_token": "t", "token_type": "Bearer", "expires_in": 3600, "id_token": format!("e30.{claims}.x") }),
    )
}

fn configuration(area: &str) -> Value {
    json!({
        "api_endpoint": format!("https://api-{area}.niceincontact.com"), "auth_endpoint": "https://cxone.niceincontact.com",
        "area": area, "uhDomain": "nice-incontact.com", "domain": "niceincontact.com", "tenantId": TENANT,
    })
}

fn places(area: &str) -> Reply {
    answer(200, configuration(area))
}

#[tokio::test]
async fn a_login_finds_its_api_and_asks_only_once() {
    let stage = Stage::new(
        &settings("cxone", "standard"),
        [openid(), token_of(TENANT), places("na1"), token_of(TENANT)],
    );
    assert_eq!(stage.route("/incontactapi/x"), Err("token-unavailable"));
    stage.issue().await.unwrap();
    stage.issue().await.unwrap();
    assert_eq!(stage.route("/incontactapi/x").unwrap(), "https://api-na1.niceincontact.com/incontactapi/x");
    let expected = [
        "GET https://cxone.niceincontact.com/.well-known/openid-configuration".to_owned(),
        "POST https://cxone.niceincontact.com/auth/token".to_owned(),
        format!("GET https://cxone.niceincontact.com/.well-known/cxone-configuration?tenantId={TENANT}"),
        "POST https://cxone.niceincontact.com/auth/token".to_owned(),
    ];
    assert_eq!(stage.sent(), expected);
    let body = "grant_type=password&username=the-access_key_id&password=the-access_key_secret";
    assert_eq!(stage.request(1).body, body);
    for document in [0, 2] {
        let sent = stage.request(document);
        assert!(sent.body.is_empty() && !sent.headers.contains_key("authorization"), "{sent:?}");
    }
}

#[tokio::test]
async fn several_upstreams_are_found_or_named() {
    let upstreams = [("api", "discovered"), ("userhub", "discovered"), ("other", "https://other.example")];
    let upstreams = upstreams.map(|(name, place)| (name.parse().unwrap(), place.parse().unwrap()));
    let several = PlatformSettings { upstreams: upstreams.into(), ..settings("cxone", "standard") };
    let stage = Stage::new(&several, [openid(), token_of(TENANT), places("eu1")]);
    stage.issue().await.unwrap();
    assert_eq!(stage.route("/api/x?y").unwrap(), "https://api-eu1.niceincontact.com/x?y");
    assert_eq!(stage.route("/userhub/x").unwrap(), "https://eu1.nice-incontact.com/x");
    assert_eq!(stage.route("/other/x").unwrap(), "https://other.example/x");
    assert_eq!(stage.route("/x"), Err("path-not-allowed"));
}

#[tokio::test]
async fn a_named_api_needs_no_tenant() {
    let api_url = Some("https://api.example".parse().unwrap());
    let stage =
        Stage::new(&PlatformSettings { api_url, ..settings("cxone", "standard") }, [openid(), token()]);
    stage.issue().await.unwrap();
    assert_eq!(stage.sent().len(), 2);
    assert_eq!(stage.route("/x").unwrap(), "https://api.example/x");
}

#[tokio::test]
async fn documents_are_read_again_when_a_failure_hints_at_them() {
    let replies = [
        openid(),
        token_of(TENANT),
        places("na1"),
        // A 401 of the API: the tenant may have moved.
        token_of(TENANT),
        places("na2"),
        // The same, while the document cannot be had: what is known still holds, and it is asked for again later.
        token_of(TENANT),
        answer(503, ""),
        token_of(TENANT),
        places("na3"),
        // The token endpoint is gone.
        answer(404, "canary"),
        openid(),
        token_of(TENANT),
        places("na4"),
        Err(TransportFault::Unreachable("canary".into())),
        openid(),
        token_of(TENANT),
        places("na5"),
    ];
    let stage = Stage::new(&settings("cxone", "standard"), replies);
    let api = |area: &str| format!("https://api-{area}.niceincontact.com/x");
    let reject = || {
        let mut headers = HeaderMap::new();
        headers.insert("icStatusDescription", "Unauthorized".parse().unwrap());
        let verdict = stage.connected.platform.judge_rejection(&headers, b"");
        assert_eq!(verdict, RejectionVerdict::TokenRejected);
    };
    stage.issue().await.unwrap();
    assert_eq!(stage.route("/x").unwrap(), api("na1"));
    reject();
    stage.issue().await.unwrap();
    assert_eq!(stage.route("/x").unwrap(), api("na2"));
    reject();
    stage.issue().await.unwrap();
    assert_eq!(stage.route("/x").unwrap(), api("na2"));
    stage.issue().await.unwrap();
    assert_eq!(stage.route("/x").unwrap(), api("na3"));
    for area in ["na4", "na5"] {
        let fault = stage.issue().await.unwrap_err();
        assert!(fault.hint.unwrap().contains("hyphen"), "{fault:?}");
        stage.issue().await.unwrap();
        assert_eq!(stage.route("/x").unwrap(), api(area));
    }
}

#[tokio::test]
async fn a_refused_credential_is_no_reason_to_doubt_the_documents() {
    let refused = || answer(400, r#"{"error":"invalid_grant","errorDescription":"canary"}"#);
    let stage = Stage::new(&settings("cxone", "standard"), [openid(), refused(), refused()]);
    for _ in 0..2 {
        let fault = stage.issue().await.unwrap_err();
        assert_eq!(fault.verdict, IssueVerdict::CredentialRefused);
        assert!(fault.hint.unwrap().contains("swapped"));
    }
    assert_eq!(stage.sent().len(), 3);
}

#[tokio::test]
async fn a_foreign_host_gets_neither_the_secret_nor_the_token() {
    let evil = |url: &str| answer(200, json!({ "token_endpoint": url }));
    for url in [
        "https://evil.example/auth/token",
        "https://127.0.0.1/auth/token",
        "http://cxone.niceincontact.com/auth/token",
    ] {
        let stage = Stage::new(&settings("cxone", "standard"), [evil(url)]);
        assert_eq!(stage.issue().await.unwrap_err().verdict, IssueVerdict::Refused, "{url}");
        assert_eq!(stage.sent().len(), 1);
    }
    for (key, value) in
        [("api_endpoint", "https://evil.example"), ("uhDomain", "evil.example"), ("tenantId", OTHER)]
    {
        let mut document = configuration("na1");
        document[key] = value.into();
        let stage =
            Stage::new(&settings("cxone", "standard"), [openid(), token_of(TENANT), answer(200, document)]);
        assert_eq!(stage.issue().await.unwrap_err().verdict, IssueVerdict::Refused, "{key}");
        assert_eq!(stage.route("/x"), Err("token-unavailable"));
    }
}

#[tokio::test]
async fn on_this_machine_everything_is_on_this_machine() {
    let local = PlatformSettings {
        issuer: Some("http://127.0.0.1:1".parse().unwrap()),
        ..settings("cxone", "standard")
    };
    let openid = |url: &str| answer(200, json!({ "token_endpoint": url }));
    let document = json!({ "api_endpoint": "http://127.0.0.1:3", "auth_endpoint": "http://127.0.0.1:1", "tenantId": TENANT });
    let stage = Stage::new(
        &local,
        [openid("http://127.0.0.1:2/auth/token"), token_of(TENANT), answer(200, document)],
    );
    stage.issue().await.unwrap();
    assert_eq!(stage.route("/x").unwrap(), "http://127.0.0.1:3/x");
    let stage = Stage::new(&local, [openid("https://cxone.niceincontact.com/auth/token")]);
    assert_eq!(stage.issue().await.unwrap_err().verdict, IssueVerdict::Refused);
}

#[tokio::test]
async fn a_token_of_another_tenant_is_refused() {
    let standard =
        PlatformSettings { tenant: Some(TENANT.parse().unwrap()), ..settings("cxone", "standard") };
    let stage = Stage::new(&standard, [openid(), token_of(OTHER)]);
    assert!(stage.issue().await.unwrap_err().detail.contains("another tenant"));
    let userhub =
        PlatformSettings { region: Some("na1".into()), profile: "userhub".into(), ..standard.clone() };
    let stage = Stage::new(&userhub, [token_of(OTHER), token_of(TENANT)]);
    assert!(stage.issue().await.is_err() && stage.issue().await.is_ok());
    // Without a claim the configuration's word is taken; without either there is nothing to ask with.
    let stage = Stage::new(&standard, [openid(), token(), places("na1")]);
    assert!(stage.issue().await.is_ok());
    let stage = Stage::new(&settings("cxone", "standard"), [openid(), token()]);
    assert!(stage.issue().await.unwrap_err().hint.unwrap().contains("`tenant`"));
}

#[tokio::test]
async fn documents_that_cannot_be_had_or_read_are_passing_or_explained() {
    let passing = IssueVerdict::Passing { retry_after: None };
    let long = " ".repeat(65 * 1024);
    type Bad = fn(String) -> Reply;
    let cases: [(Bad, IssueVerdict, bool); 7] = [
        (|_| answer(200, "<html>canary"), passing, false),
        (|long| answer(200, long), passing, false),
        (|_| answer(500, "canary"), passing, false),
        (|_| Err(TransportFault::TimedOut), passing, false),
        (|_| answer(429, ""), IssueVerdict::Throttled { retry_after: None }, false),
        (|_| answer(404, "canary"), IssueVerdict::Refused, true),
        (|_| answer(302, ""), IssueVerdict::Refused, false),
    ];
    for (bad, verdict, hinted) in cases {
        for before in [0, 2] {
            let mut replies = vec![openid(), token_of(TENANT)];
            replies.truncate(before);
            replies.push(bad(long.clone()));
            let stage = Stage::new(&settings("cxone", "standard"), replies);
            let fault = stage.issue().await.unwrap_err();
            assert_eq!((fault.verdict, fault.hint.is_some()), (verdict, hinted), "{fault:?}");
        }
    }
}

#[tokio::test]
async fn userhub_is_asked_with_json_and_its_api_is_beside_it() {
    let userhub = PlatformSettings { region: Some("au1".into()), ..settings("cxone", "userhub") };
    let stage = Stage::new(&userhub, [token()]);
    stage.issue().await.unwrap();
    assert_eq!(stage.sent(), ["POST https://au1.nice-incontact.com/authentication/v1/token/access-key"]);
    let body = r#"{"accessKeyId":"the-access_key_id","accessKeySecret":"the-access_key_secret"}"#;
    assert_eq!(stage.request(0).body, body);
    assert_eq!(stage.route("/x").unwrap(), "https://api-au1.niceincontact.com/x");

    let named = PlatformSettings {
        api_url: Some("https://api-c53.nice-incontact.com".parse().unwrap()),
        ..userhub.clone()
    };
    assert_eq!(Stage::new(&named, []).route("/x").unwrap(), "https://api-c53.nice-incontact.com/x");
    let upstreams = [("api", "https://api.example"), ("userhub", "discovered")];
    let upstreams = upstreams.map(|(name, place)| (name.parse().unwrap(), place.parse().unwrap()));
    let several = Stage::new(&PlatformSettings { upstreams: upstreams.into(), ..userhub }, []);
    assert_eq!(several.route("/userhub/x").unwrap(), "https://au1.nice-incontact.com/x");
    assert_eq!(several.route("/api/x").unwrap(), "https://api.example/x");
}
