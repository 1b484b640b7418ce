//! Stopping: calls in flight are finished, new ones are not begun.

use std::time::Duration;

use hallpass_sidecar::Drained;

use crate::rig::{Rig, Wire, get};

#[tokio::test]
async fn a_call_in_flight_is_finished_and_the_connection_ends_after_it() {
    let mut rig = Rig::start().await;
    let mut wire = rig.connect().await;
    wire.send(rig.fill(&get("/queue-sync/held"))).await;
    rig.upstream.begun().await;
    rig.stop();
    until_draining(&rig).await;
    rig.upstream.let_go();
    let answer = wire.answer().await;
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    assert_eq!(wire.ended().await, "");
    assert_eq!(rig.drained().await, Drained { cut_off: 0 });
}

#[tokio::test]
async fn a_new_call_on_an_open_connection_is_told_that_we_stop() {
    let mut rig = Rig::start().await;
    let mut held = rig.connect().await;
    let mut fresh = rig.connect().await;
    fresh.send("GET ").await;
    held.send(rig.fill(&get("/queue-sync/held"))).await;
    rig.upstream.begun().await;
    rig.stop();
    until_draining(&rig).await;
    let refused = fresh.ask(&rig.fill(&get("/queue-sync/x"))[4..]).await;
    assert_eq!((refused.is(), refused.header("retry-after")), ((503, "draining"), Some("1")));
    rig.upstream.let_go();
    assert_eq!(held.answer().await.status, 200);
    assert_eq!(rig.upstream.seen().len(), 1);
    assert_eq!(rig.drained().await, Drained { cut_off: 0 });
}

#[tokio::test]
async fn idle_silent_and_half_spoken_connections_do_not_hold_it_up() {
    let rig = Rig::start().await;
    let mut idle = rig.connect().await;
    assert_eq!(idle.ask(rig.fill(&get("/queue-sync/x"))).await.status, 200);
    let mut silent = rig.connect().await;
    let mut halfway = rig.connect().await;
    halfway.send("GET /queue-sync/x HTTP/1.1\r\nHo").await;
    assert_eq!(
        rig.ask("GET /-/health HTTP/1.1\r\nHost: {H}\r\n\r\n").await.status,
        200,
        "all are accepted by now"
    );
    assert_eq!(rig.drained().await, Drained { cut_off: 0 });
    assert_eq!(idle.ended().await, "");
    assert_eq!(silent.ended().await, "");
    assert_eq!(halfway.ended().await, "");
}

#[tokio::test]
async fn a_call_that_does_not_end_in_time_is_cut_off_and_counted() {
    let mut rig = Rig::start().await;
    let mut wire = rig.connect().await;
    wire.send(rig.fill(&get("/queue-sync/held"))).await;
    rig.upstream.begun().await;
    rig.stop();
    until_draining(&rig).await;
    rig.time.advance(Duration::from_secs(11));
    assert_eq!(rig.drained().await, Drained { cut_off: 1 });
    assert_eq!(wire.ended().await, "");
}

#[tokio::test]
async fn a_caller_who_has_gone_away_is_not_waited_for() {
    let rig = Rig::start().await;
    let mut wire = rig.connect().await;
    wire.send(rig.fill(&get("/queue-sync/held"))).await;
    rig.upstream.begun().await;
    drop(wire);
    assert_eq!(rig.drained().await, Drained { cut_off: 0 });
}

#[tokio::test]
async fn nobody_connects_once_it_stops() {
    let rig = Rig::start().await;
    let address = rig.address;
    rig.drained().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

/// The health listener answers during the drain, and says that there is one.
async fn until_draining(rig: &Rig) {
    let watching = async {
        while !says_draining(rig).await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), watching).await.expect("the drain begins");
}

async fn says_draining(rig: &Rig) -> bool {
    let ready = Wire::connect(rig.health).await.ask("GET /-/ready HTTP/1.1\r\nHost: x\r\n\r\n").await;
    ready.status == 503 && ready.body.contains("\"draining\":true")
}
