//! One connection: hyper with every limit set, a bound on each exchange, and an ear for the drain.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hallpass_core::Sleep;
use hallpass_outbound::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::{OwnedSemaphorePermit, watch};

use crate::Limits;
use crate::doors::Doors;
use crate::drain::{Drain, Phase};
use crate::gateway::Gateway;
use crate::limits::SPARE_HEAD_TIMEOUT;
use crate::listener::Stream;
use crate::stall::Watched;

/// What connections of one listener have in common.
#[derive(Clone, Debug)]
pub(crate) struct Connections {
    pub(crate) surface: Surface,
    pub(crate) limits: Limits,
    pub(crate) sleep: Arc<dyn Sleep>,
    pub(crate) drain: Drain,
}

/// Who answers on a listener.
#[derive(Clone, Debug)]
pub(crate) enum Surface {
    /// The gateway.
    Gateway(Arc<Gateway>),
    /// Open doors only.
    Probes(Arc<Doors>),
}

/// The room a connection takes until it ends.
#[derive(Debug)]
pub(crate) struct Place {
    /// One of the places kept for probes.
    pub(crate) spare: bool,
    pub(crate) _room: OwnedSemaphorePermit,
}

impl Connections {
    /// Serves one connection to its end. Dropping the future cuts it off.
    pub(crate) async fn serve(self, stream: Stream, place: Place) {
        // Odd while a call is in flight: see `Drain::begin`.
        let calls = Arc::new(watch::Sender::new(0));
        let mut phase = self.drain.watch();
        let service = service_fn(|request| self.call(request, &calls, place.spare));
        let (stream, stuck) = Watched::new(stream);
        let mut connection = pin!(self.protocol(place.spare).serve_connection(TokioIo::new(stream), service));
        let mut overdue = pin!(overdue(calls.subscribe(), stuck, &*self.sleep, self.limits.exchange_timeout));
        loop {
            tokio::select! {
                // The connection first: a request that has arrived already is answered, with 503 if need be, before it is decided
                // that there is none.
                biased;
                ended = &mut connection => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a connection ended early");
                    }
                    return;
                }
                () = &mut overdue => return tracing::info!("an exchange took too long and was cut off"),
                Ok(()) = phase.changed() => {}
            }
            let told = *phase.borrow_and_update();
            match told {
                Phase::Serving => {}
                // Those that served a call end by themselves once their answer is written; the others have nothing to wait for.
                Phase::Finishing if *calls.borrow() == 0 => return,
                // Both phases may have come before the first was seen, so each does the whole.
                Phase::Draining | Phase::Finishing => connection.as_mut().graceful_shutdown(),
            }
        }
    }

    async fn call(
        &self,
        request: Request<Incoming>,
        calls: &Arc<watch::Sender<u64>>,
        spare: bool,
    ) -> Result<Response<Body>, Infallible> {
        let ticket = self.drain.begin(calls);
        let answer = match &self.surface {
            Surface::Gateway(gateway) => gateway.answer(request, spare).await,
            Surface::Probes(doors) => doors.probe(&request.into_parts().0),
        };
        Ok(ticket.held_by(answer))
    }

    /// HTTP/1.1 as strict as hyper can be told to be. A timer must be set, or its own timeout of request heads does nothing.
    fn protocol(&self, spare: bool) -> http1::Builder {
        let mut protocol = http1::Builder::new();
        protocol
            .timer(TokioTimer::new())
            .header_read_timeout(if spare { SPARE_HEAD_TIMEOUT } else { self.limits.head_timeout })
            .max_headers(self.limits.max_headers)
            .max_header_size(self.limits.max_head)
            .max_buf_size(self.limits.max_head.max(SMALLEST_BUFFER))
            // A caller who has gone away is noticed, and its call to the platform is given up.
            .half_close(false)
            .keep_alive(!spare)
            .pipeline_flush(false);
        protocol
    }
}

/// Resolves when one exchange has lasted for `limit`, or what is left of its answer could not be written for as long. hyper has no such bound: a caller
/// who reads one byte per second, or none, would keep its place.
async fn overdue(
    mut calls: watch::Receiver<u64>,
    mut stuck: watch::Receiver<bool>,
    sleep: &dyn Sleep,
    limit: Duration,
) {
    loop {
        let count = *calls.borrow_and_update();
        let busy = |stuck: bool| count % 2 == 1 || stuck;
        if !busy(*stuck.borrow_and_update()) {
            tokio::select! {
                Ok(()) = calls.changed() => {}
                Ok(()) = stuck.changed() => {}
                else => std::future::pending().await,
            }
            continue;
        }
        // One timer for the whole of it: a write that moves now and then does not wind it up again.
        let mut timer = sleep.sleep(limit);
        loop {
            tokio::select! {
                () = &mut timer => return,
                Ok(()) = calls.changed() => break,
                Ok(()) = stuck.changed() => {
                    if !busy(*stuck.borrow_and_update()) {
                        break;
                    }
                }
            }
        }
    }
}

/// What hyper demands at least.
const SMALLEST_BUFFER: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    use super::overdue;
    use hallpass_core::test_support::ManualTime;
    use std::time::Duration;
    use tokio::sync::watch;

    const LIMIT: Duration = Duration::from_secs(20);

    /// Lets the other task come to its next wait.
    async fn settle() {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_caller_that_does_not_read_is_cut_off_and_one_that_reads_slowly_too() {
        for slowly in [false, true] {
            let (calls, stuck, time) =
                (watch::Sender::new(2), watch::Sender::new(false), ManualTime::default());
            let (told, written, clock) = (calls.subscribe(), stuck.subscribe(), time.clone());
            let waiting = tokio::spawn(async move { overdue(told, written, &clock, LIMIT).await });
            settle().await;
            time.advance(LIMIT * 2);
            settle().await;
            assert!(!waiting.is_finished(), "an idle connection is not overdue");
            calls.send_replace(3);
            settle().await;
            for _ in 0..19 {
                time.advance(Duration::from_secs(1));
                stuck.send_replace(!slowly || !*stuck.borrow());
                settle().await;
            }
            assert!(!waiting.is_finished());
            time.advance(Duration::from_secs(1));
            settle().await;
            assert!(waiting.is_finished());
        }
    }

    #[tokio::test]
    async fn an_answer_that_is_buffered_but_not_taken_is_bounded() {
        let (calls, stuck, time) = (watch::Sender::new(1), watch::Sender::new(true), ManualTime::default());
        let (told, written, clock) = (calls.subscribe(), stuck.subscribe(), time.clone());
        let waiting = tokio::spawn(async move { overdue(told, written, &clock, LIMIT).await });
        settle().await;
        calls.send_replace(2);
        settle().await;
        time.advance(LIMIT);
        settle().await;
        assert!(waiting.is_finished(), "the call is over, its bytes are not");
    }
}
