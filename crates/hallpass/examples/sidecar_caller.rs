//! A Rust program that knows nothing of this library and calls through the sidecar with reqwest: the pass in a header, nothing else.
//!
//! ```sh
//! hallpass exec -- cargo run -p hallpass --features reqwest --example sidecar_caller
//! ```
//!
//! Prints one listing a line, as often as the first argument says (default once), from the integration the second one names.
#![expect(clippy::print_stdout, reason = "an example talks to a terminal")]
#![expect(clippy::disallowed_methods, reason = "a program of yours reads its environment as it likes")]

use std::env;
use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (url, pass) = (env::var("HALLPASS_URL")?, env::var("HALLPASS_PASS")?);
    let times: usize = env::args().nth(1).map_or(Ok(1), |times| times.parse())?;
    let integration = env::args().nth(2).unwrap_or_else(|| "queue-sync".to_owned());
    let http = reqwest::Client::new();
    for _ in 0..times {
        let address = format!("{url}/{integration}/api/v2/routing/queues");
        let answer = http.get(address).bearer_auth(&pass).send().await?.error_for_status()?;
        println!("{}", answer.text().await?);
    }
    Ok(())
}
