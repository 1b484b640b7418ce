//! Just the token, for an HTTP client of your own: ask before every request, reject after a 401, repeat once.
//!
//! There is no allow rule on this way, so take it only where no layer fits. Run it as the example `client`.
#![expect(clippy::print_stdout, reason = "an example talks to a terminal")]

use hallpass::{Client, ClientBuilder, Fault, Rejection, TokenCache};
use http::header::AUTHORIZATION;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let builder = Client::builder("queue-sync")
        .platform("genesys")
        .region("us-east-1")
        .environment("prod")
        .secret("env:QUEUE_SYNC_SECRET");
    // Bring your own TLS: this crate pulls none into reqwest.
    println!("{}", status(builder, "http://127.0.0.1:7790/api/v2/routing/queues").await?);
    Ok(())
}

/// The status with which `url` is answered.
pub(crate) async fn status(builder: ClientBuilder, url: &str) -> Result<u16, Box<dyn std::error::Error>> {
    let client = builder.allow(["GET /api/v2/routing/queues/**"]).build()?;
    Ok(call(client.tokens(), &reqwest::Client::new(), url).await?)
}

/// The whole loop. A job of hours holds the cache, never a token.
async fn call(tokens: &TokenCache, http: &reqwest::Client, url: &str) -> Result<u16, CallError> {
    let lease = tokens.token().await?;
    let answer = http.get(url).header(AUTHORIZATION, lease.header().clone()).send().await?;
    if answer.status() != 401 || tokens.reject(&lease) == Rejection::Futile {
        return Ok(answer.status().as_u16());
    }
    let lease = tokens.token().await?;
    let answer = http.get(url).header(AUTHORIZATION, lease.header().clone()).send().await?;
    if answer.status() == 401 {
        tokens.replay_failed(&lease);
    }
    Ok(answer.status().as_u16())
}

#[derive(Debug)]
enum CallError {
    Token(Fault),
    Http(reqwest::Error),
}

impl From<Fault> for CallError {
    fn from(fault: Fault) -> Self {
        Self::Token(fault)
    }
}

impl From<reqwest::Error> for CallError {
    fn from(error: reqwest::Error) -> Self {
        Self::Http(error)
    }
}

impl std::fmt::Display for CallError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Token(fault) => write!(f, "{fault}"),
            Self::Http(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for CallError {}
