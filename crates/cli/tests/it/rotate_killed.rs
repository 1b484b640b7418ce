//! The real binary, killed in the middle of a rotation, again and again.
//!
//! The secret and its checkpoints rest in a stand-in for AWS, beside which a test can do what an operator could: look at every version, and move
//! the checkpoint's dates back, which to the next run is the same as time going by. A lease of five minutes is over that way.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hallpass_cloud_emulator::StandIn;
use hallpass_cloud_emulator::aws::Aws;
use hallpass_emulator::{Act, CxoneSettings, Misbehaviour, NewAccessKey, NewClient, SecretKind, Settings};
use hallpass_testkit::process::{Finished, Running};
use hallpass_testkit::proving;
use serde_json::{Value, json};

use crate::scene::{Scene, Served};

#[test]
fn p01_a_rotation_of_access_keys_killed_anywhere_leaves_a_valid_secret_and_goes_on() {
    println!("{}", kill(Shape::Keys));
}

#[test]
fn p01_a_rotation_of_clients_killed_anywhere_leaves_a_valid_secret_and_goes_on() {
    println!("{}", kill(Shape::Clients));
}

/// Kills in all, half of them for each shape.
fn kills() -> u64 {
    if proving() { 1_000 } else { 50 }
}

/// At most so many in one rotation; then it is left to come as far as it can.
const IN_ONE: u64 = 4;

/// What there is to tell afterwards.
fn kill(shape: Shape) -> String {
    let first = Stage::set(shape);
    let whole = first.requests_of(|| first.until_the_soak());
    first.time_goes_by(3 * DAY);
    let rest = first.requests_of(|| first.until_it_ends());
    let (mut killed, mut rotations, mut ended) = (0, 0, 0);
    while killed < kills() / 2 {
        let stage = Stage::set(shape);
        rotations += 1;
        // Before the soak minutes go by between a death and the next run, afterwards days: every run has something to do.
        for (requests, pause) in [(whole, 10 * MINUTE), (rest, 4 * DAY)] {
            for number in 0..IN_ONE {
                // Evenly over the life of a whole run first; what is left of it later is shorter.
                let reach = if number == 0 { requests } else { requests / 2 };
                let drawn = draw(killed + ended);
                let code =
                    stage.run_and_kill(1 + drawn % reach, Duration::from_micros(drawn / 1_000 % 3_000));
                stage.check();
                match code {
                    None => killed += 1,
                    Some(_) => ended += 1,
                }
                if stage.is_over() {
                    // It may have died with its last word spoken; the next run would begin the next rotation.
                    break;
                }
                stage.time_goes_by(pause);
            }
            if pause < DAY {
                stage.until_the_soak();
                stage.time_goes_by(3 * DAY);
            } else {
                stage.until_it_ends();
            }
        }
    }
    format!(
        "figure: {killed} SIGKILLs in {rotations} rotations ({shape:?}, {whole} requests to the soak and {rest} from there; {ended} runs were \
         faster): never without a valid secret, one live secret at the end of each"
    )
}

/// In milliseconds, as the checkpoints have them.
pub(crate) const MINUTE: u64 = 60_000;
pub(crate) const DAY: u64 = 24 * 60 * MINUTE;

/// Numbers that are spread well and always the same.
pub(crate) fn draw(index: u64) -> u64 {
    index.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Clients,
    Keys,
}

const ENTRY: &str = "prod/queue-sync";
const CHECKPOINT: &str = "prod/queue-sync.rotation";
const REGION: &str = "us-east-1";

/// The first line of the table `rotation`, in either shape.
const ADMINISTERED: &str = "administrator = \"admin\"";

/// An integration whose secret is about to be replaced, with a sidecar that serves all along.
pub(crate) struct Stage {
    pub(crate) scene: Scene,
    shape: Shape,
    aws: Arc<Aws>,
    door: StandIn,
    served: Option<Served>,
    pub(crate) old: String,
}

impl Stage {
    fn set(shape: Shape) -> Self {
        let mut stage = Self::unserved(shape, "");
        stage.served = Some(stage.scene.serve(&[]));
        stage.check();
        stage
    }

