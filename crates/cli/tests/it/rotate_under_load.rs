//! Callers behind several real sidecars, while the secrets under them are replaced and the old ones revoked.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use hallpass_emulator::{GenesysSettings, NewClient, Settings, World};
use hallpass_testkit::process::{Running, Stream};
use hallpass_testkit::proving;

use crate::scene::{PATIENCE, Scene, get, until};

/// What callers saw.
#[derive(Debug, Default)]
struct Seen {
    failed: Vec<String>,
    took: Vec<Duration>,
}

/// A process looks at the store again beside its next token request, so it asks with the new secret at once.
#[test]
fn p03_each_process_asks_once_for_each_rotation_and_no_call_fails() {
    let reread_after = Duration::from_secs(1);
    println!("{}", rotate_in_rounds("1s", reread_after + Duration::from_millis(100)));
}

/// Nobody has had reason to look at the store again: each process has its token rejected, looks, and asks with the new secret, and its callers do not notice.
#[test]
fn p02_callers_see_no_failure_when_the_old_secret_is_revoked_the_moment_it_is_replaced() {
    println!("{}", rotate_in_rounds("5m", Duration::ZERO));
}

/// A secret that leaked dies within one run, and its tokens with it. With the new secret first nobody is ever without one.
#[test]
fn p02_callers_see_no_failure_while_a_secret_that_leaked_is_revoked() {
    let (sidecars, incidents) = if proving() { (20, 10) } else { (4, 2) };
    let load = Load::start(sidecars, incidents, "5m");
    let began = now();
    for number in 0..incidents {
        load.turn.store(number, Ordering::Relaxed);
        let (name, old) = (format!("q{number}"), format!("a{number}"));
        // Every process has a token of the secret that dies.
        load.stage.settled(sidecars * 10);
        let revoke = ["revoke", &name, "--yes", "--reason", "incident 4711"];
        let running = load.stage.scene.hallpass(&revoke).start().unwrap();
        // The moment it is dead its tokens end as well: whoever calls now needs one of the new secret.
        until(|| !load.stage.world().is_live(&old, &format!("planted-{old}")));
        load.stage.world().revoke_tokens(&old);
        let run = running.wait(PATIENCE).unwrap();
        assert_eq!(run.code, Some(0), "{run:?}");
        load.stage.settled(sidecars * 15);
    }
    let took = now().duration_since(began);
    let calls = load.end().len();
    println!(
        "figure: {incidents} secrets revoked within {took:?} under {calls} calls through {sidecars} sidecars: 0 failed"
    );
}

const SIDECARS: u64 = 20;

/// Every rotation takes an integration of its own, because one is not over for days, and every sidecar reads the secrets of all of them when it starts. So many
/// rotations come in rounds, each with sidecars of its own: twenty sidecars that read two hundred secrets at once are all that two processors do.
fn rotate_in_rounds(reread_after: &str, later: Duration) -> String {
    let (rounds, rotations) = if proving() { (20, 10) } else { (1, 3) };
    let mut all = Figures::default();
    for _ in 0..rounds {
        all.add(rotate(reread_after, later, (SIDECARS, rotations)));
    }
    let rate = f64::from(u32::try_from(all.during.len()).unwrap()) / all.took.as_secs_f64();
    // At the small size a busy machine is no fault of ours.
    assert!(!proving() || rate >= 200.0, "{rate:.0} requests/s");
    let (calls, during, before) =
        (all.during.len(), percentiles(&mut all.during), percentiles(&mut all.before));
    format!(
        "figure: {} rotations, the old secret revoked {later:?} after each, {rate:.0} requests/s through {SIDECARS} sidecars: \
         0 of {calls} calls failed, 1 token request for each process and rotation; half within {:?}, 99 of 100 within {:?} \
         ({:?} and {:?} without a rotation)",
        rounds * rotations,
        during.0,
        during.1,
        before.0,
        before.1
    )
}

/// How long calls took, without a rotation and during rotations, and for how long there were some.
#[derive(Debug, Default)]
struct Figures {
    before: Vec<Duration>,
    during: Vec<Duration>,
    took: Duration,
}

impl Figures {
    fn add(&mut self, round: Self) {
        self.before.extend(round.before);
        self.during.extend(round.during);
        self.took += round.took;
    }
}

