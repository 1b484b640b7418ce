//! Endpoints that never answer.

use std::sync::Arc;
use std::time::Duration;

use crate::scripted::settings;
use hallpass_core::test_support::ManualTime;
use hallpass_core::{BoxFuture, Credential, IssueVerdict, Secret, Version};
use hallpass_outbound::{Body, Transport, TransportFault};
use hallpass_platforms::{PlatformParts, connect};
use http::{Request, Response};

#[derive(Debug)]
struct Hanging;

impl Transport for Hanging {
    fn send(&self, _request: Request<Body>) -> BoxFuture<'_, Result<Response<Body>, TransportFault>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_document_that_never_comes_is_given_up_after_ten_seconds() {
    let time = ManualTime::default();
    let parts = PlatformParts {
        integration: "nice".parse().unwrap(),
        transport: Arc::new(Hanging),
        sleep: Arc::new(time.clone()),
        clock: Arc::new(time.clone()),
    };
    let platform = connect(&settings("cxone", "standard"), parts).unwrap().platform;
    let credential = Credential::parse(&Secret::from("{}"), Version::new("1"), &[]).unwrap();
    let mut issuing = std::pin::pin!(platform.issue(&credential));
    let still_waits = poll_once(&mut issuing).await;
    assert!(still_waits.is_none());
    time.advance(Duration::from_secs(10));
    let fault = issuing.await.unwrap_err();
    assert_eq!(fault.verdict, IssueVerdict::Passing { retry_after: None });
    assert!(fault.detail.contains("openid-configuration: no answer in time"), "{fault:?}");
}

/// Polls once.
async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}
