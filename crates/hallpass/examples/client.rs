//! Calls a platform as one integration: `Client` decides by its rules, attaches the token and heals a 401.
//!
//! Run it with a client's secret in the environment:
//!
//! ```sh
//! QUEUE_SYNC_SECRET='{"client_id": "...", "client_secret": "..."}' cargo run -p hallpass --example client
//! ```
#![expect(clippy::print_stdout, reason = "an example talks to a terminal")]

use hallpass::{Client, ClientBuilder, Fault};
use http::Request;

#[tokio::main]
async fn main() -> Result<(), Fault> {
    let builder = Client::builder("queue-sync")
        .platform("genesys")
        .region("us-east-1")
        .environment("prod")
        .secret("env:QUEUE_SYNC_SECRET");
    println!("{}", queues(builder).await?);
    Ok(())
}

/// The platform's first page of queues, as JSON.
pub(crate) async fn queues(builder: ClientBuilder) -> Result<String, Fault> {
    let client = builder.allow(["GET /api/v2/routing/queues/**"]).build()?;
    client.warm_up().await?;
    let mut request = Request::new(());
    *request.uri_mut() = http::Uri::from_static("/api/v2/routing/queues?pageSize=25");
    let answer = client.send(request).await?;
    let body = answer.into_body().collect(1 << 20).await?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}
