//! The stores of AWS against an endpoint that is not ours, for `tests/interop/aws_store_test.py`.
//!
//! ```text
//!   moto_contract contract ENDPOINT            the store contract, in a region of its own each time
//!   moto_contract replica  ENDPOINT NAME       NAME is in us-east-1 and, as a replica, in us-west-2
//!   moto_contract kms      ENDPOINT VARIABLE   a variable that KMS encrypted
//!   moto_contract read     ENDPOINT NAME       with whatever credentials the surroundings have
//! ```
//!
//! Prints `ok NAME` or `not ok NAME: why`, one line each.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::panic,
    reason = "a program of its own: it talks to a script and is told what to do by the environment"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hallpass_clouds::aws::{KmsEnv, SecretsManager, Settings};
use hallpass_core::test_support::store_contract;
use hallpass_core::{EntryName, FaultCode, Secret, Stage, Store};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().unwrap_or_default();
    let (what, endpoint, name) = (next(), next(), next());
    // A task of its own, so that a broken promise, which panics, ends in a line of output.
    let checks = tokio::task::LocalSet::new();
    let running = checks.spawn_local(async move {
        match what.as_str() {
            "contract" => contract(&endpoint).await,
            "replica" => replica(&endpoint, &name).await,
            "kms" => encrypted(&endpoint, &name).await,
            "read" => read(&endpoint, &name).await,
            _ => panic!("contract, replica, kms or read, and an endpoint"),
        }
    });
    if checks.run_until(running).await.is_err() {
        println!("not ok moto_contract: it stopped, see above");
    }
}

fn settings(endpoint: &str, region: Option<&str>) -> Settings {
    let region = region.map(Into::into);
    let settings = Settings::new(Arc::new(|name: &str| std::env::var_os(name)));
    Settings { region, endpoint: Some(endpoint.into()), ..settings }
}

fn entry(name: &str) -> EntryName {
    name.parse().expect("the script gives names of entries")
}

/// Every region of moto is empty at first, and the suite wants a new store a dozen times.
async fn contract(endpoint: &str) {
    let used = AtomicUsize::new(0);
    let make = async || {
        let region = REGIONS[used.fetch_add(1, Ordering::SeqCst)];
        Arc::new(SecretsManager::open(settings(endpoint, Some(region)))) as Arc<dyn Store>
    };
    store_contract::writable(make).await;
    println!("ok aws: SecretsManager keeps the store contract on moto");
}

async fn replica(endpoint: &str, name: &str) {
    let open = |region| SecretsManager::open(settings(endpoint, Some(region)));
    let (primary, replica, entry) = (open("us-east-1"), open("us-west-2"), entry(name));
    let here = primary.read(&entry, Stage::Current).await.expect("the primary is read");
    let there = replica.read(&entry, Stage::Current).await.expect("the replica is read");
    assert!(here.version == there.version && here.value == there.value, "both regions hold the same");
    println!("ok aws: a replica on moto is read, with the primary's version");
    let refused =
        replica.put_pending(&entry, Secret::from("x")).await.expect_err("a replica takes no writes");
    assert_eq!(refused.code(), FaultCode::StoreReadOnly, "{refused}");
    println!("ok aws: a replica on moto takes no writes");
    let pending = primary.put_pending(&entry, Secret::from("two")).await.expect("the primary takes writes");
    primary.promote(&entry, &pending, Some(&here.version)).await.expect("and promotes");
    let there = replica.read(&entry, Stage::Current).await.expect("the replica is read");
    assert!(there.version == pending && there.value == Secret::from("two"), "the replica follows");
    println!("ok aws: a replica on moto follows a promotion");
}

async fn encrypted(endpoint: &str, variable: &str) {
    let store = KmsEnv::open(settings(endpoint, None));
    let read = store.read(&entry(variable), Stage::Current).await;
    match read {
        Ok(read) => println!("value {}", read.value.expose_str().unwrap_or("no text")),
        Err(fault) => println!("fault {}", fault.code().name()),
    }
}

async fn read(endpoint: &str, name: &str) {
    let store = SecretsManager::open(settings(endpoint, None));
    match store.read(&entry(name), Stage::Current).await {
        Ok(read) => println!("value {}", read.value.expose_str().unwrap_or("no text")),
        Err(fault) => println!("fault {}: {fault}", fault.code().name()),
    }
}

/// The regions that every account has.
const REGIONS: [&str; 17] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ca-central-1",
    "sa-east-1",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-north-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
];
