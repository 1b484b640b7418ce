//! Secrets that leaked, ended by the real binary at emulated platforms while callers go on calling.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use hallpass_emulator::{Act, Misbehaviour, NewAccessKey, NewClient, SecretKind, Settings};
use hallpass_testkit::process::Finished;
use serde_json::Value;

use crate::rotate_killed::{HEAD, clients, keys};
use crate::scene::{SECRET, Scene, Served, get};
use crate::terminal::Session;

/// An integration whose secret has leaked, and its platform.
struct Leaked {
    scene: Scene,
    canary: &'static str,
    /// Slot and secret of what leaked.
    old: (&'static str, &'static str),
    kind: SecretKind,
}

impl Leaked {
    fn client() -> Self {
        let scene = Scene::of(Settings::default());
        let made = clients(&scene);
        Self::of(scene, made, "/api/v2/routing/queues", ("a", "planted-a"), SecretKind::Client)
    }

    fn key() -> Self {
        let scene = Scene::of(Settings::default());
        let made = keys(&scene);
        let canary = "/inContactAPI/services/v31.0/contacts/completed";
        Self::of(scene, made, canary, ("OLD====", "planted-key"), SecretKind::AccessKey)
    }

    fn of(
        scene: Scene,
        (tables, secret, admin): (String, Value, Value),
        canary: &'static str,
        old: (&'static str, &'static str),
        kind: SecretKind,
    ) -> Self {
        let tables = tables.replace("SECRET", "local:queue-sync").replace("ADMIN", "local:admin");
        scene.write("hallpass.toml", &format!("{HEAD}[audit]\nfile = \"audit.jsonl\"\n{tables}"));
        for (name, mut value) in [("queue-sync", secret), ("admin", admin)] {
            value.as_object_mut().unwrap().remove("environment");
            let put = scene.run_with(&["secret", "put", name], value.to_string());
            assert_eq!(put.code, Some(0), "{put:?}");
        }
        Self { scene, canary, old, kind }
    }

    fn revoke(&self, arguments: &[&str]) -> Finished {
        let finished = self.scene.run(&[&["revoke", "queue-sync"], arguments].concat());
        let told = format!("{}{}", finished.stdout, finished.stderr);
        assert!(!told.contains("planted"), "{told}");
        finished
    }

    /// Revokes it, and reads the evidence.
    fn revoked(&self, arguments: &[&str]) -> Value {
        let finished = self.revoke(&[&["--yes", "--json", "--reason", "incident 4711"], arguments].concat());
        assert_eq!(finished.code, Some(0), "{finished:?}");
        serde_json::from_str(&finished.stdout).unwrap()
    }

    fn is_alive(&self) -> bool {
        self.scene.world().is_live(self.old.0, self.old.1)
    }

    /// The secrets of the integration that the platform accepts.
    fn live(&self) -> BTreeSet<String> {
        let live = self.scene.world().live_secrets().into_iter().filter(|live| live.kind == self.kind);
        let ours = |id: &String| match self.kind {
            SecretKind::Client => id == "a" || id == "b",
            _ => id != "ADMIN====",
        };
        live.map(|live| live.id).filter(ours).collect()
    }

    fn assert_serves(&self) {
        let call = self.scene.run(&["call", "queue-sync", "GET", self.canary]);
        assert_eq!(call.code, Some(0), "{call:?}");
    }

    fn assert_untouched(&self) {
        assert!(self.is_alive());
        assert_eq!(self.scene.world().witness().totals.secrets_made, 0);
        self.assert_serves();
    }

    /// What the evidence says is what the platform says.
    fn assert_evidence(&self, evidence: &Value) {
        assert_eq!(
            (&evidence["ended"], &evidence["reason"]),
            (&"revoked".into(), &"incident 4711".into()),
            "{evidence}"
        );
        assert!(!self.is_alive(), "{evidence}");
        let leaked = evidence["leaked"].as_array().unwrap();
        let of_old = leaked.iter().find(|leaked| leaked["slot"] == self.old.0).unwrap();
        for name in ["off_ms", "gone_ms", "proof_ms"] {
            assert!(of_old[name].as_u64() >= evidence["begun_ms"].as_u64(), "{name}: {evidence}");
        }
        assert!(of_old["proof"].as_str().unwrap().starts_with("refused at "), "{evidence}");
        assert!(of_old["tokens_until_ms"].as_u64() > of_old["off_ms"].as_u64(), "{evidence}");
        let current = evidence["current"]["slot"].as_str().unwrap().to_owned();
        assert!(leaked.iter().all(|leaked| leaked["fingerprint"] != evidence["current"]["fingerprint"]));
        assert_eq!(self.live(), BTreeSet::from([current]), "{evidence}");
        let audited = std::fs::read_to_string(self.scene.path().join("audit.jsonl")).unwrap();
        let shown =
            self.scene.run(&["audit", "show", "--kind", "revocation-step", "--integration", "queue-sync"]);
        for what in ["consent to revoke", "evidence of", "incident 4711", "refused at", "done"] {
            assert!(shown.stdout.contains(what), "{what} is not in {shown:?}");
        }
        assert!(!audited.contains("planted"), "{audited}");
        self.assert_serves();
    }
}

