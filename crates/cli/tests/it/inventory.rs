//! What can get a token and what is kept for it, said of a real configuration and a real platform.

use std::os::unix::fs::PermissionsExt;

use hallpass_emulator::{NewClient, NewRole};
use serde_json::Value;

use crate::scene::Scene;

/// An integration whose client an administrator can see, beside a stranger's client with a bad name and one of ours that nobody uses.
fn estate() -> Scene {
    let scene = Scene::with_secret();
    let world = scene.world();
    let narrow = world.add_role(NewRole::named("queue-sync").permission("routing:queue:view"));
    world.add_role(
        NewRole::named("all")
            .id("all")
            .permission("oauth:client:view")
            .permission("authorization:role:view")
            .permission("usage:client:view"),
    );
    world.add_client(
        NewClient::named("queue-sync").id(&scene.keys.id).secret(crate::scene::SECRET).role(&narrow, "*"),
    );
    world.add_client(NewClient::named("queue-sync-b").id("twin").secret("planted-twin").role(&narrow, "*"));
    world.add_client(NewClient::named("<script>alert(1)</script>").id("stranger").secret("planted-stranger"));
    world.add_client(
        NewClient::named("left over")
            .id("left")
            .secret("planted-left")
            .member("description", "hallpass:test/gone#abc123"),
    );
    world.add_client(NewClient::named("admin").id("admin").secret("planted-admin").role("all", "*"));
    let (login, api) = scene.address();
    let clients = &scene.keys.id;
    scene.configure(&format!(
        r#"
[integrations.queue-sync.rotation]
administrator = "admin"
clients = ["{clients}", "twin"]
verify = ["GET /api/v2/routing/queues?pageSize=1"]

[integrations.admin]
platform = "genesys"
token_url = "{login}/oauth/token"
api_url = "{api}"
secret = "local:admin"
administers = true
allow = ["GET /api/v2/oauth/clients/**", "PUT /api/v2/oauth/clients/*", "POST /api/v2/oauth/clients/*/secret", "GET /api/v2/authorization/**", "POST /api/v2/oauth/clients/*/usage/query"]
"#
    ));
    let stored = scene
        .run_with(&["secret", "put", "admin"], r#"{"client_id":"admin","client_secret":"planted-admin"}"#);
    assert_eq!(stored.code, Some(0), "{stored:?}");
    scene
}

#[test]
fn every_client_and_every_secret_is_told_with_its_owner() {
    let scene = estate();
    let finished = scene.run(&["inventory", "--json"]);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    let inventory: Value = serde_json::from_str(&finished.stdout).unwrap();
    let mut rows: Vec<_> = inventory["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
            (text(&row["kind"]), text(&row["owner"]), text(&row["client"]["name"]))
        })
        .collect();
    rows.sort();
    let row = |kind: &str, owner: &str, name: &str| (kind.to_owned(), owner.to_owned(), name.to_owned());
    assert_eq!(
        rows,
        [
            row("foreign", "-", "<script>alert(1)</script>"),
            row("in-use", "admin", "admin"),
            row("in-use", "queue-sync", "queue-sync"),
            row("orphan-client", "test/gone", "left over"),
            row("standby", "queue-sync", "queue-sync-b"),
        ]
    );
    let used = inventory["rows"].as_array().unwrap().iter().find(|row| row["owner"] == "queue-sync").unwrap();
    assert_eq!(used["reach"]["routing"], "read");
    assert!(used["drift"].as_array().unwrap().is_empty());
    assert!(!finished.stdout.contains("planted"));
}

