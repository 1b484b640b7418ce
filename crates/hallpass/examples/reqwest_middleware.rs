//! The same for programs that use reqwest. Redirects are switched off: they would carry the token past the rules.
//!
//! Run it as the example `client`, with a reqwest that was built with TLS.
#![expect(clippy::print_stdout, reason = "an example talks to a terminal")]

use std::error::Error;

use hallpass::layers::reqwest::HallpassMiddleware;
use hallpass::{Client, ClientBuilder};
use reqwest::redirect::Policy;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let builder = Client::builder("queue-sync")
        .platform("genesys")
        .region("us-east-1")
        .environment("prod")
        .secret("env:QUEUE_SYNC_SECRET");
    println!("{}", status(builder, "https://api.mypurecloud.com").await?);
    Ok(())
}

/// The status with which the API at `api` answers.
pub(crate) async fn status(builder: ClientBuilder, api: &str) -> Result<u16, Box<dyn Error>> {
    let client = builder.allow(["GET /api/v2/routing/queues/**"]).build()?;
    let http = reqwest::Client::builder().redirect(Policy::none()).build()?;
    let http = reqwest_middleware::ClientBuilder::new(http).with(HallpassMiddleware::new(client)).build();
    let answer = http.get(format!("{api}/api/v2/routing/queues?pageSize=25")).send().await?;
    Ok(answer.status().as_u16())
}
