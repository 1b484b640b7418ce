//! `Client` and `TokenCache`.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hallpass::audit::JsonLines;
use hallpass::{CallReport, Client, ClientBuilder, FaultCode, Rejection, Secret, local_store};
use hallpass_emulator::NewConversation;
use http::{Request, StatusCode};

use crate::stage::{QUEUES, QUEUES_RULE, Stage, get, stored};

#[tokio::test]
async fn a_call_is_answered_and_its_answer_streams() {
    let stage = Stage::set().await;
    let client = stage.client();
    client.warm_up().await.unwrap();
    assert_eq!((client.status().token.state, client.status().token.generation), ("fresh", 1));
    let whole = format!("{}{QUEUES}", stage.emulator.api_url());
    for uri in [QUEUES, "/api/v2/routing/queues?pageSize=1", &whole] {
        let answer = client.send(get(uri)).await.unwrap();
        assert_eq!(answer.status(), 200, "{uri}");
        let report = answer.extensions().get::<CallReport>().copied().unwrap();
        assert_eq!((report.attempts, report.healed), (1, false));
        assert_eq!(answer.extensions().len(), 1, "nothing of the transport's own types gets out");
        assert!(answer.into_body().collect(1 << 16).await.unwrap().starts_with(b"{"));
    }
    let answer = client.send(get(QUEUES)).await.unwrap();
    let fault = answer.into_body().collect(3).await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::BodyTooLarge);
    assert_eq!((stage.witness().totals.mints, stage.witness().totals.calls), (1, 4));
}

#[tokio::test]
async fn what_may_not_be_sent_is_not_sent() {
    let stage = Stage::set().await;
    let client = stage.builder().allow(["GET /api/v2/users/me"]).build().unwrap();
    let cases = [
        (get("/api/v2/users"), FaultCode::PathNotAllowed),
        (Request::delete(QUEUES).body(()).unwrap(), FaultCode::PathNotAllowed),
        (get("https://elsewhere.example/api/v2/users/me"), FaultCode::PathNotAllowed),
        (get("http://127.0.0.1:1/api/v2/users/me"), FaultCode::PathNotAllowed),
        (get("/api/v2/routing/queues/../../users"), FaultCode::PathAmbiguous),
        (get("/api/v2/users/me?access_token=x"), FaultCode::RequestMalformed),
        (
            Request::get(QUEUES).header("authorization", "Bearer x").body(()).unwrap(),
            FaultCode::HeaderRefused,
        ),
        (
            Request::get(QUEUES).header("x-http-method-override", "PUT").body(()).unwrap(),
            FaultCode::HeaderRefused,
        ),
        (Request::get(QUEUES).header("x-forwarded-for", "1").body(()).unwrap(), FaultCode::HeaderRefused),
    ];
    for (request, code) in cases {
        let shown = format!("{request:?}");
        let fault = client.send(request).await.unwrap_err();
        assert_eq!(fault.code(), code, "{shown}: {fault}");
    }
    let with_body = Request::get(QUEUES).body("x").unwrap();
    assert_eq!(client.send(with_body).await.unwrap_err().code(), FaultCode::RequestMalformed);
    assert_eq!(stage.witness().totals.requests, 0);
    assert_eq!(client.status().counters["calls_refused_total"], 10);
    let fault = client.send(get("/api/v2/users")).await.unwrap_err();
    assert!(fault.hint().contains("`GET /api/v2/users/me`"), "{}", fault.hint());
}

