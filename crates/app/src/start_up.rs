//! The secrets of all integrations, read ahead of the first call.
//!
//! ```text
//!   every store ──connect──▶ identity and connection          (all at the same time)
//!   every integration ──read──▶ in memory ──▶ ready           (all at the same time)
//!                         │ fault ──▶ `/-/ready` says which, and it is tried again
//! ```
//!
//! Callers are served meanwhile: a call that needs a secret joins the read that is under way. So a slow store delays its own integration and
//! no other, and nothing has to be restarted once it is back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hallpass_core::{
    Clock, ColdStart, CredentialSource, Fault, FaultCode, IntegrationName, Phase, Reread, SecretState, Sleep,
    Store,
};
use tokio::task::JoinSet;

/// What is read, and who is told.
#[derive(Debug)]
pub(crate) struct StartUp {
    pub(crate) start: Arc<ColdStart>,
    /// Every store once, by what tells it from the others.
    pub(crate) stores: BTreeMap<String, Arc<dyn Store>>,
    pub(crate) secrets: Vec<(IntegrationName, Arc<dyn CredentialSource>)>,
    /// How long a secret may take before it counts as missing.
    pub(crate) deadline: Duration,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) sleep: Arc<dyn Sleep>,
}

impl StartUp {
    /// Ends once every secret is in memory. Dropping the future ends what is under way and leaves nothing behind.
    pub(crate) async fn run(self) {
        for (name, _) in &self.secrets {
            self.start.secret(name, SecretState::Reading);
        }
        let mut connecting = JoinSet::new();
        for store in self.stores.into_values() {
            // A store that cannot be connected says so again when it is read, and there it is told.
            connecting.spawn(async move { drop(store.connect().await) });
        }
        let mut reading = JoinSet::new();
        for (name, credentials) in self.secrets {
            let one = One {
                name,
                credentials,
                start: Arc::clone(&self.start),
                deadline: self.deadline,
                sleep: Arc::clone(&self.sleep),
            };
            reading.spawn(one.read());
        }
        let connected = async {
            while connecting.join_next().await.is_some() {}
            self.start.reached(Phase::Connected, self.clock.now());
        };
        let read = async {
            while reading.join_next().await.is_some() {}
            self.start.reached(Phase::Secrets, self.clock.now());
        };
        tokio::join!(connected, read);
    }
}

/// One integration's secret.
struct One {
    name: IntegrationName,
    credentials: Arc<dyn CredentialSource>,
    start: Arc<ColdStart>,
    deadline: Duration,
    sleep: Arc<dyn Sleep>,
}

