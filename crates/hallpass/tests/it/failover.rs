//! The secret in two places, in real time: a client, an emulated platform, and a first place that is lost.

use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hallpass::{
    BoxFuture, CompareAndSet, EntryInfo, EntryName, Fault, FaultCode, Secret, Stage, Store, StoreLimits,
    StoreTraits, StoredSecret, Version,
};
use hallpass_core::Clock;
use hallpass_outbound::SystemClock;

use crate::stage::{QUEUES, QUEUES_RULE, Stage as Scene, get, stored};

/// How a place behaves while it is lost.
#[derive(Clone, Copy, Debug)]
enum Lost {
    Dead,
    Hanging,
    Garbage,
}

/// A place with one secret, which can be lost.
#[derive(Debug)]
struct Region {
    name: &'static str,
    secret: Mutex<(u32, Secret)>,
    how: Lost,
    lost: AtomicBool,
    asked: Arc<Mutex<Vec<&'static str>>>,
}

impl Store for Region {
    fn traits(&self) -> StoreTraits {
        StoreTraits { scheme: "region", writable: false, compare_and_set: CompareAndSet::None }
    }

    fn place(&self) -> Option<&str> {
        Some(self.name)
    }

    fn read<'a>(&'a self, _: &'a EntryName, stage: Stage) -> BoxFuture<'a, Result<StoredSecret, Fault>> {
        Box::pin(async move {
            self.asked.lock().unwrap().push(self.name);
            let (version, value) = self.secret.lock().unwrap().clone();
            let version = Version::new(&version.to_string());
            match self.how {
                _ if stage != Stage::Current => Err(Fault::new(FaultCode::EntryNotFound, "no other stage")),
                _ if !self.lost.load(Ordering::SeqCst) => Ok(StoredSecret { value, version }),
                Lost::Dead => Err(Fault::new(FaultCode::StoreUnreachable, "connection refused")),
                Lost::Hanging => pending().await,
                Lost::Garbage => Ok(StoredSecret { value: Secret::from("<html>"), version }),
            }
        })
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<EntryInfo>, Fault>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// The clock of the machine: this is the one test whose subject is time that really passes.
fn now() -> Duration {
    SystemClock::start().now().monotonic
}

const PROMISED: Duration = Duration::from_secs(2);

#[tokio::test]
async fn p29_in_real_time_a_call_is_answered_in_two_seconds_whatever_the_primary_does() {
    let mut longest = Duration::ZERO;
    for (how, from_the_start) in [
        (Lost::Hanging, true),
        (Lost::Dead, true),
        (Lost::Garbage, true),
        (Lost::Hanging, false),
        (Lost::Dead, false),
    ] {
        let scene = Scene::set().await;
        let asked = Arc::new(Mutex::new(Vec::new()));
        let region = |name, lost| {
            let secret = Mutex::new((1, stored(&scene.id, "sesame", None)));
            Arc::new(Region { name, secret, how, lost: AtomicBool::new(lost), asked: Arc::clone(&asked) })
        };
        let (here, there) = (region("here", from_the_start), region("there", false));
        let client = scene
            .described()
            .secret_in(here.clone(), "queue-sync")
            .secret_in(there.clone(), "queue-sync")
            .store_limits(StoreLimits::DEFAULT)
            .allow([QUEUES_RULE])
            .build()
            .unwrap();
        if !from_the_start {
            // The secret is replaced where only the second place has it yet, and the platform refuses the old one.
            assert_eq!(client.send(get(QUEUES)).await.unwrap().status(), 200);
            scene.emulator.world().set_secret(&scene.id, "open");
            *there.secret.lock().unwrap() = (2, stored(&scene.id, "open", None));
            here.lost.store(true, Ordering::SeqCst);
            scene.emulator.world().revoke_tokens(&scene.id);
            asked.lock().unwrap().clear();
        }
        let began = now();
        assert_eq!(client.send(get(QUEUES)).await.unwrap().status(), 200, "{how:?}");
        let took = now() - began;
        assert!(took < PROMISED, "{how:?}: {took:?}");
        let mut asked = asked.lock().unwrap();
        // A primary that hangs is asked twice: after the rejected token, and again after the refused secret.
        asked.dedup();
        assert_eq!(asked[..2], ["here", "there"], "{how:?}");
        drop(asked);
        longest = longest.max(took);
    }
    println!("figure: 5 calls in real time, the longest took {} ms", longest.as_millis());
}
