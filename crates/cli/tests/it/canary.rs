//! One secret and one token, fed through everything, and then looked for everywhere.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use hallpass_emulator::{Act, Misbehaviour, NewClient};
use hallpass_testkit::process::{Finished, Stream};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::scene::{PATIENCE, SECRET, Scene};

/// What the token endpoint hands out when the test says so. The emulator does not know it, so the call it is used for meets 401.
const TOKEN: &str = "canary-token-5vR2_wQ8-Lk0aZ7xP3mN";

#[test]
fn p35_no_secret_in_any_output() {
    let scene = Scene::empty();
    let audited = fs::read_to_string(scene.path().join("hallpass.toml")).unwrap();
    scene.write(
        "hallpass.toml",
        &audited.replace("[sidecar]", "[audit]\nfile = \"audit.jsonl\"\n\n[sidecar]"),
    );
    let mut trap = Trap::new(SECRET).and(TOKEN);
    put_list_and_check(&scene, &trap);
    import_and_copy(&scene, &trap);
    tell_without_secrets(&scene, &trap);
    call(&scene, &trap);
    serve(&scene, &mut trap);
    exec(&scene, &trap);
    revoke(&scene, &mut trap);
    everything_on_disk(&scene, &trap);
}

fn put_list_and_check(scene: &Scene, trap: &Trap) {
    let put = ["secret", "put", "queue-sync"];
    let run = |arguments: &[&str], stdin: String| {
        let launch =
            scene.hallpass(arguments).env("HALLPASS_LOG", "trace").env("RUST_BACKTRACE", "full").stdin(stdin);
        let finished = launch.run(PATIENCE).unwrap();
        trap.assert_clean_run(&arguments.join(" "), &finished);
        finished
    };
    assert_eq!(run(&put, scene.material()).code, Some(0));
    assert_eq!(run(&put, format!("{}x", scene.material())).code, Some(4));
    assert_eq!(run(&put, SECRET.to_owned()).code, Some(4));
    assert_eq!(run(&["secret", "put", SECRET], String::new()).code, Some(2));
    assert_eq!(run(&["secret", "list"], String::new()).code, Some(0));
    assert_eq!(run(&["secret", "list", "--json"], String::new()).code, Some(0));
    assert_eq!(run(&["check"], String::new()).code, Some(0));
    assert_eq!(run(&["check", "--json"], String::new()).code, Some(0));
    // A secret where a reference belongs is the most usual accident of all.
    let sound = fs::read_to_string(scene.path().join("hallpass.toml")).unwrap();
    scene.write(
        "bad.toml",
        &sound
            .replace("local:queue-sync", TOKEN)
            .replace("\"test\"", &format!("\"{TOKEN}!\""))
            .replace("GET", TOKEN),
    );
    assert_eq!(run(&["check", "--config", "bad.toml"], String::new()).code, Some(3));
    fs::remove_file(scene.path().join("bad.toml")).unwrap();
}

/// Runs with everything logged, and looks for the secrets in what came out.
fn run_clean(scene: &Scene, trap: &Trap, arguments: &[&str], stdin: &str, code: i32) {
    let launch = scene.hallpass(arguments).env("HALLPASS_LOG", "trace").env("RUST_BACKTRACE", "full");
    let launch = launch.env("GIVEN", scene.material()).env("BARE", SECRET).stdin(stdin);
    let finished = launch.run(PATIENCE).unwrap();
    trap.assert_clean_run(&arguments.join(" "), &finished);
    assert_eq!(finished.code, Some(code), "{arguments:?}: {finished:?}");
}

/// Every form a secret is handed around in, sound and broken; every way of copying it, and of not copying it.
fn import_and_copy(scene: &Scene, trap: &Trap) {
    let id = scene.keys.id.as_str();
    let import = |text: &str, code: i32| run_clean(scene, trap, &["secret", "import", "-"], text, code);
    import(&serde_json::json!({ "id": id, "secret": SECRET, "name": "x" }).to_string(), 0);
    import(&format!("CLIENT_ID={id}\nCLIENT_SECRET={SECRET}\n"), 0);
    import(&format!("CLIENT_ID={id}\nCLIENT_SECRET={SECRET}\nCLIENT_SECRET={TOKEN}\n"), 4);
    import(
        &serde_json::json!([{ "id": id, "secret": SECRET }, { "id": TOKEN, "secret": SECRET }]).to_string(),
        4,
    );
    import(&format!("{SECRET}={TOKEN}\n"), 4);
    import(&format!("{{\"id\": \"{SECRET}"), 4);
    import(SECRET, 4);
    scene.write(".env", &format!("CLIENT_ID={id}\nCLIENT_SECRET={SECRET}\n"));
    run_clean(scene, trap, &["secret", "import", ".env", "--json"], "", 0);
    fs::remove_file(scene.path().join(".env")).unwrap();
    let copy = |from: &str, to: &str, more: &[&str], code: i32| {
        run_clean(scene, trap, &[&["secret", "copy", from, to], more].concat(), "", code);
    };
    copy("local:queue-sync", "local:other", &["--json"], 0);
    copy("env:GIVEN", "local:third", &["--dry-run", "--json"], 0);
    copy("env:GIVEN", "local:queue-sync", &[], 7);
    copy("env:BARE", "local:third", &[], 4);
    copy(SECRET, "local:third", &[], 3);
    copy("local:queue-sync", SECRET, &[], 3);
}

