//! An answer before it is bytes on a wire.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use hyper::body::{Body, Frame, SizeHint};
use serde::Serialize;

use crate::clock::Moment;

/// An answer: status, headers beyond the usual ones, body.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Whether the platform's usual headers are added.
    plain: bool,
    breaks_after: Option<usize>,
}

impl Reply {
    /// An answer with a JSON body.
    pub(crate) fn json(status: u16, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("answers have string keys only");
        Self { body, ..Self::empty(status) }.with("content-type", "application/json")
    }

    /// An answer without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), plain: true, breaks_after: None }
    }

    /// An answer to the letter: no header is added but those of the transport and the correlation id.
    pub(crate) fn scripted(status: u16, headers: Vec<(String, String)>, body: Vec<u8>) -> Self {
        Self { status, headers, body, plain: false, breaks_after: None }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The body breaks off after so many bytes, or after half of them.
    pub(crate) fn broken(mut self, keep: Option<usize>) -> Self {
        self.breaks_after = Some(keep.unwrap_or(self.body.len() / 2).min(self.body.len()));
        self
    }

    pub(crate) fn into_response(self, envelope: &Envelope<'_>, now: Moment) -> Response<ReplyBody> {
        let mut given = self.headers;
        if self.plain {
            given
                .extend(envelope.usual.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        }
        given.push((envelope.correlation_header.to_owned(), envelope.correlation_id.to_owned()));
        given.push(("date".to_owned(), now.http_date()));
        if self.breaks_after.is_some() {
            // Elsewhere the server counts; here it must promise more than comes.
            given.push(("content-length".to_owned(), self.body.len().to_string()));
        }
        let body =
            ReplyBody { left: Some(self.body.into()), breaks_after: self.breaks_after, flushed: false };
        let mut response = Response::new(body);
        let Ok(status) = StatusCode::from_u16(self.status) else {
            return unwritable("status");
        };
        *response.status_mut() = status;
        for (name, value) in given {
            let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) else {
                return unwritable("header");
            };
            response.headers_mut().append(name, value);
        }
        response
    }
}

/// What a platform puts on every answer.
#[derive(Debug)]
pub(crate) struct Envelope<'a> {
    pub(crate) usual: &'static [(&'static str, &'static str)],
    pub(crate) correlation_header: &'static str,
    pub(crate) correlation_id: &'a str,
}

/// A script may ask for what HTTP cannot carry; the one who wrote it should hear of it.
fn unwritable(what: &str) -> Response<ReplyBody> {
    let body = format!("the emulator was told to answer with an impossible {what}\n");
    let mut response =
        Response::new(ReplyBody { left: Some(body.into()), breaks_after: None, flushed: false });
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

/// A body that may break off before it is complete.
#[derive(Debug)]
pub(crate) struct ReplyBody {
    left: Option<Bytes>,
    breaks_after: Option<usize>,
    flushed: bool,
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        if let Some(bytes) = self.left.take() {
            let sent = self.breaks_after.map_or(bytes.clone(), |keep| bytes.slice(..keep));
            return Poll::Ready(Some(Ok(Frame::data(sent))));
        }
        if self.breaks_after.is_none() {
            return Poll::Ready(None);
        }
        if !self.flushed {
            // Being pending once makes the server flush: the first part is to arrive before the connection breaks.
            self.flushed = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(BrokenOff)))
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.left, self.breaks_after) {
            (Some(bytes), None) => SizeHint::with_exact(bytes.len() as u64),
            _ => SizeHint::default(),
        }
    }
}

/// Why a connection ends without a (whole) answer: it was told to.
#[derive(Debug)]
pub(crate) struct BrokenOff;

impl std::fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection is broken off as scripted")
    }
}

impl std::error::Error for BrokenOff {}
