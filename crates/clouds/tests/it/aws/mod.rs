//! AWS, against its stand-in.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by its line; helpers are tests too"
)]

mod contract;
mod extension;
mod faults;
mod function;
mod kms_env;
mod labels;
mod logs;
mod opening;
mod replicas;

use std::ffi::OsString;
use std::sync::Arc;

use hallpass_cloud_emulator::StandIn;
use hallpass_cloud_emulator::aws::Aws;
use hallpass_clouds::aws::{Identity, SecretsManager, Settings, Variables};
use hallpass_core::{EntryName, Fault, Secret, Store, Version};

/// The region of every test that does not say another.
const REGION: &str = "eu-west-1";

/// What stands in the keys, and must stand nowhere else.
const KEY: &str = "canary-secret-access-key";

/// An account with one door.
struct Place {
    aws: Arc<Aws>,
    door: StandIn,
}

impl Place {
    async fn new() -> Self {
        Self::of(&Arc::new(Aws::new()), REGION).await
    }

    /// The door of `region` to an account.
    async fn of(aws: &Arc<Aws>, region: &str) -> Self {
        let door = StandIn::start(aws.endpoint(region), None).await.unwrap();
        Self { aws: Arc::clone(aws), door }
    }

    fn settings(&self) -> Settings {
        settings(&self.door.url(), REGION, &[])
    }

    fn store(&self) -> SecretsManager {
        SecretsManager::open(self.settings())
    }

    /// The operations that were asked for, without the service's name.
    fn operations(&self) -> Vec<String> {
        let seen = self.door.seen().into_iter().filter_map(|seen| seen.operation);
        seen.map(|operation| operation.rsplit_once('.').unwrap().1.to_owned()).collect()
    }
}

/// Settings that read nothing but these variables.
fn settings(url: &str, region: &str, more: &[(&str, &str)]) -> Settings {
    Settings {
        region: Some(region.into()),
        endpoint: Some(url.into()),
        identity: Identity::VariablesOnly,
        ..Settings::new(variables(more))
    }
}

/// An environment with fake keys.
fn variables(more: &[(&str, &str)]) -> Variables {
    let keys = [("AWS_ACCESS_KEY_ID", "AKIDFAKE"), ("AWS_SECRET_ACCESS_KEY", KEY)];
    let all: Vec<_> =
        keys.iter().chain(more).map(|(name, value)| (name.to_string(), OsString::from(value))).collect();
    Arc::new(move |name| all.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.clone()))
}

fn named(name: &str) -> EntryName {
    name.parse().unwrap()
}

async fn put(store: &dyn Store, name: &str, value: &str) -> Version {
    store.put_pending(&named(name), Secret::from(value)).await.unwrap()
}

async fn promoted(store: &dyn Store, name: &str, value: &str, expected: Option<&Version>) -> Version {
    let pending = put(store, name, value).await;
    store.promote(&named(name), &pending, expected).await.unwrap();
    pending
}

/// Everything a fault can show.
fn shown(fault: &Fault) -> String {
    let mut text = format!("{fault} {fault:?} {}", fault.hint());
    let mut cause = std::error::Error::source(fault);
    while let Some(present) = cause {
        text += &format!(" {present} {present:?}");
        cause = present.source();
    }
    text
}
