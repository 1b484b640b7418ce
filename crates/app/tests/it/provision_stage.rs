//! A platform on which nothing is provisioned yet, and runs of provisioning that can be killed anywhere.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hallpass_app::clients::{Done, Effect, Goal, Witness};
use hallpass_app::{
    App, Config, Fault, Flags, ProvisionOptions, Purpose, Secret, Sleep, Sources, Times, Variables,
};
use hallpass_core::test_support::ManualTime;
use hallpass_core::{BoxFuture, Clock as _};
use hallpass_emulator::{
    ClockSettings, CxoneSettings, Emulator, GenesysSettings, NewAccessKey, NewClient, NewDivision, NewRole,
    Settings, World,
};
use hallpass_outbound::SystemClock;
use tempfile::TempDir;

/// Longer than anything takes that is not stuck.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Genesys,
    /// Two clients of Genesys Cloud that take turns.
    Pair,
    /// A client of Genesys Cloud with a role of its own.
    Role,
    Cxone,
}

/// A platform on which nothing is provisioned yet, on a clock that moves only where the engine waits.
pub(crate) struct Stage {
    pub(crate) shape: Shape,
    pub(crate) emulator: Emulator,
    config: Config,
    pub(crate) times: Times,
    pub(crate) waits: Arc<Waits>,
    _folder: TempDir,
}

impl Stage {
    pub(crate) async fn set(shape: Shape) -> Self {
        let now = SystemClock::start().now().wall.as_secs();
        let time = ManualTime::starting_at(Duration::from_secs(now));
        // What is made shows in the list after 20 s only.
        let genesys = GenesysSettings { listing_lag_seconds: 20, ..GenesysSettings::default() };
        let cxone =
            CxoneSettings { separate_userhub: true, listing_lag_seconds: 20, ..CxoneSettings::default() };
        let settings = Settings { clock: ClockSettings::Frozen(now), genesys, cxone, ..Settings::default() };
        let emulator = Emulator::start(settings).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (text, admin) = match shape {
            Shape::Genesys => genesys_tables(&emulator, GRANTS, ""),
            Shape::Pair => genesys_tables(&emulator, GRANTS, TURNS),
            Shape::Role => genesys_tables(&emulator, PERMISSIONS, ""),
            Shape::Cxone => cxone_tables(&emulator),
        };
        let path = folder.path().join("hallpass.toml");
        let sources = Sources::of_process(Flags::default());
        let config = Config::read(&path, &format!("{HEAD}{text}"), &sources).unwrap();
        let waits = Arc::new(Waits {
            instant: AtomicBool::new(false),
            time: time.clone(),
            world: emulator.world().clone(),
        });
        let times = Times { clock: Arc::new(time), sleep: Arc::clone(&waits) as _ };
        let stage = Self { shape, emulator, config, times, waits, _folder: folder };
        stage.app().await.put_secret("admin", &admin).await.unwrap();
        stage
    }

    pub(crate) async fn app(&self) -> App {
        App::assemble_at(&self.config, Purpose::Command, Arc::new(Nothing), self.times.clone()).await.unwrap()
    }

    /// One run in a process of its own, killed after so many steps of its future.
    pub(crate) async fn run(&self, goal: Goal, steps: usize) -> Option<Result<Done, Fault>> {
        let app = self.app().await;
        let options = ProvisionOptions { adopt: false, even_if_used: true, stay: Duration::from_secs(120) };
        let engine = app.provisioning("queue-sync", options, Arc::clone(&self.waits) as _).unwrap();
        let run = Mortal { run: Box::pin(engine.run(goal)), steps };
        let ended = tokio::time::timeout(PATIENCE, run).await;
        self.waits.instant.store(false, Ordering::Relaxed);
        ended.unwrap_or_else(|_| panic!("it hangs"))
    }

    /// Runs until it is settled, as often as it takes.
    pub(crate) async fn settle(&self, goal: Goal) -> usize {
        for runs in 1..10 {
            match self.run(goal, usize::MAX).await.unwrap() {
                Ok(Done::Settled(_)) => return runs,
                Ok(Done::Waiting(left)) => self.waits.pass(left),
                Err(fault) => assert!(fault.code().name().starts_with("upstream"), "{fault}"),
            }
        }
        panic!("it never settles");
    }

    /// Every client that stands at Genesys Cloud besides the administrator, whether or not it gets tokens.
    pub(crate) fn standing(&self) -> Vec<String> {
        self.emulator.world().standing_clients().into_iter().filter(|id| id != "admin").collect()
    }

    /// How many roles there are that were not there from the start.
    pub(crate) fn own_roles(&self) -> usize {
        self.emulator.world().roles().into_keys().filter(|id| id != "role").count()
    }

    /// What is live at the platform besides the administrator.
    pub(crate) fn live(&self) -> Vec<String> {
        let others = ["admin", "ADMIN====", "admin-app", "app"];
        let live = self.emulator.world().live_secrets().into_iter().map(|live| live.id);
        live.filter(|id| !others.contains(&id.as_str())).collect()
    }

