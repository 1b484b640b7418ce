//! What becomes of a read when regions fail, hang, answer nonsense or lag behind.

use std::sync::atomic::Ordering;
use std::time::Duration;

use hallpass_core::{Counter, Fault, FaultCode, Reread};
use hallpass_stores::StoreLimits;
use hallpass_testkit::proving;

use crate::regions::{Integration, Mode, Scene};
use crate::virtual_time::Dice;

const LIMITS: StoreLimits = StoreLimits::DEFAULT;

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A promise of two seconds.
const PROMISED: Duration = Duration::from_secs(2);

/// What one seeded run has seen.
#[derive(Default)]
struct Seen {
    reads: u64,
    bridged: u64,
    longest: Duration,
}

/// One process, for as long as its script has lines.
struct Run {
    scene: Scene,
    integration: Integration,
    dice: Dice,
    /// The serial at the primary.
    serial: u64,
    /// The serial that was served last.
    served: Option<u64>,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let scene = Scene::of(2 + dice.roll(2) as usize, LIMITS);
        let integration = scene.integration("queue-sync");
        Self { scene, integration, dice, serial: 1, served: None }
    }

    fn misfortune(&mut self) {
        let regions = self.scene.regions.len() as u64;
        let region = &self.scene.regions[self.dice.roll(regions) as usize];
        region.is(match self.dice.roll(8) {
            0 => Mode::Dead(self.dice.roll(900)),
            1 => Mode::Hanging,
            2 => Mode::Garbage,
            3 => Mode::Older,
            4 => Mode::Absent,
            _ => Mode::Well(5 + self.dice.roll(395)),
        });
    }

    /// A new version at the primary, or rarely the one before; the replicas have it later.
    fn rotate(&mut self) {
        let back = self.serial > 1 && self.dice.roll(8) == 0;
        self.serial = if back { self.serial - 1 } else { self.serial + 1 };
        for (rank, region) in self.scene.regions.iter().enumerate() {
            let lag = if rank == 0 { 0 } else { self.dice.roll(600_000) };
            region.receive(self.serial, millis(lag));
        }
    }

    /// Whether some region can serve at once what is not older than what is held: what was served last, or what a read beside that has brought since.
    fn is_servable(&self) -> bool {
        let brought = self.scene.log.lock().unwrap().said.iter().map(|(_, serial)| *serial).max();
        let held = brought.max(self.served);
        let fit = |(rank, region): (usize, &_)| {
            let region: &crate::regions::Region = region;
            matches!(region.mode(), Mode::Well(_)) && (rank == 0 || Some(region.serial(0)) >= held)
        };
        self.scene.regions.iter().map(AsRef::as_ref).enumerate().any(fit)
    }

    fn read(&mut self, reread: Reread, seen: &mut Seen) {
        let primary_is_well = matches!(self.scene.regions[0].mode(), Mode::Well(_));
        let (is_servable, is_alone) = (self.is_servable(), !self.scene.time.is_busy());
        let is_held = self.served.is_some();
        self.scene.log.lock().unwrap().asked.clear();
        let (read, took) = self.scene.read(&self.integration, reread);
        seen.reads += 1;
        assert!(!is_servable || took <= PROMISED, "{took:?} although a region is well");
        assert!(took <= LIMITS.read_timeout || !is_alone, "{took:?}");
        if reread == Reread::Forced && is_alone {
            assert_eq!(self.scene.log.lock().unwrap().asked[0].1, 0, "the primary is asked first");
        }
        match read {
            Ok(credential) => {
                let serial = credential.serial();
                let by_primary = self.scene.log.lock().unwrap().said.contains(&(0, serial.unwrap()));
                assert!(serial >= self.served || by_primary, "{:?} after {:?}", serial, self.served);
                self.served = serial;
                // What is held is what was served, unless a read goes on beside it.
                if !self.scene.time.is_busy() {
                    self.scene.log.lock().unwrap().said.clear();
                }
                seen.bridged += u64::from(!primary_is_well);
                if is_servable {
                    seen.longest = seen.longest.max(took);
                }
            }
            Err(fault) => {
                assert!(!is_servable, "{fault}");
                assert!(!is_held || reread == Reread::Forced, "what is held bridges: {fault}");
                assert_ne!(fault.code(), FaultCode::Internal);
            }
        }
    }
}

