//! Acknowledgements by real processes: sidecars, programs that `exec` starts and the guide's shell lines speak, and a rotation listens.
//!
//! What is said has the time of the machine, and only the checkpoints are moved back: to the rotation, everything was said after its promotion.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use hallpass_testkit::process::{Finished, Launch, Running, Stream};
use serde_json::Value;

use crate::exec::CALL;
use crate::rotate_killed::{DAY, HEAD, Shape, Stage};
use crate::scene::{PATIENCE, Served, until};

/// A rotation that has nothing more to wait for than what consumers say.
struct House {
    stage: Stage,
    shape: Shape,
}

impl House {
    fn of(shape: Shape, consumers: &str) -> Self {
        let stage = Stage::unserved(shape, &format!("consumers = {consumers}\nacks = \"acks\""));
        Self { stage, shape }
    }

    /// The configuration of the consumer `billing`, which says what it uses at the place in `acks`.
    fn consumer(&self, acks: &str) -> &'static str {
        let text = fs::read_to_string(self.stage.scene.path().join("hallpass.toml")).unwrap();
        // A process that gets a new token looks at the store again, once a second is over.
        let tables = format!("[stores]\nreread_after = \"1s\"\n[sidecar]\nconsumer = \"billing\"\n{acks}\n");
        assert!(text.starts_with(HEAD), "{text}");
        self.stage.scene.write("consumer.toml", &text.replacen("[sidecar]\n", &tables, 1));
        "consumer.toml"
    }

    fn sidecar(&self, acks: &str) -> Served {
        self.stage.scene.serve(&["--config", self.consumer(acks)])
    }

    fn call(&self, served: &Served) {
        assert_eq!(served.get(&format!("/queue-sync{}", self.shape.canary())).0, 200);
    }

    /// What the consumer is known to use, in the folder where the rotation looks.
    fn word(&self, consumer: &str) -> Option<String> {
        let file = self.stage.scene.path().join(format!("acks/queue-sync.{consumer}.json"));
        let said: Value = serde_json::from_slice(&fs::read(file).ok()?).unwrap();
        assert_eq!((&said["consumer"], &said["environment"]), (&consumer.into(), &"test".into()));
        Some(said["fingerprint"].as_str().unwrap().to_owned())
    }

    /// Calls of a sidecar that needs another token each time, until what it says changes.
    fn until_it_says_another(&self, served: &Served, than: &str) {
        for _ in 0..60 {
            self.stage.scene.world().revoke_tokens(&self.stage.old);
            self.call(served);
            thread::park_timeout(Duration::from_millis(200));
            if self.word("billing").is_some_and(|word| word != than) {
                return;
            }
        }
        panic!("it never says that it uses the new secret");
    }

    /// Runs it as far as it goes: it waits for what consumers say, in `words`, and retires nothing.
    fn assert_waits(&self, words: &str) {
        for config in ["hallpass.toml", "elsewhere.toml"] {
            if !self.stage.scene.path().join(config).exists() {
                continue;
            }
            let arguments = ["--config", config, "rotate", "run", "queue-sync", "--wait", "0s", "--json"];
            let finished = self.stage.scene.run(&arguments);
            assert_eq!(finished.code, Some(11), "{finished:?}");
            assert!(finished.stdout.contains(words), "{words} is not in {finished:?}");
            assert_eq!(self.stage.live().len(), 2, "{finished:?}");
        }
    }

    fn rotate(&self, order: &str) -> Finished {
        self.stage.scene.run(&["rotate", order, "queue-sync", "--wait", "0s", "--json"])
    }
}

#[test]
fn p05_a_rotation_waits_until_a_running_sidecar_has_said_so_in_a_folder() {
    let house = House::of(Shape::Clients, "[\"billing\"]");
    let served = house.sidecar("acks = \"acks\"");
    house.call(&served);
    until(|| house.word("billing").is_some());
    let old = house.word("billing").unwrap();
    house.stage.until_the_soak();
    house.stage.time_goes_by(3 * DAY);
    house.assert_waits(&format!("`billing` uses {old}, which is not the new secret"));
    house.until_it_says_another(&served, &old);
    house.stage.until_it_ends();
    house.call(&served);
}

