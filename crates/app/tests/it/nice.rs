//! NICE CXone behind the gateway: what an unmodified program of that platform sends, and what arrives there.

use std::collections::BTreeMap;
use std::sync::Arc;

use hallpass_app::{App, Config, Flags, HandOver, ProcessVariables, Purpose, Secret, Sources};
use hallpass_emulator::{CxoneSettings, Emulator, NewAccessKey, Settings};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

#[tokio::test(flavor = "multi_thread")]
async fn programs_log_in_by_either_flow_refresh_and_call() {
    let cxone = CxoneSettings { separate_identity: true, separate_userhub: true, ..CxoneSettings::default() };
    let emulator = Emulator::start(Settings { cxone, ..Settings::default() }).await.unwrap();
    let keys = emulator.world().add_access_key(NewAccessKey::named("nice"));
    emulator.world().add_contacts(3);
    let folder = tempfile::tempdir().unwrap();
    let config = configuration(&emulator);
    let config =
        Config::read(&folder.path().join("hallpass.toml"), &config, &Sources::of_process(Flags::default()))
            .unwrap();
    let app = App::assemble(&config, Purpose::Gateway, Arc::new(ProcessVariables)).await.unwrap();
    let secret = |name: &str, value: &str| (name.to_owned(), Secret::from(value));
    let members = BTreeMap::from([
        secret("client_id", &keys.client_id),
        secret("client_secret", &keys.client_secret),
        secret("access_key_id", &keys.access_key_id),
        secret("access_key_secret", &keys.access_key_secret),
    ]);
    app.put_secret("nice", &members).await.unwrap();
    let gateway = app.open(HandOver::Environment).await.unwrap();
    let (url, pass) = (gateway.url(), gateway.pass().expose_str().unwrap().to_owned());
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(gateway.serve(async { drop(stopped.await) }, std::future::pending()));

    let before = send(&url, "GET", "/nice/.well-known/cxone-configuration", "", "").await.1;
    assert_eq!(before["tenantId"], "00000000-0000-0000-0000-000000000000");
    let openid = send(&url, "GET", "/nice/.well-known/openid-configuration", "", "").await.1;
    let token_path = openid["token_endpoint"].as_str().unwrap().strip_prefix(&url).unwrap().to_owned();
    let form = format!("grant_type=password&username=nice&password={pass}");
    let (status, login) = send(&url, "POST", &token_path, &form, "").await;
    assert_eq!((status, &login["access_token"]), (200, &json!(pass)));
    let refresh = format!("grant_type=refresh_token&refresh_token={pass}&scope=openid");
    assert_eq!(send(&url, "POST", &token_path, &refresh, "").await.1["refresh_token"], json!(pass));
    let key = json!({ "accessKeyId": "nice", "accessKeySecret": pass }).to_string();
    let hub = "/nice/userhub/authentication/v1/token/access-key";
    assert_eq!(send(&url, "POST", hub, &key, "").await.1["access_token"], json!(pass));
    let renewed =
        send(&url, "POST", "/nice/public/user/refresh", &json!({ "token": pass }).to_string(), "").await.1;
    assert_eq!(renewed["token"], json!(pass));
    for (path, body) in [
        (&*token_path, "grant_type=password&username=other&password=wrong"),
        (&*token_path, "grant_type=refresh_token&refresh_token=wrong"),
        (hub, r#"{"accessKeyId":"nice","accessKeySecret":"wrong"}"#),
        ("/nice/public/user/refresh", r#"{"token":"wrong"}"#),
    ] {
        assert_eq!(send(&url, "POST", path, body, "").await.0, 401, "{path} {body}");
    }
    assert_eq!(emulator.world().witness().totals.token_requests, 0, "logins end at the gateway");

    let completed = "/nice/api/inContactAPI/services/v31.0/contacts/completed";
    let (status, contacts) = send(&url, "GET", completed, "", &pass).await;
    assert_eq!((status, &contacts["totalRecords"]), (200, &json!(3)), "{contacts}");
    let other = send(&url, "GET", "/nice/inContactAPI/services/v31.0/contacts/completed", "", &pass).await;
    assert_eq!(other.0, 403);
    let after = send(&url, "GET", "/nice/.well-known/cxone-configuration", "", "").await.1;
    assert_eq!(after["tenantId"], json!(keys.tenant_id));
    assert_eq!(after["api_endpoint"], json!(format!("{url}/nice/api")));
    let report = emulator.world().witness();
    assert_eq!((report.totals.mints, report.totals.refreshes, report.totals.discoveries), (1, 0, 2));
    drop(stop);
    serving.await.unwrap().unwrap();
}

fn configuration(emulator: &Emulator) -> String {
    format!(
        r#"
        version = 1
        environment = "test"
        [sidecar]
        listen = "127.0.0.1:0"
        [outbound]
        private_networks = ["127.0.0.0/8"]
        [stores.local]
        path = "state/store"
        [audit]
        file = "audit.jsonl"
        [integrations.nice]
        platform = "cxone"
        issuer = "{}"
        upstreams = {{ api = "discovered", userhub = "discovered" }}
        secret = "local:nice"
        allow = ["GET /api/inContactAPI/services/**"]
        "#,
        emulator.cxone_identity_url()
    )
}

/// Status and document of one request.
async fn send(url: &str, method: &str, target: &str, body: &str, pass: &str) -> (u16, Value) {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let authorization =
        if pass.is_empty() { String::new() } else { format!("Authorization: Bearer {pass}\r\n") };
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let request = format!(
        "{method} {target} HTTP/1.1\r\nHost: {address}\r\nAccept: application/json\r\n{authorization}{length}Connection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let json = body.find('{').and_then(|at| serde_json::from_str(&body[at..=body.rfind('}')?]).ok());
    (status, json.unwrap_or(Value::Null))
}
