//! Sixty-four callers who all need a token, and how they get it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

/// How many call at once.
pub const CALLERS: usize = 64;

/// A future that somebody else made.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Something that hands out tokens, as one caller sees it.
pub trait Asks: Send + Sync {
    /// The text of a token, or nothing. `rejected` is what the API just answered 401 to, for those who can be told.
    fn token<'a>(&'a self, rejected: Option<&'a str>) -> Boxed<'a, Option<String>>;
}

/// Something that lets all of them call at once.
pub trait Crowd: Send + Sync {
    /// The tokens they got in time.
    fn burst<'a>(&'a self, callers: usize, rejected: Option<&'a str>) -> Boxed<'a, Vec<String>>;
}

/// Callers in this process.
pub struct Tasks(pub Arc<dyn Asks>);

impl Crowd for Tasks {
    fn burst<'a>(&'a self, callers: usize, rejected: Option<&'a str>) -> Boxed<'a, Vec<String>> {
        let mut calls = JoinSet::new();
        for _ in 0..callers {
            let (asks, rejected) = (Arc::clone(&self.0), rejected.map(str::to_owned));
            calls.spawn(async move {
                tokio::time::timeout(PATIENCE, asks.token(rejected.as_deref())).await.ok().flatten()
            });
        }
        Box::pin(async move { calls.join_all().await.into_iter().flatten().collect() })
    }
}

/// How long a caller waits: as long as ours may have to, and a little.
pub const PATIENCE: Duration = Duration::from_secs(10);
