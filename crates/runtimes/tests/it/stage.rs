//! Two integrations whose secrets are rotated, at an emulated platform, on a clock that the test moves.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use hallpass_app::{
    App, BoxFuture, Clock, Config, Flags, Moment, Purpose, Secret, Sleep, Sources, Times, Variables,
};
use hallpass_cloud_emulator::azure::{Azure, BEGINNING, IDENTITY_HEADER};
use hallpass_emulator::{ClockSettings, Emulator, NewClient, Settings};
use hallpass_runtimes::Places;
use tempfile::TempDir;
use tokio::sync::watch;

/// When every test begins.
pub(crate) const NOW: u64 = 1_800_000_000;

/// Longer than anything takes that is not stuck.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Time that only the test moves.
#[derive(Clone, Debug)]
pub(crate) struct Hand(Arc<watch::Sender<Duration>>);

impl Clock for Hand {
    fn now(&self) -> Moment {
        let now = *self.0.borrow();
        Moment { wall: now, monotonic: now }
    }
}

impl Sleep for Hand {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        // The local store's lock is tried again so soon. It may be held by nobody who moves this clock: a program that another test starts has
        // the file open between fork and exec.
        if duration < Duration::from_millis(100) {
            return Box::pin(tokio::task::yield_now());
        }
        let until = self.now().wall + duration;
        let mut time = self.0.subscribe();
        Box::pin(async move {
            if time.wait_for(|now| *now >= until).await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}

pub(crate) struct Stage {
    pub(crate) emulator: Emulator,
    pub(crate) app: Arc<App>,
    pub(crate) time: Hand,
    pub(crate) folder: TempDir,
    text: String,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        Self::keeping("local:sales").await
    }

    /// The secret of `sales` rests where this reference says.
    pub(crate) async fn keeping(sales: &str) -> Self {
        Self::configured(sales, "").await
    }

    /// The same, with more lines of configuration.
    pub(crate) async fn configured(sales: &str, more: &str) -> Self {
        Self::with(sales, "", more, Machine::default()).await
    }

    /// The secret of `sales` rests in a Key Vault, and its rotations agree in App Configuration.
    pub(crate) async fn in_a_vault(azure: &Azure) -> Self {
        azure.world.advance(NOW - BEGINNING);
        let document = format!("document = \"azure-appconfig:{}/kv/rotation/sales\"", azure.config.url());
        let machine = Machine {
            identity: vec![
                ("IDENTITY_ENDPOINT", format!("{}/msi/token", azure.local.url())),
                ("IDENTITY_HEADER", IDENTITY_HEADER.to_owned()),
            ],
            roots: azure.authority.pem(),
        };
        Self::with(&format!("azure-kv:{}/secrets/sales", azure.vault.url()), &document, "", machine).await
    }

    async fn with(sales: &str, document: &str, more: &str, machine: Machine) -> Self {
        let clock = ClockSettings::Frozen(NOW);
        let emulator = Emulator::start(Settings { clock, ..Settings::default() }).await.unwrap();
        let world = emulator.world();
        let hour = Duration::from_secs(3600);
        for id in ["sales-a", "sales-b", "billing-a", "billing-b"] {
            world.add_client(
                NewClient::named(id).id(id).secret(format!("planted-{id}")).validity(hour).role("role", "*"),
            );
        }
        world.add_client(NewClient::named("admin").id("admin").secret("planted-admin").role("role", "*"));
        world.add_queue("Sales");
        let folder = tempfile::tempdir().unwrap();
        let text = configuration(&emulator.login_url(), &emulator.api_url(), sales, document) + more;
        std::fs::write(folder.path().join("roots.pem"), &machine.roots).unwrap();
        let trusting = if machine.roots.is_empty() { "" } else { "extra_roots = \"roots.pem\"\n" };
        let text = text.replace("[outbound]\n", &format!("[outbound]\n{trusting}"));
        let sources = Sources::of_process(Flags::default());
        let config = Config::read(&folder.path().join("hallpass.toml"), &text, &sources).unwrap();
        let time = Hand(Arc::new(watch::Sender::new(Duration::from_secs(NOW))));
        let times = Times { clock: Arc::new(time.clone()), sleep: Arc::new(time.clone()) };
        let app = App::assemble_at(&config, Purpose::Command, Arc::new(machine), times).await.unwrap();
        for (name, client) in [("sales", "sales-a"), ("billing", "billing-a"), ("admin", "admin")] {
            let members = [("client_id", client.to_owned()), ("client_secret", format!("planted-{client}"))];
            let members = members.map(|(name, value)| (name.to_owned(), Secret::from(value)));
            app.put_secret(name, &BTreeMap::from(members)).await.unwrap();
        }
        Self { emulator, app: Arc::new(app), time, folder, text }
    }

    /// Another process over the same stores, whose configuration has these lines more, at its end and in the rotation of `sales`.
    pub(crate) async fn another(&self, purpose: Purpose, end: &str, rotation: &str) -> App {
        let last = "verify = [\"GET /api/v2/routing/queues?pageSize=1\"]\n";
        let text = format!("{}{end}", self.text.replacen(last, &format!("{last}{rotation}\n"), 1));
        let sources = Sources::of_process(Flags::default());
        let config = Config::read(&self.folder.path().join("hallpass.toml"), &text, &sources).unwrap();
        let times = Times { clock: Arc::new(self.time.clone()), sleep: Arc::new(self.time.clone()) };
        App::assemble_at(&config, purpose, Arc::new(Machine::default()), times).await.unwrap()
    }

    pub(crate) fn places(&self) -> Places {
        let places = self.app.rotated_places();
        Places::new(places.map(|(name, references)| (name.to_owned(), references.to_vec())))
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.time.0.send_modify(|now| *now += by);
        self.emulator.world().advance(by);
    }

    /// How many secrets the platform made, by its own count.
    pub(crate) fn made(&self) -> u64 {
        self.emulator.world().witness().totals.secrets_made
    }

    /// The client whose secret a call would use now.
    pub(crate) async fn client(&self, integration: &str) -> String {
        let credential = self.app.credential(integration).await.unwrap();
        credential.member("client_id").unwrap().expose_str().unwrap().to_owned()
    }
}

/// What the clouds' libraries find on the machine.
#[derive(Debug, Default)]
struct Machine {
    /// Variables that say who it is in Azure.
    identity: Vec<(&'static str, String)>,
    /// Certificates of further authorities.
    roots: String,
}

impl Variables for Machine {
    fn value(&self, name: &str) -> Option<OsString> {
        match name {
            "AWS_ACCESS_KEY_ID" => Some("AKIDFAKE".into()),
            "AWS_SECRET_ACCESS_KEY" => Some("planted-key".into()),
            "AWS_EC2_METADATA_DISABLED" => Some("true".into()),
            _ => self.identity.iter().find(|(given, _)| *given == name).map(|(_, value)| value.into()),
        }
    }
}

/// Each has a copy in a cloud's store, by whose name messages find it.
fn configuration(login: &str, api: &str, sales: &str, document: &str) -> String {
    let mut text = format!(
        r#"
version = 1
environment = "test"
[outbound]
private_networks = ["127.0.0.0/8"]
[stores.local]
path = "state/store"
[integrations.admin]
platform = "genesys"
token_url = "{login}/oauth/token"
api_url = "{api}"
secret = "local:admin"
administers = true
allow = ["GET /api/v2/oauth/clients/**", "PUT /api/v2/oauth/clients/*", "POST /api/v2/oauth/clients/*/secret"]
"#
    );
    for (name, first, copy) in [
        ("sales", sales, "gcp-sm:projects/acme-prod/secrets/sales"),
        ("billing", "local:billing", "azure-kv:https://acme-kv.vault.azure.net/secrets/billing"),
    ] {
        let document = if name == "sales" { document } else { "" };
        text.push_str(&format!(
            r#"
[integrations.{name}]
platform = "genesys"
token_url = "{login}/oauth/token"
api_url = "{api}"
secret = ["{first}", "{copy}"]
allow = ["GET /api/v2/routing/queues"]
[integrations.{name}.rotation]
administrator = "admin"
clients = ["{name}-a", "{name}-b"]
token_lifetime = "1h"
verify = ["GET /api/v2/routing/queues?pageSize=1"]
{document}
"#
        ));
    }
    text
}
