//! The answer to one request: the sender first, then the body, then the integrations it is about.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HeaderName, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Body;

use super::acks::{ACKS, AckDesk};
use crate::event_grid::{self, Delivery};
use crate::pubsub::{self, Push};
use crate::{Named, NotVouched, Places, Proof, Turns, Vouched};

/// Where Event Grid delivers.
pub const AZURE: &str = "/azure/event-grid";

/// Where Pub/Sub pushes.
pub const GOOGLE: &str = "/google/pubsub";

/// Where a platform looks whether the program lives; open, and says nothing.
pub const HEALTH: &str = "/-/health";

/// Who may wake us, at each path; a path without a sender is not there.
#[derive(Debug, Default)]
pub struct Senders {
    /// At [`AZURE`].
    pub azure: Option<Proof>,
    /// At [`GOOGLE`].
    pub google: Option<Proof>,
}

/// Answers requests.
#[derive(Debug)]
pub struct Desk {
    senders: Senders,
    places: Places,
    turns: Arc<Turns>,
    acks: Option<AckDesk>,
}

pub(super) type Answer = Response<Full<Bytes>>;

impl Desk {
    /// Lets `senders` wake the integrations of `places`.
    #[must_use]
    pub fn new(senders: Senders, places: Places, turns: Arc<Turns>) -> Self {
        Self { senders, places, turns, acks: None }
    }

    /// Takes acknowledgements as well.
    #[must_use]
    pub fn with_acks(self, acks: AckDesk) -> Self {
        Self { acks: Some(acks), ..self }
    }

    /// Answers one request. A wrong sender's body is not read, not even to be thrown away.
    pub async fn answer<B>(&self, request: Request<B>) -> Answer
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (head, body) = request.into_parts();
        let answer = match (head.uri.path(), &self.senders) {
            (HEALTH, _) if head.method == Method::GET => Ok(plain(StatusCode::OK)),
            (AZURE, Senders { azure: Some(proof), .. }) => self.azure(proof, &head, body).await,
            (GOOGLE, Senders { google: Some(proof), .. }) => self.google(proof, &head, body).await,
            (path, _) if path.starts_with(ACKS) => match &self.acks {
                Some(acks) => acks.answer(&head, body).await,
                None => Err(plain(StatusCode::NOT_FOUND)),
            },
            _ => Err(plain(StatusCode::NOT_FOUND)),
        };
        answer.unwrap_or_else(|refusal| refusal)
    }

    async fn azure<B>(&self, proof: &Proof, head: &Parts, body: B) -> Result<Answer, Answer>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        if head.method == Method::OPTIONS {
            return handshake(proof, head).await;
        }
        let (vouched, body) = whole(proof, head, body).await?;
        match event_grid::read(&vouched, &body) {
            Delivery::Handshake(code) => {
                tracing::info!("a subscription of Event Grid was confirmed");
                let text = serde_json::json!({ "validationResponse": code }).to_string();
                let mut answer = Response::new(Full::new(text.into()));
                answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                Ok(answer)
            }
            Delivery::Secrets(secrets) => Ok(self.wake(&secrets)),
            // Event Grid does not repeat what was answered with 400; it keeps it as a dead letter, if it is told to.
            Delivery::Malformed => Err(unread(AZURE, StatusCode::BAD_REQUEST)),
        }
    }

    async fn google<B>(&self, proof: &Proof, head: &Parts, body: B) -> Result<Answer, Answer>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (vouched, body) = whole(proof, head, body).await?;
        match pubsub::read(&vouched, &body) {
            Push::Rotate(secret) => Ok(self.wake(&[secret])),
            Push::Other => Ok(plain(StatusCode::NO_CONTENT)),
            // Anything but a success is pushed again, for days.
            Push::Malformed => Err(unread(GOOGLE, StatusCode::NO_CONTENT)),
        }
    }

    /// 202 if somebody was woken, 204 if nobody was meant. Whether something is due shows later: the sender need not know.
    fn wake(&self, secrets: &[Named]) -> Answer {
        let mut status = StatusCode::NO_CONTENT;
        for integration in secrets.iter().flat_map(|secret| self.places.of(secret)) {
            tracing::info!(integration, "woken");
            self.turns.wake(integration);
            status = StatusCode::ACCEPTED;
        }
        plain(status)
    }
}

/// The answer to one who got none in time. What was asked is asked again by the sender.
pub(super) fn too_slow() -> Answer {
    plain(StatusCode::SERVICE_UNAVAILABLE)
}

/// A POST with its whole body, of a sender who may.
async fn whole<B>(proof: &Proof, head: &Parts, body: B) -> Result<(Vouched, Bytes), Answer>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    if head.method != Method::POST {
        return Err(with(plain(StatusCode::METHOD_NOT_ALLOWED), ALLOW, "POST"));
    }
    let vouched = vouched(proof, head).await?;
    let collected = Limited::new(body, LARGEST_BODY).collect().await;
    let bytes = collected.map_err(|error| {
        let longer = error.downcast_ref::<LengthLimitError>().is_some();
        plain(if longer { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST })
    })?;
    Ok((vouched, bytes.to_bytes()))
}

async fn vouched(proof: &Proof, head: &Parts) -> Result<Vouched, Answer> {
    proof.judge(head).await.map_err(|why| match why {
        NotVouched::Refused(why) => {
            tracing::warn!(path = head.uri.path(), why, "a sender was refused");
            plain(StatusCode::UNAUTHORIZED)
        }
        NotVouched::Later(fault) => {
            tracing::warn!(path = head.uri.path(), hint = fault.hint(), %fault, "a sender could not be judged");
            with(plain(StatusCode::SERVICE_UNAVAILABLE), RETRY_AFTER, "10")
        }
    })
}

/// The handshake of the CloudEvents form. The address of the subscription is the same as for deliveries, so a key in it is demanded; a token need not
/// come with it, and the answer opens nothing.
async fn handshake(proof: &Proof, head: &Parts) -> Result<Answer, Answer> {
    if let Proof::Key(_) = proof {
        vouched(proof, head).await?;
    }
    let origin = head.headers.get("webhook-request-origin").and_then(|origin| origin.to_str().ok());
    let Some(origin) = origin.and_then(event_grid::allowed_origin) else {
        return Err(plain(StatusCode::FORBIDDEN));
    };
    let mut answer = plain(StatusCode::OK);
    if head.headers.contains_key("webhook-request-rate") {
        answer = with(answer, HeaderName::from_static("webhook-allowed-rate"), RATE);
    }
    answer = with(answer, ALLOW, "POST, OPTIONS");
    Ok(with(answer, HeaderName::from_static("webhook-allowed-origin"), origin))
}

fn unread(path: &str, status: StatusCode) -> Answer {
    tracing::warn!(path, "a known sender sent what cannot be read");
    plain(status)
}

pub(super) fn plain(status: StatusCode) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = status;
    answer
}

pub(super) fn with(mut answer: Answer, name: HeaderName, value: &str) -> Answer {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
    answer
}

/// A batch of Event Grid has one megabyte at most; Pub/Sub's messages about secrets have a few kilobytes.
const LARGEST_BODY: usize = 1024 * 1024 + 64 * 1024;

/// Deliveries in a minute. Each is a few microseconds of work, and starts nothing that runs already.
const RATE: &str = "120";
