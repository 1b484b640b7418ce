//! Interleaved rounds of short samples; the least, medians, ratios.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Something that reads a cached token.
pub struct Candidate {
    /// What it is called in the table.
    pub name: String,
    reads: Reads,
}

enum Reads {
    /// In this process: does so many reads in a row.
    Here(Box<dyn Fn(u64) + Send + Sync>),
    /// Elsewhere: wall and CPU nanoseconds per read with so many threads.
    Elsewhere(Box<dyn Fn(usize) -> Option<Cost>>),
}

/// What one read costs, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Time that passed, divided by all reads of all threads.
    pub wall: f64,
    /// CPU time of those threads, divided likewise.
    pub cpu: f64,
}

impl Candidate {
    /// One read after the other; the compiler sees through `read`.
    pub fn new<T>(name: &str, read: impl Fn() -> T + Send + Sync + 'static) -> Self {
        let reads = move |count| {
            for _ in 0..count {
                black_box(read());
            }
        };
        Self { name: name.to_owned(), reads: Reads::Here(Box::new(reads)) }
    }

    /// Measured by another program.
    pub fn elsewhere(name: &str, measure: impl Fn(usize) -> Option<Cost> + 'static) -> Self {
        Self { name: name.to_owned(), reads: Reads::Elsewhere(Box::new(measure)) }
    }

    fn cost(&self, threads: usize, count: u64) -> Option<Cost> {
        match &self.reads {
            Reads::Here(reads) => Some(cost(reads, threads, count)),
            Reads::Elsewhere(measure) => measure(threads),
        }
    }

    /// How many reads take about as long as a sample should.
    fn calibrate(&self) -> u64 {
        let Reads::Here(reads) = &self.reads else { return 0 };
        let tried = 20_000;
        reads(tried);
        let begun = Instant::now();
        reads(tried);
        let each = begun.elapsed().as_secs_f64() / tried as f64;
        (SAMPLE.as_secs_f64() / each.max(1e-9)) as u64
    }
}

fn cost(reads: &(dyn Fn(u64) + Send + Sync), threads: usize, count: u64) -> Cost {
    let together = Barrier::new(threads);
    let samples: Vec<_> = thread::scope(|scope| {
        let work = || {
            reads(1000);
            together.wait();
            // Each measures itself: on a busy machine whoever waits for them wakes too late to tell.
            let (begun, burnt) = (Instant::now(), cpu());
            reads(count);
            (begun, Instant::now(), cpu() - burnt)
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().expect("a reader does not panic")).collect()
    });
    let begun = samples.iter().map(|sample| sample.0).min().expect("there is a thread");
    let ended = samples.iter().map(|sample| sample.1).max().expect("there is a thread");
    let burnt: Duration = samples.iter().map(|sample| sample.2).sum();
    let all = (count * threads as u64) as f64;
    Cost { wall: (ended - begun).as_nanos() as f64 / all, cpu: burnt.as_nanos() as f64 / all }
}

/// CPU time of this thread.
fn cpu() -> Duration {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(spent.tv_sec.unsigned_abs(), spent.tv_nsec.unsigned_abs() as u32)
}

/// Measures every candidate with one and with two threads in each round, one after the other. Printed are, of the CPU time per read, the least and
/// the median; with two threads also the median of those rounds in which both really ran at once, and how many of them there were. The last
/// columns are ratios of medians to the first candidate.
pub fn table(candidates: &[Candidate], rounds: usize) {
    let counts: Vec<_> = candidates.iter().map(Candidate::calibrate).collect();
    let mut costs = vec![[Vec::new(), Vec::new()]; candidates.len()];
    for _ in 0..rounds {
        for ((candidate, count), costs) in candidates.iter().zip(&counts).zip(&mut costs) {
            for (threads, costs) in (1..).zip(costs.iter_mut()) {
                costs.extend(candidate.cost(threads, *count));
            }
        }
    }
    println!(
        "| read | 1 thread: least, median CPU; wall | 2 threads: least, median CPU; wall | both at once | CPU against ours, 1 thread | 2 threads |"
    );
    println!("|---|---|---|---|---|---|");
    let ours = costs[0].each_ref().map(|costs| Spread::of(costs));
    for (candidate, costs) in candidates.iter().zip(&costs) {
        let spreads = costs.each_ref().map(|costs| Spread::of(costs));
        let [one, two] = spreads.each_ref().map(shown);
        let [ratio_one, ratio_two] = [0, 1].map(|threads| ratio(&spreads[threads], &ours[threads]));
        let together = together(&costs[1]);
        println!("| {} | {one} | {two} | {together} | {ratio_one} | {ratio_two} |", candidate.name);
    }
}

/// What the samples of one cell say.
struct Spread {
    least: f64,
    median: f64,
    wall: f64,
}

impl Spread {
    fn of(costs: &[Cost]) -> Option<Self> {
        let cpu = sorted(costs, |cost| cost.cpu);
        let wall = sorted(costs, |cost| cost.wall);
        Some(Self { least: *cpu.first()?, median: cpu[cpu.len() / 2], wall: wall[wall.len() / 2] })
    }
}

fn sorted(costs: &[Cost], of: fn(&Cost) -> f64) -> Vec<f64> {
    let mut values: Vec<_> = costs.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values
}

/// On a shared machine two threads often take turns, and then nobody contends. When both run at once, half as much time passes as is burnt.
fn together(costs: &[Cost]) -> String {
    let at_once: Vec<_> = costs.iter().copied().filter(|cost| cost.wall <= 0.6 * cost.cpu).collect();
    let rounds = at_once.len();
    Spread::of(&at_once).map_or_else(|| "-".to_owned(), |spread| format!("{:.1} ({rounds})", spread.median))
}

fn ratio(own: &Option<Spread>, ours: &Option<Spread>) -> String {
    match (own, ours) {
        (Some(own), Some(ours)) => format!("{:.1}", own.median / ours.median),
        _ => "-".to_owned(),
    }
}

fn shown(spread: &Option<Spread>) -> String {
    let text = |spread: &Spread| format!("{:.1}, {:.1}; {:.1}", spread.least, spread.median, spread.wall);
    spread.as_ref().map_or_else(|| "-".to_owned(), text)
}

/// Short, so that many samples find the machine quiet, and long beside waking two threads.
const SAMPLE: Duration = Duration::from_millis(5);
