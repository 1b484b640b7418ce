//! An integration whose secret is replaced, at an emulated platform, in a store, on a clock that nobody but the test moves.
//!
//! ```text
//!   Stage::run ──▶ a new App, as cron starts a process      ┐
//!   Stage::call ─▶ the App that has been serving all along  ├─ one ManualTime, with the emulator's clock in step; AWS and its SDK go by the machine's
//!   Stage::pass ─▶ hours go by, and in each some calls      ┘
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hallpass_app::lifecycle::{Effect, Event, NoProgress, Order, Outcome, Progress, Step, Stop, WallTime};
use hallpass_app::{
    App, Call, Config, Fault, Flags, Purpose, Rotation, RotationOptions, Secret, Sources, Times, Variables,
};
use hallpass_cloud_emulator::StandIn;
use hallpass_cloud_emulator::aws::Aws;
use hallpass_cloud_emulator::azure::{Azure, BEGINNING, IDENTITY_HEADER};
use hallpass_core::Clock as _;
use hallpass_core::test_support::ManualTime;
use hallpass_emulator::{
    ClockSettings, CxoneSettings, Emulator, NewAccessKey, NewClient, SecretKind, Settings, World,
};
use hallpass_outbound::SystemClock;
use tempfile::TempDir;

/// What is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Two clients of Genesys Cloud that take turns.
    Clients,
    /// The access keys of a CXone user.
    Keys,
    /// A CXone application by its successors.
    Applications,
}

/// Where it rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Local,
    Aws,
    /// In a Key Vault, with the document in App Configuration.
    Azure,
}

/// Whose secret it is.
pub(crate) const NAME: &str = "queue-sync";
/// The entry in AWS.
pub(crate) const ENTRY: &str = "prod/queue-sync";
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// Longer than anything takes that is not stuck.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Stage {
    pub(crate) shape: Shape,
    pub(crate) emulator: Emulator,
    pub(crate) time: ManualTime,
    pub(crate) folder: TempDir,
    pub(crate) aws: Arc<Aws>,
    pub(crate) azure: Option<Azure>,
    machine: Machine,
    config: Config,
    text: String,
    served: App,
    _door: StandIn,
    /// The ids and secrets that were there from the start.
    planted: Vec<String>,
}

impl Stage {
    pub(crate) async fn set(shape: Shape, place: Place) -> Self {
        Self::with(shape, place, "", None).await
    }

    /// The same with `more` lines in the table `rotation`, and an administrator that has these permissions only.
    pub(crate) async fn with(shape: Shape, place: Place, more: &str, permissions: Option<&[&str]>) -> Self {
        let (azure, machine) = machine(place).await;
        // The stand-in of Azure dates what is written by a clock of its own.
        let now = if azure.is_some() { BEGINNING } else { SystemClock::start().now().wall.as_secs() };
        let time = ManualTime::starting_at(Duration::from_secs(now));
        let cxone = CxoneSettings { separate_userhub: true, ..CxoneSettings::default() };
        let clock = ClockSettings::Frozen(now);
        let emulator = Emulator::start(Settings { clock, cxone, ..Settings::default() }).await.unwrap();
        let aws = Arc::new(Aws::new());
        let door = StandIn::start(Arc::clone(&aws) as _, None).await.unwrap();
        let reference = match place {
            Place::Local => format!("local:{NAME}"),
            Place::Aws => format!("aws-sm:{ENTRY}?region=us-east-1&endpoint={}", door.url()),
            Place::Azure => format!("azure-kv:{}/secrets/{NAME}", azure.as_ref().unwrap().vault.url()),
        };
        let document = azure.as_ref().map(|azure| format!("document = \"{}\"", document(azure)));
        let more = format!("{more}\n{}", document.unwrap_or_default());
        let (integrations, members, admin) = platform(shape, &emulator, &reference, &more, permissions);
        let folder = tempfile::tempdir().unwrap();
        let mut text = format!("{HEAD}{integrations}");
        if let Some(azure) = &azure {
            std::fs::write(folder.path().join("roots.pem"), azure.authority.pem()).unwrap();
            text = text.replace("[outbound]", "[outbound]\nextra_roots = \"roots.pem\"");
        }
        let config = read(&folder, &text);
        let served = assemble(&config, &time, Purpose::Command, &machine).await;
        served.put_secret("admin", &admin).await.unwrap();
        served.put_secret(NAME, &members).await.unwrap();
        let secret = |name: &&String| name.ends_with("_secret");
        let of = |members: &BTreeMap<String, Secret>| {
            let secrets =
                members.keys().filter(secret).map(|name| members[name].expose_str().unwrap().to_owned());
            secrets.collect::<Vec<_>>()
        };
        let planted = [of(&members), of(&admin)].concat();
        Self {
            shape,
            emulator,
            time,
            folder,
            aws,
            azure,
            machine,
            config,
            text,
            served,
            _door: door,
            planted,
        }
    }

