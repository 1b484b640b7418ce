//! Everything wired, against the emulated platform.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use hallpass_app::{
    App, Call, Config, FaultCode, Flags, HandOver, ProcessVariables, Purpose, Secret, Sources, Stopped,
};
use hallpass_emulator::{Act, Emulator, Misbehaviour, NewClient, Settings};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_secret_becomes_calls_and_is_seen_nowhere() {
    let stage = Stage::set().await;
    let app = stage.app(Purpose::Gateway).await;
    let put = app.put_secret("queue-sync", &stage.secret).await.unwrap();
    assert_eq!(put.serial, 1);
    let credential = app.credential("queue-sync").await.unwrap();
    assert_eq!((credential.serial(), credential.fingerprint()), (Some(1), put.fingerprint));
    let listed = app.list_secrets().await.unwrap();
    assert_eq!((listed.len(), listed[0].name.as_str()), (1, "queue-sync"));

    let gateway = app.open(HandOver::File).await.unwrap();
    let (url, pass_file) = (gateway.url(), gateway.pass_file().unwrap().to_owned());
    let pass = fs::read_to_string(&pass_file).unwrap();
    assert_eq!(gateway.pass(), &Secret::from(pass.as_str()));
    assert_eq!(fs::metadata(&pass_file).unwrap().permissions().mode() & 0o777, 0o400);
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(gateway.serve(async { drop(stopped.await) }, std::future::pending()));
    let answer = get(&url, "/queue-sync/api/v2/routing/queues", &pass).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let refused = get(&url, "/queue-sync/api/v2/users", &pass).await;
    assert!(refused.contains("hallpass-fault: path-not-allowed"), "{refused}");
    drop(stop);
    assert_eq!(serving.await.unwrap().unwrap(), Stopped::Drained { cut_off: 0 });

    assert!(!pass_file.exists(), "the pass file goes with its gateway");
    let audit = fs::read_to_string(stage.folder.path().join("audit.jsonl")).unwrap();
    for kind in ["secret-written", "started", "secret-read", "token-granted", "call-refused", "stopped"] {
        assert!(audit.contains(&format!("\"kind\":\"{kind}\"")), "{kind} in {audit}");
    }
    let everywhere = format!("{audit}{answer}{refused}{app:?}{:?}", stage.config);
    for secret in [stage.secret["client_secret"].expose_str().unwrap(), pass.as_str()] {
        assert!(!everywhere.contains(secret));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_call_needs_no_gateway() {
    let stage = Stage::set().await;
    let app = stage.app(Purpose::Command).await;
    app.put_secret("queue-sync", &stage.secret).await.unwrap();
    let call = |target: &str| Call { method: "GET".into(), target: target.into(), ..Call::default() };
    let mut answer = app.call("queue-sync", call("/api/v2/routing/queues")).await.unwrap();
    assert_eq!((answer.status, answer.report.attempts), (200, 1));
    let body: Bytes = answer.chunk().await.unwrap().unwrap();
    assert!(body.starts_with(b"{"));
    let refused = app.call("queue-sync", call("/api/v2/users")).await.unwrap_err();
    assert_eq!(refused.code(), FaultCode::PathNotAllowed);
    assert!(refused.hint().contains("`GET /api/v2/routing/queues/**`"), "{}", refused.hint());
    assert_eq!(app.call("other", call("/")).await.unwrap_err().code(), FaultCode::IntegrationUnknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_named_before_it_is_stored() {
    let stage = Stage::set().await;
    let app = stage.app(Purpose::Command).await;
    let members = BTreeMap::from([("client_id".to_owned(), Secret::from("a"))]);
    let fault = app.put_secret("queue-sync", &members).await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::CredentialMalformed);
    assert!(fault.detail().contains("`client_secret`"), "{fault}");
    let mut elsewhere = stage.secret.clone();
    elsewhere.insert("environment".to_owned(), Secret::from("prod"));
    let fault = app.put_secret("queue-sync", &elsewhere).await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::EnvironmentMismatch);
    assert!(app.list_secrets().await.unwrap().is_empty());
    assert_eq!(app.required_members("queue-sync").unwrap(), ["client_id", "client_secret"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_gateway_leaves_the_pass_of_the_first_alone() {
    let stage = Stage::set().await;
    let app = stage.app(Purpose::Gateway).await;
    let first = app.open(HandOver::File).await.unwrap();
    assert_eq!(app.open(HandOver::File).await.unwrap_err().code(), FaultCode::ListenFailed);
    let third = app.open(HandOver::Environment).await.unwrap();
    assert!(third.pass_file().is_none() && third.pass() != first.pass());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_stops_at_once() {
    let stage = Stage::set().await;
    stage.emulator.world().misbehave(Misbehaviour::on_api(Act::DelayAnswer { millis: 60_000 }));
    let app = stage.app(Purpose::Gateway).await;
    app.put_secret("queue-sync", &stage.secret).await.unwrap();
    let gateway = app.open(HandOver::Environment).await.unwrap();
    let address = gateway.url().strip_prefix("http://").unwrap().to_owned();
    let pass = gateway.pass().clone();
    let (stop, stopped) = oneshot::channel::<()>();
    let (now, at_once) = oneshot::channel::<()>();
    let serving = tokio::spawn(gateway.serve(async { drop(stopped.await) }, async { drop(at_once.await) }));
    // A call that the platform does not answer keeps the gateway draining; it has begun once the platform has seen it.
    let mut hanging = TcpStream::connect(&address).await.unwrap();
    let pass = pass.expose_str().unwrap();
    let request = format!("GET /queue-sync{QUEUES} HTTP/1.1\r\nHost: {address}\r\nHallpass: {pass}\r\n\r\n");
    hanging.write_all(request.as_bytes()).await.unwrap();
    while stage.emulator.world().witness().totals.calls == 0 {
        tokio::task::yield_now().await;
    }
    drop(stop);
    drop(now);
    assert_eq!(serving.await.unwrap().unwrap(), Stopped::AtOnce);
}

const QUEUES: &str = "/api/v2/routing/queues";

/// An emulated platform with one client, and a folder with a configuration for it.
struct Stage {
    emulator: Emulator,
    folder: TempDir,
    config: Config,
    secret: BTreeMap<String, Secret>,
}

impl Stage {
    async fn set() -> Self {
        let emulator = Emulator::start(Settings::default()).await.unwrap();
        let keys = emulator.world().add_client(NewClient::named("queue-sync"));
        emulator.world().add_queue("Sales");
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            r#"
            version = 1
            environment = "test"
            [sidecar]
            listen = "127.0.0.1:0"
            pass_file = "run/pass"
            [outbound]
            private_networks = ["127.0.0.0/8"]
            [stores.local]
            path = "state/store"
            [audit]
            file = "audit.jsonl"
            [integrations.queue-sync]
            platform = "genesys"
            token_url = "{}/oauth/token"
            api_url = "{}"
            secret = "local:queue-sync"
            allow = ["GET /api/v2/routing/queues/**"]
            "#,
            emulator.login_url(),
            emulator.api_url()
        );
        let sources = Sources::of_process(Flags::default());
        let path = folder.path().join("hallpass.toml");
        let config = Config::read(&path, &text, &sources).unwrap();
        let secret = BTreeMap::from([
            ("client_id".to_owned(), Secret::from(keys.id)),
            ("client_secret".to_owned(), Secret::from(keys.secret)),
        ]);
        Self { emulator, folder, config, secret }
    }

    async fn app(&self, purpose: Purpose) -> App {
        App::assemble(&self.config, purpose, Arc::new(ProcessVariables)).await.unwrap()
    }
}

async fn get(url: &str, target: &str, pass: &str) -> String {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request =
        format!("GET {target} HTTP/1.1\r\nHost: {address}\r\nHallpass: {pass}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[test]
fn a_configuration_in_memory_needs_no_file() {
    let sources = Sources::of_process(Flags::default());
    assert!(Config::read(Path::new("nowhere/hallpass.toml"), "", &sources).is_err());
}
