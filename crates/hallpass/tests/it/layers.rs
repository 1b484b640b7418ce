//! The layers over other people's HTTP clients.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use hallpass::fake::{Tokens, Upstream, answer};
use hallpass::layers::reqwest::HallpassMiddleware;
use hallpass::layers::tower::{Hallpass, HallpassLayer, HeldBody, LayerError};
use hallpass::{Client, Fault, FaultCode};
use hallpass_emulator::{Act, Misbehaviour};
use http::Request;
use http_body_util::Full;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use reqwest_middleware::ClientWithMiddleware;
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::stage::{QUEUES, Stage, get};

#[tokio::test]
async fn p21_at_most_two_requests_through_every_front() {
    let stage = Stage::set().await;
    let uri = format!("{}{QUEUES}", stage.emulator.api_url());
    for (deaths, status) in [(0, 200), (1, 200), (2, 401)] {
        for front in ["client", "tower", "reqwest"] {
            let before = stage.tokens_seen().len();
            let client = stage.client();
            if deaths > 0 {
                stage.emulator.world().misbehave(Misbehaviour::on_api(Act::EarlyTokenDeath).times(deaths));
            }
            let answered = match front {
                "client" => client.send(get(QUEUES)).await.unwrap().status().as_u16(),
                "tower" => call(&mut over_hyper(client), empty(QUEUES)).await.unwrap(),
                _ => over_reqwest(client).get(&uri).send().await.unwrap().status().as_u16(),
            };
            assert_eq!(answered, status, "{front} after {deaths}");
            let seen = stage.tokens_seen().split_off(before);
            assert_eq!(seen.len(), if deaths == 0 { 1 } else { 2 }, "{front} after {deaths}");
            assert!(seen.first() != seen.get(1), "{front}: a replay carries another token");
        }
    }
}

#[tokio::test]
async fn p22_a_replay_through_a_layer_repeats_every_byte() {
    let pattern: Vec<u8> = (0..=u8::MAX).cycle().take(1 << 20).collect();
    for length in [0, 1, REPLAY_LIMIT - 1, REPLAY_LIMIT, REPLAY_LIMIT + 1, 1 << 20] {
        let upstream = Upstream::answering(&Tokens::new(), []);
        let client = upstream.client(&["POST /**"]).unwrap();
        let recorder = Recorder::default();
        let mut service = HallpassLayer::new(client).layer(recorder.clone());
        let body = Bytes::copy_from_slice(&pattern[..length]);
        let request = Request::post("/x?y=%20z").header("idempotency-key", "k").header("x-b", "1");
        assert_eq!(service.call(request.body(body.clone()).unwrap()).await.unwrap().status(), 200);
        let sent = std::mem::take(&mut *recorder.0.lock().unwrap());
        let [first, second] = &sent[..] else { panic!("{} requests", sent.len()) };
        assert_eq!((first.body(), second.body()), (&body, &body), "{length} bytes");
        assert_eq!((first.method(), first.uri()), (second.method(), second.uri()));
        assert_eq!(first.uri(), "https://api.example/x?y=%20z");
        let but_the_token = |request: &Request<Bytes>| {
            let headers = request.headers().iter().filter(|(name, _)| *name != "authorization");
            headers.map(|(name, value)| (name.clone(), value.clone())).collect::<Vec<_>>()
        };
        assert_eq!(but_the_token(first), but_the_token(second));
        assert_eq!(first.headers()["authorization"], "Bearer token-1");
        assert_eq!(second.headers()["authorization"], "Bearer token-2");
    }
}

#[tokio::test]
async fn p24_a_body_that_streams_is_not_replayed() {
    let stage = Stage::set().await;
    let client = stage.builder().allow(["POST /api/v2/routing/queues"]).build().unwrap();
    let world = stage.emulator.world();

    world.misbehave(Misbehaviour::on_api(Act::EarlyTokenDeath));
    let http: legacy::Client<HttpConnector, Once> =
        legacy::Client::builder(TokioExecutor::new()).build_http();
    let mut service = HallpassLayer::new(client.clone()).layer(http);
    let request = Request::post(QUEUES).body(Once(Full::from("{}"))).unwrap();
    std::future::poll_fn(|context| service.poll_ready(context)).await.unwrap();
    assert_eq!(service.call(request).await.unwrap().status(), 401);

    world.misbehave(Misbehaviour::on_api(Act::EarlyTokenDeath));
    let uri = format!("{}{QUEUES}", stage.emulator.api_url());
    let streaming = over_reqwest(client).post(uri).body(reqwest::Body::wrap(Full::<Bytes>::from("{}")));
    assert_eq!(streaming.send().await.unwrap().status(), 401);
    assert_eq!(
        stage.tokens_seen(),
        [Some(1), Some(2)],
        "each was sent once, and the rejected token only once"
    );
    assert_eq!(stage.witness().totals.mints, 2, "no token is asked for that no replay could carry");
}