#[tokio::test]
async fn a_revoked_token_is_healed_and_the_change_is_made_once() {
    let stage = Stage::set().await;
    let world = stage.emulator.world();
    let keys = world.add_conversation(NewConversation::new().participant("customer"));
    let rule = "PATCH /api/v2/conversations/*/participants/*/attributes";
    let client = stage.builder().allow([rule]).build().unwrap();
    client.warm_up().await.unwrap();
    world.revoke_tokens(&stage.id);
    let uri = format!("/api/v2/conversations/{}/participants/{}/attributes", keys.id, keys.participants[0]);
    let request = Request::patch(uri)
        .header("content-type", "application/json")
        .header("content-length", "7")
        .header("connection", "close")
        .body(r#"{"attributes":{"a":"b"}}"#)
        .unwrap();
    let answer = client.send(request).await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
    let report = answer.extensions().get::<CallReport>().copied().unwrap();
    assert_eq!((report.attempts, report.healed), (2, true));
    assert_eq!(stage.tokens_seen(), [Some(1), Some(2)]);
    assert_eq!(world.patches_of(&keys.id), 1);
    assert_eq!(world.attributes_of(&keys.id, &keys.participants[0])["a"], "b");
}

#[tokio::test]
async fn the_record_names_what_was_done_and_what_was_refused_and_no_secret() {
    let stage = Stage::set().await;
    let lines = Lines::default();
    let client = stage.builder().audit(Arc::new(JsonLines::new(lines.clone()))).build().unwrap();
    client.send(get(QUEUES)).await.unwrap();
    client.send(get("/api/v2/users/canary")).await.unwrap_err();
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let kinds: Vec<_> = ["secret-read", "token-granted", "call-refused"].map(|kind| text.find(kind)).into();
    assert!(kinds.iter().all(Option::is_some) && kinds.is_sorted(), "{text}");
    assert!(text.contains(r#""fault":"path-not-allowed""#), "{text}");
    assert!(!text.contains("sesame") && !text.contains("canary"), "{text}");
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_lease_is_lent_and_rejected_by_its_own_cache_only() {
    let stage = Stage::set().await;
    let (client, other) = (stage.client(), stage.client());
    let (lease, foreign) = (client.tokens().token().await.unwrap(), other.tokens().token().await.unwrap());
    assert!(lease.header().is_sensitive());
    assert_eq!((lease.generation(), foreign.generation()), (1, 1));
    assert!(lease.expires_in() > Duration::from_secs(86_000));
    assert!(!format!("{lease:?}").contains("Bearer"));

    assert_eq!(client.tokens().reject(&foreign), Rejection::Futile);
    client.tokens().replay_failed(&foreign);
    assert_eq!(client.tokens().token().await.unwrap().generation(), 1, "a stranger's lease changes nothing");
    assert_eq!(client.tokens().reject(&lease), Rejection::Retired);
    assert_eq!(client.tokens().token().await.unwrap().generation(), 2);
    assert_eq!(client.tokens().reject(&lease), Rejection::Replaced, "a late 401 leaves its successor alone");
    assert_eq!(stage.witness().totals.mints, 3);
}

#[tokio::test]
async fn every_mistake_in_a_description_is_named_and_no_value_is_shown() {
    let stage = Stage::set().await;
    let bare = || Client::builder("queue-sync").environment("test");
    let whole = || stage.builder();
    let cases: [(ClientBuilder, FaultCode, &str); 15] = [
        (Client::builder("Canary"), FaultCode::ConfigurationInvalid, "name"),
        (bare(), FaultCode::ConfigurationInvalid, "allow rule"),
        (bare().allow(["canary"]), FaultCode::ConfigurationInvalid, "allow rule 1"),
        (bare().allow([QUEUES_RULE]), FaultCode::ConfigurationInvalid, "platform"),
        (bare().allow([QUEUES_RULE]).platform("canary"), FaultCode::ConfigurationInvalid, "known"),
        (bare().allow([QUEUES_RULE]).platform("genesys"), FaultCode::ConfigurationInvalid, "region"),
        (whole().setting("canary", "x"), FaultCode::ConfigurationInvalid, "setting"),
        (whole().profile("canary"), FaultCode::ConfigurationInvalid, "known"),
        (whole().region("canary"), FaultCode::ConfigurationInvalid, "region"),
        (whole().urls("canary", stage.emulator.api_url()), FaultCode::ConfigurationInvalid, "`token_url`"),
        (whole().urls(stage.token_url(), "http://canary"), FaultCode::ConfigurationInvalid, "`api_url`"),
        (whole().environment("can ary"), FaultCode::ConfigurationInvalid, "environment"),
        (stage.described().allow([QUEUES_RULE]), FaultCode::ConfigurationInvalid, "secret"),
        (whole().secret("canary"), FaultCode::ReferenceMalformed, "scheme"),
        (whole().secret("local:canary"), FaultCode::ConfigurationInvalid, "local"),
    ];
    for (builder, code, word) in cases {
        let fault = builder.build().unwrap_err();
        let text = format!("{fault} {}", fault.hint());
        assert_eq!(fault.code(), code, "{text}");
        assert!(text.contains(word) && !text.contains("anary"), "{word}: {text}");
        assert!(!format!("{builder:?}").contains("sesame"));
    }
}

#[test]
fn a_client_needs_a_runtime() {
    let builder = Client::builder("queue-sync").allow([QUEUES_RULE]).environment("test");
    let fault = builder.platform("genesys").region("us-east-1").secret("env:X").build().unwrap_err();
    assert_eq!(fault.code(), FaultCode::ConfigurationInvalid);
    assert!(fault.detail().contains("runtime"), "{fault}");
}

#[tokio::test]
async fn places_of_a_secret_are_tried_in_order() {
    let stage = Stage::set().await;
    let store = local_store("nowhere/store", hallpass::LocalKey::File("nowhere/key".into()));
    let client = stage
        .described()
        .secret("env:HALLPASS_TEST_THAT_IS_NOT_SET")
        .secret_in(store, "queue-sync")
        .secret_value(stored(&stage.id, "sesame", Some("test")))
        .allow([QUEUES_RULE])
        .build()
        .unwrap();
    assert_eq!(client.send(get(QUEUES)).await.unwrap().status(), StatusCode::OK);

    let elsewhere = stored(&stage.id, "sesame", Some("prod"));
    let mistaken = stage.described().secret_value(elsewhere).allow([QUEUES_RULE]).build().unwrap();
    assert_eq!(mistaken.warm_up().await.unwrap_err().code(), FaultCode::EnvironmentMismatch);
    let broken = stage.described().secret_value(Secret::from("{}")).allow([QUEUES_RULE]).build().unwrap();
    assert_eq!(broken.warm_up().await.unwrap_err().code(), FaultCode::CredentialMalformed);
}

#[tokio::test]
async fn a_closed_network_is_not_entered() {
    let stage = Stage::set().await;
    let client = stage.builder().network(hallpass::Network::public()).build().unwrap();
    let fault = client.send(get(QUEUES)).await.unwrap_err();
    assert!(fault.to_string().contains("loopback"), "{fault}");
    assert_eq!(stage.witness().totals.requests, 0);
    let network = hallpass::Network::public();
    assert_eq!(network.open("10.0.0.0/64").unwrap_err().code(), FaultCode::ConfigurationInvalid);
    assert_eq!(network.trust(b"no PEM").unwrap_err().code(), FaultCode::ConfigurationInvalid);
}
