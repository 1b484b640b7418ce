//! Acknowledgements: `PUT /acks/INTEGRATION/CONSUMER` is a consumer's word, `GET /acks/INTEGRATION` is what the rotation reads on another machine.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use hallpass_app::{AckBook, Fault, NotKept, Secret};
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Body;

use super::desk::{Answer, plain, with};
use crate::sender::bearer;

/// Where acknowledgements are put and read.
pub const ACKS: &str = "/acks/";

/// What is kept of each integration, for whoever shows the key.
pub struct AckDesk {
    key: Secret,
    books: BTreeMap<String, AckBook>,
}

impl AckDesk {
    /// Lets whoever shows `key` put and read acknowledgements in `books`. An empty key opens to nobody.
    #[must_use]
    pub fn new(key: Secret, books: BTreeMap<String, AckBook>) -> Self {
        Self { key, books }
    }

    /// Answers a request below [`ACKS`]. Of a wrong sender neither the path nor the body is looked at.
    pub(super) async fn answer<B>(&self, head: &Parts, body: B) -> Result<Answer, Answer>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        // Secrets are compared in constant time.
        let shown = bearer(head).map(Secret::from).filter(|shown| !self.key.is_empty() && *shown == self.key);
        if shown.is_none() {
            tracing::warn!("somebody without the key was refused at the acknowledgements");
            return Err(plain(StatusCode::UNAUTHORIZED));
        }
        let below = head.uri.path().strip_prefix(ACKS).unwrap_or_default();
        let (integration, consumer) = match below.split_once('/') {
            Some((integration, consumer)) => (integration, Some(consumer)),
            None => (below, None),
        };
        let book = self.books.get(integration).ok_or_else(|| plain(StatusCode::NOT_FOUND))?;
        match (consumer, &head.method) {
            (Some(consumer), &Method::PUT) => put(book, consumer, body).await,
            (None, &Method::GET) => all(book).await,
            (Some(_), _) => Err(with(plain(StatusCode::METHOD_NOT_ALLOWED), ALLOW, "PUT")),
            (None, _) => Err(with(plain(StatusCode::METHOD_NOT_ALLOWED), ALLOW, "GET")),
        }
    }
}

async fn put<B>(book: &AckBook, consumer: &str, body: B) -> Result<Answer, Answer>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let body = Limited::new(body, LARGEST_WORD).collect().await.map_err(|error| {
        let longer = error.downcast_ref::<LengthLimitError>().is_some();
        plain(if longer { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST })
    })?;
    match book.keep(consumer, &body.to_bytes()).await {
        Ok(()) => Ok(plain(StatusCode::NO_CONTENT)),
        Err(NotKept::Name) => Err(plain(StatusCode::NOT_FOUND)),
        Err(NotKept::Body) => Err(plain(StatusCode::BAD_REQUEST)),
        Err(NotKept::Full) => {
            tracing::warn!("an acknowledgement was refused: too many consumers have spoken");
            Err(plain(StatusCode::INSUFFICIENT_STORAGE))
        }
        Err(NotKept::Fault(fault)) => Err(later(&fault)),
    }
}

async fn all(book: &AckBook) -> Result<Answer, Answer> {
    let text = book.all().await.map_err(|fault| later(&fault))?;
    let mut answer = Response::new(Full::new(text.into()));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(answer)
}

fn later(fault: &Fault) -> Answer {
    tracing::warn!(hint = fault.hint(), %fault, "acknowledgements cannot be kept or read");
    with(plain(StatusCode::SERVICE_UNAVAILABLE), RETRY_AFTER, "10")
}

impl fmt::Debug for AckDesk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AckDesk").field("books", &self.books.keys()).finish_non_exhaustive()
    }
}

/// A word has two hundred bytes.
const LARGEST_WORD: usize = 4096;