#[test]
fn p29_a_dead_or_hanging_primary_is_bridged_in_two_seconds_and_no_version_goes_back() {
    let (seeds, mut seen) = (if proving() { 20_000 } else { 500 }, Seen::default());
    for seed in 0..seeds {
        let mut run = Run::new(seed);
        run.misfortune();
        for _ in 0..40 {
            match run.dice.roll(8) {
                0 | 1 => run.misfortune(),
                2 => run.rotate(),
                3 => run.scene.time.pass(Duration::from_secs(run.dice.roll(1_200))),
                4 => run.scene.time.pass(millis(run.dice.roll(2_000))),
                5 => run.read(Reread::Forced, &mut seen),
                _ => run.read(Reread::Cached, &mut seen),
            }
            run.scene.time.pass(millis(1_000));
        }
    }
    assert!(seen.bridged > seeds, "{} were bridged: the scripts are too kind", seen.bridged);
    let Seen { reads, bridged, longest } = seen;
    println!(
        "figure: {seeds} seeds, {reads} reads, {bridged} without the primary, the longest took {longest:?}"
    );
}

#[test]
fn p29_each_way_to_lose_the_primary_is_bridged() {
    for (mode, within) in [
        (Mode::Hanging, millis(320)),
        (Mode::Dead(0), millis(20)),
        (Mode::Dead(250), millis(270)),
        (Mode::Dead(900), millis(320)),
        (Mode::Garbage, millis(20)),
        (Mode::Absent, millis(20)),
    ] {
        let scene = Scene::of(2, LIMITS);
        scene.regions[0].is(mode);
        let (read, took) = scene.read(&scene.integration("a"), Reread::Cached);
        assert_eq!((read.unwrap().serial(), took), (Some(1), within), "{mode:?}");
        assert_eq!(scene.asked(), [0, 1]);
    }
}

#[test]
fn p29_a_refused_secret_is_looked_for_at_the_primary_first() {
    for (mode, asked, within) in [
        (Mode::Well(700), vec![0], millis(700)),
        (Mode::Hanging, vec![0, 1], millis(1_020)),
        (Mode::Dead(10), vec![0, 1], millis(30)),
    ] {
        let scene = Scene::of(2, LIMITS);
        let integration = scene.integration("a");
        scene.read(&integration, Reread::Cached).0.unwrap();
        scene.regions[0].is(mode);
        // It fails now and is asked last by ordinary reads, but not by these.
        for _ in 0..3 {
            scene.asked();
            let (read, took) = scene.read(&integration, Reread::Forced);
            assert_eq!((scene.asked(), took), (asked.clone(), within), "{mode:?}");
            read.unwrap();
        }
    }
}

#[test]
fn a_place_that_failed_is_asked_last_for_half_a_minute() {
    let scene = Scene::of(2, LIMITS);
    scene.regions[0].is(Mode::Hanging);
    let took = |name: &str| scene.read(&scene.integration(name), Reread::Cached).1;
    assert_eq!(took("a"), millis(320));
    assert_eq!((scene.asked(), took("b"), scene.asked()), (vec![0, 1], millis(20), vec![1]));
    scene.regions[1].is(Mode::Absent);
    scene.regions[0].is(Mode::Well(20));
    assert_eq!((took("c"), scene.asked()), (millis(20), vec![1, 0]), "but it is asked");
    scene.regions[1].is(Mode::Well(20));
    assert_eq!((took("d"), scene.asked()), (millis(20), vec![0]), "and comes first once it has answered");
}

#[test]
fn when_both_answers_are_there_the_primarys_counts() {
    let scene = Scene::of(2, LIMITS);
    // The second is asked after 300 ms and takes 20: both are there at 320 ms.
    scene.regions[0].is(Mode::Well(320));
    scene.regions[0].receive(2, Duration::ZERO);
    let integration = scene.integration("a");
    let (read, took) = scene.read(&integration, Reread::Cached);
    assert_eq!((read.unwrap().serial(), took, scene.asked()), (Some(2), millis(320), vec![0, 1]));
    assert_eq!(integration.counters.value(Counter::StoreReadsHedged), 1);
}

#[test]
fn a_replica_that_lags_is_not_taken_and_the_primary_waited_for() {
    let scene = Scene::of(2, LIMITS);
    let integration = scene.integration("a");
    scene.regions[0].receive(2, Duration::ZERO);
    scene.read(&integration, Reread::Cached).0.unwrap();
    scene.time.pass(LIMITS.reread_after);
    scene.regions[0].is(Mode::Well(900));
    scene.regions[0].receive(3, Duration::ZERO);
    let (read, took) = scene.read(&integration, Reread::Cached);
    assert_eq!((read.unwrap().serial(), took), (Some(2), millis(250)), "nobody waits for that long");
    scene.time.pass(Duration::from_secs(1));
    assert_eq!(scene.read(&integration, Reread::Cached).0.unwrap().serial(), Some(3));
}

