//! What 64 callers at once cost in token requests, ours beside others, in real time: every client in every situation with an endpoint of its own,
//! all at once. It takes about a minute.

use std::sync::Arc;
use std::time::Duration;

use hallpass_bench::clients::{MAKERS, Maker};
use hallpass_bench::crowd::CALLERS;
use hallpass_bench::situations::{SITUATIONS, play};
use hallpass_bench::token_server::{Endpoint, Mode};
use tokio::task::JoinHandle;

fn begin(make: Maker, situation: usize) -> JoinHandle<String> {
    tokio::spawn(async move {
        let endpoint = Endpoint::new(Mode::Grants, LATENCY);
        match make.1(endpoint.clone()).await {
            Ok(crowd) => play(situation, &*Arc::clone(&crowd), &endpoint).await.shown(),
            Err(fault) => format!("left out: {fault}"),
        }
    })
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    #[cfg(feature = "peers")]
    let makers = [&MAKERS[..], &hallpass_bench::peers::MAKERS].concat();
    #[cfg(not(feature = "peers"))]
    let makers = MAKERS;
    let rows: Vec<Vec<_>> = makers
        .iter()
        .map(|make| (0..SITUATIONS.len()).map(|situation| begin(*make, situation)).collect())
        .collect();
    println!("| token requests of {CALLERS} callers | {} |", SITUATIONS.join(" | "));
    println!("|---|{}", "---|".repeat(SITUATIONS.len()));
    for (make, row) in makers.iter().zip(rows) {
        print!("| {} |", make.0);
        for seen in row {
            print!(" {} |", seen.await.expect("a situation does not panic"));
        }
        println!();
    }
}

/// So long that all of 64 callers have called before the first of them is answered.
const LATENCY: Duration = Duration::from_millis(50);
