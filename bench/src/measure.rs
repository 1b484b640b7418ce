//! Interleaved rounds, medians, ratios.

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
    /// CPU time of the process, divided likewise.
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
    let barrier = Barrier::new(threads + 1);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    reads(1000);
                    barrier.wait();
                    reads(count);
                })
            })
            .collect();
        barrier.wait();
        let (begun, burnt) = (Instant::now(), cpu());
        for worker in workers {
            worker.join().expect("a reader does not panic");
        }
        let all = (count * threads as u64) as f64;
        Cost { wall: begun.elapsed().as_nanos() as f64 / all, cpu: (cpu() - burnt).as_nanos() as f64 / all }
    })
}

fn cpu() -> Duration {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(spent.tv_sec.unsigned_abs(), spent.tv_nsec.unsigned_abs() as u32)
}

/// Measures every candidate with one and with two threads in each round, one after the other, and prints medians. The last columns are
/// ratios to the first candidate's CPU.
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
        "| read | 1 thread: wall, CPU | 2 threads: wall, CPU | CPU against ours, 1 thread | 2 threads |"
    );
    println!("|---|---|---|---|---|");
    let medians: Vec<_> = costs.iter().map(|costs| costs.each_ref().map(|costs| median(costs))).collect();
    for (candidate, [one, two]) in candidates.iter().zip(&medians) {
        let ratio = |own: &Option<Cost>, ours: &Option<Cost>| match (own, ours) {
            (Some(own), Some(ours)) => format!("{:.1}", own.cpu / ours.cpu),
            _ => "-".to_owned(),
        };
        let [our_one, our_two] = &medians[0];
        println!(
            "| {} | {} | {} | {} | {} |",
            candidate.name,
            shown(*one),
            shown(*two),
            ratio(one, our_one),
            ratio(two, our_two)
        );
    }
}

fn median(costs: &[Cost]) -> Option<Cost> {
    let middle = |of: fn(&Cost) -> f64| {
        let mut values: Vec<_> = costs.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    };
    Some(Cost { wall: middle(|cost| cost.wall)?, cpu: middle(|cost| cost.cpu)? })
}

fn shown(cost: Option<Cost>) -> String {
    cost.map_or_else(|| "-".to_owned(), |cost| format!("{:.0}, {:.0}", cost.wall, cost.cpu))
}

/// Long enough that starting threads does not count, short enough that rounds interleave.
const SAMPLE: Duration = Duration::from_millis(60);