    pub(crate) fn world(&self) -> &World {
        self.emulator.world()
    }

    /// From now on the configuration reads otherwise, for whoever starts.
    pub(crate) fn reconfigure(&mut self, from: &str, to: &str) {
        assert!(self.text.contains(from), "{from}");
        self.text = self.text.replace(from, to);
        self.config = read(&self.folder, &self.text);
    }

    /// A process that starts now.
    pub(crate) async fn app(&self) -> App {
        assemble(&self.config, &self.time, Purpose::Command, &self.machine).await
    }

    /// A sidecar that starts now.
    pub(crate) async fn sidecar(&self) -> App {
        assemble(&self.config, &self.time, Purpose::Gateway, &self.machine).await
    }

    pub(crate) fn rotation(&self, app: &App) -> Result<Rotation, Fault> {
        let options = RotationOptions { stay: Duration::ZERO, accept_downtime_risk: false };
        app.rotation(NAME, options, Arc::new(NoProgress))
    }

    /// One run, in a process of its own.
    pub(crate) async fn run(&self, order: Order) -> Stop {
        let app = self.app().await;
        let run = async { self.rotation(&app).unwrap().run(order).await };
        tokio::time::timeout(PATIENCE, run).await.unwrap_or_else(|_| panic!("{order:?} hangs"))
    }

    /// One run that waits up to `stay` at one place: time goes on by the second while the engine waits, and only then.
    pub(crate) async fn stay(&self, order: Order, stay: Duration) -> Stop {
        let app = self.app().await;
        let waits = Arc::new(Waits::default());
        let options = RotationOptions { stay, accept_downtime_risk: false };
        let rotation = app.rotation(NAME, options, Arc::clone(&waits) as _).unwrap();
        let ticks = async {
            loop {
                tokio::task::yield_now().await;
                if waits.0.load(Ordering::Relaxed) {
                    self.time.advance(Duration::from_secs(1));
                    self.world().advance(Duration::from_secs(1));
                }
            }
        };
        tokio::select! {
            stop = tokio::time::timeout(PATIENCE, rotation.run(order)) => stop.unwrap_or_else(|_| panic!("{order:?} hangs")),
            () = ticks => unreachable!("it ticks for ever"),
        }
    }

    /// All clocks go on, without a call in between.
    pub(crate) fn advance(&mut self, by: Duration) {
        self.time.advance(by);
        self.world().advance(by);
        if let Some(azure) = &self.azure {
            azure.world.advance(by.as_secs());
        }
    }

    /// Time goes by, and whoever serves goes on serving: one that has been there all along, and one that starts now.
    pub(crate) async fn pass(&mut self, by: Duration) {
        let mut left = by;
        while !left.is_zero() {
            let step = left.min(12 * HOUR);
            self.advance(step);
            left -= step;
            self.call(&self.served).await;
        }
        self.call(&self.app().await).await;
    }

    /// A call of that process must succeed.
    pub(crate) async fn call(&self, app: &App) {
        let call = Call { method: "GET".into(), target: self.shape.canary().into(), ..Call::default() };
        let answer = tokio::time::timeout(PATIENCE, app.call(NAME, call)).await;
        let answer = answer.unwrap_or_else(|_| panic!("a call hangs"));
        assert_eq!(answer.unwrap().status, 200);
    }

    /// The process that has been serving all along.
    pub(crate) async fn serve(&self) {
        self.call(&self.served).await;
    }

    /// Runs `rotate due` as cron does, waits as long as it says, and so on until it comes to an end.
    pub(crate) async fn until_it_ends(&mut self) -> Outcome {
        for _ in 0..60 {
            match self.run(Order::Due).await {
                Stop::Finished(outcome) => return outcome,
                Stop::Waiting(until, _) => self.wait_until(until).await,
                other => panic!("{other:?}"),
            }
        }
        panic!("it never ends");
    }

    pub(crate) async fn wait_until(&mut self, until: WallTime) {
        let now = self.time.now().wall;
        self.pass(until.since_epoch().saturating_sub(now)).await;
    }

    /// The slot and the secret that a process reads that starts now.
    pub(crate) async fn current(&self) -> (String, String) {
        let credential = self.app().await.credential(NAME).await.unwrap();
        let (slot, secret) = self.shape.members();
        let member = |name: &str| credential.member(name).unwrap().expose_str().unwrap().to_owned();
        (member(slot), member(secret))
    }

