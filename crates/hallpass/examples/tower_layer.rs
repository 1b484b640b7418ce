//! The same in front of any `tower` service that sends HTTP requests; here it is hyper-util's client.
//!
//! Run it as the example `client`, against an emulator: hyper-util's plain connector has no TLS.
#![expect(clippy::print_stdout, reason = "an example talks to a terminal")]

use std::error::Error;

use bytes::Bytes;
use hallpass::layers::tower::HallpassLayer;
use hallpass::{Client, ClientBuilder, Network};
use http::Request;
use http_body_util::Full;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tower_layer::Layer as _;
use tower_service::Service as _;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let builder = Client::builder("queue-sync")
        .platform("genesys")
        .urls("http://127.0.0.1:7790/oauth/token", "http://127.0.0.1:7790")
        .network(Network::public().open("127.0.0.0/8")?)
        .environment("test")
        .secret("env:QUEUE_SYNC_SECRET");
    println!("{}", status(builder).await?);
    Ok(())
}

/// The status with which the platform answers.
pub(crate) async fn status(builder: ClientBuilder) -> Result<u16, Box<dyn Error>> {
    let client = builder.allow(["GET /api/v2/routing/queues/**"]).build()?;
    let http: legacy::Client<HttpConnector, Full<Bytes>> =
        legacy::Client::builder(TokioExecutor::new()).build_http();
    let mut service = HallpassLayer::new(client).layer(http);

    // Path and query: the layer knows where the integration's API is.
    let request = Request::get("/api/v2/routing/queues?pageSize=25").body(Full::default())?;
    std::future::poll_fn(|context| service.poll_ready(context)).await?;
    Ok(service.call(request).await?.status().as_u16())
}
