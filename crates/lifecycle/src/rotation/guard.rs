//! A future that is not polled after its time.
//!
//! A sandbox may freeze between the check of the lease and the call. When it thaws, hours later, another machine has the lease, and the first
//! thing that happens is a poll: so the poll itself has to look at the clock.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use hallpass_core::{BoxFuture, Clock, Sleep};

use super::time::WallTime;

/// Yields what `inner` does, or `None` once the wall clock shows `until`.
pub(crate) struct InTime<'a, T> {
    inner: BoxFuture<'a, T>,
    /// Wakes the task in time where `inner` never does.
    alarm: BoxFuture<'static, ()>,
    clock: &'a dyn Clock,
    until: WallTime,
}

impl<'a, T> InTime<'a, T> {
    pub(crate) fn new(
        inner: BoxFuture<'a, T>,
        clock: &'a dyn Clock,
        sleep: &dyn Sleep,
        until: WallTime,
    ) -> Self {
        let left = until.since(WallTime::at(clock.now().wall));
        Self { inner, alarm: sleep.sleep(left), clock, until }
    }
}

impl<T> Future for InTime<'_, T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        if WallTime::at(self.clock.now().wall) >= self.until {
            return Poll::Ready(None);
        }
        if let Poll::Ready(done) = self.inner.as_mut().poll(context) {
            return Poll::Ready(Some(done));
        }
        self.alarm.as_mut().poll(context).map(|()| None)
    }
}

impl<T> fmt::Debug for InTime<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InTime").field("until", &self.until).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::InTime;
    use crate::rotation::time::WallTime;
    use hallpass_core::Clock;
    use hallpass_core::test_support::ManualTime;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};
    use std::time::Duration;

    #[test]
    fn what_thaws_too_late_is_not_polled_once() {
        let time = ManualTime::default();
        let until = WallTime::at(time.now().wall).after(Duration::from_secs(60));
        let calls = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
        let counted = std::sync::Arc::clone(&calls);
        let inner = Box::pin(std::future::poll_fn(move |_| {
            counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Poll::<()>::Pending
        }));
        let mut guarded = pin!(InTime::new(inner, &time, &time, until));
        let mut context = Context::from_waker(Waker::noop());
        assert!(guarded.as_mut().poll(&mut context).is_pending());
        time.freeze(Duration::from_secs(3600));
        assert_eq!(guarded.as_mut().poll(&mut context), Poll::Ready(None));
        assert_eq!(calls.load(std::sync::atomic::Ordering::Relaxed), 1, "only before the freeze");
    }

    #[test]
    fn a_call_that_hangs_ends_in_time() {
        let time = ManualTime::default();
        let until = WallTime::at(time.now().wall).after(Duration::from_secs(60));
        let mut guarded = pin!(InTime::new(Box::pin(std::future::pending::<()>()), &time, &time, until));
        let mut context = Context::from_waker(Waker::noop());
        assert!(guarded.as_mut().poll(&mut context).is_pending());
        time.advance(Duration::from_secs(60));
        assert_eq!(guarded.as_mut().poll(&mut context), Poll::Ready(None));
    }
}
