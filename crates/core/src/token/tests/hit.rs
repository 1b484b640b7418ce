//! What a hit does not do: it takes no lock, allocates nothing and waits for nobody.

use std::future::Future;
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use super::super::TokenCache;
use super::{World, world};
use crate::sync::lock;

/// One call that is polled once; `None` if that does not serve it.
fn polled_once(cache: &TokenCache) -> Option<u64> {
    let mut call = pin!(cache.token());
    match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(served) => served.ok().map(|token| token.generation()),
        Poll::Pending => None,
    }
}

async fn warm() -> World {
    let world = world(3600);
    world.generation().await;
    world
}

#[tokio::test]
async fn a_hit_allocates_nothing() {
    let world = warm().await;
    // The first look of a thread at any snapshot gives that thread its place among the readers.
    assert_eq!(polled_once(&world.cache), Some(1));
    let seen = allocation_counter::measure(|| {
        for _ in 0..1000 {
            assert_eq!(polled_once(&world.cache), Some(1));
        }
    });
    assert_eq!(seen.count_total, 0, "{seen:?}");
    let planted = allocation_counter::measure(|| drop(std::hint::black_box(Box::new(1))));
    assert_eq!(planted.count_total, 1, "the counter counts");
}

#[tokio::test]
async fn a_hit_takes_no_lock() {
    let world = warm().await;
    let (done, outcome) = mpsc::channel();
    let writer = lock(&world.cache.0.guarded);
    let reader = thread::spawn({
        let cache = world.cache.clone();
        // Once as a thread that has read nothing yet, once with what it keeps.
        move || done.send((polled_once(&cache), polled_once(&cache)))
    });
    let read = outcome.recv_timeout(PATIENCE);
    drop(writer);
    assert_eq!(read, Ok((Some(1), Some(1))), "the reader waited for the lock");
    reader.join().unwrap().unwrap();
}

#[tokio::test]
async fn a_cache_knows_the_tokens_that_it_or_a_clone_of_it_lent() {
    let (ours, theirs) = (warm().await, warm().await);
    let token = ours.cache.clone().token().await.unwrap();
    assert!(ours.cache.lent(&token));
    assert!(!theirs.cache.lent(&token), "another cache's token, though of the same generation");
}

#[tokio::test]
async fn a_call_says_whether_it_waits() {
    let world = world(3600);
    let mut call = pin!(world.cache.token());
    assert!(format!("{call:?}").starts_with("TokenCall { waiting: false"));
    assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert!(format!("{call:?}").starts_with("TokenCall { waiting: true"));
}

/// Only a test that fails waits this long.
const PATIENCE: Duration = Duration::from_secs(10);
