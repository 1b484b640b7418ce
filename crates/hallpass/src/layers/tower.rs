//! A `tower::Layer` over any `Service<http::Request<B>>`.
//!
//! ```
//! use hallpass::layers::tower::HallpassLayer;
//! use tower_layer::Layer as _;
//!
//! # fn stack<S>(client: hallpass::Client, http: S) -> hallpass::layers::tower::Hallpass<S> {
//! let service = HallpassLayer::new(client).layer(http); // outermost of what may retry or change a request
//! # service
//! # }
//! ```

use std::error::Error;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{Empty, Full};
use tower_layer::Layer;
use tower_service::Service;

use super::errand::Errand;
use crate::{Client, Fault};

/// Puts a client's policy, token and replay in front of a service.
#[derive(Clone, Debug)]
pub struct HallpassLayer(Client);

impl HallpassLayer {
    /// A layer for calls as `client`.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self(client)
    }
}

impl<S> Layer<S> for HallpassLayer {
    type Service = Hallpass<S>;

    fn layer(&self, inner: S) -> Hallpass<S> {
        Hallpass { client: self.0.clone(), inner }
    }
}

/// A service whose requests are judged, given a token, and replayed at most once.
///
/// The URI of a request is path and query, or a whole one with the integration's own host; what reaches the inner service is always a whole one. The inner
/// service must send what it gets: nothing that retries, follows redirects or rewrites URIs belongs inside.
#[derive(Clone, Debug)]
pub struct Hallpass<S> {
    client: Client,
    inner: S,
}

impl<S, B, R> Service<Request<B>> for Hallpass<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
    B: HeldBody + Send + 'static,
    R: Send,
{
    type Response = Response<R>;
    type Error = LayerError<S::Error>;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, LayerError<S::Error>>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context).map_err(LayerError::Inner)
    }

    /// Dropping the future drops the inner call, which may have had its effect by then; the token request, if there is one, goes on for others.
    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The service that was made ready is the one to call; the clone takes its place.
        let fresh = self.inner.clone();
        let mut service = std::mem::replace(&mut self.inner, fresh);
        let client = self.client.clone();
        Box::pin(async move {
            let (mut head, body) = request.into_parts();
            let begun = Errand::begin(client, &head.method, &head.uri, &mut head.headers).await;
            let mut errand = begun.map_err(LayerError::Hallpass)?;
            head.uri = errand.destination().map_err(LayerError::Hallpass)?;
            errand.attach(&mut head.headers);
            let held = body.again();
            let second = held.map(|body| (head.clone(), body));
            let sending = service.call(Request::from_parts(head, body));
            let response = sending.await.map_err(LayerError::Inner)?;
            let again = errand.again(response.status(), response.headers(), second.is_some()).await;
            let (true, Some((mut head, body))) = (again.map_err(LayerError::Hallpass)?, second) else {
                return Ok(response);
            };
            drop(response);
            errand.attach(&mut head.headers);
            poll_fn(|context| service.poll_ready(context)).await.map_err(LayerError::Inner)?;
            let response = service.call(Request::from_parts(head, body)).await.map_err(LayerError::Inner)?;
            errand.again(response.status(), response.headers(), false).await.map_err(LayerError::Hallpass)?;
            Ok(response)
        })
    }
}

/// A body that may be sent a second time. Implement it for a body type of your own; for one that streams, [`HeldBody::again`] is `None`, and its calls are
/// not replayed.
pub trait HeldBody: Sized {
    /// The same body from its beginning, if it is held. Called before the first sending.
    fn again(&self) -> Option<Self>;
}

macro_rules! held {
    ($($body:ty),*) => {
        $(impl HeldBody for $body {
            fn again(&self) -> Option<Self> {
                Some(self.clone())
            }
        })*
    };
}

held!((), Bytes, Full<Bytes>, Empty<Bytes>, String, Vec<u8>);

/// Why there is no answer.
#[derive(Debug)]
pub enum LayerError<E> {
    /// Not allowed, or no token: nothing was sent, or a 401 could not be healed for want of a token.
    Hallpass(Fault),
    /// The inner service's own error.
    Inner(E),
}

impl<E: fmt::Display> fmt::Display for LayerError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hallpass(fault) => fault.fmt(f),
            Self::Inner(error) => error.fmt(f),
        }
    }
}

impl<E: Error> Error for LayerError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Hallpass(fault) => fault.source(),
            Self::Inner(error) => error.source(),
        }
    }
}