/// Commands that have nothing to do with secrets, with a secret wherever they take a text.
fn tell_without_secrets(scene: &Scene, trap: &Trap) {
    let run = |arguments: &[&str], stdin: &str, code: i32| run_clean(scene, trap, arguments, stdin, code);
    let query = format!("/api/v2/routing/queues?key={TOKEN}");
    run(&["policy", "test", "queue-sync", "GET", &query], "", 0);
    run(&["policy", "test", "queue-sync", "GET", &query, "--json"], "", 0);
    run(&["policy", "test", "queue-sync", "GET", &format!("/x?access_token={TOKEN}")], "", 7);
    run(&["policy", "test", SECRET, "GET", "/x"], "", 7);
    run(&["policy", "test", "queue-sync", "--calls", "-"], &format!("GET {query}\n"), 0);
    run(&["policy", "test", "queue-sync", "--calls", "-"], &format!("{SECRET}\nGET {TOKEN}\n"), 2);
    let init = ["init", "--output", "made.toml"];
    run(
        &[&init[..], &["--region", SECRET, "--name", SECRET, "--environment", TOKEN, "--allow", SECRET]]
            .concat(),
        "",
        2,
    );
    run(&[&init[..], &["--platform", SECRET]].concat(), "", 2);
    run(&[&init[..], &["--set", SECRET]].concat(), "", 2);
    run(&["completions", TOKEN], "", 2);
}

fn call(scene: &Scene, trap: &Trap) {
    let run = |arguments: &[&str], code: i32| {
        let finished = scene
            .hallpass(arguments)
            .env("HALLPASS_LOG", "trace")
            .env("RUST_BACKTRACE", "full")
            .run(PATIENCE)
            .unwrap();
        trap.assert_clean_run(&arguments.join(" "), &finished);
        assert_eq!(finished.code, Some(code), "{arguments:?}: {finished:?}");
    };
    let queues = ["call", "queue-sync", "GET", "/api/v2/routing/queues", "--include"];
    run(&queues, 0);
    hand_out_the_canary_token(scene);
    run(&queues, 0);
    assert_eq!(scene.world().witness().anonymous_calls, 1, "the canary token was sent, refused and replaced");
    run(&["call", "queue-sync", "GET", "/api/v2/users/me"], 7);
    // An answer that throws the secret back, as some token endpoints do when they refuse.
    let echo = serde_json::json!({ "error": "invalid_client", "error_description": format!("wrong secret {SECRET}") });
    for (echo, code) in [(echo.to_string(), 4), (format!("<p>{SECRET}</p>"), 3)] {
        let act = Act::answer(400, &[("content-type", "application/json")], echo);
        scene.world().misbehave(Misbehaviour::on_token(act));
        run(&queues, code);
    }
}