impl One {
    async fn read(self) {
        let mut pause = FIRST_PAUSE;
        while let Err(fault) = self.try_once().await {
            self.tell(&fault);
            self.sleep.sleep(fault.retry_after().unwrap_or(pause).clamp(FIRST_PAUSE, LONGEST_PAUSE)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        self.start.secret(&self.name, SecretState::Read);
    }

    /// What takes longer than the deadline is told and waited for all the same.
    async fn try_once(&self) -> Result<(), Fault> {
        let mut reading = self.credentials.credential(Reread::Cached);
        tokio::select! {
            biased;
            read = &mut reading => return read.map(drop),
            () = self.sleep.sleep(self.deadline) => {}
        }
        let detail =
            format!("the secret was not there after {} s; it is still waited for", self.deadline.as_secs());
        self.tell(&Fault::new(FaultCode::StoreUnreachable, detail));
        reading.await.map(drop)
    }

    fn tell(&self, fault: &Fault) {
        let state = SecretState::missing(fault);
        if self.start.secret_of(self.name.as_str()).as_ref() != Some(&state) {
            let (integration, code) = (self.name.as_str(), fault.code().name());
            tracing::warn!(
                integration,
                fault = code,
                detail = fault.detail(),
                hint = fault.hint(),
                "a secret is missing"
            );
            self.start.secret(&self.name, state);
        }
    }
}

/// A second attempt comes soon, because a store that was not ready when the sandbox started often is by then.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Two reads a minute are no burden to a store, and nobody waits longer than this once it is repaired.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::StartUp;
    use hallpass_core::test_support::{ManualTime, ScriptedCredentials};
    use hallpass_core::{
        BoxFuture, Clock, ColdStart, Credential, CredentialSource, Fault, FaultCode, Phase, Reread,
        SecretState, Stage,
    };
    use std::sync::{Arc, Mutex};
    use std::time::Duration;
    use tokio::sync::Notify;
    use tokio::task::{JoinHandle, yield_now};

    /// Fails as often as it is told to, waits where it is told to, and then answers.
    #[derive(Debug)]
    struct Troubled {
        faults: Mutex<Vec<Fault>>,
        gate: Option<Notify>,
        good: ScriptedCredentials,
    }

    impl Troubled {
        fn new(faults: Vec<Fault>, waits: bool) -> Arc<Self> {
            let good = ScriptedCredentials::new("id", "secret", "1");
            Arc::new(Self { faults: Mutex::new(faults), gate: waits.then(Notify::new), good })
        }
    }

    impl CredentialSource for Troubled {
        fn credential(&self, reread: Reread) -> BoxFuture<'_, Result<Arc<Credential>, Fault>> {
            Box::pin(async move {
                if let Some(gate) = &self.gate {
                    gate.notified().await;
                }
                let fault = self.faults.lock().unwrap().pop();
                match fault {
                    Some(fault) => Err(fault),
                    None => self.good.credential(reread).await,
                }
            })
        }

        fn at(&self, stage: Stage) -> BoxFuture<'_, Result<Option<Arc<Credential>>, Fault>> {
            self.good.at(stage)
        }
    }

    /// A start-up of one integration that is running.
    fn run(source: &Arc<Troubled>, time: &ManualTime) -> (Arc<ColdStart>, JoinHandle<()>) {
        let start = Arc::new(ColdStart::begun(time.now()));
        let name = "queue-sync".parse().unwrap();
        let start_up = StartUp {
            start: Arc::clone(&start),
            stores: std::collections::BTreeMap::new(),
            secrets: vec![(name, Arc::clone(source) as _)],
            deadline: Duration::from_secs(8),
            clock: Arc::new(time.clone()),
            sleep: Arc::new(time.clone()),
        };
        (start, tokio::spawn(start_up.run()))
    }

    async fn settle() {
        for _ in 0..50 {
            yield_now().await;
        }
    }

    fn fault_of(start: &ColdStart) -> Option<&'static str> {
        match start.secret_of("queue-sync") {
            Some(SecretState::Missing { fault, .. }) => Some(fault),
            _ => None,
        }
    }

    #[tokio::test]
    async fn a_secret_that_hangs_is_told_after_the_deadline_and_still_waited_for() {
        let (time, source) = (ManualTime::default(), Troubled::new(Vec::new(), true));
        let (start, running) = run(&source, &time);
        settle().await;
        assert_eq!(start.secret_of("queue-sync"), Some(SecretState::Reading));
        time.advance(Duration::from_millis(7999));
        settle().await;
        assert_eq!(start.secret_of("queue-sync"), Some(SecretState::Reading));
        time.advance(Duration::from_millis(1));
        settle().await;
        assert_eq!(fault_of(&start), Some("store-unreachable"));
        assert_eq!(start.after(Phase::Secrets), None);
        source.gate.as_ref().unwrap().notify_one();
        running.await.unwrap();
        assert_eq!(start.secret_of("queue-sync"), Some(SecretState::Read));
        assert_eq!(start.after(Phase::Secrets), Some(Duration::from_secs(8)));
    }

    #[tokio::test]
    async fn a_read_that_fails_is_tried_again_ever_more_rarely() {
        let time = ManualTime::default();
        let denied = || Fault::new(FaultCode::StoreDenied, "x");
        let throttled = Fault::new(FaultCode::StoreThrottled, "x").with_retry_after(Duration::from_secs(20));
        let source = Troubled::new(vec![denied(), throttled, denied()], false);
        let (start, running) = run(&source, &time);
        // 1 s after the first; what the second asked for; 4 s after the third, the third pause of a doubling one.
        for (pause, fault) in [(1, "store-denied"), (20, "store-throttled"), (4, "store-denied")] {
            settle().await;
            assert_eq!(fault_of(&start), Some(fault));
            time.advance(Duration::from_secs(pause) - Duration::from_millis(1));
            settle().await;
            assert_eq!(fault_of(&start), Some(fault), "not yet");
            time.advance(Duration::from_millis(1));
        }
        running.await.unwrap();
        assert_eq!(start.secret_of("queue-sync"), Some(SecretState::Read));
    }
}
