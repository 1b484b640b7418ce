//! Many tenants in one process: no token of one is ever served to another.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;

use hallpass::{Client, ClientBuilder, FaultCode, Tenants};
use hallpass_emulator::WitnessReport;
use tokio::sync::{Barrier, Semaphore};

use crate::stage::{QUEUES, QUEUES_RULE, Stage, get, stored};

const CALLERS: usize = 1_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_token_of_one_tenant_is_served_to_another() {
    let (here, there) = (Stage::set().await, Stage::set().await);
    let descriptions = Arc::new(descriptions(&here, &there));
    let tenants = Arc::new(Tenants::at_most(NonZeroUsize::new(64).unwrap()));
    let (start, sockets) = (Arc::new(Barrier::new(CALLERS)), Arc::new(Semaphore::new(64)));
    let callers: Vec<_> = (0..CALLERS)
        .map(|index| {
            let (descriptions, tenants) = (Arc::clone(&descriptions), Arc::clone(&tenants));
            let (start, sockets) = (Arc::clone(&start), Arc::clone(&sockets));
            tokio::spawn(async move {
                let tenant = index % descriptions.len();
                start.wait().await;
                let client = tenants.client(&descriptions[tenant].0).unwrap();
                let token = client.tokens().token().await.map(|lease| lease.generation());
                let _socket = sockets.acquire().await.unwrap();
                let sent = client.send(get(&format!("{QUEUES}?tenant={tenant}"))).await;
                let sent = sent.map(|answer| answer.status().as_u16()).map_err(|fault| fault.code());
                (tenant, token.map_err(|fault| fault.code()), sent)
            })
        })
        .collect();
    for caller in callers {
        let (tenant, token, sent) = caller.await.unwrap();
        let expected = descriptions[tenant].1;
        assert_eq!(token, expected.map_or(Ok(1), Err), "tenant {tenant}");
        assert_eq!(sent, expected.map_or(Ok(200), Err), "tenant {tenant}");
    }
    assert_eq!(tenants.count(), descriptions.len());

    // The witnesses decide: which token came with which tenant's calls.
    let (here, there) = (here.witness(), there.witness());
    let used = BTreeMap::from([("here", tokens_by_tenant(&here)), ("there", tokens_by_tenant(&there))]);
    assert_eq!(used["here"].keys().collect::<Vec<_>>(), ["0", "4", "5", "6", "7", "8"], "{used:?}");
    assert_eq!(used["there"].keys().collect::<Vec<_>>(), ["1"], "{used:?}");
    for tokens in used.values() {
        let distinct: BTreeSet<_> = tokens.values().flatten().collect();
        assert!(tokens.values().all(|own| own.len() == 1), "{used:?}");
        assert_eq!(distinct.len(), tokens.len(), "no token is shared: {used:?}");
    }
    assert_eq!((here.totals.mints, there.totals.mints), (6, 1));
    assert_eq!((here.totals.calls_by_status.len(), there.totals.calls_by_status.len()), (1, 1));
}

/// Descriptions with the same name, platform and client id that differ in one thing each, and the fault that a tenant must meet instead of somebody
/// else's token.
fn descriptions(here: &Stage, there: &Stage) -> Vec<(ClientBuilder, Option<FaultCode>)> {
    let with = |secret, environment| {
        here.described().secret_value(stored(&here.id, secret, environment)).allow([QUEUES_RULE])
    };
    vec![
        (with("sesame", None), None),
        (with("sesame", None).urls(there.token_url(), there.emulator.api_url()), None),
        (with("simsim", None), Some(FaultCode::CredentialRefused)),
        (with("sesame", Some("prod")), Some(FaultCode::EnvironmentMismatch)),
        (with("sesame", None).environment("staging"), None),
        (with("sesame", None).allow(["GET /api/v2/users/me"]), None),
        (with("sesame", None).fallback([]), None),
        (with("sesame", None).platform("oauth2").setting("scope", "routing"), None),
        (with("sesame", None).platform("oauth2").setting("scope", "routing users"), None),
    ]
}

fn tokens_by_tenant(witness: &WitnessReport) -> BTreeMap<String, BTreeSet<Option<u64>>> {
    assert_eq!(witness.log_dropped, 0);
    let mut tokens = BTreeMap::<_, BTreeSet<_>>::new();
    for record in witness.log.iter().filter(|record| !record.token_endpoint) {
        let (_, tenant) = record.raw_target.split_once("?tenant=").unwrap();
        tokens.entry(tenant.to_owned()).or_default().insert(record.token_number);
    }
    tokens
}

#[tokio::test]
async fn the_tenant_longest_not_asked_for_makes_room() {
    let stage = Stage::set().await;
    let tenants = Tenants::at_most(NonZeroUsize::new(2).unwrap());
    let describe = |name| {
        let builder = Client::builder(name).platform("genesys").environment("test");
        let builder =
            builder.urls(stage.token_url(), stage.emulator.api_url()).network(stage.network.clone());
        builder.secret_value(stored(&stage.id, "sesame", None)).allow([QUEUES_RULE])
    };
    for name in ["a", "b", "a", "c", "a", "b"] {
        tenants.client(&describe(name)).unwrap().warm_up().await.unwrap();
        assert!(tenants.count() <= 2);
    }
    assert_eq!(stage.witness().totals.mints, 4, "a, b, c, and b again");
    assert!(tenants.client(&Client::builder("d")).is_err());
    assert_eq!(tenants.count(), 2, "a description that fails takes nobody's place");
}
