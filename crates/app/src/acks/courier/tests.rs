use super::{Courier, FIRST_PAUSE, LONGEST_PAUSE, pause};
use crate::acks::{AckPlace, Said};
use hallpass_core::test_support::ManualTime;
use hallpass_core::{BoxFuture, Counter, Counters, Fault, FaultCode, Gauge};
use hallpass_lifecycle::rotation::{Ack, WallTime};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::yield_now;

/// Takes words, refuses them, or hangs.
#[derive(Debug, Default)]
struct Scripted {
    arrived: Mutex<Vec<String>>,
    tried: Mutex<usize>,
    down: AtomicBool,
    hangs: AtomicBool,
    slow: AtomicBool,
    go_on: Notify,
}

impl AckPlace for Scripted {
    fn put<'a>(&'a self, said: &'a Said) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            *self.tried.lock().unwrap() += 1;
            if self.hangs.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            if self.slow.load(Ordering::Relaxed) {
                self.go_on.notified().await;
            }
            if self.down.load(Ordering::Relaxed) {
                return Err(Fault::new(FaultCode::StoreUnreachable, "down"));
            }
            self.arrived.lock().unwrap().push(format!("{} {}", said.integration, said.ack.fingerprint));
            Ok(())
        })
    }

    fn read<'a>(&'a self, _: &'a str, _: &'a BTreeSet<String>) -> BoxFuture<'a, Result<Vec<Ack>, Fault>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}

struct Scene {
    place: Arc<Scripted>,
    time: ManualTime,
    counters: Arc<Counters>,
    courier: Courier,
}

impl Scene {
    fn set() -> Self {
        let (place, time, counters) =
            (Arc::new(Scripted::default()), ManualTime::default(), Arc::new(Counters::new()));
        let carried = ["a", "b"].map(|name| (name.to_owned(), Arc::clone(&counters) as _));
        let machine = (
            Arc::new(time.clone()) as _,
            Arc::new(time.clone()) as _,
            Arc::new(hallpass_outbound::OsRandomness) as _,
        );
        let dyn_place: Arc<dyn AckPlace> = Arc::clone(&place) as _;
        let courier = Courier::start(&dyn_place, carried.into_iter(), machine);
        Self { place, time, counters, courier }
    }

    async fn tell(&self, integration: &str, fingerprint: &str) {
        let fingerprint = fingerprint.parse().unwrap();
        let at = WallTime::default();
        let ack = Ack { consumer: "c".into(), fingerprint, environment: "prod".parse().unwrap(), at };
        self.courier.tell(Said { integration: integration.into(), ack });
        settle().await;
    }

    fn arrived(&self) -> Vec<String> {
        self.place.arrived.lock().unwrap().clone()
    }

    fn waiting(&self) -> Option<u64> {
        self.counters.gauge(Gauge::AcksWaiting)
    }

    fn tried(&self) -> usize {
        *self.place.tried.lock().unwrap()
    }
}

async fn settle() {
    for _ in 0..50 {
        yield_now().await;
    }
}

#[tokio::test]
async fn a_place_that_is_down_gets_the_latest_word_once_it_is_back() {
    let scene = Scene::set();
    scene.place.down.store(true, Ordering::Relaxed);
    for word in ["00000001", "00000002", "00000003"] {
        scene.tell("a", word).await;
    }
    assert_eq!(scene.tried(), 1, "newer words do not hasten what fails");
    assert_eq!(scene.waiting(), Some(1), "three were told, and only the last of them matters");
    for _ in 0..20 {
        scene.time.advance(Duration::from_secs(1));
        settle().await;
    }
    let tries = scene.tried();
    assert!((3..=6).contains(&tries), "{tries} tries in twenty seconds");
    scene.place.down.store(false, Ordering::Relaxed);
    scene.time.advance(LONGEST_PAUSE);
    settle().await;
    assert_eq!((scene.arrived(), scene.waiting()), (vec!["a 00000003".to_owned()], Some(0)));
    assert_eq!(scene.counters.value(Counter::AcksFailed), u64::try_from(tries).unwrap());
    assert_eq!(scene.counters.value(Counter::AcksDelivered), 1);
    scene.tell("a", "00000004").await;
    assert_eq!(scene.arrived(), ["a 00000003", "a 00000004"]);
}

