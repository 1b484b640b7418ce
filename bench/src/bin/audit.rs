//! What the audit log costs: a queued record on the path of a request, a written one, and judging a log.
//!
//! The sink is the one that ships, taken from an assembled program; the log is a file in a temporary folder. Time on a shared machine is luck: the least of many rounds is
//! what the code costs, the median what it cost that day.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hallpass_app::chain::{Chain, ChainId, ChainKey, Place, Seen, Verifier, Writer};
use hallpass_app::{
    App, AuditEvent, AuditKind, AuditSource, Config, Flags, Moment, ProcessVariables, Purpose, Secret,
    Sources,
};
use rustix::time::{ClockId, clock_gettime};

const LINES: usize = 100_000;
const ROUNDS: usize = 25;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::temp_dir().join(format!("hallpass-bench-audit-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let outcome = runtime.block_on(measure(&folder));
    std::fs::remove_dir_all(&folder)?;
    outcome
}

async fn measure(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    judging();
    recording(folder).await?;
    reading(folder).await
}

/// Lines in memory, judged: no disk, no program around it.
fn judging() {
    let (key, log) = (key(), log(LINES));
    let lines: Vec<_> = log.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    let bytes = log.len() / lines.len();
    let rounds = (0..ROUNDS).map(|_| {
        let mut verifier = Verifier::new(vec![key.clone()], [], true);
        let cost = cost(lines.len(), || {
            for (at, line) in (1..).zip(&lines) {
                black_box(verifier.line(Place { file: 0, line: at }, line, true));
            }
        });
        let report = verifier.finish();
        assert!(!report.broken && report.is_proven() && report.lines == lines.len() as u64);
        cost
    });
    told(&format!("judging a line of {bytes} bytes in memory"), rounds.collect());
}

/// A file, read and judged as `hallpass audit verify` does it.
async fn reading(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let file = folder.join("large.jsonl");
    std::fs::write(&file, log(10 * LINES))?;
    let app = app(folder).await?;
    let source = AuditSource { files: vec![file], ..AuditSource::default() };
    let log = app.audit_log(&source).await?;
    let rounds = (0..5).map(|_| {
        cost(10 * LINES, || {
            let report = log.read::<hallpass_app::Fault>(|_| Ok(()), |_| {}).expect("the file can be read");
            assert!(!report.broken && report.is_proven());
        })
    });
    told("judging a line of a file of a million", rounds.collect());
    Ok(())
}

/// Records, as a sidecar makes them.
async fn recording(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let app = app(folder).await?;
    let sink = app.audit();
    let refused = |kind| {
        AuditEvent::new(now(), kind)
            .about(&"queue-sync")
            .fact("fault", "path-not-allowed")
            .fact("method", "GET")
    };
    sink.record(&refused(AuditKind::CallRefused))?;
    // As many as the queue takes before whoever comes writes it out himself; the thread has done so before the next round.
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS * 8 {
        std::thread::sleep(Duration::from_millis(12));
        rounds.push(cost(100, || {
            for _ in 0..100 {
                let event = refused(AuditKind::CallRefused);
                sink.record(&event).expect("the log can be written");
            }
        }));
    }
    told("a queued record, made and handed over, one of 100 in a row", rounds);
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS * 8 {
        std::thread::sleep(Duration::from_millis(12));
        rounds
            .push(cost(1, || sink.record(&refused(AuditKind::CallRefused)).expect("the log can be written")));
    }
    told("a queued record, alone, 12 ms after the last", rounds);
    // The same without a record: what it costs to wake up with cold caches and to look at the clocks.
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS * 8 {
        std::thread::sleep(Duration::from_millis(12));
        rounds.push(cost(1, || drop(black_box(refused(AuditKind::CallRefused).clone()))));
    }
    told("an event made and thrown away, alone, 12 ms after the last", rounds);
    let mut rounds = Vec::new();
    for _ in 0..5 {
        std::thread::sleep(Duration::from_millis(1500));
        rounds.push(cost(1, || sink.record(&refused(AuditKind::CallRefused)).expect("the log can be written")));
    }
    told("the same after a second without any, which wakes the thread", rounds);
    let rounds = (0..ROUNDS).map(|_| {
        cost(100, || {
            (0..100)
                .for_each(|_| sink.record(&refused(AuditKind::SecretRead)).expect("the log can be written"));
        })
    });
    told("a record that is written before anybody goes on", rounds.collect());
    let rounds = (0..ROUNDS)
        .map(|_| cost(1, || sink.record(&refused(AuditKind::RotationStep)).expect("the log can be written")));
    told("a record that is on the disk before anybody goes on", rounds.collect());
    Ok(())
}

async fn app(folder: &Path) -> Result<App, Box<dyn std::error::Error>> {
    std::fs::write(folder.join("key"), KEY)?;
    std::fs::set_permissions(folder.join("key"), std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    let text = "version = 1\nenvironment = \"bench\"\n[audit]\nfile = \"audit.jsonl\"\nkey = \"file:key\"\nanchors = \"anchors\"\n\
                [stores.local]\npath = \"store\"\n[integrations.queue-sync]\nplatform = \"genesys\"\nregion = \"us-east-1\"\n\
                secret = \"local:queue-sync\"\nallow = [\"GET /api/v2/routing/queues/**\"]\n";
    let sources = Sources::of_process(Flags::default());
    let config = Config::read(&folder.join("hallpass.toml"), text, &sources)?;
    Ok(App::assemble(&config, Purpose::Gateway, Arc::new(ProcessVariables)).await?)
}

fn log(count: usize) -> Vec<u8> {
    let mut log = Vec::new();
    let writer =
        Writer { host: "box".into(), process: 7, program: "bench".into(), environment: "bench".into() };
    let mut chain = Chain::begin(key(), ChainId::of([7; 8]), &writer, &Seen::default(), now(), &mut log);
    for at in 0..count - 2 {
        let event = AuditEvent::new(now(), AuditKind::TokenGranted).about(&"queue-sync");
        chain.append(&event.fact("fingerprint", "9c1185a5").fact("version", at.to_string()), &mut log);
    }
    chain.end(now(), &mut log);
    log
}

fn key() -> ChainKey {
    ChainKey::from_stored(&Secret::from(KEY)).expect("it is long enough")
}

fn now() -> Moment {
    Moment { wall: Duration::from_millis(1_763_845_812_345), monotonic: Duration::ZERO }
}

/// Wall and CPU nanoseconds of this thread for each of `count`.
fn cost(count: usize, work: impl FnOnce()) -> (f64, f64) {
    let (begun, burnt) = (Instant::now(), cpu());
    work();
    let (wall, cpu) = (begun.elapsed(), cpu() - burnt);
    (wall.as_nanos() as f64 / count as f64, cpu * 1e9 / count as f64)
}

fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn told(what: &str, mut rounds: Vec<(f64, f64)>) {
    let middle = rounds.len() / 2;
    rounds.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (wall_least, wall) = (rounds[0].0, rounds[middle].0);
    rounds.sort_by(|one, other| one.1.total_cmp(&other.1));
    let (least, median) = (rounds[0].1, rounds[middle].1);
    println!(
        "| {what} | {least:.0}, {median:.0} | {wall_least:.0}, {wall:.0} | {:.2} million |",
        1e3 / median
    );
}

const KEY: &str = "0123456789abcdef0123456789abcdef";
