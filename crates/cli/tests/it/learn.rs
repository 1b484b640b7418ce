//! Calls through a real sidecar, what is learnt from them, and a sidecar with what was learnt.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

use hallpass_emulator::{NewClient, NewConversation, NewRole, Settings};

use crate::scene::{PATIENCE, SECRET, Scene, Served, until};

/// What a caller may put into a path or a query, and nobody may find again.
const CANARIES: [&str; 5] = [
    "canary-4f1e",
    "ann%40canary.example",
    "%2B4915770canary",
    "canaryAQIDBAUGBwgJCgsMDQ4PEBES",
    "jsmithcanary",
];

/// A scene whose sidecar records, with rules for discovery.
fn learning(allow: &str) -> Scene {
    let scene = Scene::of(Settings::default());
    configure(&scene, allow);
    let stored = scene.run_with(&["secret", "put", "queue-sync"], scene.material());
    assert_eq!(stored.code, Some(0), "{stored:?}");
    scene
}

fn configure(scene: &Scene, allow: &str) {
    scene.configure("");
    let text = fs::read_to_string(scene.path().join("hallpass.toml")).unwrap();
    let start = text.find("allow = ").unwrap();
    let text = text.replace("[sidecar]", "[sidecar]\nlearn = \"learnt\"");
    let start = start + "\nlearn = \"learnt\"".len();
    scene.write("hallpass.toml", &format!("{}{allow}\n", &text[..start]));
}

