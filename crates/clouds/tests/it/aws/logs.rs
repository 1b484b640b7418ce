//! What a program that logs everything gets to see: the SDK writes at level TRACE, and is trusted to leave secrets out only as far as this says.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use hallpass_clouds::aws::{KmsEnv, SecretsManager};
use hallpass_core::{Stage, Store};
use tracing_subscriber::filter::LevelFilter;

use super::{KEY, Place, REGION, named, promoted, settings};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn nothing_secret_is_logged_at_any_level() {
    // Twice, and the second time counts: a line that logs for the first time in another test's thread, where nobody listens, is taken for one that nobody wants to hear.
    // Whoever begins to listen after that has it judged anew.
    drop(heard().await);
    let (text, sealed) = heard().await;
    assert!(text.contains("transmitting request") && text.contains("PutSecretValue"), "the SDK was heard");
    for secret in ["canary", KEY, &sealed] {
        assert!(!text.contains(secret), "{text}");
    }
}

/// What a listener hears while the SDK works, and the variable's text, which is to be seen nowhere.
async fn heard() -> (String, String) {
    let log = Log::default();
    let writer = log.clone();
    let all =
        tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_writer(move || writer.clone());
    let _listening = tracing::subscriber::set_default(all.finish());
    let sealed = everything_once().await;
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    (text, sealed)
}

/// A secret put, read and looked for, and a variable opened.
async fn everything_once() -> String {
    let place = Place::new().await;
    let sealed =
        place.aws.encrypt(&place.aws.key(REGION), b"canary-variable", &std::collections::BTreeMap::new());
    let more = [("AWS_SESSION_TOKEN", "canary-token"), ("SECRET", &*sealed)];
    let store = SecretsManager::open(settings(&place.door.url(), REGION, &more));
    promoted(&store, "a", "canary-value", None).await;
    store.read(&named("a"), Stage::Current).await.unwrap();
    store.read(&named("absent"), Stage::Current).await.unwrap_err();
    KmsEnv::open(settings(&place.door.url(), REGION, &more))
        .read(&named("SECRET"), Stage::Current)
        .await
        .unwrap();

    sealed
}