/// Nothing is running between two nights. After a week without a word a person is asked, and the next night speaks.
#[test]
fn p05_a_program_that_runs_now_and_then_says_so_before_exec_ends() {
    let house = House::of(Shape::Clients, "[\"billing\"]");
    house.stage.until_the_soak();
    house.stage.time_goes_by(3 * DAY);
    house.assert_waits("`billing` has not said which secret it uses");
    house.stage.time_goes_by(8 * DAY);
    let stuck = house.rotate("run");
    assert_eq!(stuck.code, Some(12), "{stuck:?}");
    assert!(stuck.stderr.contains("hallpass rotate resume queue-sync"), "{stuck:?}");
    assert_eq!((house.stage.live().len(), house.word("billing")), (2, None), "{stuck:?}");
    let config = house.consumer("acks = \"acks\"");
    let night = house.stage.scene.run(&["--config", config, "exec", "--", "bash", "-c", CALL]);
    assert_eq!((night.code, night.stdout.as_str()), (Some(0), "HTTP/1.1 200 OK\r\n"), "{night:?}");
    assert!(house.word("billing").is_some(), "it has spoken by the time it ends");
    let resumed = house.rotate("resume");
    assert_eq!(resumed.code, Some(11), "{resumed:?}");
    house.stage.time_goes_by(8 * DAY);
    house.stage.until_it_ends();
}

/// A sidecar and a function without one, which does what the guide says; on the machine of the receiver, and on another.
#[test]
fn p05_a_rotation_waits_for_every_word_at_the_receiver() {
    for shape in [Shape::Clients, Shape::Keys] {
        let house = House::of(shape, "[\"billing\", \"crm\"]");
        let receiver = Receiver::start(&house);
        let acks = format!("acks = \"{}/acks\"\nacks_bearer = \"file:key\"", receiver.url);
        let text = fs::read_to_string(house.stage.scene.path().join("hallpass.toml")).unwrap();
        house.stage.scene.write("elsewhere.toml", &text.replace("acks = \"acks\"", &acks));
        let served = house.sidecar(&acks);
        house.call(&served);
        until(|| house.word("billing").is_some());
        let (old, before) = (house.word("billing").unwrap(), house.stage.value());
        receiver.speak(&house, &before, Tools::OfPython);
        assert_eq!(house.word("crm").as_ref(), Some(&old), "the guide's line is what a sidecar says");
        house.stage.until_the_soak();
        house.stage.time_goes_by(3 * DAY);
        house.assert_waits(&format!("`crm` uses {old}, which is not the new secret"));
        house.until_it_says_another(&served, &old);
        house.assert_waits(&format!("`crm` uses {old}, which is not the new secret"));
        receiver.speak(&house, &house.stage.value(), Tools::OfTheMachine);
        assert_eq!(house.word("crm"), house.word("billing"), "the guide's line is what a sidecar says");
        house.stage.until_it_ends();
        house.call(&served);
        let finished = receiver.process.kill().unwrap();
        let said = format!("{finished:?}{:?}", served.process.said(Stream::Stderr));
        assert!(!said.contains(KEY) && !said.contains("planted"), "{said}");
    }
}

