//! An emulated platform with one client, and clients of ours for it.

use hallpass::{Client, ClientBuilder, Network, Secret};
use hallpass_emulator::{Emulator, GenesysSettings, NewClient, Settings, WitnessReport};
use http::Request;

pub(crate) struct Stage {
    pub(crate) emulator: Emulator,
    pub(crate) id: String,
    secret: String,
    pub(crate) network: Network,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        let genesys = GenesysSettings { api_limit: None, token_limit: None, ..GenesysSettings::default() };
        let emulator = Emulator::start(Settings { genesys, ..Settings::default() }).await.unwrap();
        let keys = emulator.world().add_client(NewClient::named("queue-sync").id("shared").secret("sesame"));
        emulator.world().add_queue("Sales");
        let network = Network::public().open("127.0.0.0/8").unwrap();
        Self { emulator, id: keys.id, secret: keys.secret, network }
    }

    pub(crate) fn token_url(&self) -> String {
        format!("{}/oauth/token", self.emulator.login_url())
    }

    /// Everything but rules.
    pub(crate) fn described(&self) -> ClientBuilder {
        Client::builder("queue-sync")
            .platform("genesys")
            .urls(self.token_url(), self.emulator.api_url())
            .environment("test")
            .network(self.network.clone())
    }

    /// Everything.
    pub(crate) fn builder(&self) -> ClientBuilder {
        self.described().secret_value(stored(&self.id, &self.secret, None)).allow([QUEUES_RULE])
    }

    pub(crate) fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    pub(crate) fn witness(&self) -> WitnessReport {
        self.emulator.world().witness()
    }

    /// The tokens that API calls carried, in order.
    pub(crate) fn tokens_seen(&self) -> Vec<Option<u64>> {
        let log = self.witness().log;
        log.iter().filter(|record| !record.token_endpoint).map(|record| record.token_number).collect()
    }
}

pub(crate) fn stored(id: &str, secret: &str, environment: Option<&str>) -> Secret {
    let mut value = serde_json::json!({ "client_id": id, "client_secret": secret });
    if let Some(environment) = environment {
        value["environment"] = environment.into();
    }
    Secret::from(value.to_string())
}

pub(crate) fn get(uri: &str) -> Request<()> {
    Request::get(uri).body(()).unwrap()
}

pub(crate) const QUEUES: &str = "/api/v2/routing/queues";
pub(crate) const QUEUES_RULE: &str = "GET /api/v2/routing/queues/**";