    /// Nobody serves yet; with `more` lines in the table `rotation`.
    pub(crate) fn unserved(shape: Shape, more: &str) -> Self {
        // Neither platform says when a secret was last used: that is told in real days, and nobody waits for those here.
        let cxone = CxoneSettings { last_use_lag_seconds: 1_000_000_000, ..CxoneSettings::default() };
        let mut scene = Scene::of(Settings { cxone, ..Settings::default() });
        let untold = Misbehaviour::on_api(Act::fail(403)).path("/api/v2/oauth/clients/*/usage/summary");
        scene.world().misbehave(untold.forever());
        let aws = Arc::new(Aws::new());
        let door = scene.block_on(StandIn::start(Arc::clone(&aws) as _, None)).unwrap();
        for (name, value) in [
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ] {
            scene.set(name, value);
        }
        let reference = |entry: &str| format!("aws-sm:{entry}?region={REGION}&endpoint={}", door.url());
        let (tables, secret, admin) = match shape {
            Shape::Clients => clients(&scene),
            Shape::Keys => keys(&scene),
        };
        let tables = tables.replace("SECRET", &reference(ENTRY)).replace("ADMIN", &reference("prod/admin"));
        let tables = tables.replacen(ADMINISTERED, &format!("{ADMINISTERED}\n{more}"), 1);
        scene.write("hallpass.toml", &format!("{HEAD}{tables}"));
        for (name, value) in [(ENTRY, &secret), ("prod/admin", &admin)] {
            let token = format!("{:0>32}", name.len());
            let created =
                json!({ "Name": name, "SecretString": value.to_string(), "ClientRequestToken": token });
            aws.operate(REGION, "CreateSecret", &created).unwrap();
        }
        let mut stage = Self { scene, shape, aws, door, served: None, old: String::new() };
        stage.old = stage.current().0;
        stage
    }

    /// How many requests it makes.
    pub(crate) fn requests_of(&self, done: impl FnOnce()) -> u64 {
        let before = self.requests();
        done();
        self.requests() - before
    }

    /// Whatever has been asked of platform and store.
    pub(crate) fn requests(&self) -> u64 {
        self.scene.world().witness().totals.requests + self.door.seen().len() as u64
    }

    /// Starts a run and kills it once it has made so many requests, and a moment has passed; its exit code if it was faster.
    fn run_and_kill(&self, requests: u64, moment: Duration) -> Option<i32> {
        self.kill_at(&["rotate", "run", "queue-sync", "--wait", "0s"], requests, moment)
    }

    /// The same with any command.
    pub(crate) fn kill_at(&self, arguments: &[&str], requests: u64, moment: Duration) -> Option<i32> {
        let until = self.requests() + requests;
        let process = self.scene.hallpass(arguments).start().unwrap();
        let finished = killed_at(process, || self.requests() >= until, moment);
        assert!(matches!(finished.code, None | Some(0 | 11)), "{finished:?}");
        finished.code
    }

    /// The platform's own word: the stored secret opens the door, there are two at most, and calls succeed.
    pub(crate) fn check(&self) {
        let (slot, secret) = self.current();
        assert!(self.scene.world().is_live(&slot, &secret), "CURRENT does not work");
        assert!((1..=2).contains(&self.live().len()), "{:?}", self.live());
        let labels = self.aws.labels(REGION, ENTRY);
        let pending = labels.values().filter(|labels| labels.contains("AWSPENDING")).count();
        assert!(pending <= 1, "{labels:?}");
        if let Some(served) = &self.served {
            assert_eq!(served.get(&format!("/queue-sync{}", self.shape.canary())).0, 200);
        }
    }

    /// Every date of the checkpoint lies so many milliseconds further back.
    pub(crate) fn time_goes_by(&self, by: u64) {
        let asked = json!({ "SecretId": CHECKPOINT });
        let Ok(stored) = self.aws.operate(REGION, "GetSecretValue", &asked) else { return };
        let mut document: Value = serde_json::from_str(stored["SecretString"].as_str().unwrap()).unwrap();
        if document["schema"].is_null() {
            // Killed before there was one: what stands there is the store's own placeholder.
            return;
        }
        age(&mut document, by);
        let put = json!({
            "SecretId": CHECKPOINT, "SecretString": document.to_string(), "VersionStages": ["AWSCURRENT"],
            "ClientRequestToken": format!("{:0>32}", self.requests() + 1_000),
        });
        self.aws.operate(REGION, "PutSecretValue", &put).unwrap();
    }