/// Replaces secrets under load, and revokes each old one so long after the promotion. Nobody asks with the old secret again, whether processes look at the store
/// after `reread_after` or have no reason to.
fn rotate(reread_after: &str, later: Duration, (sidecars, rotations): (u64, u64)) -> Figures {
    let load = Load::start(sidecars, rotations, reread_after);
    let Load { stage, seen, turn, .. } = &load;
    // The same load without a rotation, to compare with; each process has met its first calls by then.
    stage.settled(sidecars * 20);
    drop(std::mem::take(&mut seen.lock().unwrap().took));
    let before = stage.settled(sidecars * 50);
    let quiet = std::mem::take(&mut seen.lock().unwrap().took);
    let began = now();
    for number in 0..rotations {
        turn.store(number, Ordering::Relaxed);
        let name = format!("q{number}");
        let run = stage.scene.run(&["rotate", "run", &name, "--wait", "0s"]);
        assert_eq!(run.code, Some(11), "{run:?}");
        let (old, new) = (format!("a{number}"), format!("b{number}"));
        let asked = |client: &str| stage.world().witness().clients[client].token_requests;
        let (old_asked, new_asked) = (asked(&old), asked(&new));
        let promoted = now();
        until(|| now().duration_since(promoted) > later);
        // The old secret leaks and somebody ends it, and everything granted for it, at once.
        stage.world().set_secret(&old, "nobody-knows");
        stage.world().revoke_tokens(&old);
        until(|| asked(&new) >= new_asked + sidecars);
        stage.settled(sidecars * 30);
        let each = (asked(&old) - old_asked, asked(&new) - new_asked);
        assert_eq!(each, (0, sidecars), "p03: one token request for each process, with the new secret");
    }
    assert!(before <= stage.settled(0));
    let took = now().duration_since(began);
    Figures { before: quiet, during: load.end(), took }
}

/// Callers behind running sidecars.
struct Load {
    stage: Stage,
    turn: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    seen: Arc<Mutex<Seen>>,
    callers: Vec<thread::JoinHandle<()>>,
}

impl Load {
    fn start(sidecars: u64, rotations: u64, reread_after: &str) -> Self {
        let stage = Stage::set(sidecars, rotations, reread_after);
        let (stop, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Seen::default())));
        let turn = Arc::new(AtomicU64::new(0));
        let callers =
            stage.served.iter().map(|served| served.caller((rotations, &turn), &stop, &seen)).collect();
        Self { stage, turn, stop, seen, callers }
    }

    /// Ends the calls, of which none may have failed; how long each took since that was last taken.
    fn end(self) -> Vec<Duration> {
        self.stop.store(true, Ordering::Relaxed);
        self.callers.into_iter().for_each(|caller| caller.join().unwrap());
        let mut seen = self.seen.lock().unwrap();
        assert!(seen.failed.is_empty(), "p02: {:?}", seen.failed);
        std::mem::take(&mut seen.took)
    }
}

/// Half of the calls took no longer than the first, ninety-nine of a hundred no longer than the second.
fn percentiles(took: &mut [Duration]) -> (Duration, Duration) {
    took.sort();
    (took[took.len() / 2], took[took.len() * 99 / 100])
}

#[expect(clippy::disallowed_methods, reason = "callers wait in real time")]
fn now() -> Instant {
    Instant::now()
}

struct Stage {
    scene: Scene,
    served: Vec<Sidecar>,
}

/// One running sidecar and where it is.
struct Sidecar {
    _process: Running,
    url: String,
    pass: String,
}

