//! A thousand clients and a thousand keys: what looking at them costs, by the platforms' own count.
#![expect(clippy::disallowed_methods, reason = "how long the real binary takes is what is measured")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use hallpass_emulator::{CxoneSettings, NewAccessKey, NewClient, NewRole, Settings};
use hallpass_testkit::proving;
use serde_json::Value;

use crate::scene::{SECRET, Scene};

/// So many of each, those of the configuration among them.
const MANY: usize = 1_000;

/// What one run left, and what it cost the process.
struct Taken {
    inventory: Value,
    took: Duration,
    /// The most memory that it ever held, in KiB.
    most_memory: u64,
}

/// Runs `inventory --json`. The document is larger than a pipe holds (64 KiB, pipe(7)): when its first byte is there the process has everything it will ever
/// have in memory, and cannot end before the rest is read. Then its greatest size stands in `/proc` (proc_pid_status(5), `VmHWM`).
fn taken(scene: &Scene) -> Taken {
    let began = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_hallpass"))
        .args(["inventory", "--json"])
        .env_clear()
        .current_dir(scene.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut first = [0; 1];
    let begun = stdout.read(&mut first).unwrap();
    let took = began.elapsed();
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let mut text = String::from_utf8_lossy(&first[..begun]).into_owned();
    stdout.read_to_string(&mut text).unwrap();
    let finished = child.wait_with_output().unwrap();
    assert!(finished.status.success(), "{}", String::from_utf8_lossy(&finished.stderr));
    assert!(text.len() > 128 * 1024, "{} bytes fit into a pipe", text.len());
    let most_memory = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok())
        .unwrap();
    Taken { inventory: serde_json::from_str(&text).unwrap(), took, most_memory }
}

fn of_kind(inventory: &Value, kind: &str) -> usize {
    inventory["rows"].as_array().unwrap().iter().filter(|row| row["kind"] == kind).count()
}

