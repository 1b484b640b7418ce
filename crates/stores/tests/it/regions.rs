//! A secret in several regions, each of which answers, fails, hangs or lags as it is told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hallpass_core::test_support::ScriptedPlatform;
use hallpass_core::{
    BoxFuture, Clock, CompareAndSet, Counters, Credential, EntryInfo, EntryName, Fault, FaultCode, Platform,
    Reread, Secret, Sleep, Stage, Store, StoreTraits, StoredSecret, Version,
};
use hallpass_stores::{CredentialParts, Places, StoreCredentials, StoreLimits};

use crate::fakes::{Collected, named};
use crate::virtual_time::VirtualTime;

/// How a region behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Answers after so many milliseconds.
    Well(u64),
    /// Refuses after so many milliseconds.
    Dead(u64),
    /// Does not answer for thirty seconds.
    Hanging,
    /// Answers what is no secret.
    Garbage,
    /// Answers the version before its last.
    Older,
    /// Has no such entry.
    Absent,
}

/// What happened in the regions.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// When which region was asked, by rank.
    pub(crate) asked: Vec<(Duration, usize)>,
    /// Who answered which serial.
    pub(crate) said: Vec<(usize, u64)>,
}

/// One region's copy of the entry.
pub(crate) struct Region {
    rank: usize,
    time: VirtualTime,
    log: Arc<Mutex<Log>>,
    mode: Mutex<Mode>,
    /// Serials, and from when on each is here.
    copies: Mutex<Vec<(Duration, u64)>>,
}

impl std::fmt::Debug for Region {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Region({})", self.rank)
    }
}

impl Region {
    pub(crate) fn is(&self, mode: Mode) {
        *self.mode.lock().unwrap() = mode;
    }

    pub(crate) fn mode(&self) -> Mode {
        *self.mode.lock().unwrap()
    }

    /// The serial that is here now, or the one before it.
    pub(crate) fn serial(&self, back: usize) -> u64 {
        let now = self.time.elapsed();
        let copies = self.copies.lock().unwrap();
        let here: Vec<_> = copies.iter().filter(|(from, _)| *from <= now).collect();
        here[here.len().saturating_sub(1 + back)].1
    }

    /// From `lag` on this serial is here, in the order in which they are told.
    pub(crate) fn receive(&self, serial: u64, lag: Duration) {
        let mut copies = self.copies.lock().unwrap();
        let from = (self.time.elapsed() + lag).max(copies.last().map_or(Duration::ZERO, |copy| copy.0));
        copies.push((from, serial));
    }

    async fn answer(&self) -> Result<StoredSecret, Fault> {
        let sleep = |millis| self.time.sleep(Duration::from_millis(millis));
        let serial = match self.mode() {
            Mode::Well(millis) => {
                sleep(millis).await;
                self.serial(0)
            }
            Mode::Older => self.serial(1),
            Mode::Dead(millis) => {
                sleep(millis).await;
                return Err(Fault::new(FaultCode::StoreUnreachable, "connection refused"));
            }
            Mode::Hanging => {
                sleep(30_000).await;
                return Err(Fault::new(FaultCode::StoreUnreachable, "nothing in 30 s"));
            }
            Mode::Absent => return Err(Fault::new(FaultCode::EntryNotFound, "no such entry")),
            Mode::Garbage => {
                return Ok(StoredSecret { value: "<html>".into(), version: Version::new("?") });
            }
        };
        self.log.lock().unwrap().said.push((self.rank, serial));
        Ok(StoredSecret { value: value(serial), version: Version::new(&serial.to_string()) })
    }
}

impl Store for Region {
    fn traits(&self) -> StoreTraits {
        StoreTraits { scheme: "region", writable: false, compare_and_set: CompareAndSet::None }
    }

    fn place(&self) -> Option<&str> {
        Some(["here", "there", "far away"][self.rank])
    }

    fn read<'a>(&'a self, _: &'a EntryName, _: Stage) -> BoxFuture<'a, Result<StoredSecret, Fault>> {
        Box::pin(async {
            self.log.lock().unwrap().asked.push((self.time.elapsed(), self.rank));
            self.answer().await
        })
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<EntryInfo>, Fault>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// The secret of one serial: the same serial is the same secret.
pub(crate) fn value(serial: u64) -> Secret {
    Secret::from(format!(
        r#"{{"client_id":"id","client_secret":"secret-{serial}","serial":{serial},"environment":"prod"}}"#
    ))
}

/// A process and the regions of its secret.
pub(crate) struct Scene {
    pub(crate) time: VirtualTime,
    pub(crate) regions: Vec<Arc<Region>>,
    pub(crate) log: Arc<Mutex<Log>>,
    pub(crate) audit: Arc<Collected>,
    pub(crate) places: Arc<Places>,
}

/// One integration of the process.
pub(crate) struct Integration {
    pub(crate) source: Arc<StoreCredentials>,
    pub(crate) counters: Arc<Counters>,
}

impl Scene {
    /// So many regions, all well, with serial 1.
    pub(crate) fn of(count: usize, limits: StoreLimits) -> Self {
        let (time, log) = (VirtualTime::default(), Arc::new(Mutex::new(Log::default())));
        let region = |rank| {
            let (mode, copies) = (Mutex::new(Mode::Well(20)), Mutex::new(vec![(Duration::ZERO, 1)]));
            Arc::new(Region { rank, time: time.clone(), log: log.clone(), mode, copies })
        };
        let places = Places::new(limits, Arc::new(time.clone()), Arc::new(time.clone()));
        let regions = (0..count).map(region).collect();
        Self { regions, log, audit: Arc::default(), places: Arc::new(places), time }
    }

    /// An integration that reads the entry from all regions.
    pub(crate) fn integration(&self, name: &str) -> Integration {
        let counters = Arc::new(Counters::new());
        let mut places = self.regions.iter().map(|region| {
            let store: Arc<dyn Store> = Arc::clone(region) as _;
            self.places.of(store, named("queue-sync"))
        });
        let source = StoreCredentials::new(CredentialParts {
            integration: name.parse().unwrap(),
            environment: "prod".parse().unwrap(),
            required: ScriptedPlatform::granting(Duration::from_secs(1)).required_members(),
            around: Arc::clone(&self.places),
            primary: places.next().unwrap(),
            others: places.collect(),
            spawn: Arc::new(self.time.clone()),
            meter: Arc::clone(&counters) as _,
            audit: Arc::clone(&self.audit) as _,
        });
        Integration { source: Arc::new(source), counters }
    }

    /// What `integration` gets, and how long that takes.
    pub(crate) fn read(
        &self,
        integration: &Integration,
        reread: Reread,
    ) -> (Result<Arc<Credential>, Fault>, Duration) {
        use hallpass_core::CredentialSource;
        let began = self.time.now().monotonic;
        let read = self.time.run(integration.source.credential(reread));
        (read, self.time.now().monotonic - began)
    }

    /// The ranks of the regions asked so far, which are then forgotten.
    pub(crate) fn asked(&self) -> Vec<usize> {
        self.log.lock().unwrap().asked.drain(..).map(|(_, rank)| rank).collect()
    }
}
