//! The stores of Azure against our stand-in, which Microsoft's own Python SDK drives through the same table
//! (`tests/interop/azure_store_test.py`).

mod app_configuration;
mod document;
mod expiry;
mod faults;
mod identity;
mod key_vault;
mod promotion;

use std::ffi::OsString;
use std::sync::Arc;

use hallpass_cloud_emulator::azure::{Azure, CLIENT, CLIENT_SECRET, IDENTITY_HEADER, TENANT};
use hallpass_clouds::azure::{AppConfiguration, ConfigurationDocument, KeyVault, Settings};
use hallpass_core::{EntryName, Fault, Secret, Stage, Store, Version};
use hallpass_outbound::SystemClock;

/// A stand-in and the settings that lead to it.
struct Scene {
    azure: Azure,
}

impl Scene {
    async fn start() -> Self {
        Self { azure: Azure::start().await.expect("loopback has ports") }
    }

    /// Settings with exactly these variables: nothing of the machine's environment counts.
    fn settings(&self, origin: &str, variables: &[(&str, &str)]) -> Settings {
        let set: Vec<_> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect();
        let variables =
            move |name: &str| set.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let mut settings = Settings::new(origin, Arc::new(variables), Arc::new(SystemClock::start()));
        settings.extra_roots = Some(self.azure.authority.pem());
        settings
    }

    /// The identity of App Service: one plain request per token.
    fn app_service(&self) -> Vec<(&'static str, String)> {
        let endpoint = format!("{}/msi/token", self.azure.local.url());
        vec![("IDENTITY_ENDPOINT", endpoint), ("IDENTITY_HEADER", IDENTITY_HEADER.to_owned())]
    }

    fn application(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AZURE_AUTHORITY_HOST", self.azure.entra.url()),
            ("AZURE_TENANT_ID", TENANT.to_owned()),
            ("AZURE_CLIENT_ID", CLIENT.to_owned()),
            ("AZURE_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
        ]
    }

    fn vault_as(&self, variables: &[(&'static str, String)]) -> KeyVault {
        let borrowed: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        KeyVault::open(&self.settings(&self.azure.vault.url(), &borrowed)).expect("it is an origin")
    }

    fn vault(&self) -> KeyVault {
        self.vault_as(&self.app_service())
    }

    fn document(&self, key: &str, label: Option<&str>) -> ConfigurationDocument {
        let variables = self.app_service();
        let borrowed: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let settings = self.settings(&self.azure.config.url(), &borrowed);
        ConfigurationDocument::open(&settings, label, named(key)).expect("it is an origin")
    }

    fn configuration(&self, label: Option<&str>) -> AppConfiguration {
        let variables = self.app_service();
        let borrowed: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let settings = self.settings(&self.azure.config.url(), &borrowed);
        let store = AppConfiguration::open(&settings, label).expect("it is an origin");
        store.trusting_vault(self.azure.vault.url())
    }
}

fn named(name: &str) -> EntryName {
    name.parse().expect("the tests' names are entry names")
}

async fn promoted(store: &dyn Store, name: &str, value: &str, expected: Option<&Version>) -> Version {
    let pending = store.put_pending(&named(name), Secret::from(value)).await.expect("put");
    store.promote(&named(name), &pending, expected).await.expect("promoted");
    pending
}

async fn at(store: &dyn Store, name: &str, stage: Stage) -> Option<String> {
    let read = store.read(&named(name), stage).await.ok()?;
    Some(read.value.expose_str().expect("the tests store text").to_owned())
}

/// Everything a fault shows, its causes included.
fn shown(fault: &Fault) -> String {
    let mut text = format!("{fault} | {} | {fault:?}", fault.hint());
    let mut cause = std::error::Error::source(fault);
    while let Some(present) = cause {
        text += &format!(" | {present} | {present:?}");
        cause = present.source();
    }
    text
}