/// An access key alone is what the administrator of a user hub has. The audit log says which fingerprint hallpass gives it.
#[test]
fn the_guide_knows_the_fingerprint_of_an_access_key_alone() {
    let house = House::of(Shape::Keys, "[]");
    let path = house.stage.scene.path().join("hallpass.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}[audit]\nfile = \"audit.jsonl\"\n")).unwrap();
    let run = house.rotate("run");
    assert_eq!(run.code, Some(11), "{run:?}");
    let audited = fs::read_to_string(house.stage.scene.path().join("audit.jsonl")).unwrap();
    for tools in [Tools::OfPython, Tools::OfTheMachine] {
        let script = format!("{}\nprintf %s \"$fingerprint\"", Lines::of_the_guide().key);
        let keys = [("ACCESS_KEY_ID", "ADMIN===="), ("ACCESS_KEY_SECRET", "planted-admin")];
        let printed = tools.run(&script, &keys);
        let granted = format!(
            "\"kind\":\"token-granted\",\"integration\":\"admin\",\"facts\":{{\"fingerprint\":\"{}\"",
            printed.stdout
        );
        assert!(printed.stdout.len() == 8 && audited.contains(&granted), "{printed:?}\n{audited}");
    }
}

#[test]
fn a_word_that_does_not_arrive_shows_in_metrics_and_status_until_it_does() {
    let house = House::of(Shape::Clients, "[]");
    // No folder can be made where a file is.
    let file = house.stage.scene.write("acks", "");
    let served = house.sidecar("acks = \"acks\"");
    assert_eq!(waiting(&served), Some(0), "nothing was said yet");
    house.call(&served);
    // A word that is on its way for the first time waits as well; this one has failed.
    let none_failed = "hallpass_acks_failed_total{integration=\"queue-sync\"} 0\n";
    until(|| !served.get("/-/metrics").1.contains(none_failed));
    assert_eq!(waiting(&served), Some(1));
    house.call(&served);
    fs::remove_file(file).unwrap();
    until(|| waiting(&served) == Some(0));
    assert!(house.word("billing").is_some());
    let (_, page) = served.get("/-/metrics");
    assert!(page.contains("hallpass_acks_delivered_total{integration=\"queue-sync\"} 1\n"), "{page}");
    drop(served);
    let silent = house.stage.scene.serve(&[]);
    house.call(&silent);
    assert_eq!(waiting(&silent), None, "it has nothing to say");
}

/// How many words wait, by `/-/metrics` and `/-/status` alike; none where the sidecar has nothing to say.
fn waiting(served: &Served) -> Option<u64> {
    loop {
        let ((_, metrics), (_, status)) = (served.get("/-/metrics"), served.get("/-/status"));
        let line = metrics
            .lines()
            .find_map(|line| line.strip_prefix("hallpass_acks_waiting{integration=\"queue-sync\"} "));
        let by_metrics = line.map(|value| value.parse().unwrap());
        let status: Value = serde_json::from_str(status.split_once("\r\n\r\n").unwrap().1).unwrap();
        let by_status = status["integrations"][0]["gauges"]["acks_waiting"].as_u64();
        // It may have arrived between the two looks, and not between the next two.
        if by_metrics == by_status {
            return by_metrics;
        }
    }
}

/// `hallpass-rotator`, which takes acknowledgements and does nothing else.
struct Receiver {
    process: Running,
    url: String,
}

const KEY: &str = "k3y-of-the-consumers-0123456789abcdef";

impl Receiver {
    fn start(house: &House) -> Self {
        let scene = &house.stage.scene;
        let key = scene.write("key", &format!("{KEY}\n"));
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let arguments = ["--config", "hallpass.toml", "--listen", "127.0.0.1:0", "--look-every", "0s"];
        let arguments = [&arguments[..], &["--acks-key-file", "key"]].concat();
        let process = scene.program(&rotator(), &arguments).start().unwrap();
        let url = process.line(Stream::Stdout, "listening on ", PATIENCE).unwrap();
        Self { process, url }
    }

    /// The consumer `crm` says what it uses, as the guide says.
    fn speak(&self, house: &House, value: &Value, tools: Tools) {
        let lines = Lines::of_the_guide();
        let fingerprint = match house.shape {
            Shape::Clients => lines.client,
            Shape::Keys => lines.both,
        };
        let tell = lines
            .tell
            .replace("https://rotator.example", &self.url)
            .replace("queue-sync/billing", "queue-sync/crm")
            .replace("\\\"prod\\\"", "\\\"test\\\"");
        assert!(tell.contains("\\\"test\\\"") && tell.contains("/queue-sync/crm"), "{tell}");
        let members = ["client_id", "client_secret", "access_key_id", "access_key_secret"];
        let named = members.map(|name| (name.to_uppercase(), value[name].as_str().unwrap_or_default()));
        let variables: Vec<_> = named.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        let variables = [&variables[..], &[("ACKS_KEY", KEY)]].concat();
        tools.run(&format!("set -e\n{fingerprint}\n{tell}"), &variables);
    }
}