    /// Runs until there is nothing to do but to wait for the consumers, and sees that nothing was left over.
    pub(crate) fn until_the_soak(&self) {
        for _ in 0..6 {
            let finished = self.scene.run(&["rotate", "run", "queue-sync", "--wait", "0s", "--json"]);
            assert_eq!(finished.code, Some(11), "{finished:?}");
            self.check();
            if finished.stdout.contains("consumers may still hold the old secret") {
                let both = BTreeSet::from([self.old.clone(), self.current().0]);
                assert_eq!((self.live(), both.len()), (both, 2), "an orphan, or nothing new");
                let fresh = self.scene.run(&["call", "queue-sync", "GET", self.shape.canary()]);
                assert_eq!(fresh.code, Some(0), "{fresh:?}");
                return;
            }
            self.time_goes_by(10 * MINUTE);
        }
        panic!("it never comes to the soak");
    }

    /// Runs until it is over, and sees that one secret is left.
    pub(crate) fn until_it_ends(&self) {
        for _ in 0..6 {
            if self.live() == BTreeSet::from([self.current().0]) && self.is_over() {
                assert_ne!(self.current().0, self.old);
                let fresh = self.scene.run(&["call", "queue-sync", "GET", self.shape.canary()]);
                assert_eq!(fresh.code, Some(0), "{fresh:?}");
                return;
            }
            let finished = self.scene.run(&["rotate", "run", "queue-sync", "--wait", "0s"]);
            assert!(matches!(finished.code, Some(0 | 11)), "{finished:?}");
            self.check();
            if finished.code == Some(11) {
                self.time_goes_by(8 * DAY);
            }
        }
        panic!("it never ends");
    }

    pub(crate) fn is_over(&self) -> bool {
        let document = self.document();
        document["rotation"].is_null() && document["last"]["outcome"] == "rotated"
    }

    /// What stands beside the secret; null before there is anything.
    pub(crate) fn document(&self) -> Value {
        let asked = json!({ "SecretId": CHECKPOINT });
        let Ok(stored) = self.aws.operate(REGION, "GetSecretValue", &asked) else { return Value::Null };
        serde_json::from_str(stored["SecretString"].as_str().unwrap()).unwrap()
    }

    /// What the store hands to consumers.
    pub(crate) fn value(&self) -> Value {
        let stored = self.aws.operate(REGION, "GetSecretValue", &json!({ "SecretId": ENTRY })).unwrap();
        serde_json::from_str(stored["SecretString"].as_str().unwrap()).unwrap()
    }

    /// Slot and secret that are current.
    pub(crate) fn current(&self) -> (String, String) {
        let value = self.value();
        let (slot, secret) = match self.shape {
            Shape::Clients => ("client_id", "client_secret"),
            Shape::Keys => ("access_key_id", "access_key_secret"),
        };
        (value[slot].as_str().unwrap().to_owned(), value[secret].as_str().unwrap().to_owned())
    }

    pub(crate) fn live(&self) -> BTreeSet<String> {
        let (kind, names) = match self.shape {
            Shape::Clients => (SecretKind::Client, ["a", "b"]),
            Shape::Keys => (SecretKind::AccessKey, ["", ""]),
        };
        let ours = |id: &String| {
            *id != "ADMIN====" && (kind == SecretKind::AccessKey || names.contains(&id.as_str()))
        };
        let live = self.scene.world().live_secrets().into_iter().filter(|live| live.kind == kind);
        live.map(|live| live.id).filter(ours).collect()
    }
}

impl Shape {
    pub(crate) fn canary(self) -> &'static str {
        match self {
            Self::Clients => "/api/v2/routing/queues",
            Self::Keys => "/inContactAPI/services/v31.0/contacts/completed",
        }
    }
}

