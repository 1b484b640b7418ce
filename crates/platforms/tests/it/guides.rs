//! The literal token requests of older integration guides.

use crate::scripted::{Stage, answer, settings, token};
use hallpass_platforms::PlatformSettings;

/// As the guide prints them, with an id and a secret that need no encoding.
const GENESYS: &str = "\
POST https://acme.mygenesys.com/api/v2/oauth/token
Content-Type: application/x-www-form-urlencoded
grant_type=client_credentials&client_id=the-client_id&client_secret=the-client_secret";
const CXONE: &str = "\
POST https://api.nice-incontact.com/oauth2/token
Content-Type: application/x-www-form-urlencoded
grant_type=client_credentials&client_id=the-client_id&client_secret=the-client_secret";

#[tokio::test]
async fn both_requests_are_the_guides_to_the_letter() {
    let organization = Some("acme".parse().unwrap());
    let cases = [
        (PlatformSettings { organization, ..settings("genesys", "guide") }, GENESYS),
        (settings("cxone", "guide"), CXONE),
    ];
    for (settings, literal) in cases {
        let stage = Stage::new(&settings, [token()]);
        assert!(stage.issue().await.is_ok());
        let sent = stage.request(0);
        assert_eq!(sent.headers.len(), 1, "{sent:?}");
        let content_type = sent.headers["content-type"].to_str().unwrap();
        let body = std::str::from_utf8(&sent.body).unwrap();
        assert_eq!(format!("{} {}\nContent-Type: {content_type}\n{body}", sent.method, sent.uri), literal);
    }
}

#[tokio::test]
async fn calls_go_to_the_same_host_unless_it_is_named() {
    let mut guide =
        PlatformSettings { organization: Some("acme".parse().unwrap()), ..settings("genesys", "guide") };
    assert_eq!(Stage::new(&guide, []).route("/api/v2/x").unwrap(), "https://acme.mygenesys.com/api/v2/x");
    guide.api_url = Some("https://api.example".parse().unwrap());
    assert_eq!(Stage::new(&guide, []).route("/x").unwrap(), "https://api.example/x");
    let guide = settings("cxone", "guide");
    assert_eq!(Stage::new(&guide, []).route("/x").unwrap(), "https://api.nice-incontact.com/x");
}

#[tokio::test]
async fn the_scope_of_the_reply_is_read_and_more_than_asked_for_is_told() {
    let scope = Some("routing:queue:read".parse().unwrap());
    let organization = Some("acme".parse().unwrap());
    let guide = PlatformSettings { organization, scope, ..settings("genesys", "guide") };
    let granted = |scope: &str| {
        answer(
            200,
            serde_json::json!({ "access_token": "t", "token_type": "bearer", "expires_in": 1, "scope": scope }),
        )
    };
    let stage = Stage::new(&guide, [granted("routing:queue:read"), granted("routing:queue:read *"), token()]);
    assert_eq!(stage.issue().await.unwrap().scope.as_deref(), Some("routing:queue:read"));
    assert!(stage.connected.platform.remarks().is_empty());
    stage.issue().await.unwrap();
    stage.issue().await.unwrap();
    let remark = "the platform grants more than `scope` asks for: *";
    assert_eq!(stage.connected.platform.remarks(), [remark]);
    assert!(std::str::from_utf8(&stage.request(0).body).unwrap().ends_with("&scope=routing%3Aqueue%3Aread"));
}

#[tokio::test]
async fn a_token_of_another_type_is_refused() {
    let stage = Stage::new(
        &settings("cxone", "guide"),
        [answer(200, r#"{"access_token":"canary","token_type":"mac"}"#)],
    );
    let fault = stage.issue().await.unwrap_err();
    assert_eq!(fault.verdict, hallpass_core::IssueVerdict::Refused);
}
