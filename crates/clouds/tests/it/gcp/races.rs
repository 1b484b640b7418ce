//! Somebody else writes between two requests of ours.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use hallpass_cloud_emulator::google::SecretManager as Google;
use hallpass_cloud_emulator::{Cloud, Received, Reply, StandIn};
use hallpass_clouds::gcp::SecretManager;
use hallpass_core::{FaultCode, Stage, Store};

use super::{World, entry, foreign, promoted, put, value, world};

#[tokio::test]
async fn a_promotion_that_was_overtaken_after_its_look_changes_nothing() {
    let world = world().await;
    let store = world.store();
    let one = promoted(&store, "a", "one", None).await;
    let two = put(&store, "a", "two").await;
    // After our look, and before our write, another writer puts and promotes.
    let theirs = vec![
        add("three"),
        request(
            "PATCH",
            "secrets/a",
            "versionAliases",
            r#"{"versionAliases":{"current":"3","previous":"1"}}"#,
        ),
    ];
    let (meddled, _api) = overtaken(&world, "GET", "/secrets/a", theirs).await;
    let lost = meddled.promote(&entry("a"), &two, Some(&one)).await.map_err(|fault| fault.code());
    assert_eq!(lost, Err(FaultCode::VersionConflict));
    assert_eq!(value(&store, "a", Stage::Current).await.as_deref(), Ok("three"));
    assert_eq!(value(&store, "a", Stage::Previous).await.as_deref(), Ok("one"));
}

#[tokio::test]
async fn a_promotion_that_was_overtaken_by_something_else_goes_through() {
    let world = world().await;
    let store = world.store();
    let one = put(&store, "a", "one").await;
    let theirs = vec![request("PATCH", "secrets/a", "labels", r#"{"labels":{"team":"routing"}}"#)];
    let (meddled, _api) = overtaken(&world, "GET", "/secrets/a", theirs).await;
    meddled.promote(&entry("a"), &one, None).await.expect("what matters is as it was");
    assert_eq!(value(&store, "a", Stage::Current).await.as_deref(), Ok("one"));
}

#[tokio::test]
async fn a_reader_without_the_alias_is_not_shown_what_is_put_while_it_looks() {
    let world = world().await;
    foreign(&world, "a", &["theirs"]).await;
    // Whatever the reader looks at first besides the alias: after it, a writer takes the secret over and adds a version.
    let taken_over = r#"{"versionAliases":{"current":"1"},"annotations":{"hallpass-stages":"aliases"}}"#;
    let ours = vec![request("PATCH", "secrets/a", "versionAliases,annotations", taken_over), add("pending")];
    let (reader, _api) = overtaken(&world, "GET", "", ours).await;
    assert_eq!(value(&reader, "a", Stage::Current).await.as_deref(), Ok("theirs"));
}

#[tokio::test]
async fn two_first_puts_at_once_leave_one_pending() {
    let world = world().await;
    let store = world.store();
    let ours = r#"{"replication":{"automatic":{}},"annotations":{"hallpass-stages":"aliases"}}"#;
    let mut create = request("POST", "secrets", "", ours);
    create.query = vec![("secretId".to_owned(), "a".to_owned())];
    let (late, _api) = overtaken(&world, "GET", "/secrets/a", vec![create, add("first")]).await;
    put(&late, "a", "second").await;
    assert_eq!(value(&store, "a", Stage::Pending).await.as_deref(), Ok("second"));
    assert_eq!(value(&store, "a", Stage::Current).await, Err(FaultCode::EntryNotFound));
}

/// A store before which, once, these requests are answered right after the first one of this method whose path ends so. Reads by alias do not
/// count.
async fn overtaken(
    world: &World,
    method: &'static str,
    end: &'static str,
    then: Vec<Received>,
) -> (SecretManager, StandIn) {
    let token = format!("Bearer {}", world.tokens.current());
    let mut then = then;
    for request in &mut then {
        request.headers.insert("authorization", token.parse().expect("a header"));
    }
    let meddler = Meddler { google: world.google.clone(), method, end, then: Mutex::new(Some(then)) };
    let api = StandIn::start(Arc::new(meddler), None).await.expect("a port");
    let mut settings = world.settings("projects/acme-prod");
    settings.endpoint = Some(api.url());
    (SecretManager::open(settings), api)
}

struct Meddler {
    google: Arc<Google>,
    method: &'static str,
    end: &'static str,
    then: Mutex<Option<Vec<Received>>>,
}

impl Cloud for Meddler {
    fn answer(&self, request: &Received) -> Reply {
        let reply = self.google.answer(request);
        let meant = request.method == self.method && request.path.ends_with(self.end);
        if meant && !request.path.ends_with(":access") {
            for request in self.then.lock().expect("nobody panicked").take().into_iter().flatten() {
                let done = self.google.answer(&request);
                assert_eq!(done.status, 200, "{done:?}");
            }
        }
        reply
    }
}

fn add(value: &str) -> Received {
    let data = base64::engine::general_purpose::STANDARD.encode(value);
    request("POST", "secrets/a:addVersion", "", &format!(r#"{{"payload":{{"data":"{data}"}}}}"#))
}

fn request(method: &str, path: &str, mask: &str, body: &str) -> Received {
    Received {
        method: method.parse().expect("a method"),
        path: format!("/v1/projects/acme-prod/{path}"),
        query: vec![("updateMask".to_owned(), mask.to_owned())],
        headers: http::HeaderMap::new(),
        body: body.to_owned().into(),
    }
}