/// Callers of a sidecar, one call after the other.
struct Callers {
    stop: Arc<AtomicBool>,
    seen: Arc<Mutex<(usize, Vec<String>)>>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Callers {
    fn start(served: &Served, path: &str) -> Self {
        let (stop, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new((0, Vec::new()))));
        let one = || {
            let (url, pass) = (served.announced["url"].as_str().unwrap().to_owned(), served.pass.clone());
            let (stop, seen, path) = (Arc::clone(&stop), Arc::clone(&seen), path.to_owned());
            thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let (status, answer) = get(&url, &pass, &path);
                    let mut seen = seen.lock().unwrap();
                    seen.0 += 1;
                    if status != 200 {
                        seen.1.push(answer);
                    }
                    drop(seen);
                    thread::park_timeout(Duration::from_millis(250));
                }
            })
        };
        let threads = (0..2).map(|_| one()).collect();
        Self { stop, seen, threads }
    }

    /// Waits for so many more calls.
    fn wait(&self, more: usize) {
        let until = self.seen.lock().unwrap().0 + more;
        crate::scene::until(|| self.seen.lock().unwrap().0 >= until);
    }

    /// How many calls there were, and those that failed.
    fn end(self) -> (usize, Vec<String>) {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.into_iter().for_each(|thread| thread.join().unwrap());
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

#[test]
fn what_leaked_is_dead_within_one_run_and_callers_of_a_sidecar_see_no_failure() {
    for leaked in [Leaked::client(), Leaked::key()] {
        let served = leaked.scene.serve(&[]);
        let callers = Callers::start(&served, &format!("/queue-sync{}", leaked.canary));
        callers.wait(4);
        let evidence = leaked.revoked(&[]);
        leaked.assert_evidence(&evidence);
        // And where the platform ends the tokens as well: each process meets one closed door, and reads the new secret.
        leaked.scene.world().revoke_tokens(leaked.old.0);
        callers.wait(6);
        let (calls, failed) = callers.end();
        assert!(failed.is_empty(), "{failed:?}");
        println!("figure: {} revoked under {calls} calls, 0 failed", leaked.old.0);
    }
}

#[test]
fn disable_first_ends_it_before_anything_is_made_and_callers_go_on_afterwards() {
    for leaked in [Leaked::client(), Leaked::key()] {
        // The platform makes nothing: what is to be ended is ended all the same.
        let refused = match leaked.kind {
            SecretKind::Client => Misbehaviour::on_api(Act::fail(500)).path("/api/v2/oauth/clients/*/secret"),
            _ => Misbehaviour::on_api(Act::fail(500))
                .path("/access-key-management/v1/access-keys")
                .method("POST"),
        };
        leaked.scene.world().misbehave(refused.forever());
        let finished = leaked.revoke(&["--yes", "--disable-first", "--wait", "0s"]);
        assert_ne!(finished.code, Some(0), "{finished:?}");
        assert!(!leaked.is_alive(), "{finished:?}");
        assert_eq!(leaked.scene.world().witness().totals.secrets_made, 0);
    }
    for leaked in [Leaked::client(), Leaked::key()] {
        let evidence = leaked.revoked(&["--disable-first"]);
        assert_eq!(evidence["order"], "disable-first");
        leaked.assert_evidence(&evidence);
    }
}

#[test]
fn in_the_middle_of_a_rotation_both_secrets_end() {
    // The platform makes no second secret within ten seconds, which is what most of this takes.
    let leaked = Leaked::client();
    let run = leaked.scene.run(&["rotate", "run", "queue-sync", "--wait", "0s"]);
    assert_eq!(run.code, Some(11), "{run:?}");
    assert_eq!(leaked.live().len(), 2);
    let evidence = leaked.revoked(&[]);
    assert_eq!(evidence["leaked"].as_array().unwrap().len(), 2, "{evidence}");
    leaked.assert_evidence(&evidence);
    let back = leaked.scene.run(&["rotate", "abort", "queue-sync"]);
    assert_eq!(back.code, Some(10), "{back:?}");
    assert!(!leaked.is_alive());
    let due = leaked.scene.run(&["rotate", "due"]);
    assert_eq!(due.code, Some(10), "{due:?}");
    let report = leaked.scene.run(&["revoke", "queue-sync", "--report"]);
    assert!(report.code == Some(0) && report.stdout.contains("incident 4711"), "{report:?}");
}

/// Whoever had the secret may have made something beside it. It is told, and nothing touches it.
#[test]
fn strangers_at_the_platform_are_told_and_never_touched() {
    let leaked = Leaked::client();
    let mark = |owner: &str| format!("sync of queues hallpass:{owner}#4f2a");
    for (id, name, description) in [
        ("thief", "queue-sync b", mark("test/queue-sync")),
        ("other", "billing", mark("test/billing")),
        ("person", "reports", "made by Ada".into()),
    ] {
        let client = NewClient::named(name).id(id).secret(format!("planted-{id}"));
        leaked.scene.world().add_client(client.member("description", description));
    }
    let evidence = leaked.revoked(&[]);
    leaked.assert_evidence(&evidence);
    // The client of the scene is called so, and nothing names it.
    let told: Vec<_> =
        evidence["strangers"].as_array().unwrap().iter().map(|one| (&one["slot"], &one["why"])).collect();
    assert_eq!(
        told,
        [
            (&leaked.scene.keys.id.clone().into(), &"it is called as this integration's clients are".into()),
            (&"thief".into(), &"it carries the mark of this integration".into())
        ],
        "{evidence}"
    );
    assert!(leaked.scene.world().is_live(&leaked.scene.keys.id, SECRET));
    for id in ["thief", "other", "person"] {
        assert!(leaked.scene.world().is_live(id, &format!("planted-{id}")), "{id}");
    }
    let audited = leaked.scene.run(&["audit", "show", "--kind", "revocation-step"]);
    assert!(audited.stdout.contains("a stranger at the platform: thief, ON"), "{audited:?}");
    let blind = Misbehaviour::on_api(Act::fail(403)).path("/api/v2/oauth/clients").method("GET");
    leaked.scene.world().misbehave(blind.forever());
    let report = leaked.scene.run(&["revoke", "queue-sync", "--report"]);
    assert_eq!(report.code, Some(0), "{report:?}");
    assert!(
        report.stdout.contains("  not seen   the platform's other clients: ")
            && !report.stdout.contains("thief"),
        "{report:?}"
    );
}

/// A second key of the same user takes the place of the new one, so the one that leaked has to go first.
#[test]
fn a_second_key_of_the_user_is_told_as_a_stranger_and_lives_on() {
    let leaked = Leaked::key();
    let key = NewAccessKey::named("mine").id("THIEF===").secret("planted-thief").user("u");
    leaked.scene.world().add_access_key(key);
    let refused = leaked.revoke(&["--yes", "--wait", "0s"]);
    assert!(refused.code != Some(0) && leaked.is_alive(), "{refused:?}");
    assert!(
        refused
            .stdout
            .contains("  stranger   THIEF===, ON: it lives beside the secret in use, and no record names it"),
        "{refused:?}"
    );
    let evidence = leaked.revoked(&["--disable-first"]);
    let [stranger] = evidence["strangers"].as_array().unwrap().as_slice() else { panic!("{evidence}") };
    assert_eq!((&stranger["slot"], &stranger["active"]), (&"THIEF===".into(), &true.into()), "{evidence}");
    let current = evidence["current"]["slot"].as_str().unwrap().to_owned();
    assert_eq!(leaked.live(), BTreeSet::from([current, "THIEF===".to_owned()]), "{evidence}");
    assert!(!leaked.is_alive() && leaked.scene.world().is_live("THIEF===", "planted-thief"));
    leaked.assert_serves();
}

#[test]
fn without_consent_nothing_is_done() {
    let leaked = Leaked::client();
    leaked.scene.assert("revoke_no_consent", &leaked.revoke(&[]));
    leaked.assert_untouched();
    let mut session = Session::start(&leaked.scene, &["revoke", "queue-sync"]);
    session.wait_for("type queue-sync to go on: ");
    session.type_line("y");
    let (code, seen) = session.end();
    assert_eq!(code, Some(7), "{seen}");
    leaked.assert_untouched();
    let mut session = Session::start(&leaked.scene, &["revoke", "queue-sync"]);
    session.wait_for("who fails, and for how long:");
    session.wait_for("type queue-sync to go on: ");
    session.type_line("queue-sync");
    let (code, seen) = session.end();
    assert_eq!(code, Some(0), "{seen}");
    assert!(!leaked.is_alive(), "{seen}");
    leaked.assert_serves();
}

#[test]
fn what_does_not_fit_is_refused_in_words_and_nothing_is_done() {
    let leaked = Leaked::client();
    leaked.scene.assert("revoke_unknown", &leaked.scene.run(&["revoke", "queue-sink", "--yes"]));
    leaked.scene.assert("revoke_no_table", &leaked.scene.run(&["revoke", "admin", "--yes"]));
    leaked.scene.assert("revoke_only_strange", &leaked.revoke(&["--yes", "--only", "0badc0de"]));
    leaked.scene.assert("revoke_only_malformed", &leaked.revoke(&["--yes", "--only", "planned"]));
    leaked.scene.assert("revoke_never", &leaked.revoke(&["--report"]));
    leaked.scene.assert("revoke_help", &leaked.scene.run(&["revoke", "--help"]));
    leaked.assert_untouched();
}

#[test]
fn hold_wins_unless_somebody_goes_past_it() {
    let leaked = Leaked::client();
    let hold = leaked.scene.run(&["rotate", "hold", "queue-sync", "--reason", "a freeze"]);
    assert_eq!(hold.code, Some(0), "{hold:?}");
    leaked.scene.assert("revoke_held", &leaked.revoke(&["--yes"]));
    leaked.assert_untouched();
    let evidence = leaked.revoked(&["--despite-hold"]);
    assert_eq!(evidence["despite_hold"], true);
    leaked.assert_evidence(&evidence);
    let run = leaked.scene.run(&["rotate", "run", "queue-sync"]);
    assert_eq!(run.code, Some(7), "it holds for everything else: {run:?}");
}

#[test]
fn an_administrator_without_permission_is_named_and_nothing_is_done() {
    let scene = Scene::of(Settings::default());
    let (tables, secret, mut admin) = clients(&scene);
    let weak = NewClient::named("weak").id("weak").secret("planted-weak").permissions(["routing:queue:view"]);
    scene.world().add_client(weak);
    admin["client_id"] = "weak".into();
    admin["client_secret"] = "planted-weak".into();
    let made = (tables, secret, admin);
    let leaked = Leaked::of(scene, made, "/api/v2/routing/queues", ("a", "planted-a"), SecretKind::Client);
    leaked.scene.assert("revoke_denied", &leaked.revoke(&["--yes"]));
    leaked.assert_untouched();
}

#[test]
fn a_new_secret_that_does_not_work_is_told_with_what_to_type() {
    let leaked = Leaked::client();
    // The second client may do less than the first, so it cannot take its place.
    let weak = NewClient::named("b").id("b").secret("planted-b").role("less", "*");
    leaked.scene.world().add_client(weak);
    let stuck = leaked.revoke(&["--yes", "--wait", "0s"]);
    assert_eq!(stuck.code, Some(12), "{stuck:?}");
    assert!(
        stuck.stderr.contains("hallpass revoke queue-sync") && stuck.stderr.contains("--disable-first"),
        "{stuck:?}"
    );
    assert!(leaked.is_alive(), "it is the only one that works");
    leaked.assert_serves();
    let status = leaked.scene.run(&["rotate", "status", "queue-sync"]);
    assert!(
        status.stdout.contains("ALIVE") && status.stdout.contains("hallpass revoke queue-sync"),
        "{status:?}"
    );
    let abort = leaked.scene.run(&["rotate", "abort", "queue-sync"]);
    assert!(abort.code == Some(3) && abort.stderr.contains("no way back"), "{abort:?}");
    let first = leaked.revoke(&["--yes", "--disable-first", "--wait", "0s"]);
    assert_eq!(first.code, Some(12), "{first:?}");
    assert!(!leaked.is_alive());
}