/// One request over a connection of its own; its status.
fn call(served: &Served, method: &str, path: &str) -> u16 {
    let address = served.announced["url"].as_str().unwrap().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let body = if method == "PATCH" { r#"{"attributes":{"a":"b"}}"# } else { "" };
    let (pass, length) = (&served.pass, body.len());
    write!(
        stream,
        "{method} /queue-sync{path} HTTP/1.1\r\nHost: {address}\r\nHallpass: {pass}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer)[9..12].parse().unwrap()
}

fn stop(mut served: Served) {
    served.process.signal("TERM").unwrap();
    assert_eq!(served.process.wait(PATIENCE).unwrap().code, Some(0));
}

/// What the platform has: two queues, and a conversation with somebody in it.
fn estate(scene: &Scene) -> ([String; 2], String) {
    let queues = ["One", "Other"].map(|name| scene.world().add_queue(name));
    let keys = scene.world().add_conversation(NewConversation::new().participant("customer"));
    (queues, format!("/api/v2/conversations/{}/participants/{}/attributes", keys.id, keys.participants[0]))
}

#[test]
fn what_was_learnt_allows_those_calls_and_nothing_else() {
    let scene = learning(r#"allow = ["GET /**", "PATCH /api/**"]"#);
    let (queues, attributes) = estate(&scene);
    let list = "/api/v2/routing/queues";
    let one = |queue: &String| format!("{list}/{queue}");
    // Two processes after each other, as restarts go.
    for _ in 0..2 {
        let served = scene.serve(&[]);
        assert_eq!(call(&served, "GET", &format!("{list}?pageSize=1")), 200);
        queues.iter().for_each(|queue| assert_eq!(call(&served, "GET", &one(queue)), 200));
        assert_eq!(call(&served, "PATCH", &attributes), 202);
        assert_eq!(call(&served, "DELETE", &one(&queues[0])), 403, "no rule");
        assert_eq!(call(&served, "GET", "/api/v2/routing/skills"), 404, "the emulator has none");
        stop(served);
    }
    let learnt = scene.run(&["learn", "queue-sync"]);
    scene.assert("learn_list", &learnt);
    configure(&scene, &learnt.stdout);
    let served = scene.serve(&[]);
    let calls_before = scene.world().witness().totals.calls;
    assert_eq!(call(&served, "GET", &format!("{list}?pageSize=2")), 200);
    assert_eq!(call(&served, "GET", &one(&queues[1])), 200);
    assert_eq!(call(&served, "PATCH", &attributes), 202);
    let refused = [
        ("GET", "/api/v2/routing/skills".to_owned()),
        ("GET", "/api/v2/users/me".to_owned()),
        ("GET", "/api/v2/conversations/1".to_owned()),
        ("GET", format!("{list}/")),
        ("GET", format!("{list}/1/members")),
        ("HEAD", list.to_owned()),
        ("DELETE", one(&queues[0])),
        ("PATCH", list.to_owned()),
        ("PATCH", attributes.replace("attributes", "x")),
        ("GET", attributes.clone()),
    ];
    for (method, path) in &refused {
        assert_eq!(call(&served, method, path), 403, "{method} {path}");
    }
    stop(served);
    assert_eq!(scene.world().witness().totals.calls - calls_before, 3, "by the platform's count");
}

#[test]
fn no_value_of_a_path_is_on_disk_or_in_any_output() {
    let scene = learning(r#"allow = ["GET /**"]"#);
    let served = scene.serve(&[]);
    for canary in CANARIES {
        for path in [
            format!("/{canary}"),
            format!("/api/v2/routing/queues/{canary}"),
            format!("/api/v2/users/{canary}/{canary}?x={canary}"),
            format!("/api/{canary}/routing/{canary}/"),
        ] {
            assert_ne!(call(&served, "GET", &path), 400, "{path}");
            assert_eq!(call(&served, "DELETE", &path), 403, "{path}");
        }
    }
    stop(served);
    let record = fs::read_to_string(scene.path().join("learnt/queue-sync.json")).unwrap();
    let outputs = [
        &["learn", "queue-sync"][..],
        &["learn", "queue-sync", "--refused"],
        &["learn", "queue-sync", "--json"],
        &["learn", "queue-sync", "--diff", "--json"],
    ];
    let told = outputs.map(|arguments| {
        let finished = scene.run(arguments);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        format!("{}{}", finished.stdout, finished.stderr)
    });
    assert!(record.contains("/api/v2/routing/queues/*") && record.contains("\"refused\""), "{record}");
    for text in told.iter().chain([&record]) {
        assert!(!text.contains("canary"), "{text}");
    }
}

#[test]
fn processes_that_share_a_record_lose_nothing() {
    let scene = learning(r#"allow = ["GET /api/v2/routing/queues/**"]"#);
    let text = fs::read_to_string(scene.path().join("hallpass.toml")).unwrap();
    scene.write("other.toml", &text.replace("run/pass", "run/other"));
    let mut both = [scene.serve(&[]), scene.serve(&["--config", "other.toml"])];
    for served in &both {
        (0..5).for_each(|_| assert_eq!(call(served, "GET", "/api/v2/routing/queues"), 200));
    }
    both.iter_mut().for_each(|served| served.process.signal("TERM").unwrap());
    for served in both {
        assert_eq!(served.process.wait(PATIENCE).unwrap().code, Some(0));
    }
    let learnt: serde_json::Value =
        serde_json::from_str(&scene.run(&["learn", "queue-sync", "--json"]).stdout).unwrap();
    assert_eq!(learnt["allow"][0]["worked"], 10, "{learnt}");
    assert_eq!(learnt["role"]["permissions"][0]["permission"], "routing:queue:view");
    let wrapped = scene.run(&["exec", "--", "true"]);
    assert_eq!(wrapped.code, Some(0), "{wrapped:?}");
}

#[test]
fn a_killed_sidecar_leaves_a_record_that_can_be_read() {
    let scene = learning(r#"allow = ["GET /api/v2/routing/queues/**"]"#);
    let mut served = scene.serve(&[]);
    assert_eq!(call(&served, "GET", "/api/v2/routing/queues"), 200);
    let record = scene.path().join("learnt/queue-sync.json");
    until(|| record.exists());
    served.process.signal("KILL").unwrap();
    served.process.wait(PATIENCE).unwrap();
    let learnt = scene.run(&["learn", "queue-sync"]);
    assert!(learnt.stdout.contains("\"GET /api/v2/routing/queues\""), "{learnt:?}");
}

#[test]
fn what_is_there_and_was_never_used_is_told() {
    let scene = learning(
        r#"allow = ["GET /api/v2/routing/queues", "GET /api/v2/routing/queues/*", "PATCH /api/v2/conversations/*/tags"]"#,
    );
    let (queues, _) = estate(&scene);
    let served = scene.serve(&[]);
    assert_eq!(call(&served, "GET", "/api/v2/routing/queues"), 200);
    assert_eq!(call(&served, "GET", &format!("/api/v2/routing/queues/{}", queues[0])), 200);
    stop(served);
    scene.write("role", "routing:queue:view\nrouting:queue:edit\nanalytics:*:*\n");
    scene.write(
        "role.json",
        r#"{"permissionPolicies": [{"domain": "routing", "entityName": "*", "actionSet": ["view"]}]}"#,
    );
    scene.assert("learn_diff", &scene.run(&["learn", "queue-sync", "--diff", "--role", "role"]));
    scene
        .assert("learn_diff_wildcard", &scene.run(&["learn", "queue-sync", "--diff", "--role", "role.json"]));
    scene.assert("learn_diff_early", &scene.run(&["learn", "queue-sync", "--diff", "--since", "2000-02-29"]));
    scene
        .assert("learn_diff_no_day", &scene.run(&["learn", "queue-sync", "--diff", "--since", "2026-02-30"]));
}

/// The role is the platform's to tell where somebody may look; a file goes before it, and nobody is asked with `--offline`.
#[test]
fn the_present_role_is_read_from_the_platform() {
    let scene = learning(NARROW);
    let world = scene.world();
    let held = ["routing:queue:view", "routing:queue:edit", "analytics:*:*"];
    let role =
        held.iter().fold(NewRole::named("Queues").id("role-queues"), |role, one| role.permission(*one));
    world.add_role(role);
    world.add_client(
        NewClient::named("queue-sync").id(&scene.keys.id).secret(SECRET).role("role-queues", "*"),
    );
    let may = |permissions: &[&str]| {
        let admin = NewClient::named("admin").id("client-admin").secret("planted-for-the-administrator");
        world.add_client(admin.permissions(permissions.iter().copied()));
    };
    may(&["oauth:client:view", "authorization:role:view"]);
    let served = scene.serve(&[]);
    assert_eq!(call(&served, "GET", "/api/v2/routing/queues"), 200);
    stop(served);
    scene.assert("learn_diff_nobody_asked", &scene.run(&["learn", "queue-sync", "--diff"]));
    let (login, api) = scene.address();
    configure(
        &scene,
        &format!(
            "{NARROW}\n[integrations.queue-sync.provision]\nadministrator = \"admin\"\ngrants = [{{ role = \"Queues\", division = \"*\" }}]\n\
             [integrations.admin]\nplatform = \"genesys\"\ntoken_url = \"{login}/oauth/token\"\napi_url = \"{api}\"\nsecret = \"local:admin\"\n\
             administers = true\nallow = [\"GET /api/v2/oauth/clients\", \"GET /api/v2/authorization/roles\", \"GET /api/v2/authorization/divisions\"]"
        ),
    );
    scene.assert("learn_diff_no_secret", &scene.run(&["learn", "queue-sync", "--diff"]));
    let material = r#"{"client_id":"client-admin","client_secret":"planted-for-the-administrator"}"#;
    let stored = scene.run_with(&["secret", "put", "admin"], material);
    assert_eq!(stored.code, Some(0), "{stored:?}");
    scene.assert("learn_diff_platform", &scene.run(&["learn", "queue-sync", "--diff"]));
    scene.assert("learn_diff_platform_json", &scene.run(&["learn", "queue-sync", "--diff", "--json"]));
    let calls = || scene.world().witness().totals.calls;
    let before = calls();
    scene.write("role", "routing:queue:view\n");
    let by_file = scene.run(&["learn", "queue-sync", "--diff", "--role", "role"]);
    assert!(by_file.stdout.ends_with("rules covered a call\n") && by_file.stderr.is_empty(), "{by_file:?}");
    assert_eq!(scene.run(&["learn", "queue-sync", "--diff", "--offline"]).code, Some(0));
    assert_eq!(calls(), before, "nobody was asked");
    may(&["oauth:client:view"]);
    scene.assert("learn_diff_role_not_read", &scene.run(&["learn", "queue-sync", "--diff"]));
}

/// One rule, and one call that it covers.
const NARROW: &str = r#"allow = ["GET /api/v2/routing/queues"]"#;

const SWAGGER: &str = r#"{ "swagger": "2.0", "paths": {
  "/api/v2/routing/queues": { "get": { "x-inin-requires-permissions": { "type": "ANY", "permissions": ["routing:queue:search", "routing:queue:view"] } } },
  "/api/v2/things/{thingId}": { "get": {} } } }"#;

#[test]
fn a_swagger_file_takes_the_place_of_our_table() {
    let scene = learning(r#"allow = ["GET /**"]"#);
    let served = scene.serve(&[]);
    assert_eq!(call(&served, "GET", "/api/v2/routing/queues"), 200);
    stop(served);
    scene.write("swagger.json", SWAGGER);
    let by_flag = scene.run(&["learn", "queue-sync", "--permissions", "swagger.json"]);
    scene.assert("learn_swagger", &by_flag);
    configure(&scene, "allow = [\"GET /**\"]\n[lint]\npermissions = \"swagger.json\"");
    assert_eq!(scene.run(&["learn", "queue-sync"]).stdout, by_flag.stdout, "the file of the configuration");
    configure(&scene, r#"allow = ["GET /**"]"#);
    scene.assert("learn_paths", &scene.run(&["learn", "--paths", "swagger.json"]));
    scene.write("no-swagger.json", "{\"canary\": true}");
    scene
        .assert("learn_no_swagger", &scene.run(&["learn", "queue-sync", "--permissions", "no-swagger.json"]));
    scene.write("half.json", &SWAGGER[..60]);
    scene.assert("learn_half_swagger", &scene.run(&["learn", "queue-sync", "--permissions", "half.json"]));
}

#[test]
fn paths_that_are_named_are_recorded_by_their_words() {
    let scene = learning(r#"allow = ["GET /**"]"#);
    scene.write("paths", "# ours\n/api/v2/things/{thingId}\n");
    let text = fs::read_to_string(scene.path().join("hallpass.toml")).unwrap();
    scene.write("hallpass.toml", &text.replace("learn = ", "learn_paths = \"paths\"\nlearn = "));
    let served = scene.serve(&[]);
    call(&served, "GET", "/api/v2/things/1");
    call(&served, "GET", "/api/v2/gadgets/1");
    stop(served);
    let record = fs::read_to_string(scene.path().join("learnt/queue-sync.json")).unwrap();
    assert!(record.contains("\"/api/v2/things/*\"") && record.contains("\"/api/v2/*/*\""), "{record}");
    assert!(!record.contains("gadgets"), "{record}");
}

#[test]
fn what_cannot_be_learnt_from_is_told() {
    let scene = learning(r#"allow = ["GET /**"]"#);
    scene.assert("learn_nothing", &scene.run(&["learn", "queue-sync"]));
    scene.assert("learn_unknown", &scene.run(&["learn", "queue-snyc"]));
    fs::create_dir(scene.path().join("learnt")).unwrap();
    scene.write("learnt/queue-sync.json", "{\"canary");
    scene.assert("learn_damaged", &scene.run(&["learn", "queue-sync"]));
    // A damaged record costs no call, and is nobody's to overwrite.
    let served = scene.serve(&[]);
    assert_eq!(call(&served, "GET", "/api/v2/routing/queues"), 200);
    stop(served);
    assert_eq!(fs::read_to_string(scene.path().join("learnt/queue-sync.json")).unwrap(), "{\"canary");
    scene.configure("");
    scene.assert("learn_off", &scene.run(&["learn", "queue-sync"]));
}
