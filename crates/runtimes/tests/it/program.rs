//! The program itself.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use hallpass_testkit::process::{Launch, Stream};

use crate::knock::knock;
use crate::stage::PATIENCE;

const KEY: &str = "k3y-of-the-subscription-0123456789";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"
version = 1
environment = "test"
[stores.local]
path = "state/store"
[integrations.billing]
platform = "genesys"
region = "us-east-1"
secret = ["local:billing", "azure-kv:https://acme-kv.vault.azure.net/secrets/billing"]
allow = ["GET /api/v2/routing/queues"]
[integrations.billing.rotation]
administrator = "admin"
clients = ["a", "b"]
[integrations.admin]
platform = "genesys"
region = "us-east-1"
secret = "local:admin"
administers = true
allow = ["GET /api/v2/oauth/clients/**"]
"#;
    fs::write(folder.path().join("hallpass.toml"), text).unwrap();
    let key = folder.path().join("key");
    fs::write(&key, format!("{KEY}\n")).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    folder
}

fn rotator(folder: &Path, arguments: &[&str]) -> Launch {
    let launch = Launch::new(env!("CARGO_BIN_EXE_hallpass-rotator"));
    launch.args(arguments).clear_env().current_dir(folder).env("TMPDIR", folder)
}

#[test]
fn it_opens_answers_and_stops_when_told() {
    let folder = folder();
    let key = folder.path().join("key");
    let arguments =
        ["--listen", "127.0.0.1:0", "--look-every", "0s", "--event-grid-key-file", key.to_str().unwrap()];
    let mut running = rotator(folder.path(), &arguments).start().unwrap();
    let address = running.line(Stream::Stdout, "listening on http://", PATIENCE).unwrap().parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ask = |headers: &[(&str, &str)]| {
        runtime.block_on(knock(address, "POST /azure/event-grid", headers, "[]")).0
    };
    assert_eq!(ask(&[("Hallpass-Key", KEY)]), 204);
    assert_eq!(ask(&[("Hallpass-Key", "wrong")]), 401);
    running.signal("TERM").unwrap();
    let finished = running.wait(PATIENCE).unwrap();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(!format!("{finished:?}").contains(KEY));
}

#[test]
fn what_is_said_wrongly_is_refused_at_the_start() {
    let folder = folder();
    let short = folder.path().join("short");
    fs::write(&short, "short\n").unwrap();
    fs::set_permissions(&short, fs::Permissions::from_mode(0o600)).unwrap();
    let short = short.to_str().unwrap();
    for (arguments, code, told) in [
        (&[][..], 3, "nobody may wake this program"),
        (&["--pubsub-audience", "a"], 2, "--pubsub-account"),
        (&["--pubsub-audience", "", "--pubsub-account", "e"], 3, "--pubsub-audience is empty"),
        (
            &["--pubsub-audience", "a", "--pubsub-account", "e", "--pubsub-keys", "http://example.com/"],
            3,
            "expected https",
        ),
        (&["--event-grid-key-file", short], 3, "a key of 5 bytes"),
        (&["--event-grid-tenant", "t"], 2, "--event-grid-audience"),
        (
            &["--event-grid-tenant", "t/../x", "--event-grid-audience", "a", "--event-grid-app", "b"],
            3,
            "no id of a directory",
        ),
        (&["--wait", "3"], 2, "--wait"),
    ] {
        let finished = rotator(folder.path(), arguments).run(PATIENCE).unwrap();
        assert_eq!(finished.code, Some(code), "{arguments:?} {finished:?}");
        assert!(finished.stderr.contains(told), "{arguments:?} {finished:?}");
    }
}
