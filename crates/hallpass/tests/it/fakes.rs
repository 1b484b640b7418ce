//! The fakes behave as the real thing does.

use std::time::Duration;

use hallpass::fake::{Tokens, Upstream, answer};
use hallpass::{Fault, FaultCode, Rejection};

use crate::stage::get;

#[tokio::test]
async fn a_scripted_token_is_served_until_its_time_has_come() {
    let fake = Tokens::new();
    let tokens = fake.cache();
    fake.then_grant("mine", Duration::from_secs(300));
    assert_eq!(tokens.token().await.unwrap().header(), "Bearer mine");
    fake.advance(Duration::from_secs(100));
    assert_eq!(tokens.token().await.unwrap().header(), "Bearer mine");
    fake.freeze(Duration::from_secs(3600));
    assert_eq!(
        tokens.token().await.unwrap().header(),
        "Bearer token-1",
        "a thawed process serves no dead token"
    );
    assert_eq!(fake.requests(), 2);
}

#[tokio::test]
async fn a_scripted_fault_pauses_as_in_earnest() {
    let fake = Tokens::new();
    let tokens = fake.cache();
    fake.then_fail(Fault::new(FaultCode::CredentialRefused, "as scripted"));
    for _ in 0..3 {
        assert_eq!(tokens.token().await.unwrap_err().code(), FaultCode::CredentialRefused);
    }
    assert_eq!(fake.requests(), 1);
    fake.advance(Duration::from_secs(30));
    assert_eq!(tokens.token().await.unwrap().generation(), 1);
}

#[tokio::test]
async fn a_rejected_token_is_replaced() {
    let fake = Tokens::new();
    let tokens = fake.cache();
    let lease = tokens.token().await.unwrap();
    assert_eq!(tokens.reject(&lease), Rejection::Retired);
    assert_eq!(tokens.token().await.unwrap().generation(), 2);
}

#[tokio::test]
async fn a_fake_api_answers_in_order_and_then_breaks_off() {
    let upstream = Upstream::answering(&Tokens::new(), [answer(200, "one"), answer(503, "two")]);
    let client = upstream.client(&["GET /**"]).unwrap();
    for (status, text) in [(200, "one"), (503, "two")] {
        let sent = client.send(get("/x?y=1")).await.unwrap();
        assert_eq!(sent.status(), status);
        assert_eq!(sent.into_body().collect(9).await.unwrap(), text);
    }
    assert_eq!(client.send(get("/x")).await.unwrap_err().code(), FaultCode::UpstreamAnswerBad);
    assert_eq!(upstream.requests()[0].uri(), "https://api.example/x?y=1");
    assert_eq!(upstream.client(&["nonsense"]).unwrap_err().code(), FaultCode::ConfigurationInvalid);
}
