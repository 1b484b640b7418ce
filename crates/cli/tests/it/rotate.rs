//! Rotations of the real binary against an emulated platform, word for word.

use hallpass_emulator::{Act, ClientKeys, Misbehaviour, NewClient};
use hallpass_testkit::process::Finished;
use serde_json::{Value, json};

use crate::scene::{SECRET, Scene};

/// What the administrator authenticates with.
const ADMIN: &str = "planted-for-the-administrator";

/// A scene whose integration has a second, idle client, and an administrator for both.
struct Rotated {
    scene: Scene,
    spare: ClientKeys,
    admin: ClientKeys,
}

impl Rotated {
    fn set() -> Self {
        Self::with("", &["oauth:client:view", "oauth:client:edit"])
    }

    /// With `more` lines in the table `rotation`, and an administrator with these permissions.
    fn with(more: &str, permissions: &[&str]) -> Self {
        let scene = Scene::with_secret();
        let spare = scene.world().add_client(NewClient::named("queue-sync b"));
        let admin = NewClient::named("admin").secret(ADMIN).permissions(permissions.iter().copied());
        let admin = scene.world().add_client(admin);
        let rotated = Self { scene, spare, admin };
        rotated.configure("secret = \"local:queue-sync\"", more);
        let material = format!("{{\"client_id\":\"{}\",\"client_secret\":\"{ADMIN}\"}}", rotated.admin.id);
        let put = rotated.scene.run_with(&["secret", "put", "admin"], material);
        assert_eq!(put.code, Some(0), "{put:?}");
        rotated
    }

    /// Writes the configuration, with the secret there and `more` lines in the table `rotation`.
    fn configure(&self, secret: &str, more: &str) {
        let clients = format!("[\"{}\", \"{}\"]", self.scene.keys.id, self.spare.id);
        let (login, api) = self.scene.address();
        self.scene.configure(&format!(
            "\n[integrations.queue-sync.rotation]\nadministrator = \"admin\"\nclients = {clients}\n\
             verify = [\"GET /api/v2/routing/queues?pageSize=1\"]\n{more}\n\n\
             [integrations.admin]\nplatform = \"genesys\"\ntoken_url = \"{login}/oauth/token\"\napi_url = \"{api}\"\n\
             secret = \"local:admin\"\nadministers = true\nallow = [\"GET /api/v2/oauth/clients/**\", \
             \"PUT /api/v2/oauth/clients/*\", \"POST /api/v2/oauth/clients/*/secret\", \
             \"GET /api/v2/integrations/credentials/*\", \"PUT /api/v2/integrations/credentials/*\"]\n"
        ));
        let path = self.scene.path().join("hallpass.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, text.replacen("secret = \"local:queue-sync\"", secret, 1)).unwrap();
    }

    /// Runs it and compares what it left, in which no secret may be.
    #[track_caller]
    fn assert(&self, name: &str, arguments: &[&str]) {
        let finished = self.scene.run(&[&["rotate"], arguments].concat());
        let told = format!("{}{}", finished.stdout, finished.stderr);
        assert!(!told.contains(ADMIN) && !told.contains(SECRET), "{told}");
        self.scene.assert(&format!("rotate_{name}"), &self.made_steady(&finished));
    }

    fn made_steady(&self, finished: &Finished) -> Finished {
        let (stdout, stderr) = (self.steady(&finished.stdout), self.steady(&finished.stderr));
        Finished { stdout, stderr, ..finished.clone() }
    }

    /// Without what changes from run to run: processes, seconds that passed, the ids of clients.
    fn steady(&self, text: &str) -> String {
        let text = text.replace(&self.scene.keys.id, "[CLIENT A]").replace(&self.spare.id, "[CLIENT B]");
        let lines = text.split('\n').map(|line| {
            let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            for at in 0..words.len() {
                if words[at].matches('/').count() == 2 && words[at].split('/').nth(1).is_some_and(is_number) {
                    words[at] = "[MACHINE]".into();
                }
                let next = |by: usize| words.get(at + by).map_or("", String::as_str);
                let passed = next(1) == "s" && ["old", "ago", "with"].contains(&next(2));
                if is_number(&words[at]) && (passed || next(1) == "bytes") {
                    words[at] = "[N]".into();
                }
            }
            words.join(" ")
        });
        let text = lines.collect::<Vec<_>>().join("\n");
        ["\"again_in_seconds\":", "\"age_seconds\":", "\"at_ms\":"].into_iter().fold(text, |text, name| {
            let mut pieces = text.split(name);
            let first = pieces.next().unwrap_or_default().to_owned();
            pieces.fold(first, |text, piece| {
                format!("{text}{name}[N]{}", piece.trim_start_matches(|letter: char| letter.is_ascii_digit()))
            })
        })
    }

    /// The old secret is what everybody uses, and the platform made and removed none.
    fn assert_unharmed(&self) {
        assert_eq!(self.scene.world().witness().totals.secrets_made, 0);
        assert!(self.scene.world().is_live(&self.scene.keys.id, SECRET));
        self.assert_serves();
    }

    fn assert_serves(&self) {
        let call = self.scene.run(&["call", "queue-sync", "GET", "/api/v2/routing/queues"]);
        assert_eq!(call.code, Some(0), "{call:?}");
    }
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