/// One request on a connection of its own, with a form or a JSON document: the document that was answered.
fn ask(address: &str, head: &str, body: &str) -> Value {
    let address = address.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let kind = if body.starts_with('{') { "application/json" } else { "application/x-www-form-urlencoded" };
    let length = body.len();
    write!(
        stream,
        "{head}\r\nHost: {address}\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

/// How long the platform takes for the pages alone, asked one after the other by a loop that does nothing else.
fn bare_genesys(scene: &Scene) -> Duration {
    let (login, api) = scene.address();
    let basic = base64::prelude::BASE64_STANDARD.encode("admin:planted-admin");
    let began = Instant::now();
    let head = format!("POST /oauth/token HTTP/1.1\r\nAuthorization: Basic {basic}");
    let token =
        ask(login, &head, "grant_type=client_credentials")["access_token"].as_str().unwrap().to_owned();
    let mut next = Some("/api/v2/oauth/clients".to_owned());
    let mut seen = 0;
    while let Some(target) = next {
        let page = ask(api, &format!("GET {target} HTTP/1.1\r\nAuthorization: Bearer {token}"), "");
        seen += page["entities"].as_array().unwrap().len();
        next = page["nextUri"].as_str().map(str::to_owned);
    }
    assert_eq!(seen, MANY);
    began.elapsed()
}

fn bare_keys(hub: &str) -> Duration {
    let began = Instant::now();
    let login = r#"{"accessKeyId":"ADMIN","accessKeySecret":"planted-admin"}"#;
    let token = ask(hub, "POST /authentication/v1/token/access-key HTTP/1.1", login);
    let token = token["access_token"].as_str().unwrap();
    let mut next = Some("/access-key-management/v1/access-keys?userId=service".to_owned());
    let mut seen = 0;
    while let Some(target) = next {
        let page = ask(hub, &format!("GET {target} HTTP/1.1\r\nAuthorization: Bearer {token}"), "");
        seen += page["accessKeys"].as_array().unwrap().len();
        next = page["_links"]["next"].as_str().map(str::to_owned);
    }
    assert_eq!(seen, MANY);
    began.elapsed()
}

fn genesys() -> Scene {
    let scene = Scene::with_secret();
    let world = scene.world();
    let narrow = world.add_role(NewRole::named("queue-sync").permission("routing:queue:view"));
    world.add_client(NewClient::named("queue-sync").id(&scene.keys.id).secret(SECRET).role(&narrow, "*"));
    world.add_client(NewClient::named("twin").id("twin").secret("planted-twin").role(&narrow, "*"));
    world.add_client(NewClient::named("admin").id("admin").secret("planted-admin"));
    for number in 3..MANY {
        let id = format!("stranger-{number:04}");
        let client = NewClient::named(format!("program {number}")).id(&id).secret(format!("planted-{id}"));
        world.add_client(client.role(&narrow, "*"));
    }
    let (login, api) = scene.address();
    let clients = &scene.keys.id;
    scene.configure(&format!(
        r#"
[integrations.queue-sync.rotation]
administrator = "admin"
clients = ["{clients}", "twin"]

[integrations.admin]
platform = "genesys"
token_url = "{login}/oauth/token"
api_url = "{api}"
secret = "local:admin"
administers = true
allow = ["GET /api/v2/oauth/clients/**", "GET /api/v2/authorization/**"]
"#
    ));
    let material = r#"{"client_id":"admin","client_secret":"planted-admin"}"#;
    assert_eq!(scene.run_with(&["secret", "put", "admin"], material).code, Some(0));
    scene
}

#[test]
fn a_thousand_clients_cost_a_request_for_each_page_and_none_for_each_client() {
    let scene = genesys();
    let before = scene.world().witness();
    let taken = taken(&scene);
    let after = scene.world().witness();
    assert_eq!(
        (of_kind(&taken.inventory, "in-use"), of_kind(&taken.inventory, "standby")),
        (2, 1),
        "ours are told among them"
    );
    assert_eq!(of_kind(&taken.inventory, "foreign"), MANY - 3);
    let routes = &after.clients["admin"].calls_by_route;
    // Twenty-five to a page: the platform's list takes no size. Two for the last use of each of the three that are ours.
    assert_eq!(
        routes.iter().map(|(route, count)| (route.as_str(), *count)).collect::<Vec<_>>(),
        [
            ("GET /api/v2/authorization/divisions", 1),
            ("GET /api/v2/authorization/roles", 1),
            ("GET /api/v2/oauth/clients", 40),
            ("GET /api/v2/oauth/clients/{clientId}/usage/query/results/{executionId}", 3),
            ("GET /api/v2/oauth/clients/{clientId}/usage/summary", 3),
        ]
    );
    assert_eq!(after.clients["admin"].mints, 1, "one token for all of it");
    assert_eq!(after.totals.requests - before.totals.requests, 49, "and nothing else");
    println!("{}", told("clients", &taken, bare_genesys(&scene)));
}

#[test]
fn a_thousand_access_keys_cost_a_request_for_each_page_and_none_for_each_key() {
    let cxone = CxoneSettings { most_keys: None, ..CxoneSettings::default() };
    let scene = Scene::of(Settings { cxone, ..Settings::default() });
    let world = scene.world();
    world.add_access_key(NewAccessKey::named("admin").id("ADMIN").secret("planted-admin").user("admin"));
    for number in 0..MANY {
        let id = format!("KEY{number:04}");
        let key = NewAccessKey::named("contacts").id(&id).secret(format!("planted-{id}")).user("service");
        world.add_access_key(key.application("app", "planted-app"));
    }
    let hub = scene.emulator().cxone_userhub_url();
    let place = format!(
        "platform = \"cxone\"\nprofile = \"userhub\"\ntoken_url = \"{hub}/authentication/v1/token/access-key\"\napi_url = \"{hub}\""
    );
    scene.configure(&format!(
        r#"
[integrations.contacts]
{place}
secret = "local:contacts"
allow = ["GET /inContactAPI/services/**"]
[integrations.contacts.rotation]
administrator = "admin"
user = "service"

[integrations.admin]
{place}
secret = "local:admin"
administers = true
allow = ["GET /access-key-management/v1/access-keys"]
"#
    ));
    for (name, id, secret) in
        [("contacts", "KEY0500", "planted-KEY0500"), ("admin", "ADMIN", "planted-admin")]
    {
        let material = format!("{{\"access_key_id\":\"{id}\",\"access_key_secret\":\"{secret}\"}}");
        let put = scene.run_with(&["secret", "put", name], material);
        assert_eq!(put.code, Some(0), "{put:?}");
    }
    let before = world.witness();
    let taken = taken(&scene);
    let after = world.witness();
    assert_eq!(of_kind(&taken.inventory, "in-use"), 1);
    assert_eq!(of_kind(&taken.inventory, "foreign"), MANY - 1);
    assert_eq!(after.clients["ADMIN"].calls, 40, "{:?}", after.clients["ADMIN"].calls_by_route);
    assert_eq!(after.totals.requests - before.totals.requests, 41, "the pages, and one token");
    println!("{}", told("access keys", &taken, bare_keys(&hub)));
}

/// What it cost, in words. How long it takes is judged at the larger size alone, where nothing else runs; what it holds in memory always.
fn told(what: &str, taken: &Taken, bare: Duration) -> String {
    let mebibytes = taken.most_memory / 1024;
    assert!(mebibytes < 64, "{mebibytes} MiB for {MANY} {what}");
    assert!(!proving() || taken.took < bare + Duration::from_secs(3), "{:?}, bare {bare:?}", taken.took);
    format!(
        "figure: inventory of {MANY} {what}: {:?} to the first byte, {bare:?} for the bare pages, {mebibytes} MiB at most",
        taken.took
    )
}