/// The program of the other crate, which a run of the whole workspace has built already.
fn rotator() -> PathBuf {
    let hallpass = Path::new(env!("CARGO_BIN_EXE_hallpass"));
    let rotator = hallpass.with_file_name("hallpass-rotator");
    if !rotator.exists() {
        let release = hallpass.parent().is_some_and(|folder| folder.ends_with("release"));
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--package", "hallpass-runtimes", "--bin", "hallpass-rotator"]);
        build.args(release.then_some("--release")).current_dir(env!("CARGO_MANIFEST_DIR"));
        assert!(build.status().unwrap().success(), "hallpass-rotator does not build");
    }
    rotator
}

/// What the guide tells functions without a sidecar to type.
struct Lines {
    client: String,
    both: String,
    key: String,
    tell: String,
}

impl Lines {
    fn of_the_guide() -> Self {
        let guide = include_str!("../../../../docs/guides/rotation.md");
        let line = |begin: &str| {
            let found: Vec<_> = guide.lines().filter(|line| line.starts_with(begin)).collect();
            assert_eq!(found.len(), 1, "{begin}: {found:?}");
            found[0].to_owned()
        };
        let client = line("fingerprint=$(printf %s \"$CLIENT_SECRET\"");
        let (_, behind) = guide.split_once(&client).unwrap();
        let (tell, _) = behind.split_once("```").unwrap();
        Self {
            both: line("fingerprint=$(printf '%s\\0%s\\0%s'"),
            key: line("fingerprint=$(printf %s \"$ACCESS_KEY_SECRET\""),
            tell: tell.to_owned(),
            client,
        }
    }
}

/// With which programs the guide's lines run.
#[derive(Clone, Copy)]
enum Tools {
    /// openssl and curl, where the machine has them.
    OfTheMachine,
    /// Stand-ins by Python's own libraries.
    OfPython,
}

impl Tools {
    fn run(self, script: &str, variables: &[(&str, &str)]) -> Finished {
        // As functions of the shell, and not as files that another test's fork may hold open.
        let define = |(name, program): (&str, &str)| {
            let unless = match self {
                Self::OfTheMachine => format!("command -v {name} >/dev/null || "),
                Self::OfPython => String::new(),
            };
            format!("{unless}{name}() {{ python3 -c '{program}' \"$@\"; }}\n")
        };
        let functions = [("openssl", OPENSSL), ("curl", CURL)].map(define).concat();
        let launch = Launch::new("sh").args(["-c", &format!("{functions}{script}")]).clear_env();
        let launch = variables.iter().fold(launch, |launch, (name, value)| launch.env(name, value));
        let finished = launch.run(PATIENCE).unwrap();
        assert_eq!(finished.code, Some(0), "{finished:?}");
        finished
    }
}

const OPENSSL: &str = r#"import hashlib, hmac, sys
assert sys.argv[1:4] == ["dgst", "-sha256", "-hmac"], sys.argv
mac = hmac.new(sys.argv[4].encode(), sys.stdin.buffer.read(), hashlib.sha256)
print("HMAC-SHA2-256(stdin)= " + mac.hexdigest())"#;

const CURL: &str = r#"import sys, urllib.request
given = sys.argv[1:]
after = lambda name: given[given.index(name) + 1]
assert after("--config") == "-", given
name, value = sys.stdin.read().split("\"")[1].split(": ", 1)
request = urllib.request.Request(given[-1], after("--data").encode(), {name: value}, method=after("--request"))
urllib.request.urlopen(request)"#;