    /// One client, whose secret is the stored one, and nothing announced any more; then nothing is left to do, also once everything shows.
    pub(crate) async fn assert_one(&self, told: &str) {
        self.waits.pass(Duration::from_secs(120));
        let live = self.live();
        assert_eq!(live.len(), 1, "{told}: {live:?}");
        let standing = match self.shape {
            Shape::Genesys | Shape::Role => 1,
            Shape::Pair => 2,
            Shape::Cxone => 0,
        };
        assert_eq!(self.standing().len(), standing, "{told}: {:?}", self.standing());
        assert_eq!(self.own_roles(), usize::from(self.shape == Shape::Role), "{told}");
        let app = self.app().await;
        let credential = app.credential("queue-sync").await.unwrap();
        let (id, secret) = match self.shape {
            Shape::Genesys | Shape::Pair | Shape::Role => ("client_id", "client_secret"),
            Shape::Cxone => ("access_key_id", "access_key_secret"),
        };
        let member = |name| credential.member(name).and_then(Secret::expose_str).unwrap().to_owned();
        assert_eq!(member(id), live[0], "{told}");
        assert!(
            self.emulator.world().is_live(&member(id), &member(secret)),
            "{told}: the stored secret is dead"
        );
        let again = self.run(Goal::Apply, usize::MAX).await.unwrap().unwrap();
        assert!(matches!(again, Done::Settled(0)), "{told}: {again:?}");
    }
}

/// A process that is killed after so many steps.
struct Mortal<'a> {
    run: Pin<Box<dyn Future<Output = Result<Done, Fault>> + Send + 'a>>,
    steps: usize,
}

impl Future for Mortal<'_> {
    type Output = Option<Result<Done, Fault>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.steps == 0 {
            return Poll::Ready(None);
        }
        self.steps -= 1;
        self.run.as_mut().poll(context).map(Some)
    }
}

/// The engine's waits take no time; time-outs of calls never come.
#[derive(Debug)]
pub(crate) struct Waits {
    instant: AtomicBool,
    time: ManualTime,
    world: World,
}

impl Waits {
    pub(crate) fn pass(&self, by: Duration) {
        self.time.advance(by);
        self.world.advance(by);
    }
}

impl Sleep for Waits {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if self.instant.swap(false, Ordering::Relaxed) {
            self.pass(duration);
            return Box::pin(std::future::ready(()));
        }
        self.time.sleep(duration)
    }
}

impl Witness for Waits {
    fn begins(&self, _effect: &Effect) {}

    fn waits(&self, _left: Duration) {
        self.instant.store(true, Ordering::Relaxed);
    }

    fn warns(&self, _fault: &Fault) {
        self.instant.store(true, Ordering::Relaxed);
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

fn genesys_tables(emulator: &Emulator, rights: &str, more: &str) -> (String, BTreeMap<String, Secret>) {
    let world = emulator.world();
    world.add_role(NewRole::named("Queues").id("role").permission("routing:queue:view"));
    world.add_division(NewDivision::named("Sales").id("division"));
    world.add_client(NewClient::named("admin").id("admin").secret("planted-admin").role("role", "*"));
    let (login, api) = (emulator.login_url(), emulator.api_url());
    let place = format!("platform = \"genesys\"\ntoken_url = \"{login}/oauth/token\"\napi_url = \"{api}\"");
    let text = format!(
        r#"
[integrations.queue-sync]
{place}
secret = "local:queue-sync"
allow = ["GET /api/v2/routing/queues/**"]
[integrations.queue-sync.provision]
administrator = "admin"
{rights}
token_lifetime = "1h"
{more}
[integrations.admin]
{place}
secret = "local:admin"
administers = true
allow = ["GET /api/v2/**", "POST /api/v2/**", "PUT /api/v2/**", "DELETE /api/v2/**"]
"#
    );
    (text, members(&[("client_id", "admin"), ("client_secret", "planted-admin")]))
}

fn cxone_tables(emulator: &Emulator) -> (String, BTreeMap<String, Secret>) {
    let admin = NewAccessKey::named("admin").id("ADMIN====").secret("planted-admin").user("admin");
    emulator.world().add_access_key(admin.application("admin-app", "planted-admin-app"));
    let (userhub, api) = (emulator.cxone_userhub_url(), emulator.cxone_api_url());
    let place = format!(
        "platform = \"cxone\"\nprofile = \"userhub\"\ntoken_url = \"{userhub}/authentication/v1/token/access-key\""
    );
    let text = format!(
        r#"
[integrations.queue-sync]
{place}
api_url = "{api}"
secret = "local:queue-sync"
allow = ["GET /inContactAPI/services/**"]
[integrations.queue-sync.provision]
administrator = "admin"
user = "service-user"
[integrations.admin]
{place}
api_url = "{userhub}"
secret = "local:admin"
administers = true
allow = ["GET /access-key-management/**", "POST /access-key-management/**", "PATCH /access-key-management/**", "DELETE /access-key-management/**"]
"#
    );
    (text, members(&[("access_key_id", "ADMIN===="), ("access_key_secret", "planted-admin")]))
}

fn members(given: &[(&str, &str)]) -> BTreeMap<String, Secret> {
    given.iter().map(|(name, value)| ((*name).to_owned(), Secret::from(*value))).collect()
}

const GRANTS: &str = "grants = [{ role = \"Queues\", division = \"Sales\" }]";
const PERMISSIONS: &str =
    "permissions = [\"routing:queue:view\", \"routing:queue:edit\"]\ndivisions = [\"Sales\"]";

/// A rotation that names no client: it takes turns with those that provisioning makes.
const TURNS: &str = r#"
[integrations.queue-sync.rotation]
administrator = "admin"
sandbox_life = "1s"
watch = "1m"
verify = ["GET /api/v2/routing/queues"]
"#;

#[derive(Debug)]
struct Nothing;

impl Variables for Nothing {
    fn value(&self, _name: &str) -> Option<OsString> {
        None
    }
}
