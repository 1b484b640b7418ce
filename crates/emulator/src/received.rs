//! A request, read to its end before anything is decided about it.

use bytes::Bytes;
use http::{HeaderMap, Request, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use crate::wire::Line;

/// A request as it came.
pub(crate) struct Received {
    pub(crate) method: String,
    /// The path of the target, an absolute target's origin taken off.
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// How long the body really was; more than `body` holds if that was too much to keep.
    pub(crate) body_length: u64,
    pub(crate) raw_target: String,
    pub(crate) header_names: Vec<String>,
}

impl Received {
    /// Reads the body, keeping no more than `BODY_KEPT`, and takes the head off the wire.
    ///
    /// A body over the limit is still read (up to a point): a caller that gets an answer while it writes would see
    /// a reset instead of the answer.
    pub(crate) async fn read(request: Request<Incoming>, line: &Line) -> Result<Self, hyper::Error> {
        let (parts, mut incoming) = request.into_parts();
        let mut body = Vec::new();
        let mut body_length = 0;
        while let Some(frame) = incoming.frame().await {
            let Ok(data) = frame?.into_data() else { continue };
            body_length += data.len() as u64;
            if body_length <= BODY_KEPT {
                body.extend_from_slice(&data);
            }
            if body_length > BODY_READ {
                break;
            }
        }
        let head = line.take_head();
        Ok(Self {
            method: parts.method.as_str().to_owned(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body: body.into(),
            body_length,
            raw_target: head.target,
            header_names: head.header_names,
        })
    }

    pub(crate) fn is_too_large(&self) -> bool {
        self.body_length > BODY_KEPT
    }

    /// A body that says nothing: the Python SDK sends the literal `null` where a POST takes no body.
    pub(crate) fn has_no_body(&self) -> bool {
        matches!(self.body.trim_ascii(), b"" | b"null")
    }

    /// The media type without parameters, in lower case.
    pub(crate) fn content_type(&self) -> String {
        let value = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = value.unwrap_or_default().split(';').next().unwrap_or_default();
        media_type.trim().to_ascii_lowercase()
    }

    /// What follows `scheme` in the one `Authorization` header; several of them are no authorization at all.
    pub(crate) fn authorization(&self, scheme: &str) -> Option<&str> {
        let mut values = self.headers.get_all(header::AUTHORIZATION).iter();
        let value = values.next()?.to_str().ok()?;
        if values.next().is_some() {
            return None;
        }
        let (given, rest) = value.split_once(' ').unwrap_or((value, ""));
        given.eq_ignore_ascii_case(scheme).then(|| rest.trim())
    }
}

/// The platform's `request.bytes.max`.
const BODY_KEPT: u64 = 512_000;
const BODY_READ: u64 = 16 * 1024 * 1024;