    /// The slots of the integration that open the door now, by the platform's own word.
    pub(crate) fn live(&self) -> BTreeSet<String> {
        let (kind, others): (_, &[&str]) = match self.shape {
            Shape::Clients => (SecretKind::Client, &["admin"]),
            Shape::Keys => (SecretKind::AccessKey, &["ADMIN===="]),
            Shape::Applications => (SecretKind::Application, &["admin-app"]),
        };
        let live = self.world().live_secrets().into_iter().filter(|live| live.kind == kind);
        live.map(|live| live.id).filter(|id| !others.contains(&id.as_str())).collect()
    }

    /// How many secrets the platform made, and how many deletions it carried out.
    pub(crate) fn made_and_deleted(&self) -> (u64, usize) {
        let report = self.world().witness();
        let deleted = report.log.iter().filter(|seen| {
            seen.administration && seen.method == "DELETE" && seen.status.is_some_and(|status| status < 300)
        });
        (report.totals.secrets_made, deleted.count())
    }

    /// No secret stands in any file of the folder (the store is encrypted), nor in what is handed in.
    pub(crate) fn assert_nothing_secret(&self, told: &str, more: &[&str]) {
        let secrets = self.planted.iter().map(String::as_str).chain(more.iter().copied());
        let files = files(self.folder.path());
        assert!(files.iter().any(|(name, _)| name.ends_with("audit.jsonl")));
        for secret in secrets {
            assert!(!told.contains(secret));
            for (name, content) in &files {
                let found = content.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "a secret stands in {name}");
            }
        }
    }

    /// The lines of the audit log.
    pub(crate) fn audit(&self) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(self.folder.path().join("audit.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Shape {
    /// The call that is made all the time, and that a new secret is tried with.
    pub(crate) fn canary(self) -> &'static str {
        match self {
            Self::Clients => "/api/v2/routing/queues?pageSize=1",
            Self::Keys | Self::Applications => "/inContactAPI/services/v31.0/contacts/completed",
        }
    }

    /// The members of its slot and of its secret.
    fn members(self) -> (&'static str, &'static str) {
        match self {
            Self::Clients | Self::Applications => ("client_id", "client_secret"),
            Self::Keys => ("access_key_id", "access_key_secret"),
        }
    }
}

const HEAD: &str = r#"
version = 1
environment = "test"
[outbound]
private_networks = ["127.0.0.0/8"]
[stores.local]
path = "state/store"
[audit]
file = "audit.jsonl"
"#;

type Members = BTreeMap<String, Secret>;

fn members(given: &[(&str, &str)]) -> Members {
    given.iter().map(|(name, value)| ((*name).to_owned(), Secret::from(*value))).collect()
}

/// The tables of integration and administrator, and what both authenticate with.
fn platform(
    shape: Shape,
    emulator: &Emulator,
    reference: &str,
    more: &str,
    permissions: Option<&[&str]>,
) -> (String, Members, Members) {
    if shape == Shape::Clients {
        return genesys(emulator, reference, more, permissions);
    }
    let world = emulator.world();
    let admin = NewAccessKey::named("admin").id("ADMIN====").secret("planted-admin").user("admin");
    let admin = admin.application("admin-app", "planted-admin-app");
    world.add_access_key(match permissions {
        Some(permissions) => admin.permissions(permissions.iter().copied()),
        None => admin,
    });
    let key = NewAccessKey::named(NAME).id("OLD====").secret("planted-key").user("u");
    world.add_access_key(key.application("app", "planted-app"));
    world.add_contacts(2);
    let rotated = match shape {
        Shape::Keys => "user = \"u\"".to_owned(),
        _ => format!(
            "application = \"{NAME}\"\napplications_path = \"{}\"",
            CxoneSettings::default().applications_path
        ),
    };
    let (login, admin) = administrator(shape, emulator);
    let identity = emulator.cxone_identity_url();
    let canary = format!("GET {}", shape.canary());
    let text = format!(
        r#"
[integrations.{NAME}]
platform = "cxone"
issuer = "{identity}"
secret = "{reference}"
allow = ["GET /inContactAPI/services/**"]
[integrations.{NAME}.rotation]
administrator = "admin"
{rotated}
verify = ["{canary}"]
{more}
[integrations.admin]
platform = "cxone"
{login}
secret = "local:admin"
administers = true
"#
    );
    let ours = members(&[
        ("client_id", "app"),
        ("client_secret", "planted-app"),
        ("access_key_id", "OLD===="),
        ("access_key_secret", "planted-key"),
    ]);
    (text, ours, admin)
}