/// Kills it a moment after `then` is true, or after it has ended.
pub(crate) fn killed_at(mut process: Running, then: impl Fn() -> bool, moment: Duration) -> Finished {
    while !then() && !process.has_ended().unwrap() {
        thread::park_timeout(Duration::from_micros(100));
    }
    thread::park_timeout(moment);
    process.kill().unwrap()
}

/// Moves every date in `value` back by so many milliseconds.
pub(crate) fn age(value: &mut Value, by: u64) {
    let Some(members) = value.as_object_mut() else {
        for item in value.as_array_mut().into_iter().flatten() {
            age(item, by);
        }
        return;
    };
    for (name, member) in members {
        match member.as_u64().filter(|_| {
            let dates = ["at", "until", "since", "told", "generated", "resumed", "first", "last"];
            dates.contains(&name.as_str()) || ["off", "gone", "ended"].contains(&name.as_str())
        }) {
            Some(at) => *member = (at - by).into(),
            None => age(member, by),
        }
    }
}

pub(crate) const HEAD: &str = r#"version = 1
environment = "test"
[sidecar]
listen = "127.0.0.1:0"
pass_file = "run/pass"
[outbound]
private_networks = ["127.0.0.0/8"]
[stores.local]
path = "store"
"#;

pub(crate) fn clients(scene: &Scene) -> (String, Value, Value) {
    for id in ["a", "b", "admin"] {
        scene.world().add_client(NewClient::named(id).id(id).secret(format!("planted-{id}")));
    }
    let (login, api) = scene.address();
    let tables = format!(
        r#"
[integrations.queue-sync]
platform = "genesys"
token_url = "{login}/oauth/token"
api_url = "{api}"
secret = "SECRET"
allow = ["GET /api/v2/routing/queues"]
[integrations.queue-sync.rotation]
administrator = "admin"
clients = ["a", "b"]
verify = ["GET /api/v2/routing/queues"]
[integrations.admin]
platform = "genesys"
token_url = "{login}/oauth/token"
api_url = "{api}"
secret = "ADMIN"
administers = true
allow = ["GET /api/v2/oauth/clients/**", "PUT /api/v2/oauth/clients/*", "POST /api/v2/oauth/clients/*/secret"]
"#
    );
    let value = |id: &str| json!({ "client_id": id, "client_secret": format!("planted-{id}"), "environment": "test" });
    (tables, value("a"), value("admin"))
}

pub(crate) fn keys(scene: &Scene) -> (String, Value, Value) {
    let admin = NewAccessKey::named("admin").id("ADMIN====").secret("planted-admin").user("admin");
    scene.world().add_access_key(admin);
    let key = NewAccessKey::named("queue-sync").id("OLD====").secret("planted-key").user("u");
    scene.world().add_access_key(key.application("app", "planted-app"));
    scene.world().add_contacts(2);
    let (identity, hub) = (scene.emulator().cxone_identity_url(), scene.emulator().cxone_userhub_url());
    let canary = Shape::Keys.canary();
    let keys = "/access-key-management/v1/access-keys";
    let tables = format!(
        r#"
[integrations.queue-sync]
platform = "cxone"
issuer = "{identity}"
secret = "SECRET"
allow = ["GET /inContactAPI/services/**"]
[integrations.queue-sync.rotation]
administrator = "admin"
user = "u"
verify = ["GET {canary}"]
[integrations.admin]
platform = "cxone"
profile = "userhub"
token_url = "{hub}/authentication/v1/token/access-key"
api_url = "{hub}"
secret = "ADMIN"
administers = true
allow = ["GET {keys}", "POST {keys}", "PATCH {keys}", "GET {keys}/*", "DELETE {keys}/*"]
"#
    );
    let ours = json!({
        "client_id": "app", "client_secret": "planted-app", "access_key_id": "OLD====",
        "access_key_secret": "planted-key", "environment": "test",
    });
    (
        tables,
        ours,
        json!({ "access_key_id": "ADMIN====", "access_key_secret": "planted-admin", "environment": "test" }),
    )
}
