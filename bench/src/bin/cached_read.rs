//! What reading a cached token costs, ours beside others, in one interleaved run.

use hallpass_bench::{measure, ours, patterns, python};

fn main() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let mut candidates = runtime.block_on(ours::candidates());
    candidates.extend(patterns::candidates());
    #[cfg(feature = "peers")]
    candidates.extend(runtime.block_on(hallpass_bench::peers::candidates()));
    candidates.push(python::candidate());
    let rounds = std::env::args().nth(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(99);
    println!("nanoseconds per read, {rounds} interleaved rounds");
    measure::table(&candidates, rounds);
    Ok(())
}