#[test]
fn a_rotation_is_planned_begun_held_and_undone() {
    let rotated = Rotated::set();
    rotated.assert("plan", &["plan", "queue-sync"]);
    rotated.assert("plan_json", &["plan", "queue-sync", "--json"]);
    rotated.assert("status_at_rest", &["status"]);
    rotated.assert("due_nothing", &["due"]);
    rotated.assert("history_nothing", &["history", "admin"]);
    rotated.assert("resume_nothing", &["resume", "queue-sync"]);
    rotated.assert("hold", &["hold", "queue-sync", "--reason", "incident 4711"]);
    for order in ["run", "due", "resume", "abort", "sweep"] {
        rotated.assert("held", &[order, "queue-sync"]);
    }
    rotated.assert("status_held", &["status", "queue-sync"]);
    rotated.assert("hold_off", &["hold", "queue-sync", "--off"]);
    rotated.assert_unharmed();
    rotated.assert("run", &["run", "queue-sync", "--wait", "20s"]);
    rotated.assert("status_soaking", &["status", "queue-sync"]);
    rotated.assert("due_waiting_json", &["due", "--json"]);
    rotated.assert_serves();
    rotated.assert("abort", &["abort", "queue-sync", "--wait", "20s"]);
    rotated.assert("status_undoing_json", &["status", "queue-sync", "--json"]);
    rotated.assert("history", &["history", "queue-sync"]);
    assert!(rotated.scene.world().is_live(&rotated.scene.keys.id, SECRET));
    rotated.assert_serves();
}

#[test]
fn a_canary_that_fails_is_told_with_the_one_command_to_type() {
    let rotated = Rotated::set();
    let denied =
        Misbehaviour::on_api(Act::fail(403)).path("/api/v2/routing/queues").client(&rotated.spare.id);
    rotated.scene.world().misbehave(denied.forever());
    // Five tries are spread over a minute; a rotation does not wait for them where it may not stay.
    rotated.assert("canary_failed", &["run", "queue-sync", "--wait", "0s"]);
    assert_eq!(rotated.scene.world().witness().totals.secrets_made, 1);
    assert!(rotated.scene.world().is_live(&rotated.scene.keys.id, SECRET), "nothing was promoted");
    rotated.assert_serves();
    rotated.assert("abandoned", &["abort", "queue-sync", "--wait", "20s"]);
    rotated.assert_serves();
}