/// How the administrator logs in and what it may call, and its secret: keys with the whole login of an application, behind one of two upstreams,
/// applications with an access key alone.
fn administrator(shape: Shape, emulator: &Emulator) -> (String, Members) {
    let key = [("access_key_id", "ADMIN===="), ("access_key_secret", "planted-admin")];
    if shape == Shape::Keys {
        let (identity, keys) =
            (emulator.cxone_identity_url(), "/userhub/access-key-management/v1/access-keys");
        let login = format!(
            r#"issuer = "{identity}"
upstreams = {{ api = "discovered", userhub = "discovered" }}
allow = ["GET {keys}", "POST {keys}", "PATCH {keys}", "GET {keys}/*", "DELETE {keys}/*"]"#
        );
        let application = [("client_id", "admin-app"), ("client_secret", "planted-admin-app")];
        return (login, members(&[application, key].concat()));
    }
    let (hub, base) = (emulator.cxone_userhub_url(), CxoneSettings::default().applications_path);
    let one = format!("{base}/applications");
    let login = format!(
        r#"profile = "userhub"
token_url = "{hub}/authentication/v1/token/access-key"
api_url = "{hub}"
allow = ["GET {one}", "POST {one}", "GET {one}/*", "POST {one}/*", "DELETE {one}/*"]"#
    );
    (login, members(&key))
}

fn genesys(
    emulator: &Emulator,
    reference: &str,
    more: &str,
    permissions: Option<&[&str]>,
) -> (String, Members, Members) {
    let world = emulator.world();
    for (id, secret) in [("client-a", "planted-a"), ("client-b", "planted-b")] {
        world.add_client(NewClient::named(id).id(id).secret(secret).validity(HOUR).role("role", "*"));
    }
    let admin = NewClient::named("admin").id("admin").secret("planted-admin").role("role", "*");
    world.add_client(match permissions {
        Some(permissions) => admin.permissions(permissions.iter().copied()),
        None => admin,
    });
    world.add_queue("Sales");
    let (login, api) = (emulator.login_url(), emulator.api_url());
    let canary = format!("GET {}", Shape::Clients.canary());
    let text = format!(
        r#"
[integrations.{NAME}]
platform = "genesys"
token_url = "{login}/oauth/token"
api_url = "{api}"
secret = "{reference}"
allow = ["GET /api/v2/routing/queues", "GET /api/v2/organizations/me"]
[integrations.{NAME}.rotation]
administrator = "admin"
clients = ["client-a", "client-b"]
token_lifetime = "1h"
verify = ["{canary}"]
{more}
[integrations.admin]
platform = "genesys"
token_url = "{login}/oauth/token"
api_url = "{api}"
secret = "local:admin"
administers = true
allow = ["GET /api/v2/oauth/clients/**", "PUT /api/v2/oauth/clients/*", "POST /api/v2/oauth/clients/*/secret"]
"#
    );
    let ours = members(&[("client_id", "client-a"), ("client_secret", "planted-a")]);
    (text, ours, members(&[("client_id", "admin"), ("client_secret", "planted-admin")]))
}

fn read(folder: &TempDir, text: &str) -> Config {
    Config::read(&folder.path().join("hallpass.toml"), text, &Sources::of_process(Flags::default())).unwrap()
}

async fn assemble(config: &Config, time: &ManualTime, purpose: Purpose, machine: &Machine) -> App {
    let times = Times { clock: Arc::new(time.clone()), sleep: Arc::new(time.clone()) };
    App::assemble_at(config, purpose, Arc::new(machine.clone()), times).await.unwrap()
}

/// The stand-ins of Azure, where the secret rests there, and what the clouds' libraries find in the environment.
async fn machine(place: Place) -> (Option<Azure>, Machine) {
    let mut machine = Machine(BTreeMap::from([
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ]));
    if place != Place::Azure {
        return (None, machine);
    }
    let azure = Azure::start().await.unwrap();
    machine.0.insert("IDENTITY_ENDPOINT", format!("{}/msi/token", azure.local.url()));
    machine.0.insert("IDENTITY_HEADER", IDENTITY_HEADER.to_owned());
    (Some(azure), machine)
}

/// Where rotations of the secret in that vault agree.
pub(crate) fn document(azure: &Azure) -> String {
    format!("azure-appconfig:{}/kv/rotation/{NAME}?label=test", azure.config.url())
}

/// Whether the engine waits.
#[derive(Debug, Default)]
struct Waits(AtomicBool);

impl Progress for Waits {
    fn begins(&self, _: Step, _: &Effect) {
        self.0.store(false, Ordering::Relaxed);
    }

    fn waits(&self, _: Step, _: WallTime, _: WallTime) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn ended(&self, _: Step, _: &Event) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// What the clouds' libraries find in the environment.
#[derive(Clone, Debug)]
struct Machine(BTreeMap<&'static str, String>);

impl Variables for Machine {
    fn value(&self, name: &str) -> Option<OsString> {
        self.0.get(name).map(OsString::from)
    }
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    found
}