#[tokio::test]
async fn a_layer_gives_no_token_to_what_no_rule_covers() {
    let stage = Stage::set().await;
    let mut tower = over_hyper(stage.client());
    let reqwest = over_reqwest(stage.client());
    let base = stage.emulator.api_url();
    // The same server under another name is another host: what its owner could do with the token is not ours to know.
    let elsewhere = base.replace("127.0.0.1", "127.0.0.2");
    let cases = [
        format!("{base}/api/v2/users/me"),
        format!("{elsewhere}{QUEUES}"),
        format!("http://x.example{QUEUES}"),
    ];
    for uri in cases {
        let refused = call(&mut tower, empty(&uri)).await.unwrap_err();
        assert!(
            matches!(&refused, LayerError::Hallpass(fault) if fault.code() == FaultCode::PathNotAllowed),
            "{uri}"
        );
        let refused = fault_of(reqwest.get(&uri).send().await.unwrap_err());
        assert_eq!(refused.code(), FaultCode::PathNotAllowed, "{uri}");
    }
    let own = reqwest.get(format!("{base}{QUEUES}")).header("authorization", "Bearer mine");
    assert_eq!(fault_of(own.send().await.unwrap_err()).code(), FaultCode::HeaderRefused);
    // reqwest normalises a path before anybody sees it: what is judged is what it sends.
    let climbing = reqwest.get(format!("{base}{QUEUES}/../../users/me"));
    assert_eq!(fault_of(climbing.send().await.unwrap_err()).code(), FaultCode::PathNotAllowed);
    assert_eq!(stage.witness().totals.requests, 0);
}

#[tokio::test]
async fn a_followed_redirect_is_a_fault() {
    let stage = Stage::set().await;
    let to_users = [("location", "/api/v2/users/me")];
    stage.emulator.world().misbehave(Misbehaviour::on_api(Act::answer(307, &to_users, "")));
    let follows = reqwest_middleware::ClientBuilder::new(reqwest::Client::new());
    let follows = follows.with(HallpassMiddleware::new(stage.client())).build();
    let sent = follows.get(format!("{}{QUEUES}", stage.emulator.api_url())).send().await;
    let fault = fault_of(sent.unwrap_err());
    assert_eq!(fault.code(), FaultCode::PathNotAllowed);
    assert!(fault.hint().contains("Policy::none()"), "{}", fault.hint());
}

#[tokio::test]
async fn a_429_through_a_layer_holds_back_calls_through_the_client() {
    let tokens = Tokens::new();
    let upstream = Upstream::answering(&tokens, [answer(200, "")]);
    let client = upstream.client(&["GET /**"]).unwrap();
    let lease = client.tokens().token().await.unwrap();
    let mut throttled = answer(429, "");
    throttled.headers_mut().insert("retry-after", "1".parse().unwrap());
    let mut service = HallpassLayer::new(client.clone()).layer(Always(throttled));
    let request = Request::get("/x").body(Full::<Bytes>::default()).unwrap();
    assert_eq!(service.call(request).await.unwrap().status(), 429);
    let before = lease.expires_in();
    assert_eq!(client.send(get("/x")).await.unwrap().status(), 200);
    assert_eq!((before - lease.expires_in()).as_secs(), 1, "it waited as long as it was told");
}

type Hyper = legacy::Client<HttpConnector, Full<Bytes>>;

fn over_hyper(client: Client) -> Hallpass<Hyper> {
    HallpassLayer::new(client).layer(legacy::Client::builder(TokioExecutor::new()).build_http())
}

fn over_reqwest(client: Client) -> ClientWithMiddleware {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    reqwest_middleware::ClientBuilder::new(http).with(HallpassMiddleware::new(client)).build()
}

async fn call(
    service: &mut Hallpass<Hyper>,
    request: Request<Full<Bytes>>,
) -> Result<u16, LayerError<legacy::Error>> {
    std::future::poll_fn(|context| service.poll_ready(context)).await?;
    Ok(service.call(request).await?.status().as_u16())
}

fn empty(uri: &str) -> Request<Full<Bytes>> {
    Request::get(uri).body(Full::default()).unwrap()
}

fn fault_of(error: reqwest_middleware::Error) -> Fault {
    match error {
        reqwest_middleware::Error::Middleware(error) => error.downcast::<Fault>().unwrap(),
        reqwest_middleware::Error::Reqwest(error) => panic!("{error}"),
    }
}

/// A body that can be sent once.
struct Once(Full<Bytes>);

impl HeldBody for Once {
    fn again(&self) -> Option<Self> {
        None
    }
}

impl http_body::Body for Once {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.0).poll_frame(context)
    }
}

/// A service that refuses the first token, takes the second, and remembers what it was sent.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Request<Bytes>>>>);

impl tower_service::Service<Request<Bytes>> for Recorder {
    type Response = http::Response<Bytes>;
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let mut sent = self.0.lock().unwrap();
        sent.push(request);
        std::future::ready(Ok(answer(if sent.len() == 1 { 401 } else { 200 }, "")))
    }
}

/// What `Client` holds for a replay; a layer repeats what its body type can repeat.
const REPLAY_LIMIT: usize = 256 * 1024;

/// A service with one answer.
#[derive(Clone)]
struct Always(http::Response<Bytes>);

impl tower_service::Service<Request<Full<Bytes>>> for Always {
    type Response = http::Response<Bytes>;
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Full<Bytes>>) -> Self::Future {
        std::future::ready(Ok(self.0.clone()))
    }
}