#[tokio::test]
async fn a_word_that_is_told_while_the_one_before_is_on_its_way_still_waits() {
    let scene = Scene::set();
    assert_eq!(scene.waiting(), Some(0), "nothing was told");
    assert_eq!(Counters::new().gauge(Gauge::AcksWaiting), None, "nobody tells anything");
    scene.place.slow.store(true, Ordering::Relaxed);
    scene.tell("a", "00000001").await;
    scene.tell("a", "00000002").await;
    for (arrived, waiting) in [(0, 1), (1, 1), (2, 0)] {
        assert_eq!((scene.arrived().len(), scene.waiting()), (arrived, Some(waiting)));
        scene.place.go_on.notify_one();
        settle().await;
    }
}

#[tokio::test]
async fn integrations_do_not_wait_for_each_other_and_strangers_are_not_carried() {
    let scene = Scene::set();
    scene.place.hangs.store(true, Ordering::Relaxed);
    scene.tell("a", "00000001").await;
    scene.place.hangs.store(false, Ordering::Relaxed);
    scene.tell("b", "00000002").await;
    scene.tell("nobody", "00000003").await;
    assert_eq!(scene.arrived(), ["b 00000002"]);
    // What hangs is given up after ten seconds and tried again.
    scene.time.advance(Duration::from_secs(10));
    settle().await;
    scene.time.advance(2 * FIRST_PAUSE);
    settle().await;
    assert_eq!(scene.arrived(), ["b 00000002", "a 00000001"]);
}

/// In a sandbox that was frozen the wall clock jumps while the timer stood still.
#[tokio::test]
async fn a_sandbox_that_thaws_goes_on_within_a_second() {
    let scene = Scene::set();
    scene.place.down.store(true, Ordering::Relaxed);
    scene.tell("a", "00000001").await;
    for _ in 0..200 {
        scene.time.advance(Duration::from_secs(1));
        settle().await;
    }
    let tried = scene.tried();
    scene.place.down.store(false, Ordering::Relaxed);
    scene.time.freeze(Duration::from_secs(3600));
    settle().await;
    assert_eq!(scene.tried(), tried, "no timer has run out");
    scene.time.advance(Duration::from_secs(1));
    settle().await;
    assert_eq!(scene.arrived(), ["a 00000001"]);
}

#[tokio::test]
async fn the_end_of_a_process_cuts_pauses_short_and_does_not_wait_for_ever() {
    let scene = Scene::set();
    assert!(scene.courier.flush(Duration::from_secs(1)).await, "there is nothing to carry");
    scene.place.down.store(true, Ordering::Relaxed);
    scene.tell("a", "00000001").await;
    assert!(!scene.courier.flush(Duration::from_secs(1)).await, "what fails is given up, and no clock moved");
    scene.tell("a", "00000001").await;
    scene.place.down.store(false, Ordering::Relaxed);
    assert!(scene.courier.flush(Duration::from_secs(1)).await, "no clock moved");
    assert_eq!(scene.arrived(), ["a 00000001"]);

    scene.place.hangs.store(true, Ordering::Relaxed);
    scene.tell("a", "00000002").await;
    let (flushed, ()) = tokio::join!(scene.courier.flush(Duration::from_secs(1)), async {
        settle().await;
        scene.time.advance(Duration::from_secs(1));
    });
    assert!(!flushed);
}

#[test]
fn pauses_double_up_to_five_minutes_and_obey_the_place() {
    let pauses: Vec<_> = (0..12).map(|failures| pause(failures, None, 0.0).as_secs()).collect();
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
    assert_eq!(pause(u32::MAX, None, 1.0), LONGEST_PAUSE.mul_f64(1.5));
    assert_eq!(pause(0, Some(Duration::from_secs(20)), 0.0).as_secs(), 20);
    assert_eq!(pause(0, Some(Duration::from_secs(86_400)), 0.0), LONGEST_PAUSE);
}
