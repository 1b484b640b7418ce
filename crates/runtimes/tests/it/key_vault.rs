//! From a vault's own near-expiry event to a rotated secret in that vault.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hallpass_app::{BoxFuture, TokioSleep};
use hallpass_cloud_emulator::azure::Azure;
use hallpass_runtimes::door::{Desk, Door, Senders};
use hallpass_runtimes::{Due, Proof, Rotate, Turns};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::knock::knock;
use crate::stage::{NOW, PATIENCE, Stage};

const KEY: &str = "k3y-of-the-subscription-0123456789";
const DAY: u64 = 86_400;

/// The engine, and how many of its runs have ended.
#[derive(Debug)]
struct Counted(Due, watch::Sender<usize>);

impl Rotate for Counted {
    fn due<'a>(&'a self, integration: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            self.0.due(integration).await;
            self.1.send_modify(|ended| *ended += 1);
        })
    }
}

struct House {
    azure: Azure,
    stage: Stage,
    counted: Arc<Counted>,
    address: SocketAddr,
}

impl House {
    async fn open() -> Self {
        let azure = Azure::start().await.unwrap();
        let stage = Stage::in_a_vault(&azure).await;
        let due = Due::new(Arc::clone(&stage.app), Duration::ZERO);
        let counted = Arc::new(Counted(due, watch::Sender::new(0)));
        let turns = Arc::new(Turns::new(Arc::clone(&counted) as _));
        let senders = Senders { azure: Some(Proof::Key(KEY.into())), google: None };
        let desk = Desk::new(senders, stage.places(), turns);
        let door = Door::bind(([127, 0, 0, 1], 0).into(), desk, Arc::new(TokioSleep)).await.unwrap();
        let address = door.address();
        tokio::spawn(door.serve(std::future::pending()));
        Self { azure, stage, counted, address }
    }

    fn advance(&self, days: u64) {
        self.stage.advance(Duration::from_secs(days * DAY));
        self.azure.world.advance(days * DAY);
    }

    fn expiry(&self) -> u64 {
        self.azure.world.expiry("sales").unwrap()
    }

    /// What Event Grid says of the secret's newest version.
    fn near_expiry(&self) -> Value {
        let url = self.azure.vault.url();
        let vault = url.strip_prefix("https://").unwrap();
        json!({"Id": format!("{url}/secrets/sales/ee059b2bb5bc48398a53b168c6cdcb10"), "VaultName": vault,
               "ObjectType": "Secret", "ObjectName": "sales", "EXP": self.expiry()})
    }

    /// Delivers it, and waits for the end of the run that comes of it.
    async fn deliver(&self, body: &Value) {
        let mut ended = self.counted.1.subscribe();
        let before = *ended.borrow_and_update();
        let (status, answer) =
            knock(self.address, "POST /azure/event-grid", &[("Hallpass-Key", KEY)], &body.to_string()).await;
        assert_eq!(status, 202, "{answer}");
        let one_more = ended.wait_for(|ended| *ended > before);
        tokio::time::timeout(PATIENCE, one_more).await.unwrap().unwrap();
    }

    async fn in_event_grids_schema(&self) {
        let event = json!([{"id": "1", "topic": "/subscriptions/s", "subject": "sales", "dataVersion": "1", "metadataVersion": "1",
            "eventType": "Microsoft.KeyVault.SecretNearExpiry", "eventTime": "2027-04-15T00:00:00Z", "data": self.near_expiry()}]);
        self.deliver(&event).await;
    }

    async fn as_a_cloud_event(&self) {
        let event = json!({"id": "1", "source": "/subscriptions/s", "subject": "sales", "specversion": "1.0",
            "type": "Microsoft.KeyVault.SecretNearExpiry", "time": "2027-04-15T00:00:00Z", "data": self.near_expiry()});
        self.deliver(&event).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vaults_own_near_expiry_rotates_the_secret_in_that_vault() {
    let house = House::open().await;
    assert_eq!(house.expiry(), NOW + 120 * DAY, "the period, and the 30 days by which Event Grid is early");

    house.advance(89);
    house.in_event_grids_schema().await;
    assert_eq!(house.stage.made(), 0, "a message that comes too early changes nothing");

    // Thirty days before `exp`, which is when the vault speaks up.
    house.advance(1);
    house.as_a_cloud_event().await;
    assert_eq!(house.stage.made(), 1);
    assert_eq!(house.stage.client("sales").await, "sales-b", "the idle client's new secret is in use");
    assert_eq!(house.expiry(), NOW + 210 * DAY, "its own day will come");

    for _ in 0..3 {
        house.in_event_grids_schema().await;
    }
    assert_eq!(house.stage.made(), 1, "repeated messages change nothing");

    // What carries it on is a schedule; here the same message once a day does what `rotate due` would.
    for _ in 1..=40 {
        house.advance(1);
        house.as_a_cloud_event().await;
    }
    let options = hallpass_app::RotationOptions { stay: Duration::ZERO, accept_downtime_risk: false };
    let progress = Arc::new(hallpass_app::lifecycle::NoProgress);
    let rotation = house.stage.app.rotation("sales", options, progress).unwrap();
    let status = rotation.status().await.unwrap();
    assert!(status.rotation.is_none(), "{status:?}");
    let stages: Vec<_> = status.secrets.iter().map(|secret| secret.stage).collect();
    assert_eq!(stages, ["CURRENT"], "the old secret is gone");
    assert_eq!(house.stage.made(), 2, "the idle client's, and one for the old client that nobody keeps");
}
