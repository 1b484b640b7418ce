//! What is read, and how often Google is asked for it.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use hallpass_core::{FaultCode, Secret, Stage, Store};
use tracing_subscriber::fmt::MakeWriter;

use super::{by_hand, entry, foreign, promoted, put, value, world};

#[tokio::test]
async fn an_entry_with_the_alias_costs_one_request() {
    let world = world().await;
    promoted(&world.store(), "a", "one", None).await;
    let before = world.asked().len();
    let store = world.store();
    for _ in 0..3 {
        assert_eq!(value(&store, "a", Stage::Current).await.as_deref(), Ok("one"));
    }
    assert_eq!(world.asked()[before..], ["GET /secrets/a/versions/current:access"; 3]);
    assert_eq!(world.metadata.seen().len(), 2, "one token for each store");
}

#[tokio::test]
async fn opening_asks_nobody() {
    let world = world().await;
    let store = world.store();
    assert_eq!((store.traits().scheme, store.place()), ("gcp-sm", Some("projects/acme-prod")));
    assert!(world.asked().is_empty() && world.metadata.seen().is_empty());
}

#[tokio::test]
async fn sixty_four_first_readers_share_one_client_and_one_token() {
    let world = world().await;
    foreign(&world, "a", &["one"]).await;
    by_hand(&world, "PATCH", "secrets/a?updateMask=versionAliases", r#"{"versionAliases":{"current":"1"}}"#)
        .await;
    let store = Arc::new(world.store());
    store.connect().await.unwrap();
    assert_eq!(world.metadata.seen().len(), 1, "connecting fetches the token that reading needs");
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let store = Arc::clone(&store);
        readers.spawn(async move { value(&*store, "a", Stage::Current).await });
    }
    while let Some(read) = readers.join_next().await {
        assert_eq!(read.expect("no reader panicked").as_deref(), Ok("one"));
    }
    assert_eq!(world.metadata.seen().len(), 1);
}

#[tokio::test]
async fn without_the_alias_the_newest_enabled_version_is_read_with_one_warning_and_the_command() {
    let world = world().await;
    foreign(&world, "a", &["one", "two", "three"]).await;
    by_hand(&world, "POST", "secrets/a/versions/3:disable", "{}").await;
    // Pages of one: whoever takes the first of the first page for the newest is wrong.
    world.google.page(1);
    let (log, store) = (Log::default(), world.store());
    let _guard = tracing::subscriber::set_default(
        tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish(),
    );
    for _ in 0..3 {
        let read = store.read(&entry("a"), Stage::Current).await.expect("the newest enabled one");
        assert!(read.value == Secret::from("two"));
        assert_eq!(read.version.as_str(), "projects/acme-prod/secrets/a/versions/2");
    }
    let said = log.text();
    let command = "gcloud secrets update a --update-version-aliases=current=2 --project=acme-prod";
    assert_eq!(said.matches(command).count(), 1, "{said}");
    assert_eq!(said.matches("WARN").count(), 1, "{said}");
    let info = store.describe(&entry("a")).await.expect("described");
    assert_eq!(
        info.current.as_ref().map(hallpass_core::Version::as_str),
        Some("projects/acme-prod/secrets/a/versions/2")
    );
    assert_eq!(store.list().await.expect("listed"), [info], "what is listed is what is described");
}

#[tokio::test]
async fn an_alias_that_leads_to_a_disabled_version_is_never_passed_over() {
    let world = world().await;
    let store = world.store();
    let one = promoted(&store, "a", "one", None).await;
    promoted(&store, "a", "two", Some(&one)).await;
    by_hand(&world, "POST", "secrets/a/versions/2:disable", "{}").await;
    assert_eq!(value(&store, "a", Stage::Current).await, Err(FaultCode::StoreVersionUnusable));
    assert_eq!(value(&store, "a", Stage::Previous).await.as_deref(), Ok("one"));
}

#[tokio::test]
async fn what_latest_would_yield_is_never_asked_for() {
    let world = world().await;
    let store = world.store();
    promoted(&store, "a", "one", None).await;
    put(&store, "a", "two").await;
    by_hand(&world, "POST", "secrets/a/versions/2:disable", "{}").await;
    // `latest` is disabled by now, and would have been the pending version before.
    assert_eq!(value(&store, "a", Stage::Current).await.as_deref(), Ok("one"));
    assert!(world.asked().iter().all(|asked| !asked.contains("latest")), "{:?}", world.asked());
}

#[tokio::test]
async fn a_read_that_lags_behind_yields_the_version_before_and_then_the_new_one() {
    let world = world().await;
    let store = world.store();
    let one = promoted(&store, "a", "one", None).await;
    promoted(&store, "a", "two", Some(&one)).await;
    world.google.lag(1);
    assert_eq!(value(&store, "a", Stage::Current).await.as_deref(), Ok("one"));
    assert_eq!(value(&store, "a", Stage::Current).await.as_deref(), Ok("two"));
}

#[tokio::test]
async fn an_alias_that_is_seen_late_is_still_found() {
    let world = world().await;
    let store = world.store();
    promoted(&store, "a", "one", None).await;
    // The first promotion: before it there was no alias, so a lagging read by alias finds none.
    world.google.lag(1);
    assert_eq!(value(&store, "a", Stage::Current).await.as_deref(), Ok("one"));
}

#[tokio::test]
async fn lists_go_on_over_pages_and_leave_out_what_is_empty() {
    let world = world().await;
    let store = world.store();
    for name in ["c", "a", "b"] {
        promoted(&store, name, "value", None).await;
    }
    foreign(&world, "empty", &[]).await;
    world.google.page(1);
    let listed = store.list().await.expect("listed");
    let names: Vec<_> = listed.iter().map(|info| info.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert!(listed.iter().all(|info| info.written.is_some()), "{listed:?}");
    assert_eq!(store.describe(&entry("a")).await.expect("described"), listed[0]);
    let absent = store.describe(&entry("empty")).await.map_err(|fault| fault.code());
    assert_eq!(absent, Err(FaultCode::EntryNotFound));
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("nobody panicked").clone()).expect("text")
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panicked").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