fn serve(scene: &Scene, trap: &mut Trap) {
    hand_out_the_canary_token(scene);
    scene.world().misbehave(Misbehaviour::on_api(Act::EarlyTokenDeath).after(3));
    let mut process = scene
        .hallpass(&["serve", "--json"])
        .env("HALLPASS_LOG", "trace")
        .env("RUST_BACKTRACE", "full")
        .start()
        .unwrap();
    let line = process.line(Stream::Stdout, "", PATIENCE).unwrap();
    let announced: serde_json::Value = serde_json::from_str(&line).unwrap();
    let url = announced["url"].as_str().unwrap();
    let pass = fs::read_to_string(announced["pass_file"].as_str().unwrap()).unwrap();
    *trap = std::mem::take(trap).and(&pass);
    for (path, status) in [
        ("/queue-sync/api/v2/users/me", 403),
        ("/-/status", 200),
        ("/queue-sync/api/v2/routing/queues", 200),
        ("/queue-sync/api/v2/routing/queues/none", 404),
        ("/queue-sync/api/v2/routing/queues", 200),
        ("/-/status", 200),
        ("/-/ready", 200),
        ("/-/metrics", 200),
    ] {
        let (answered, answer) = crate::scene::get(url, &pass, path);
        trap.assert_clean(path, answer.as_bytes());
        assert_eq!(status, answered, "{path}: {answer}");
    }
    assert_eq!(
        scene.world().witness().totals.calls_by_status[&401],
        3,
        "one in `call`, two here, all healed"
    );
    let (refused, answer) = crate::scene::get(url, "wrong", "/queue-sync/api/v2/routing/queues");
    trap.assert_clean("a wrong pass", answer.as_bytes());
    assert_eq!(refused, 401);
    for file in ["cmdline", "environ"] {
        let shown = fs::read(format!("/proc/{}/{file}", process.id()));
        // Its environment is hidden from everybody but root, which is better still.
        trap.assert_clean(file, &shown.unwrap_or_default());
    }
    let limits = fs::read_to_string(format!("/proc/{}/limits", process.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    process.signal("TERM").unwrap();
    let finished = process.wait(PATIENCE).unwrap();
    assert_eq!(finished.code, Some(0));
    trap.assert_clean_run("serve", &finished);
}

/// The child sees its pass, and nothing else that is secret: not in its arguments, and not in ours.
fn exec(scene: &Scene, trap: &Trap) {
    let sound = fs::read_to_string(scene.path().join("hallpass.toml")).unwrap();
    scene.write(
        "exec.toml",
        &sound.replace("\"local:queue-sync\"", "[\"local:queue-sync\", \"env:QUEUE_SYNC_SECRET\"]"),
    );
    let script = "cat /proc/$$/cmdline /proc/$PPID/cmdline; env | grep -v '^HALLPASS_PASS='";
    let launch = scene.hallpass(&["--config", "exec.toml", "exec", "--", "sh", "-c", script]);
    let launch = launch
        .env("QUEUE_SYNC_SECRET", scene.material())
        .env("HALLPASS_LOG", "trace")
        .env("RUST_BACKTRACE", "full");
    let finished = launch.run(PATIENCE).unwrap();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.contains("HALLPASS_URL=http://127.0.0.1:"), "{finished:?}");
    trap.assert_clean_run("exec", &finished);
}

/// What is made in the place of what leaked. The platform hands it out once.
const FRESH: &str = "canary-fresh/7Hd+2\"kÖ~secret";

/// The secret leaked: its end, with everything that is told about it, names neither it nor the next one.
fn revoke(scene: &Scene, trap: &mut Trap) {
    *trap = std::mem::take(trap).and(FRESH);
    let world = scene.world();
    world.add_client(NewClient::named("queue-sync b").id("b").secret(FRESH));
    world.add_client(NewClient::named("admin").id("admin").secret(SECRET));
    let json = [("content-type", "application/json")];
    let made = serde_json::json!({ "id": "b", "secret": FRESH }).to_string();
    let reset = Misbehaviour::on_api(Act::answer(200, &json, made)).path("/api/v2/oauth/clients/b/secret");
    world.misbehave(reset.forever());
    let (login, api) = scene.address();
    let tables = format!(
        "\n[integrations.queue-sync.rotation]\nadministrator = \"admin\"\nclients = [\"{}\", \"b\"]\n\
         [integrations.admin]\nplatform = \"genesys\"\ntoken_url = \"{login}/oauth/token\"\napi_url = \"{api}\"\n\
         secret = \"local:admin\"\nadministers = true\nallow = [\"GET /api/v2/oauth/clients/**\", \
         \"PUT /api/v2/oauth/clients/*\", \"POST /api/v2/oauth/clients/*/secret\"]\n",
        scene.keys.id
    );
    let sound = fs::read_to_string(scene.path().join("hallpass.toml")).unwrap();
    scene.write("hallpass.toml", &format!("{sound}{tables}"));
    let run = |arguments: &[&str], stdin: &str, code: i32| run_clean(scene, trap, arguments, stdin, code);
    let admin = serde_json::json!({ "client_id": "admin", "client_secret": SECRET }).to_string();
    run(&["secret", "put", "admin"], &admin, 0);
    run(&["revoke", "queue-sync", "--report"], "", 3);
    run(&["revoke", "queue-sync"], "", 2);
    run(&["revoke", "queue-sync", "--yes", "--only", SECRET], "", 2);
    run(&["revoke", SECRET, "--yes"], "", 7);
    run(&["revoke", "queue-sync", "--yes", "--json"], "", 0);
    assert!(!world.is_live(&scene.keys.id, SECRET) && world.is_live("b", FRESH));
    run(&["revoke", "queue-sync", "--report"], "", 0);
    run(&["rotate", "status", "queue-sync"], "", 0);
    run(&["rotate", "history", "queue-sync"], "", 0);
    run(&["audit", "show", "--kind", "revocation-step"], "", 0);
    run(&["call", "queue-sync", "GET", "/api/v2/routing/queues"], "", 0);
}

fn everything_on_disk(scene: &Scene, trap: &Trap) {
    let files = files_below(scene.path());
    let named = |name: &str| files.iter().any(|file| file.file_name().unwrap() == name);
    assert!(named("store") && named("audit.jsonl") && named("hallpass.toml"), "{files:?}");
    for file in files {
        trap.assert_clean(&file.display().to_string(), &fs::read(&file).unwrap());
    }
}

fn hand_out_the_canary_token(scene: &Scene) {
    let body = format!(r#"{{"access_token":"{TOKEN}","token_type":"bearer","expires_in":3600}}"#);
    scene.world().misbehave(Misbehaviour::on_token(Act::answer(
        200,
        &[("content-type", "application/json")],
        body,
    )));
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// Finds secrets in whatever form they got out.
#[derive(Default)]
struct Trap(Vec<(&'static str, String)>);

impl Trap {
    fn new(secret: &str) -> Self {
        Self::default().and(secret)
    }

    fn and(mut self, secret: &str) -> Self {
        const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
        let json = serde_json::to_string(secret).unwrap();
        let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        let percent = utf8_percent_encode(secret, UNRESERVED).to_string();
        let all = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
        let ascii: String = secret.chars().flat_map(char::escape_unicode).collect();
        self.0.extend([
            ("plain", secret.to_owned()),
            ("as JSON", json.trim_matches('"').to_owned()),
            ("escaped", secret.escape_debug().to_string()),
            ("escaped to ASCII", secret.escape_default().to_string()),
            ("in Unicode escapes", ascii),
            ("in lower hex", hex.clone()),
            ("in upper hex", hex.to_uppercase()),
            ("percent-encoded", percent.clone()),
            ("form-encoded", percent.replace("%20", "+")),
            ("percent-encoded throughout", all.clone()),
            ("percent-encoded in lower case", percent.to_lowercase()),
        ]);
        // Percent-encoded inside Base64 as well: that is how OAuth sends a client id and its secret.
        for text in [secret, percent.as_str(), all.as_str()] {
            for shift in 0..3 {
                let shifted = [&b"\0\0"[..shift], text.as_bytes()].concat();
                // What stands before and after it in the same Base64 text decides about the letters at the edges.
                let inner =
                    |encoded: String| encoded[shift * 2 - shift / 2..shifted.len() / 3 * 4].to_owned();
                self.0.push(("in Base64", inner(BASE64_STANDARD_NO_PAD.encode(&shifted))));
                self.0.push(("in URL-safe Base64", inner(BASE64_URL_SAFE_NO_PAD.encode(&shifted))));
            }
        }
        self
    }

    #[track_caller]
    fn assert_clean(&self, what: &str, bytes: &[u8]) {
        for (form, text) in &self.0 {
            let found = bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!found, "{what}: a secret stands there {form}:\n{}", String::from_utf8_lossy(bytes));
        }
    }

    #[track_caller]
    fn assert_clean_run(&self, what: &str, finished: &Finished) {
        self.assert_clean(&format!("stdout of {what}"), finished.stdout.as_bytes());
        self.assert_clean(&format!("stderr of {what}"), finished.stderr.as_bytes());
    }
}

/// A trap that catches nothing would pass every test.
#[test]
fn the_trap_catches_every_form() {
    let trap = Trap::new(SECRET);
    let percent = utf8_percent_encode(SECRET, NON_ALPHANUMERIC).to_string();
    let caught = [
        format!("secret={SECRET};"),
        serde_json::json!({ "client_secret": SECRET }).to_string(),
        format!("{SECRET:?}"),
        format!("client_secret={percent}"),
        BASE64_STANDARD_NO_PAD.encode(format!("id:{SECRET}")),
        BASE64_URL_SAFE_NO_PAD.encode(format!("some-id:{SECRET}:more")),
        BASE64_STANDARD_NO_PAD.encode(format!("x:{percent}")),
        SECRET.bytes().map(|byte| format!("{byte:02x}")).collect(),
    ];
    for text in caught {
        let looked = std::panic::catch_unwind(|| trap.assert_clean("it", text.as_bytes()));
        assert!(looked.is_err(), "{text}");
    }
    trap.assert_clean("nothing", b"nothing of it");
}
