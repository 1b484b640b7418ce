//! Any OAuth 2.0 server.

use crate::scripted::{Stage, answer, settings, token};
use hallpass_core::IssueVerdict;
use hallpass_outbound::TransportFault;
use hallpass_platforms::PlatformSettings;
use serde_json::json;

fn published(issuer: &str) -> PlatformSettings {
    PlatformSettings {
        issuer: Some(issuer.parse().unwrap()),
        api_url: Some("https://api.example".parse().unwrap()),
        ..settings("oauth2", "standard")
    }
}

#[tokio::test]
async fn the_token_endpoint_is_asked_for_once_and_again_when_it_is_doubted() {
    let document = |path: &str| {
        answer(
            200,
            json!({ "issuer": "https://idp.example/a", "token_endpoint": format!("https://idp.example{path}") }),
        )
    };
    let unreachable = Err(TransportFault::Unreachable("canary".into()));
    let replies = [
        answer(404, "no"),
        document("/old"),
        token(),
        token(),
        answer(404, "gone"),
        document("/new"),
        token(),
        unreachable,
        document("/newest"),
        token(),
    ];
    let stage = Stage::new(&published("https://idp.example/a"), replies);
    for granted in [true, true, false, true, false, true] {
        assert_eq!(stage.issue().await.is_ok(), granted);
    }
    let expected = [
        "GET https://idp.example/.well-known/oauth-authorization-server/a",
        "GET https://idp.example/a/.well-known/openid-configuration",
        "POST https://idp.example/old",
        "POST https://idp.example/old",
        "POST https://idp.example/old",
        "GET https://idp.example/.well-known/oauth-authorization-server/a",
        "POST https://idp.example/new",
        "POST https://idp.example/new",
        "GET https://idp.example/.well-known/oauth-authorization-server/a",
        "POST https://idp.example/newest",
    ];
    assert_eq!(stage.sent(), expected);
}

#[tokio::test]
async fn metadata_that_cannot_be_had_or_used_sends_no_secret() {
    let foreign = json!({ "issuer": "https://idp.example", "token_endpoint": "https://evil.example/token" });
    let other = json!({ "issuer": "https://evil.example", "token_endpoint": "https://idp.example/token" });
    let passing = IssueVerdict::Passing { retry_after: None };
    let cases = [
        (vec![answer(200, foreign)], IssueVerdict::Refused),
        (vec![answer(200, other)], IssueVerdict::Refused),
        (vec![answer(404, ""), answer(404, "")], IssueVerdict::Refused),
        (vec![answer(301, "")], IssueVerdict::Refused),
        (vec![answer(200, "<html>canary")], passing),
        (vec![answer(500, "")], passing),
        (vec![answer(200, " ".repeat(65 * 1024))], passing),
        (vec![Err(TransportFault::TimedOut)], passing),
        (vec![answer(429, "")], IssueVerdict::Throttled { retry_after: None }),
    ];
    for (replies, verdict) in cases {
        let stage = Stage::new(&published("https://idp.example"), replies);
        assert_eq!(stage.issue().await.unwrap_err().verdict, verdict, "{:?}", stage.sent());
        assert!(stage.sent().iter().all(|sent| sent.starts_with("GET https://idp.example/")));
    }
}

#[tokio::test]
async fn what_servers_want_besides_is_sent_in_order() {
    let settings = PlatformSettings {
        token_url: Some("https://idp.example/token".parse().unwrap()),
        api_url: Some("https://api.example".parse().unwrap()),
        client_auth: Some("post".parse().unwrap()),
        scope: Some("a b".parse().unwrap()),
        audience: Some("https://api/".parse().unwrap()),
        resource: Some("urn:x".parse().unwrap()),
        parameters: [("realm".parse().unwrap(), "r&1".to_owned())].into(),
        ..settings("oauth2", "standard")
    };
    let stage = Stage::new(&settings, [token()]);
    stage.issue().await.unwrap();
    let expected = "grant_type=client_credentials&client_id=the-client_id&client_secret=the-client_secret\
                    &scope=a+b&audience=https%3A%2F%2Fapi%2F&resource=urn%3Ax&realm=r%261";
    assert_eq!(stage.request(0).body, expected);
    assert!(!stage.request(0).headers.contains_key("authorization"));
}

#[tokio::test]
async fn verdicts_are_those_of_rfc_6749() {
    let cases = [
        (401, "invalid_client", IssueVerdict::CredentialRefused),
        (400, "invalid_client", IssueVerdict::CredentialRefused),
        (400, "invalid_grant", IssueVerdict::Refused),
        (400, "invalid_request", IssueVerdict::Refused),
        (400, "invalid_scope", IssueVerdict::Refused),
        (400, "invalid_target", IssueVerdict::Refused),
        (400, "unauthorized_client", IssueVerdict::Refused),
        (400, "unsupported_grant_type", IssueVerdict::Refused),
        (500, "server_error", IssueVerdict::Passing { retry_after: None }),
        (503, "temporarily_unavailable", IssueVerdict::Passing { retry_after: None }),
    ];
    for (status, error, verdict) in cases {
        let settings = PlatformSettings {
            token_url: Some("https://idp.example/token".parse().unwrap()),
            api_url: Some("https://api.example".parse().unwrap()),
            ..settings("oauth2", "standard")
        };
        let stage =
            Stage::new(&settings, [answer(status, json!({ "error": error, "error_description": "canary" }))]);
        assert_eq!(stage.issue().await.unwrap_err().verdict, verdict, "{status} {error}");
        assert!(stage.request(0).headers["authorization"].to_str().unwrap().starts_with("Basic "));
    }
}

/// The emulator's own token endpoint is one that takes Basic as it is.
#[tokio::test]
async fn a_server_that_wants_raw_basic_gets_it() {
    use hallpass_core::{Credential, Secret, Version};
    let emulator = hallpass_emulator::Emulator::start(hallpass_emulator::Settings::default()).await.unwrap();
    let client = hallpass_emulator::NewClient::named("odd").secret("100%+=: ü");
    let keys = emulator.world().add_client(client);
    let members = json!({ "client_id": keys.id, "client_secret": keys.secret }).to_string();
    let credential = Credential::parse(&Secret::from(members), Version::new("1"), &[]).unwrap();
    for (auth, granted) in [("basic-raw", true), ("basic", false)] {
        let settings = PlatformSettings {
            token_url: Some(format!("{}/oauth/token", emulator.login_url()).parse().unwrap()),
            api_url: Some(emulator.api_url().parse().unwrap()),
            client_auth: Some(auth.parse().unwrap()),
            ..settings("oauth2", "standard")
        };
        let platform = crate::cxone_emulated::connected(&settings).platform;
        assert_eq!(platform.issue(&credential).await.is_ok(), granted, "{auth}");
    }
}
