//! One flight, many waiters.
//!
//! The flight runs as a task of its own, so there is no leading caller whose cancellation could end it. Waiters only wait: dropping one
//! forgets its waker and nothing else. The result, failure included, goes to all of them.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::clock::Moment;
use crate::sync::{Arc, Mutex, lock};

/// A result that is on its way.
#[derive(Debug)]
pub(super) struct Flight<T> {
    begun: Moment,
    state: Mutex<State<T>>,
}

#[derive(Debug)]
struct State<T> {
    outcome: Option<T>,
    next_waiter: u64,
    wakers: BTreeMap<u64, Waker>,
}

impl<T: Clone> Flight<T> {
    pub(super) fn begin(now: Moment) -> Arc<Self> {
        let state = State { outcome: None, next_waiter: 0, wakers: BTreeMap::new() };
        Arc::new(Self { begun: now, state: Mutex::new(state) })
    }

    /// When it began: a flight from before a freeze is not worth waiting for.
    pub(super) fn begun(&self) -> Moment {
        self.begun
    }

    /// Gives `outcome` to everybody who waits or will wait. Only the first outcome counts.
    pub(super) fn land(&self, outcome: T) {
        let wakers = {
            let mut state = lock(&self.state);
            state.outcome.get_or_insert(outcome);
            std::mem::take(&mut state.wakers)
        };
        wakers.into_values().for_each(Waker::wake);
    }

    /// Waits for the outcome.
    pub(super) fn wait(self: &Arc<Self>) -> Wait<T> {
        Wait { flight: Arc::clone(self), id: None }
    }
}

/// Resolves when the flight lands.
#[derive(Debug)]
pub(super) struct Wait<T> {
    flight: Arc<Flight<T>>,
    id: Option<u64>,
}

impl<T: Clone> Future for Wait<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let this = self.get_mut();
        let mut state = lock(&this.flight.state);
        if let Some(outcome) = &state.outcome {
            return Poll::Ready(outcome.clone());
        }
        let id = *this.id.get_or_insert_with(|| {
            state.next_waiter += 1;
            state.next_waiter
        });
        state.wakers.insert(id, context.waker().clone());
        Poll::Pending
    }
}

impl<T> Drop for Wait<T> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            lock(&self.flight.state).wakers.remove(&id);
        }
    }
}

/// The first of two futures; `None` when it was `second`.
pub(super) async fn first<A, B>(first: A, second: B) -> Option<A::Output>
where
    A: Future + Unpin,
    B: Future + Unpin,
{
    let (mut first, mut second) = (first, second);
    std::future::poll_fn(move |context| {
        if let Poll::Ready(output) = Pin::new(&mut first).poll(context) {
            return Poll::Ready(Some(output));
        }
        Pin::new(&mut second).poll(context).map(|_| None)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::Flight;
    use crate::clock::Moment;
    use crate::sync::lock;
    use std::future::Future as _;
    use std::pin::Pin;
    use std::task::{Context, Waker};
    use std::time::Duration;

    #[test]
    fn a_waiter_that_is_dropped_leaves_nothing_behind() {
        let flight = Flight::<u8>::begin(Moment { wall: Duration::ZERO, monotonic: Duration::ZERO });
        let mut waits: Vec<_> = (0..3).map(|_| flight.wait()).collect();
        for wait in &mut waits {
            assert!(Pin::new(wait).poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        assert_eq!(lock(&flight.state).wakers.len(), 3);
        waits.pop();
        assert_eq!(lock(&flight.state).wakers.len(), 2);
        drop(waits);
        assert!(lock(&flight.state).wakers.is_empty());
    }
}
