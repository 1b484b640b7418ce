//! A function of yours and its unit test, without a network: run it with `cargo test -p hallpass --example unit_test_of_yours`.
//!
//! In your own `Cargo.toml` the fakes are for tests only:
//!
//! ```toml
//! [dev-dependencies]
//! hallpass = { version = "...", features = ["test-support"] }
//! ```
#![expect(clippy::print_stdout, reason = "an example talks to a terminal")]

use hallpass::{Client, Fault};
use http::{Request, StatusCode};

fn main() {
    println!("this one is to be tested: cargo test -p hallpass --example unit_test_of_yours");
}

#[cfg_attr(not(test), expect(dead_code, reason = "it is here to be tested"))]
/// Yours: closes a queue, and says whether it was there.
pub(crate) async fn close_queue(client: &Client, id: &str) -> Result<bool, Fault> {
    let mut request = Request::new(r#"{"state":"inactive"}"#);
    *request.method_mut() = http::Method::PATCH;
    *request.uri_mut() = format!("/api/v2/routing/queues/{id}").parse().unwrap_or_default();
    let answer = client.send(request).await?;
    Ok(answer.status() != StatusCode::NOT_FOUND)
}

#[cfg(test)]
mod tests {
    use super::close_queue;
    use hallpass::fake::{Tokens, Upstream, answer};
    use hallpass::{Fault, FaultCode};
    use std::time::Duration;

    const RULES: &[&str] = &["PATCH /api/v2/routing/queues/*"];

    #[tokio::test]
    async fn a_queue_is_closed_even_when_the_token_died() {
        let upstream = Upstream::answering(&Tokens::new(), [answer(401, ""), answer(200, "{}")]);
        let client = upstream.client(RULES).unwrap();
        assert!(close_queue(&client, "q1").await.unwrap());
        let sent = upstream.requests();
        assert_eq!(sent.len(), 2);
        assert_eq!(sent[1].headers()["authorization"], "Bearer token-2");
        assert_eq!(sent[1].body(), sent[0].body());
    }

    #[tokio::test]
    async fn a_queue_that_is_not_there_is_no_fault() {
        let upstream = Upstream::answering(&Tokens::new(), [answer(404, "")]);
        let client = upstream.client(RULES).unwrap();
        assert!(!close_queue(&client, "q1").await.unwrap());
    }

    #[tokio::test]
    async fn an_id_that_leads_elsewhere_is_refused_before_anything_is_sent() {
        let upstream = Upstream::answering(&Tokens::new(), []);
        let client = upstream.client(RULES).unwrap();
        let fault = close_queue(&client, "../../users/me").await.unwrap_err();
        assert_eq!(fault.code(), FaultCode::PathAmbiguous);
        assert!(upstream.requests().is_empty());
    }

    #[tokio::test]
    async fn while_no_token_can_be_had_it_says_when_to_come_back() {
        let tokens = Tokens::new();
        let after = Duration::from_secs(30);
        tokens.then_fail(Fault::new(FaultCode::TokenThrottled, "as scripted").with_retry_after(after));
        let upstream = Upstream::answering(&tokens, [answer(200, "{}")]);
        let client = upstream.client(RULES).unwrap();
        let fault = close_queue(&client, "q1").await.unwrap_err();
        assert_eq!((fault.code(), fault.retry_after()), (FaultCode::TokenThrottled, Some(after)));
        tokens.advance(after);
        assert!(close_queue(&client, "q1").await.unwrap());
    }
}