#[test]
fn what_does_not_fit_is_refused_in_words() {
    let rotated = Rotated::set();
    rotated.assert("unknown", &["run", "queue-sink"]);
    rotated.assert("no_table", &["plan", "admin"]);
    rotated.configure("secret = \"local:queue-sync\"", "strategy = \"overlap\"");
    rotated.assert("impossible", &["run", "queue-sync"]);
    rotated.configure("secret = \"local:queue-sync\"", "strategy = \"regenerate\"");
    rotated.assert("exposed", &["plan", "queue-sync"]);
    rotated.configure("secret = \"local:queue-sync\"", "watch = \"90d\"");
    rotated.assert("window", &["run", "queue-sync"]);
    rotated.configure("secret = \"local:queue-sync\"", "overlap_limit = \"9d\"");
    rotated.assert("overlap_limit", &["run", "queue-sync"]);
    rotated.assert("overlap_limit_plan", &["plan", "queue-sync"]);
    let checked = rotated.scene.run(&["check"]);
    rotated.scene.assert("check_overlap_limit", &rotated.made_steady(&checked));
    rotated.configure("secret = \"local:queue-sync\"", "copies = [\"a/b\"]");
    rotated.assert("copy_unnamed", &["plan", "queue-sync"]);
    rotated.configure("secret = \"env:QUEUE_SYNC\"", "");
    rotated.assert("read_only", &["run", "queue-sync"]);
    rotated.configure("secret = \"local:queue-sync\"", "");
    rotated.assert_unharmed();
}

#[test]
fn a_missing_permission_is_named() {
    let rotated = Rotated::with("", &["oauth:client:view"]);
    rotated.assert("denied", &["run", "queue-sync"]);
    rotated.assert_unharmed();
}

#[test]
fn a_journal_that_cannot_be_read_is_said_and_stops_nothing() {
    let rotated = Rotated::set();
    let journal = rotated.scene.path().join("rotations/queue-sync.jsonl");
    assert_eq!(rotated.scene.run(&["rotate", "due"]).code, Some(10));
    let whole = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, &whole[..whole.len() - 7]).unwrap();
    rotated.assert("journal_torn", &["due"]);
    std::fs::write(&journal, format!("nonsense\n{whole}")).unwrap();
    rotated.assert("journal_damaged", &["history", "queue-sync"]);
    std::fs::write(&journal, "{\"sum\":\"9f572bbcbc18b09a\",\"record\":{\"schema\":9}}\n").unwrap();
    rotated.assert("journal_newer", &["history", "queue-sync"]);
    rotated.assert_unharmed();
}

#[test]
fn every_command_explains_itself() {
    let scene = Scene::empty();
    let commands = ["plan", "run", "due", "resume", "status", "history", "hold", "abort", "sweep", "watch"];
    scene.assert("rotate_help", &scene.run(&["rotate", "--help"]));
    for command in commands {
        scene.assert(&format!("rotate_{command}_help"), &scene.run(&["rotate", command, "--help"]));
    }
}

/// Whoever reads the secret is on record, not only who gets tokens with it.
#[test]
fn who_read_a_secret_for_what_is_on_record() {
    let rotated = Rotated::set();
    let path = rotated.scene.path().join("hallpass.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text + "\n[audit]\nfile = \"audit.jsonl\"\n").unwrap();
    let log = || std::fs::read_to_string(rotated.scene.path().join("audit.jsonl")).unwrap_or_default();
    let read_by = |arguments: &[&str], code: i32| {
        let before = log().lines().count();
        let finished = rotated.scene.run(arguments);
        assert_eq!(finished.code, Some(code), "{finished:?}");
        let after = log();
        let read = after.lines().skip(before).map(|line| serde_json::from_str::<Value>(line).unwrap());
        let read = read.filter(|line| line["kind"] == "secret-read" && line["integration"] == "queue-sync");
        let read = read.map(|line| (line["facts"]["by"].clone(), line["facts"]["fingerprint"].clone()));
        read.collect::<Vec<_>>()
    };
    let old = read_by(&["doctor", "queue-sync"], 0);
    assert_eq!((old.len(), &old[0].0), (1, &json!("doctor")));
    let run = read_by(&["rotate", "run", "queue-sync", "--wait", "0s"], 11);
    assert!(run.iter().any(|(by, fingerprint)| by == "rotation" && *fingerprint == old[0].1), "{run:?}");
    let new: Vec<_> = run.iter().filter(|(_, fingerprint)| *fingerprint != old[0].1).collect();
    assert!(new.iter().any(|(by, _)| by == "rotation"), "{run:?}");
    let call = read_by(&["call", "queue-sync", "GET", "/api/v2/routing/queues"], 0);
    assert_eq!(call.len(), 1);
    assert_eq!(call[0], (Value::Null, new[0].1.clone()), "a token is what a secret is for");
}