#[test]
fn the_report_is_whole_harmless_and_its_owners_alone() {
    let scene = estate();
    let finished = scene.run(&["inventory", "--csv", "--html", "report.html"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(finished.stdout.lines().count(), 6, "a head and five lines");
    let path = scene.path().join("report.html");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let page = std::fs::read_to_string(path).unwrap();
    assert!(page.contains("&lt;script&gt;alert(1)") && !page.contains("<script"));
    for absent in ["href=", "url(", "src=", "@import", "planted", crate::scene::SECRET] {
        assert!(!page.contains(absent), "{absent}");
    }
    for section in
        ["Risk", "Findings", "Age of secrets", "Rotations", "Reach", "Inventory", "Controls", "Audit log"]
    {
        assert!(page.contains(&format!(">{section}</h2>")), "{section}");
    }
    assert!(page.contains("no evidence"), "there is no audit log here");
}

#[test]
fn what_could_not_be_looked_at_is_said_and_proves_nothing() {
    let scene = Scene::with_secret();
    let finished = scene.run(&["inventory", "--json"]);
    let inventory: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(inventory["rows"][0]["kind"], "not-verified");
    let least =
        inventory["controls"].as_array().unwrap().iter().find(|one| one["number"] == "7.2.5").unwrap();
    assert_eq!(least["evidence"]["none"], serde_json::json!(["platform"]));
    scene.assert("inventory_not_verified", &scene.run(&["inventory"]));
    scene.assert("inventory_nowhere", &scene.run(&["inventory", "--html", "no/folder/report.html"]));
}

#[test]
fn an_audit_log_is_evidence_while_its_chain_holds_and_no_longer() {
    let mut scene = Scene::with_secret();
    scene.set("AUDIT_KEY", "planted-audit-key-0123456789abcdef-0123456789");
    scene.configure("\n[audit]\nfile = \"audit.jsonl\"\nkey = \"env:AUDIT_KEY\"\n");
    let none = |scene: &Scene| {
        let finished = scene.run(&["inventory", "--json"]);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        let inventory: Value = serde_json::from_str(&finished.stdout).unwrap();
        let logs =
            inventory["controls"].as_array().unwrap().iter().find(|one| one["number"] == "10.3.4").unwrap();
        (inventory["audit"].clone(), logs["evidence"].get("none").cloned())
    };
    assert_eq!(scene.run(&["call", "queue-sync", "GET", "/api/v2/routing/queues"]).code, Some(0));
    let reads = || {
        std::fs::read_to_string(scene.path().join("audit.jsonl")).unwrap().matches("\"secret-read\"").count()
    };
    let before = reads();
    let (excerpt, missing) = none(&scene);
    assert!(missing.is_none(), "{excerpt}");
    assert_eq!(reads(), before + 1, "the inventory and its findings rest on one look at the secret");
    let kinds: Vec<_> =
        excerpt["events"].as_array().unwrap().iter().map(|event| event[2].as_str().unwrap()).collect();
    assert!(kinds.contains(&"token-granted"), "{kinds:?}");
    let path = scene.path().join("audit.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("token-granted", "token-refused", 1)).unwrap();
    let (excerpt, missing) = none(&scene);
    assert_eq!((excerpt, missing), (Value::Null, Some(serde_json::json!(["audit"]))));
}

#[test]
fn an_entry_that_nobody_names_is_an_orphan_and_a_store_that_cannot_tell_is_not_seen() {
    let scene = Scene::with_secret();
    let (login, api) = scene.address();
    let integration = |name: &str, secret: &str| {
        scene.configure(&format!(
            "\n[integrations.{name}]\nplatform = \"genesys\"\ntoken_url = \"{login}/oauth/token\"\napi_url = \"{api}\"\n\
             secret = \"{secret}\"\nallow = [\"GET /api/v2/routing/queues/**\"]\n"
        ));
    };
    integration("gone", "local:left%20over");
    assert_eq!(scene.run_with(&["secret", "put", "gone"], scene.material()).code, Some(0));
    integration("elsewhere", "env:ELSEWHERE");
    let finished = scene.run(&["inventory", "--json"]);
    let inventory: Value = serde_json::from_str(&finished.stdout).unwrap();
    let orphans: Vec<_> =
        inventory["rows"].as_array().unwrap().iter().filter(|row| row["kind"] == "orphan-entry").collect();
    assert_eq!(orphans.len(), 1, "{inventory}");
    assert_eq!(orphans[0]["entry"]["references"], serde_json::json!(["local:left over"]));
    let stores: Vec<_> = inventory["stores"]
        .as_array()
        .unwrap()
        .iter()
        .map(|store| (store["store"].as_str().unwrap(), store["unnamed"].as_u64()))
        .collect();
    assert_eq!(stores, [("env", None), ("local", Some(1))], "none is a number, and not known is not");
    scene.assert("inventory_unnamed", &scene.run(&["inventory"]));
    let page = scene.run(&["inventory", "--html", "report.html"]);
    assert_eq!(page.code, Some(0));
    let page = std::fs::read_to_string(scene.path().join("report.html")).unwrap();
    assert!(page.contains("not seen") && page.contains("local:left over"));
}