#[test]
fn all_attempts_are_told_with_their_places_and_are_on_record() {
    let scene = Scene::of(3, LIMITS);
    for (region, mode) in scene.regions.iter().zip([Mode::Absent, Mode::Hanging, Mode::Garbage]) {
        region.is(mode);
    }
    let (read, took) = scene.read(&scene.integration("a"), Reread::Cached);
    let fault = read.unwrap_err();
    assert_eq!((fault.code(), took), (FaultCode::CredentialMalformed, LIMITS.read_timeout));
    for part in ["`region` at here: ", "`region` at there: ", "did not answer within", "`region` at far away"]
    {
        assert!(fault.detail().contains(part), "{fault}");
    }
    let lines = scene.audit.lines.lock().unwrap().clone();
    for (line, parts) in lines.iter().zip([
        [r#""fault":"entry-not-found""#, r#""place":"here""#],
        [r#""fault":"credential-malformed""#, r#""place":"far away""#],
        [r#""fault":"store-unreachable""#, r#""place":"there""#],
    ]) {
        assert!(parts.iter().all(|part| line.contains(part)), "{line}");
    }
    assert_eq!(lines.len(), 3);
}

#[test]
fn whoever_is_not_waited_for_is_on_record() {
    let scene = Scene::of(2, LIMITS);
    scene.regions[0].is(Mode::Hanging);
    scene.read(&scene.integration("a"), Reread::Cached).0.unwrap();
    let lines = scene.audit.lines.lock().unwrap().clone();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].contains(r#""fingerprint":"#) && lines[0].contains(r#""place":"there""#), "{lines:?}");
    assert!(lines[1].contains(r#""given-up":"#) && lines[1].contains(r#""place":"here""#), "{lines:?}");
}

#[test]
fn a_failed_access_that_cannot_be_recorded_ends_the_read() {
    let scene = Scene::of(2, LIMITS);
    scene.audit.refuses.store(true, Ordering::SeqCst);
    scene.regions[0].is(Mode::Dead(0));
    let fault = scene.read(&scene.integration("a"), Reread::Cached).0.unwrap_err();
    assert_eq!((fault.code(), scene.asked()), (FaultCode::AuditUnwritable, vec![0]));
}

#[test]
fn an_outage_of_every_place_is_bridged_until_the_limit_and_counted() {
    let scene = Scene::of(2, LIMITS);
    let integration = scene.integration("a");
    scene.read(&integration, Reread::Cached).0.unwrap();
    scene.regions.iter().for_each(|region| region.is(Mode::Hanging));
    let (mut asked, mut longest) = (0, Duration::ZERO);
    let began = scene.time.elapsed();
    scene.asked();
    while scene.time.elapsed() - began < LIMITS.stale_limit - Duration::from_secs(60) {
        scene.time.pass(Duration::from_secs(30));
        let (read, took) = scene.read(&integration, Reread::Cached);
        assert_eq!(read.unwrap().serial(), Some(1));
        longest = longest.max(took);
        asked += scene.asked().len();
    }
    let bridged = integration.counters.value(Counter::CredentialsServedStale);
    assert_eq!(longest, millis(250), "nobody waits for stores that hang");
    assert!(bridged > 1_000, "{bridged}");
    assert!(asked <= 2 * 120 * 24, "{asked} reads in a day");

    scene.time.pass(Duration::from_secs(60));
    let fault: Fault = scene.read(&integration, Reread::Cached).0.unwrap_err();
    assert_eq!(fault.code(), FaultCode::CredentialStale);
    assert!(fault.detail().starts_with("a, last read 24 hours ago: `region` at here: "), "{fault}");
    assert!(fault.hint().contains("stale_limit"), "{}", fault.hint());

    scene.regions[1].is(Mode::Well(20));
    assert_eq!(scene.read(&integration, Reread::Cached).0.unwrap().serial(), Some(1), "it heals by itself");
}

#[test]
fn past_the_limit_an_older_version_of_a_replica_is_still_not_taken() {
    let scene = Scene::of(2, LIMITS);
    let integration = scene.integration("a");
    scene.regions[0].receive(2, Duration::ZERO);
    scene.read(&integration, Reread::Cached).0.unwrap();
    scene.regions[0].is(Mode::Dead(0));
    scene.time.pass(LIMITS.stale_limit);
    let fault = scene.read(&integration, Reread::Cached).0.unwrap_err();
    assert_eq!(fault.code(), FaultCode::CredentialStale);
    assert!(fault.detail().contains("an older version than the one in memory"), "{fault}");
}