impl Stage {
    fn set(sidecars: u64, rotations: u64, reread_after: &str) -> Self {
        let genesys = GenesysSettings { api_limit: None, token_limit: None, ..GenesysSettings::default() };
        let scene = Scene::of(Settings { genesys, log_capacity: 1_000, ..Settings::default() });
        scene.world().add_client(NewClient::named("admin").id("admin").secret("planted-admin"));
        let mut tables = format!("{}\n", integration(&scene, "admin", ADMIN));
        for number in 0..rotations {
            for client in ["a", "b"] {
                let id = format!("{client}{number}");
                scene.world().add_client(NewClient::named(&id).id(&id).secret(format!("planted-{id}")));
            }
            tables.push_str(&integration(&scene, &format!("q{number}"), USER));
            tables.push_str(&format!(
                "[integrations.q{number}.rotation]\nadministrator = \"admin\"\nclients = [\"a{number}\", \"b{number}\"]\n\
                 verify = [\"GET /api/v2/routing/queues\"]\n"
            ));
        }
        let config =
            |pass_file: &str| HEAD.replace("PASS_FILE", pass_file).replace("REREAD", reread_after) + &tables;
        scene.write("hallpass.toml", &config("run/pass"));
        let put = |name: &str, id: &str| {
            let material = format!("{{\"client_id\":\"{id}\",\"client_secret\":\"planted-{id}\"}}");
            let put = scene.run_with(&["secret", "put", name], material);
            assert_eq!(put.code, Some(0), "{put:?}");
        };
        put("admin", "admin");
        (0..rotations).for_each(|number| put(&format!("q{number}"), &format!("a{number}")));
        let start = |number: u64| {
            let file = format!("sidecar-{number}.toml");
            scene.write(&file, &config(&format!("run/pass-{number}")));
            scene.hallpass(&["--config", &file, "serve", "--json"]).start().unwrap()
        };
        let processes: Vec<Running> = (0..sidecars).map(start).collect();
        let served = processes.into_iter().map(Sidecar::of).collect();
        Self { scene, served }
    }

    fn world(&self) -> &World {
        self.scene.world()
    }

    /// Waits until so many more calls have been answered; how many there were.
    fn settled(&self, more: u64) -> u64 {
        let calls = || self.world().witness().totals.calls;
        let wanted = calls() + more;
        until(|| calls() >= wanted);
        calls()
    }
}

impl Sidecar {
    fn of(process: Running) -> Self {
        let line = process.line(Stream::Stdout, "", PATIENCE).unwrap();
        let announced: serde_json::Value = serde_json::from_str(&line).unwrap();
        let text = |name: &str| announced[name].as_str().unwrap().to_owned();
        let pass = std::fs::read_to_string(text("pass_file")).unwrap();
        Self { _process: process, url: text("url"), pass }
    }

    /// Calls, until it is told to stop, the integration whose turn it is and the two that come next, one after the other.
    fn caller(
        &self,
        (rotations, turn): (u64, &Arc<AtomicU64>),
        stop: &Arc<AtomicBool>,
        seen: &Arc<Mutex<Seen>>,
    ) -> thread::JoinHandle<()> {
        let (url, pass) = (self.url.clone(), self.pass.clone());
        let (stop, seen, turn) = (Arc::clone(stop), Arc::clone(seen), Arc::clone(turn));
        thread::spawn(move || {
            let mut number = 0_u64;
            while !stop.load(Ordering::Relaxed) {
                let began = now();
                let path = format!(
                    "/q{}/api/v2/routing/queues",
                    (turn.load(Ordering::Relaxed) + number % 3) % rotations
                );
                let (status, answer) = get(&url, &pass, &path);
                let took = now().duration_since(began);
                let mut seen = seen.lock().unwrap();
                seen.took.push(took);
                if status != 200 {
                    seen.failed.push(format!("{path}: {answer}"));
                }
                drop(seen);
                number += 1;
                // Twenty-five a second from each, so five hundred in all, or as many as the machine allows.
                thread::park_timeout(Duration::from_millis(40).saturating_sub(took));
            }
        })
    }
}

fn integration(scene: &Scene, name: &str, more: &str) -> String {
    let (login, api) = scene.address();
    format!(
        "[integrations.{name}]\nplatform = \"genesys\"\ntoken_url = \"{login}/oauth/token\"\napi_url = \"{api}\"\nsecret = \"local:{name}\"\n{more}\n"
    )
}

const USER: &str = "allow = [\"GET /api/v2/routing/queues\"]";
const ADMIN: &str = "administers = true\nallow = [\"GET /api/v2/oauth/clients/**\", \"PUT /api/v2/oauth/clients/*\", \"POST /api/v2/oauth/clients/*/secret\"]";
const HEAD: &str = r#"version = 1
environment = "test"
[sidecar]
listen = "127.0.0.1:0"
pass_file = "PASS_FILE"
[outbound]
private_networks = ["127.0.0.0/8"]
[stores]
reread_after = "REREAD"
[stores.local]
path = "store"
"#;
